//! The catalog's policies, as servers and as accounts.

use std::collections::HashMap;

use ratebook::providers::{alibaba, anthropic, castai, cloudflare, fireworks, groq, openai};
use ratebook::{Amount, Bound, Entry, Invocation, Kind, Limit, Metric, Provider, Status, find_of_kind};
use ratebook_limiter::{Account, AccountBuilder, ManualClock, Model};
use ratebook_sim::{Algorithm, Amounts, SECOND, SimRule, nanos_of};

/// One of the catalog's policies, and the calls that are made under it.
#[derive(Clone)]
pub struct Policy {
    pub name: String,
    /// The entries that govern the calls. The first is the called model's.
    entries: Vec<Entry>,
    /// The names of the called models. If empty, calls use the first entry.
    models: Vec<&'static str>,
    /// Whether guaranteed limits are enforced, too; otherwise the client may exceed them.
    guarantees: bool,
    pub each: Amounts,
    pub callers: usize,
    pub service: u64,
}

impl Policy {
    fn new(name: &str, entries: &[Entry], models: &[&'static str], tokens: u64) -> Self {
        Self {
            name: name.to_owned(),
            entries: entries.to_vec(),
            models: models.to_vec(),
            guarantees: false,
            each: Amounts::of_tokens(tokens),
            callers: 200,
            service: SECOND / 2,
        }
    }
}

/// The policies that are compared under every way of enforcing: one of each kind.
pub fn kinds() -> Vec<Policy> {
    let hard = [fireworks::self_serve::ACCOUNT, fireworks::self_serve::_40B_100B];
    let llama = ["llama-v3p1-70b-instruct"];
    let groq = groq::developer::LLAMA_3_3_70B_VERSATILE;
    vec![
        Policy::new("alibaba, qwen-plus", &[alibaba::international::QWEN_PLUS], &["qwen-plus"], 400),
        Policy {
            callers: 20,
            service: 3 * SECOND,
            ..Policy::new(
                "alibaba, wan2.1-vace-plus",
                &[alibaba::international::WAN2_1_VACE_PLUS],
                &["wan2.1-vace-plus"],
                0,
            )
        },
        Policy {
            callers: 100,
            ..Policy::new(
                "castai growth, two medium models",
                &[castai::growth::MEDIUM],
                &["Qwen 3 32B", "Gemma 3 27B"],
                900,
            )
        },
        Policy {
            callers: 100,
            ..Policy::new("cloudflare, text generation", &[cloudflare::TEXT_GENERATION], &["@cf/meta/llama-3-8b"], 400)
        },
        Policy::new("fireworks, hard limits of tier 2", &hard, &llama, 400),
        Policy { guarantees: true, ..Policy::new("fireworks, guaranteed limits", &[fireworks::ACCOUNT], &llama, 200) },
        // Of these three, limits on requests and on tokens are used up together.
        Policy::new("openai tier 1, gpt-4o", &[openai::tier_1::GPT_4O], &["gpt-4o-2024-08-06"], 120),
        Policy::new(
            "anthropic build, Sonnet 4",
            &[anthropic::build::CLAUDE_SONNET_4],
            &["claude-sonnet-4-5-20250929"],
            200,
        ),
        Policy { callers: 100, ..Policy::new("groq developer, Llama 3.3", &[groq], &["llama-3.3-70b-versatile"], 400) },
    ]
}

/// Returns the first of these policies whose name has the given prefix.
pub fn kind(name: &str) -> Policy {
    kinds().into_iter().find(|policy| policy.name.starts_with(name)).expect("one of the kinds")
}

/// The providers whose limits the other clients can express. `tests/vendor` simulates those of the others: weights of
/// output tokens, pools of regions, growth.
const COMPARED: [Provider; 7] = [
    Provider::Alibaba,
    Provider::Anthropic,
    Provider::Castai,
    Provider::Cloudflare,
    Provider::Fireworks,
    Provider::Groq,
    Provider::Openai,
];

/// Every distinct set of limits of the compared providers, represented by the first entry that has it.
pub fn every() -> Vec<Policy> {
    let mut policies: Vec<Policy> = Vec::new();
    let mut seen: HashMap<_, (usize, usize)> = HashMap::new();
    for entry in COMPARED.iter().flat_map(|provider| provider.entries()) {
        let entries = governing(entry);
        let policy = Policy { guarantees: entry.kind() == Kind::Any, ..Policy::new("", &entries, &[], 0) };
        let limits: Vec<_> =
            policy.limits().map(|limit| (limit.metric, limit.amount, limit.per, limit.bound)).collect();
        let is_known = limits.iter().all(|(_, amount, ..)| *amount != Amount::Custom);
        let is_of_calls = entry.kind() != Kind::Resource && entry.status() == Status::Live;
        if !is_of_calls || policy.rules(Algorithm::SlidingLog).is_empty() || !is_known {
            continue;
        }
        let (_, same) = seen.entry((entry.provider(), limits)).or_insert_with(|| {
            policies.push(policy.sized());
            (policies.len() - 1, 0)
        });
        *same += 1;
    }
    for (number, same) in seen.into_values() {
        policies[number].name.extend((same > 1).then(|| format!(" and {} more", same - 1)));
    }
    policies
}

/// An entry, followed by the entries that apply to every call.
fn governing(entry: Entry) -> Vec<Entry> {
    let (provider, region, plan) = (entry.provider(), entry.region(), entry.plan());
    let mut entries = vec![entry];
    for plan in [plan, plan.and_then(|plan| provider.parent_plan(plan)), None] {
        let any = find_of_kind(provider, region, plan, Kind::Any, "*");
        entries.extend(any.filter(|any| !entries.contains(any)));
    }
    entries
}

impl Policy {
    fn provider(&self) -> Provider {
        self.entries[0].provider()
    }

    fn limits(&self) -> impl Iterator<Item = Limit> {
        let counted =
            |limit: &Limit| limit.calls != Invocation::Sync && (self.guarantees || limit.bound != Bound::Guaranteed);
        self.entries.iter().flat_map(|entry| entry.limits()).filter(counted)
    }

    /// Named after its entry, with calls of a size that uses every limit: a few hundred per minute under limits on
    /// tokens or audio, and one hundred under a monthly spend limit.
    fn sized(self) -> Self {
        let per_minute = |metric: Metric| {
            let limits = self.limits().filter(move |limit| limit.metric == metric && limit.per.is_some());
            let by_minute = limits.filter_map(|limit| {
                Some(u128::from(limit.amount.count()?) * u128::from(60 * SECOND) / u128::from(nanos_of(limit.per?)))
            });
            by_minute.map(|amount| amount as u64).min()
        };
        let halves =
            [Metric::InputTokens, Metric::OutputTokens].into_iter().filter_map(|metric| Some(2 * per_minute(metric)?));
        let tokens = halves.chain(per_minute(Metric::Tokens)).min();
        let requests = per_minute(Metric::Requests).unwrap_or(u64::MAX).max(1);
        let tokens = tokens.map_or(0, |tokens| (tokens / requests).max(tokens / 1_200).max(1));
        let spend = self.limits().find(|limit| limit.metric == Metric::SpendUsd).and_then(|limit| limit.amount.count());
        let audio_millis = per_minute(Metric::AudioMinutes).map_or(0, |minutes| minutes * 60_000 / 600);
        let micro_usd = spend.map_or(0, |dollars| dollars * 1_000_000 / 100);
        let each = Amounts::of_tokens(tokens).with_audio_millis(audio_millis).with_micro_usd(micro_usd);
        let names =
            [self.entries[0].region().map(|region| region.name()), self.entries[0].plan().map(|plan| plan.name())];
        let names = names.into_iter().flatten().chain([self.entries[0].name()]);
        let name = names.fold(self.provider().name().to_owned(), |name, part| format!("{name}, {part}"));
        let service = if each.micro_usd() > 0 { 3_600 * SECOND } else { self.service };
        Self { name, each, service, ..self }
    }

    /// Whether the limit is on monthly spend.
    pub fn is_of_spend(&self) -> bool {
        self.each.micro_usd() > 0
    }

    /// The limits as a server enforces them.
    pub fn rules(&self, algorithm: Algorithm) -> Vec<SimRule> {
        self.limits().flat_map(|limit| SimRule::every_of(&limit, algorithm)).collect()
    }

    /// An account of our limiter, with the handle of each model.
    pub fn account(&self, clock: &ManualClock, with: impl Fn(AccountBuilder) -> AccountBuilder) -> Vec<Model> {
        let mut account = Account::builder(self.provider()).clock(clock.clock());
        let region = self.entries.iter().find_map(|entry| entry.region());
        let plan = self.entries.iter().find_map(|entry| entry.plan());
        if let Some(region) = region {
            account = account.region(region.name());
        }
        if let Some(plan) = plan {
            account = account.plan(plan.name());
        }
        if !self.guarantees {
            account = account.exceed_guarantees();
        }
        let account = with(account).build().expect("the catalog has the region and plan");
        if self.models.is_empty() {
            return vec![account.entry(self.entries[0]).expect("the entry is of the catalog")];
        }
        let model = |name: &&str| {
            let mut model = account.model_builder(name).asynchronous();
            if self.provider() == Provider::Cloudflare {
                model = model.task("text-generation");
            }
            model.build().expect("the catalog has the model")
        };
        self.models.iter().map(model).collect()
    }

    pub fn model_count(&self) -> usize {
        self.models.len().max(1)
    }

    /// The shortest enforced window, in nanoseconds.
    pub fn shortest(&self) -> u64 {
        let rules = self.rules(Algorithm::SlidingLog);
        rules.iter().map(SimRule::width).filter(|width| *width > 0).min().unwrap_or(0)
    }
}

/// The ways of enforcing that the comparison shows.
pub const SERVERS: &[(&str, Algorithm)] = &[
    ("fixed window", Algorithm::FixedWindow { offset: 17 * SECOND }),
    ("sliding log", Algorithm::SlidingLog),
    ("sliding counter", Algorithm::SlidingCounter { offset: 17 * SECOND }),
    ("bucket", Algorithm::TokenBucket { holds_percent: 100 }),
];

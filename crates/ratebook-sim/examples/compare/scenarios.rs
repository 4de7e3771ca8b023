//! The catalog's policies, as servers and as accounts.

use ratebook::{Bound, Calls, Entry, Limit, Period, Provider, alibaba, castai, cloudflare, fireworks};
use ratebook_limiter::{Account, AccountBuilder, ManualClock, Model};
use ratebook_sim::{Enforcement, Rule, SECOND};

/// One of the catalog's policies.
#[derive(Clone, Copy)]
pub(crate) struct Policy {
    pub(crate) name: &'static str,
    entries: &'static [Entry],
    models: &'static [&'static str],
    /// Whether guaranteed limits are enforced, too; else the client goes beyond them.
    guarantees: bool,
    pub(crate) tokens: u64,
    pub(crate) callers: usize,
    pub(crate) service: u64,
}

/// The policies that the comparison shows.
pub(crate) const POLICIES: &[Policy] = &[
    Policy {
        name: "alibaba, qwen-plus",
        entries: &[alibaba::international::QWEN_PLUS],
        models: &["qwen-plus"],
        guarantees: false,
        tokens: 400,
        callers: 200,
        service: SECOND / 2,
    },
    Policy {
        name: "alibaba, wan2.1-vace-plus",
        entries: &[alibaba::international::WAN2_1_VACE_PLUS],
        models: &["wan2.1-vace-plus"],
        guarantees: false,
        tokens: 0,
        callers: 20,
        service: 3 * SECOND,
    },
    Policy {
        name: "castai growth, two medium models",
        entries: &[castai::growth::MEDIUM],
        models: &["Qwen 3 32B", "Gemma 3 27B"],
        guarantees: false,
        tokens: 900,
        callers: 100,
        service: SECOND / 2,
    },
    Policy {
        name: "cloudflare, text generation",
        entries: &[cloudflare::TEXT_GENERATION],
        models: &["@cf/meta/llama-3-8b"],
        guarantees: false,
        tokens: 400,
        callers: 100,
        service: SECOND / 2,
    },
    Policy {
        name: "fireworks, hard limits of tier 2",
        entries: &[fireworks::self_serve::ACCOUNT, fireworks::self_serve::_40B_100B],
        models: &["llama-v3p1-70b-instruct"],
        guarantees: false,
        tokens: 400,
        callers: 200,
        service: SECOND / 2,
    },
    Policy {
        name: "fireworks, guaranteed limits",
        entries: &[fireworks::ACCOUNT],
        models: &["llama-v3p1-70b-instruct"],
        guarantees: true,
        tokens: 200,
        callers: 200,
        service: SECOND / 2,
    },
];

impl Policy {
    fn provider(&self) -> Provider {
        self.entries[0].provider()
    }

    /// The limits as a server enforces them.
    pub(crate) fn rules(&self, by: Enforcement) -> Vec<Rule> {
        let counted =
            |limit: &Limit| limit.calls != Calls::Sync && (self.guarantees || limit.bound != Bound::Guaranteed);
        let limits = self.entries.iter().flat_map(|entry| entry.limits()).filter(counted);
        let mut rules = Vec::new();
        for limit in limits {
            let Some(rule) = Rule::of(&limit, by) else { continue };
            if let (Some(sub_window), Some(Period::Minute)) = (self.provider().policy().sub_window, limit.per) {
                rules.push(rule.sub_window(sub_window, by));
            }
            rules.push(rule);
        }
        rules
    }

    /// An account of our limiter, with the handle of each model.
    pub(crate) fn account(&self, clock: &ManualClock, with: impl Fn(AccountBuilder) -> AccountBuilder) -> Vec<Model> {
        let mut account = Account::builder(self.provider()).clock(clock.clock());
        if self.provider() == Provider::Alibaba {
            account = account.region("international");
        }
        if self.provider() == Provider::Castai {
            account = account.plan("growth");
        }
        if self.provider() == Provider::Fireworks {
            account = account.plan("self-serve");
        }
        if !self.guarantees {
            account = account.exceed_guarantees();
        }
        let account = with(account).build().expect("the catalog has the region and plan");
        let model = |name: &&str| {
            let mut model = account.model_builder(name).asynchronous();
            if self.provider() == Provider::Cloudflare {
                model = model.task("text-generation");
            }
            model.build().expect("the catalog has the model")
        };
        self.models.iter().map(model).collect()
    }

    pub(crate) fn model_count(&self) -> usize {
        self.models.len()
    }

    /// The shortest period over which something is enforced, in nanoseconds.
    pub(crate) fn shortest(&self) -> u64 {
        let rules = self.rules(Enforcement::SlidingLog);
        rules.iter().map(Rule::width).filter(|width| *width > 0).min().unwrap_or(0)
    }
}

/// The ways of enforcing that the comparison shows.
pub(crate) const SERVERS: &[(&str, Enforcement)] = &[
    ("fixed window", Enforcement::FixedWindow { offset: 17 * SECOND }),
    ("sliding log", Enforcement::SlidingLog),
    ("sliding counter", Enforcement::SlidingCounter { offset: 17 * SECOND }),
    ("bucket", Enforcement::TokenBucket { holds_percent: 100 }),
];

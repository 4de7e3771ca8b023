//! Every model, deployment, mode and class of context lengths, with calls that use its metrics. Comments name a
//! vendor's page with that kind of limit.

use ratebook::{Amount, Call, Context, Deployment, Entry, Kind, Limit, Mode, Plan, Provider};
use ratebook_limiter::Account;
use ratebook_sim::{Amounts, ModelKey, SECOND};

use crate::scenario::{DAY, HOUR, MINUTE, SERVERS, Scenario, of_tier_1};

/// Equal calls of a model, the number that the strictest limit allows in a time, and the least share of it that is
/// used.
struct Row {
    key: ModelKey<'static>,
    each: Amounts,
    calls: u64,
    per: u64,
    least: f64,
    callers: usize,
}

fn row(key: ModelKey<'static>, each: Amounts, calls: u64, per: u64) -> Row {
    Row { key, each, calls, per, least: 0.99, callers: 60 }
}

fn tokens(input: u64, output: u64) -> Amounts {
    Amounts::none().with_input(input).with_output(output)
}

const fn model(name: &'static str) -> ModelKey<'static> {
    ModelKey::new(name)
}

const fn orbit(deployment: Deployment) -> ModelKey<'static> {
    model("orbit").with_deployment(deployment)
}

const fn of_tier_2(name: &'static str) -> ModelKey<'static> {
    model(name).with_plan(Plan::Tier2)
}

const fn listener(mode: Mode) -> ModelKey<'static> {
    model("listener").with_mode(mode)
}

const EMBEDDINGS: ModelKey<'static> = model("painter").with_endpoint("POST /v1/embeddings");
const LONG: ModelKey<'static> = of_tier_1("rocket-1").with_context(Context::Above272kInput);
const BATCH: ModelKey<'static> = of_tier_1("rocket-1").with_mode(Mode::Batch);

fn rows() -> Vec<Row> {
    let none = Amounts::default();
    vec![
        // Two windows of one metric: ai21, api-rate-limits.md.
        row(of_tier_1("rocket-1"), none, 60, MINUTE),
        row(of_tier_1("rocket-1"), tokens(900, 100), 30, MINUTE),
        // A factor of another plan: voyage, rate-limits_pandoc_tiers-excerpt.md.
        row(of_tier_2("rocket"), none, 120, MINUTE),
        row(of_tier_2("rocket-1-2026-11-01"), tokens(900, 100), 60, MINUTE),
        // A class of context lengths: openai, gpt-5.5.md.
        row(LONG, tokens(900, 100), 20, MINUTE),
        // A mode in which only the day and the spend of the account are limited over time: openai, gpt-4.1.md.
        row(BATCH, none.with_micro_usd(100_000), 50, 10 * MINUTE),
        // Deployments: azure, quotas-limits.md.
        row(orbit(Deployment::GlobalStandard), none, 300, MINUTE),
        row(orbit(Deployment::GlobalStandard), tokens(900, 100), 50, MINUTE),
        row(orbit(Deployment::DataZone), tokens(900, 100), 100, MINUTE),
        // A family, and what counts of the input: anthropic, rate-limits.md.
        row(model("comet-4-large"), none, 50, MINUTE),
        row(model("comet-4-large"), tokens(100, 500), 16, MINUTE),
        row(model("comet-4-5"), tokens(3_000, 0).with_cached_input(1_000).with_cache_written_input(500), 20, MINUTE),
        // Each model of a family: vertex, standard-paygo.md.
        row(model("comet-5-small"), tokens(6_000, 1_000), 10, MINUTE),
        // Everything else: cohere, rate-limits.mdx.
        row(model("unheard-of"), none, 20, MINUTE),
        row(EMBEDDINGS, none.with_inputs(100), 20, MINUTE),
        // Ten minutes: gemini, rate limits.
        row(model("meteor"), none.with_micro_usd(100_000), 50, 10 * MINUTE),
        // Images; ten seconds: stability, rest-api-v2beta_rate-limiting_excerpt.md.
        row(model("painter"), none.with_images(1), 5, MINUTE),
        row(model("painter"), none, 150, 10 * SECOND),
        // Seconds of audio per hour: groq, rate-limits.md.
        row(model("listener"), none.with_audio_millis(300_000), 24, HOUR),
        // Modes: assemblyai, faq-concurrency-limits_glued.txt; siliconflow, rate-limits_zh_table.txt.
        row(listener(Mode::Streaming), none.with_micro_usd(100_000), 50, 10 * MINUTE),
        row(listener(Mode::PreRecorded), none.with_micro_usd(100_000), 50, 10 * MINUTE),
        // A pool of two models: bedrock, quotas.md.
        row(model("nova-small"), none, 100, MINUTE),
        row(model("nova-large"), tokens(100, 80), 5, MINUTE),
        // Stated elsewhere: gemini, rate limits.
        row(of_tier_2("flagship"), none.with_micro_usd(100_000), 50, 10 * MINUTE),
        // An estimate, and a limit for a time: azure, quotas-limits.md; siliconflow.
        row(model("meteor"), none, 80, MINUTE),
        row(model("meteor"), tokens(200, 100), 30, MINUTE),
        // elevenlabs, mistral, perplexity
        row(model("meter"), none.with_characters(50), 20, MINUTE),
        row(model("meter"), none.with_pages(5), 20, MINUTE),
        row(model("meter"), none.with_chunks(25), 20, MINUTE),
        row(model("meter"), none.with_query_units(25), 2, SECOND),
        row(model("meter"), none.with_videos(1), 3, 5 * HOUR),
        row(model("meter"), tokens(400, 200).with_cached_input(200), 10, MINUTE),
        row(model("meter"), tokens(400, 0).with_cached_input(100), 10, MINUTE),
        // The client cannot know what calls in flight use: one caller. Venice bills by units of computation.
        Row { callers: 1, least: 0.95, ..row(model("meter"), none.with_compute_units(20), 45, 30 * DAY) },
    ]
}

#[test]
fn every_limit_is_used_and_no_call_is_refused() {
    for Row { key, each, calls, per, least, callers } in &rows() {
        let mut scenario = Scenario::new(&[*key], *each);
        scenario.workload = scenario.workload.with_callers(*callers);
        // Windows of a second are measured for a while, and of 30 days not for years.
        let windows = if *per > DAY { 3 } else { 10.max(MINUTE / per) };
        (scenario.warm_up, scenario.duration) = (*per, (windows + 1) * per);
        for algorithm in SERVERS {
            let used = scenario.run(algorithm).share(&[0], *calls, *per);
            assert!(used >= *least && used <= 1.0, "{} {each:?} {algorithm:?}: {used}", key.model());
        }
    }
}

/// Returns the entries that govern the calls of a key.
fn entries(key: &ModelKey<'static>) -> Vec<Entry> {
    let mut call = Call::new(Provider::Acme, key.model());
    call = key.plan().map_or(call, |plan| call.plan(plan));
    call = key.deployment().map_or(call, |deployment| call.deployment(deployment));
    call = key.mode().map_or(call, |mode| call.mode(mode));
    call = key.context().map_or(call, |context| call.context(context));
    call = key.endpoint().map_or(call, |endpoint| call.endpoint(endpoint));
    call.resolve().unwrap().entries().collect()
}

#[test]
fn every_entry_of_which_calls_are_offered_is_simulated() {
    let simulated: Vec<Entry> = rows().iter().flat_map(|row| entries(&row.key)).collect();
    let is_not_offered = |limit: Limit| limit.amount == Amount::NotOffered;
    let others = Provider::Acme.entries().filter(|entry| !simulated.contains(entry));
    for entry in others {
        assert!(entry.kind() == Kind::Resource || entry.limits().all(is_not_offered), "{entry:?}");
    }
}

#[test]
fn calls_that_are_not_offered_are_not_sent() {
    // openai, gpt-5.5-pro.md
    let account = Account::builder(Provider::Acme).plan("tier-1").build().unwrap();
    assert!(matches!(account.model("flagship"), Err(ratebook_limiter::Error::NotOffered { .. })));
}

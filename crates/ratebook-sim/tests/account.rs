//! Every kind of limit of the catalog, enforced by a simulated provider. Comments name a vendor's page with that kind.

use std::time::Duration;

use ratebook::{Context, Deployment, Growth, Metric, Mode, Plan, Provider, Region};
use ratebook_sim::{Algorithm, Amounts, ModelKey, SECOND, Server, SimAccount, SimCall, SimRule};

const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;

fn requests(requests: u64) -> Amounts {
    Amounts::none().with_requests(requests)
}

fn one() -> Amounts {
    requests(1)
}

/// Returns an account of the made-up provider with sliding logs, and without penalties.
fn acme(keys: &[ModelKey<'_>]) -> Server {
    acme_by(Algorithm::SlidingLog, keys)
}

fn acme_by(algorithm: Algorithm, keys: &[ModelKey<'_>]) -> Server {
    let account =
        keys.iter().fold(SimAccount::new(Provider::Acme, algorithm), |account, key| account.model(key).unwrap());
    account.server_without_penalties()
}

fn of_tier_1(model: &str) -> ModelKey<'_> {
    ModelKey::new(model).with_plan(Plan::Tier1)
}

/// Returns how many equal calls of a model are served at once, of as many as could be.
fn served(server: &mut Server, now: u64, model: usize, each: Amounts) -> usize {
    let call = SimCall::of(each).with_model(model);
    (0..1_000).take_while(|_| server.serve(now, &call)).count()
}

#[test]
fn both_windows_of_a_metric_hold() {
    // ai21, api-rate-limits.md
    let mut server = acme(&[of_tier_1("rocket-1")]);
    let by_second: Vec<usize> = (0..61).map(|second| served(&mut server, second * SECOND, 0, one())).collect();
    assert!(by_second[..30].iter().all(|served| *served == 2), "{by_second:?}");
    assert_eq!((by_second[30..60].iter().sum::<usize>(), by_second[60]), (0, 2));
}

#[test]
fn every_metric_is_counted_in_its_unit() {
    // elevenlabs, mistral, perplexity, groq
    let none = Amounts::default();
    let cases = [
        ("meter", none.with_characters(100), 10),
        ("meter", none.with_pages(10), 10),
        ("meter", none.with_chunks(100), 5),
        ("meter", none.with_query_units(10), 5),
        ("meter", none.with_videos(1), 3),
        ("meter", none.with_compute_units(100), 9),
        // Known after the call only: the third is served, and exceeds the limit.
        ("meter", none.with_compute_units(400), 3),
        ("meter", none.with_input(600).with_cached_input(300), 10),
        ("meter", none.with_input(600).with_cache_written_input(500).with_output(400), 4),
        ("painter", none.with_images(2), 2),
        ("listener", none.with_audio_millis(1_800_000), 4),
    ];
    for (model, each, expected) in cases {
        // Ended at once, so that no call is in progress.
        let (mut server, call) = (acme(&[ModelKey::new(model)]), SimCall::of(each));
        let is_served = |_: &usize| {
            let is_served = server.serve(0, &call);
            if is_served {
                server.end(&call);
            }
            is_served
        };
        assert_eq!((0..1_000).take_while(is_served).count(), expected, "{model} {each:?}");
    }
}

#[test]
fn any_length_is_a_window() {
    // stability, rest-api-v2beta_rate-limiting_excerpt.md; minimax: five hours
    let mut painter = acme(&[ModelKey::new("painter")]);
    assert_eq!(served(&mut painter, 0, 0, one()), 150);
    assert_eq!(served(&mut painter, 10 * SECOND - 1, 0, one()), 0);
    assert_eq!(served(&mut painter, 10 * SECOND, 0, one()), 150);
    let videos = Amounts::none().with_videos(1);
    let mut meter = acme(&[ModelKey::new("meter")]);
    let mut at = |now| {
        meter.serve(now, &SimCall::of(videos)) && {
            meter.end(&SimCall::of(videos));
            true
        }
    };
    assert_eq!([0, 0, 0, 0, 5 * HOUR - 1, 5 * HOUR].map(&mut at), [true, true, true, false, false, true]);
}

#[test]
fn a_day_ends_at_midnight_in_the_providers_time() {
    // gemini, rate-limits_2026-08-18.md. 5,000 requests a day: 250 calls of 20 in the hour before midnight, and after
    // it.
    let twenty = SimCall::of(requests(20));
    // 2026-10-31T23:00:00 in Pacific time. The next day has 25 hours.
    let mut server = acme(&[ModelKey::new("meter")]).starting_at(Duration::from_secs(1_793_512_800));
    let mut at = |now: u64| {
        (0..1_000)
            .take_while(|_| {
                server.serve(now, &twenty) && {
                    server.end(&twenty);
                    true
                }
            })
            .count()
    };
    let by_time = [0, HOUR - 1, HOUR, 25 * HOUR, 26 * HOUR - 1, 26 * HOUR].map(&mut at);
    assert_eq!(by_time, [250, 0, 250, 0, 0, 250]);
}

#[test]
fn held_amounts_are_free_when_the_job_ends() {
    // openai, gpt-4.1.md; anthropic, rate-limits.md; azure, global-batch-limits.md
    let batch = of_tier_1("rocket-1").with_mode(Mode::Batch);
    let job = |requests, tokens| SimCall::of(one().with_queued_requests(requests).with_queued_tokens(tokens));
    let mut server = acme(&[batch]);
    assert!(server.serve(0, &job(300, 60_000)));
    assert!(!server.serve(HOUR, &job(101, 1)) && !server.serve(HOUR, &job(1, 40_001)));
    assert!(server.serve(HOUR, &job(100, 40_000)));
    server.end(&job(300, 60_000));
    assert!(server.serve(HOUR, &job(300, 60_000)) && !server.serve(HOUR, &job(1, 1)));
    // assemblyai, faq-concurrency-limits_glued.txt
    let mut streams = acme(&[ModelKey::new("listener").with_mode(Mode::Streaming)]);
    assert_eq!(served(&mut streams, 0, 0, one()), 10);
    streams.end(&SimCall::of(one()));
    assert_eq!(served(&mut streams, 0, 0, one()), 1);
}

#[test]
fn models_of_a_pool_take_their_weights_from_it() {
    // bedrock, quotas.md. 10,000 tokens: the large model takes four for each, and output counts five.
    let mut server = acme(&[ModelKey::new("nova-small"), ModelKey::new("nova-large")]);
    let tokens = |input, output| Amounts::none().with_input(input).with_output(output);
    assert_eq!(served(&mut server, 0, 1, tokens(1_000, 200)), 1);
    assert_eq!(served(&mut server, 0, 0, tokens(500, 500)), 2);
    assert!(!server.serve(0, &SimCall::of(tokens(1, 0))));
}

#[test]
fn each_pool_has_its_own_limit() {
    let keys = |names: [&'static str; 2]| names.map(ModelKey::new);
    // anthropic, rate-limits.md: the models of a family together. vertex, standard-paygo.md: each for itself.
    // cohere, rate-limits.mdx: each of the rest for itself.
    for (models, each, expected) in [
        (["comet-4-large", "comet-4-5"], one(), [50, 0]),
        (["comet-5-small", "comet-5-large"], one().with_input(7_000), [10, 10]),
        (["unheard-of", "another"], one(), [20, 20]),
        // Two names of one model.
        (["rocket-1", "rocket"], one(), [20, 20]),
    ] {
        let mut server = acme(&keys(models));
        assert_eq!([0, 1].map(|model| served(&mut server, 0, model, each)), expected, "{models:?}");
    }
    let mut names = acme(&[of_tier_1("rocket-1"), of_tier_1("rocket")]);
    assert_eq!([0, 1].map(|model| served(&mut names, 0, model, one())), [2, 0]);
    // cohere, rate-limits.mdx: an endpoint counts the inputs of every model.
    let embeddings = |model| ModelKey::new(model).with_endpoint("POST /v1/embeddings");
    let mut server = acme(&[embeddings("painter"), embeddings("meteor"), ModelKey::new("painter")]);
    let inputs = Amounts::none().with_inputs(1_000);
    assert_eq!([0, 1].map(|model| served(&mut server, 0, model, inputs)), [2, 0]);
    assert!(server.serve(0, &SimCall::of(inputs).with_model(2)));
    // sambanova, rate-limits.mdx: the account's limit is over all models, beside their own.
    let mut server = acme(&keys(["comet-4-large", "painter"]));
    let many = requests(50);
    assert!((0..50).all(|minute| server.serve(minute * MINUTE, &SimCall::of(many))));
    let painter = SimCall::of(many).with_model(1);
    assert_eq!((0..90).filter(|at| server.serve(HOUR + at * MINUTE, &painter)).count(), 50);
}

#[test]
fn regions_deployments_modes_and_contexts_have_pools_of_their_own() {
    // azure, quotas-limits.md; openai, gpt-5.5.md
    let standard = ModelKey::new("orbit").with_deployment(Deployment::GlobalStandard);
    let standard_in = |region| standard.with_region(region);
    let zone = ModelKey::new("orbit").with_deployment(Deployment::DataZone);
    let mut server = acme(&[standard_in(Region::Us), standard_in(Region::Eu), standard_in(Region::Us), zone]);
    assert_eq!([0, 1, 2, 3].map(|model| served(&mut server, 0, model, one())), [300, 300, 0, 100]);
    let long = of_tier_1("rocket-1").with_context(Context::Above272kInput);
    let mut server = acme(&[of_tier_1("rocket-1"), long]);
    let tokens = Amounts::none().with_input(10_000);
    assert_eq!([0, 1].map(|model| served(&mut server, 0, model, tokens)), [3, 2]);
}

#[test]
fn a_region_with_its_own_limit_does_not_have_that_of_each_other_region() {
    // bedrock, gr-bedrock_excerpt.md
    let nova = ModelKey::new("Amazon Nova Lite").with_deployment(Deployment::OnDemand);
    let tokens = Amounts::none().with_input(1_000);
    for (key, expected) in [(nova.with_region(Region::UsEast1), 40), (nova, 4)] {
        let account = SimAccount::new(Provider::Bedrock, Algorithm::SlidingLog);
        let mut server = account.model(&key).unwrap().server_without_penalties();
        assert_eq!(served(&mut server, 0, 0, tokens), expected, "{key:?}");
    }
}

#[test]
fn a_range_is_enforced_at_a_point_within_it() {
    // siliconflow, rate-limits_zh_table.txt
    let key = ModelKey::new("listener").with_mode(Mode::PreRecorded);
    for (percent, expected) in [(0, 100), (50, 150), (100, 200)] {
        let account = SimAccount::new(Provider::Acme, Algorithm::SlidingLog).range_percent(percent);
        let mut server = account.model(&key).unwrap().server_without_penalties();
        assert_eq!(served(&mut server, 0, 0, one()), expected, "{percent} %");
    }
}

#[test]
fn bounds_that_are_not_hard_are_enforced_at_their_number() {
    // azure, quotas-limits.md
    let mut meteor = acme(&[ModelKey::new("meteor")]);
    assert_eq!(served(&mut meteor, 0, 0, one()), 80);
    let tokens = Amounts::none().with_input(1_000);
    assert_eq!(served(&mut meteor, 0, 0, tokens), 9);
}

#[test]
fn calls_that_are_not_offered_fail() {
    // openai, gpt-5.5-pro.md
    let mut server = acme(&[of_tier_1("flagship")]);
    let response = server.respond(0, &SimCall::of(one()));
    assert_eq!((response.status, response.is_failure), (403, true));
    // Published elsewhere: its number is unknown, and the limits of the account hold.
    let mut server = acme(&[ModelKey::new("flagship").with_plan(Plan::Tier2)]);
    assert_eq!(served(&mut server, 0, 0, requests(50)), 100);
}

#[test]
fn a_limit_grows_by_a_share_while_enough_of_it_is_used() {
    // assemblyai, faq-concurrency-limits_glued.txt: 100, 110, 121, 133 and 146 new sessions in five minutes
    let key = ModelKey::new("listener").with_mode(Mode::Streaming);
    let mut server = acme(&[key]);
    let session = SimCall::of(Amounts::none().with_sessions(1));
    let mut open = |now: u64, most: usize| {
        (0..most)
            .take_while(|_| {
                server.serve(now, &session) && {
                    server.end(&session);
                    true
                }
            })
            .count()
    };
    let by_minute = [0, 1, 2, 3, 4].map(|minute| open(minute * MINUTE, 1_000));
    assert_eq!(by_minute, [100, 110, 121, 133, 146]);
    // 70 % of 160 sessions, and then less.
    assert_eq!(open(5 * MINUTE, 112), 112);
    assert_eq!(open(6 * MINUTE, 122), 122);
    assert_eq!(open(7 * MINUTE, 1_000), 176, "122 are less than 70 % of 176");
}

/// Fireworks in 2026: +25 % each 15 minutes above 50 %, -20 % after three days of less. See fireworks-2026-09.md.
const ADAPTIVE: Growth = Growth::new(25, 900, 50).lowered(20, 259_200).at_most(150);

#[test]
fn a_limit_that_has_grown_falls_after_a_time_of_less_use() {
    let rule = SimRule::new(Metric::Tokens, 1_000, MINUTE, Algorithm::SlidingLog).growing(ADAPTIVE);
    let mut server = Server::new(vec![rule]);
    let tokens = |tokens| SimCall::of_tokens(0, tokens);
    // Half of the limit of each minute, and then all of it.
    let quarter = |server: &mut Server, from: u64, each: u64| {
        assert!((0..15).all(|minute| server.serve(from * 15 * MINUTE + minute * MINUTE, &tokens(each))));
    };
    let limit = |server: &Server, quarter: u64| server.rules()[0].limit_at(quarter * 15 * MINUTE);
    quarter(&mut server, 0, 499);
    assert_eq!(limit(&server, 1), 1_000, "499 of 1,000 are not enough");
    quarter(&mut server, 1, 500);
    assert_eq!(limit(&server, 2), 1_250);
    quarter(&mut server, 2, 1_250);
    assert_eq!(limit(&server, 3), 1_500, "and not 1,562");
    quarter(&mut server, 3, 1_500);
    assert_eq!(limit(&server, 4), 1_500);
    // Less use from the fourth quarter on: three days are 288 quarters.
    let falls = [4 + 287, 4 + 288, 4 + 576, 4 + 864, 4 + 10_000].map(|at| limit(&server, at));
    assert_eq!(falls, [1_500, 1_200, 1_000, 1_000, 1_000]);
    // What fits, and when, is stated as it is enforced.
    let rule = &server.rules()[0];
    let now = 4 * 15 * MINUTE - 1;
    for (amount, expected) in [(1_500, Some(4 * 15 * MINUTE)), (1_501, None)] {
        assert_eq!(rule.when(now, amount), expected, "{amount}");
    }
    let (before, after) = (292 * 15 * MINUTE - 1, 292 * 15 * MINUTE);
    assert_eq!((rule.left_at(before), rule.left_at(after)), (1_500, 1_200));
    assert_eq!((rule.when(before, 1_500), rule.when(after, 1_500)), (Some(before), None));
}

#[test]
fn a_call_above_the_limit_fits_after_the_next_growth() {
    let rule = SimRule::new(Metric::Tokens, 1_000, MINUTE, Algorithm::SlidingLog).growing(ADAPTIVE);
    let mut server = Server::new(vec![rule]);
    assert!((0..15).all(|minute| server.serve(minute * MINUTE, &SimCall::of_tokens(0, 1_000))));
    let rule = &server.rules()[0];
    let now = 14 * MINUTE;
    assert_eq!(
        [1_000, 1_250, 1_251].map(|amount| rule.when(now, amount)),
        [Some(15 * MINUTE), Some(15 * MINUTE), None]
    );
    assert!(server.clone().serve(15 * MINUTE, &SimCall::of_tokens(0, 1_250)));
    assert!(!server.serve(15 * MINUTE - 1, &SimCall::of_tokens(0, 1_250)));
}

#[test]
fn a_refusal_locks_the_account_out() {
    // stability, rest-api-v2beta_rate-limiting_excerpt.md: 60 seconds after each refusal
    let keys = ["comet-4-large", "painter"].map(ModelKey::new);
    let account = keys
        .iter()
        .fold(SimAccount::new(Provider::Acme, Algorithm::SlidingLog), |account, key| account.model(key).unwrap());
    let mut server = account.server();
    let call = |model| SimCall::of(one()).with_model(model);
    assert!((0..50).all(|_| server.serve(0, &call(0))));
    assert_eq!(server.respond(30 * SECOND, &call(0)).status, 429);
    // Other models too, although the minute of the limit has ended.
    for (second, status) in [(31, 429), (61, 429), (89, 429), (90, 200)] {
        assert_eq!(server.respond(second * SECOND, &call(1)).status, status, "{second} s");
    }
    assert!(server.serve(90 * SECOND, &call(0)));
}

#[test]
fn failed_calls_lock_the_account_out() {
    // venice, rate-limiting.mdx: 30 seconds after 20 failed calls within 30 seconds
    let account = SimAccount::new(Provider::Acme, Algorithm::SlidingLog).model(&ModelKey::new("comet-4-large"));
    let mut server = account.unwrap().server();
    let failing = SimCall::of(one().with_failed_requests(1));
    let statuses: Vec<u16> = (0..21).map(|second| server.respond(second * SECOND, &failing).status).collect();
    assert_eq!((&statuses[..20], statuses[20]), (&[500; 20][..], 429));
    assert!(!server.serve(48 * SECOND, &SimCall::of(one())));
    assert!(server.serve(49 * SECOND, &SimCall::of(one())));
}

#[test]
fn failed_and_refused_calls_count_against_a_limit_on_failures() {
    let mut server = acme(&[ModelKey::new("meter")]);
    let failing = SimCall::of(Amounts::none().with_failed_requests(1));
    // Ten fail, and ten are refused by another limit.
    let too_long = SimCall::of(Amounts::none().with_characters(1_001));
    for _ in 0..10 {
        assert_eq!(server.respond(0, &failing).status, 500);
        assert_eq!(server.respond(0, &too_long).status, 429);
    }
    assert_eq!(server.respond(0, &failing).status, 429);
    assert!(!server.serve(30 * SECOND - 1, &SimCall::of(one())));
    assert!(server.serve(30 * SECOND, &SimCall::of(one())));
}

//! Every kind of limit in the catalog is enforced, and every refusal states its limit.

use std::time::Duration;

use ratebook::{Bound, Calendar, Metric, Period, Provider, Status};
use ratebook_limiter::{
    Account, AccountBuilder, Cost, Error, Keyed, ManualClock, Model, Part, Quota, Refused, StartLevel, Usage,
};

fn builder(provider: Provider, clock: &ManualClock) -> AccountBuilder {
    Account::builder(provider).clock(clock.clock())
}

/// The number of calls that are admitted now.
fn admitted(model: &Model, cost: Cost) -> u64 {
    (0..1_000_000).take_while(|_| model.try_acquire(cost).is_ok()).count() as u64
}

fn wait(model: &Model, cost: Cost) -> ratebook_limiter::Wait {
    match model.try_acquire(cost) {
        Err(Refused::Wait(wait)) => wait,
        other => panic!("{other:?}"),
    }
}

#[test]
fn alibaba_enforces_the_minute_and_a_sixtieth_of_it_each_second() {
    let clock = ManualClock::new();
    let account = builder(Provider::Alibaba, &clock).region("international").build().unwrap();
    let qwen = account.model("qwen-plus").unwrap();
    let mut total = 0;
    for _ in 0..60 {
        let now = admitted(&qwen, Cost::tokens(10));
        assert_eq!(now, 10, "a sixtieth of 600 per minute");
        total += now;
        clock.advance(Duration::from_secs(1));
    }
    assert_eq!(total, 600);
    assert_eq!(qwen.try_acquire(Cost::tokens(10)).map(drop), Ok(()));
}

#[test]
fn alibaba_admits_a_call_above_a_sixtieth_alone_for_its_share_of_the_minute() {
    let clock = ManualClock::new();
    let account = builder(Provider::Alibaba, &clock).region("international").build().unwrap();
    // 60 requests and 10,000 tokens a minute: 166 tokens a second.
    let omni = account.model("qwen-omni-turbo-realtime").unwrap();
    assert!(omni.try_acquire(Cost::tokens(1_000)).is_ok());
    let wait = wait(&omni, Cost::tokens(1_000));
    assert_eq!(wait.limit.part, Part::SubWindow);
    let delay = wait.delay().unwrap();
    assert!(delay > Duration::from_secs(5) && delay < Duration::from_secs(7), "{delay:?}");
    clock.advance(delay);
    assert!(omni.try_acquire(Cost::tokens(1_000)).is_ok());
}

#[test]
fn alibaba_permits_hold_concurrent_tasks() {
    let clock = ManualClock::new();
    let account = builder(Provider::Alibaba, &clock).region("international").build().unwrap();
    let video = account.model_builder("wan2.1-vace-plus").asynchronous().build().unwrap();
    let first = video.try_acquire(Cost::request()).unwrap();
    let second = video.try_acquire(Cost::request()).unwrap();
    clock.advance(Duration::from_secs(100));
    let held = wait(&video, Cost::request());
    assert_eq!((held.limit.metric, held.delay()), (Metric::ConcurrentTasks, None));
    drop(first);
    assert!(video.try_acquire(Cost::request()).is_ok());
    second.settle(Usage::new());
}

#[test]
fn castai_models_of_one_size_class_share_a_pool() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let (one, other) = (account.model("Qwen 3 32B").unwrap(), account.model("Gemma 3 27B").unwrap());
    let large = account.model("GPT-OSS 120B").unwrap();
    assert_eq!(admitted(&one, Cost::tokens(1)), 300);
    assert_eq!(admitted(&other, Cost::tokens(1)), 0);
    assert_eq!(admitted(&large, Cost::tokens(1)), 150);
}

#[test]
fn cloudflare_pools_are_by_task_except_for_some_models() {
    let clock = ManualClock::new();
    let account = builder(Provider::Cloudflare, &clock).build().unwrap();
    let of_task = |name: &str| account.model_builder(name).task("text-generation").build().unwrap();
    assert_eq!(admitted(&of_task("@cf/meta/llama-3-8b"), Cost::request()), 300);
    assert_eq!(admitted(&of_task("@cf/google/gemma-7b-it"), Cost::request()), 0);
    assert_eq!(admitted(&of_task("@cf/microsoft/phi-2"), Cost::request()), 720);
}

#[test]
fn fireworks_enforces_all_limits_of_a_model_at_once() {
    let clock = ManualClock::new();
    let account = builder(Provider::Fireworks, &clock).tier("tier-2").build().unwrap();
    let model = account.model_builder("llama-v3p1-70b-instruct").exceed_guarantees().build().unwrap();
    let limits: Vec<_> = model.limits().map(|limit| (limit.metric, limit.amount, limit.bound)).collect();
    for wanted in [
        (Metric::Requests, 6_000, Bound::Hard),
        (Metric::Requests, 60, Bound::Guaranteed),
        (Metric::Tokens, 1_250_000_000, Bound::Hard),
        (Metric::SpendUsd, 500, Bound::Hard),
    ] {
        assert!(limits.contains(&wanted), "{wanted:?} of {limits:?}");
    }
    // 500 dollars a month, even for few calls.
    let cost = Cost::request().input(1_000).micro_usd(200_000_000);
    assert_eq!(admitted(&model, cost), 2);
    assert_eq!(wait(&model, cost).limit.metric, Metric::SpendUsd);
}

#[test]
fn fireworks_calls_beyond_the_guarantee_are_marked_on_the_permit() {
    let clock = ManualClock::new();
    let account = builder(Provider::Fireworks, &clock).build().unwrap();
    let under = account.model("llama-v3p1-70b-instruct").unwrap();
    assert_eq!(admitted(&under, Cost::request().input(1)), 60);
    let beyond = account.model_builder("llama-v3p1-70b-instruct").exceed_guarantees().build().unwrap();
    let permit = beyond.try_acquire(Cost::request().input(1)).unwrap();
    assert!(permit.is_beyond_guarantee());
    drop(permit);
    clock.advance(Duration::from_secs(61));
    assert!(!beyond.try_acquire(Cost::request().input(1)).unwrap().is_beyond_guarantee());
}

#[test]
fn fireworks_the_guarantee_grows_with_use_and_shrinks_when_idle() {
    let clock = ManualClock::new();
    let account = builder(Provider::Fireworks, &clock).build().unwrap();
    let model = account.model("llama-v3p1-70b-instruct").unwrap();
    let mut by_minute = Vec::new();
    for _ in 0..130 {
        by_minute.push(admitted(&model, Cost::request().input(1)));
        clock.advance(Duration::from_secs(60));
    }
    assert_eq!(by_minute[0], 60);
    assert!(by_minute[15] >= 120 && by_minute[65] >= 720 && by_minute[129] == 1_440, "{by_minute:?}");
    clock.advance(Duration::from_secs(3 * 3_600));
    assert_eq!(admitted(&model, Cost::request().input(1)), 60);
}

#[test]
fn fireworks_enforces_audio_minutes_and_concurrent_connections() {
    let clock = ManualClock::new();
    let account = builder(Provider::Fireworks, &clock).plan("self-serve").build().unwrap();
    let whisper = account.model_builder("Whisper-v3-large").exceed_guarantees().build().unwrap();
    assert_eq!(admitted(&whisper, Cost::request().audio_seconds(90)), 133);
    let streaming =
        account.model_builder("Whisper-v3-turbo").task("streaming-speech-transcription").exceed_guarantees();
    let streaming = streaming.build().unwrap();
    let open: Vec<_> = (0..10).map(|_| streaming.try_acquire(Cost::request()).unwrap()).collect();
    assert_eq!(wait(&streaming, Cost::request()).limit.metric, Metric::ConcurrentConnections);
    drop(open);
    assert!(streaming.try_acquire(Cost::request()).is_ok());
}

#[test]
fn an_unlimited_amount_is_not_enforced() {
    let clock = ManualClock::new();
    let account = builder(Provider::Fireworks, &clock).plan("unlimited").build().unwrap();
    let model = account.model_builder("llama-v3p1-70b-instruct").exceed_guarantees().build().unwrap();
    assert!(model.limits().all(|limit| limit.metric != Metric::SpendUsd));
}

#[test]
fn every_live_entry_has_a_handle_and_every_retired_one_is_an_error() {
    let clock = ManualClock::new();
    let (mut live, mut retired) = (0, 0);
    for provider in Provider::ALL.iter().copied() {
        let account = builder(provider, &clock).negotiated("*", Metric::Requests, Some(Period::Minute), 100);
        let account = account.negotiated("*", Metric::Tokens, Some(Period::Minute), 1_000).build().unwrap();
        for entry in provider.entries() {
            match (account.entry(entry), entry.status()) {
                (Ok(_), Status::Live) => live += 1,
                (Err(Error::Retired { on, .. }), Status::Retired(date)) if on == date => retired += 1,
                (other, status) => panic!("{entry:?}: {other:?} {status:?}"),
            }
        }
    }
    println!("{live} live, {retired} retired");
    assert!(live > 0 && retired > 0);
}

#[test]
fn a_call_that_never_fits_names_the_limit_its_amount_and_its_source() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("starter").build().unwrap();
    let model = account.model("Llama 3.3 70B").unwrap();
    let Err(Refused::Never(never)) = model.try_acquire(Cost::tokens(30_001)) else { panic!() };
    assert_eq!((never.limit.metric, never.limit.amount), (Metric::Tokens, 30_000));
    assert!(never.limit.stated().unwrap().line.is_some());
    let message = never.to_string();
    assert!(message.contains("30000 tokens per 60s (castai, starter, large, line "), "{message}");
    // A limit of zero refuses every call.
    let zero =
        builder(Provider::Castai, &clock).plan("starter").negotiated("*", Metric::Tokens, Some(Period::Minute), 0);
    let zero = zero.build().unwrap().model("Llama 3.3 70B").unwrap();
    assert!(matches!(zero.try_acquire(Cost::tokens(1)), Err(Refused::Never(_))));
}

#[test]
fn limits_by_agreement_must_be_given() {
    let clock = ManualClock::new();
    let enterprise = || builder(Provider::Castai, &clock).plan("enterprise");
    let error = enterprise().build().unwrap().model("Qwen 3 32B").unwrap_err();
    assert!(matches!(error, Error::Custom { .. }), "{error}");
    let minute = Some(Period::Minute);
    let given =
        enterprise().negotiated("*", Metric::Requests, minute, 7).negotiated("*", Metric::Tokens, minute, 9_000);
    assert_eq!(admitted(&given.build().unwrap().model("Qwen 3 32B").unwrap(), Cost::tokens(1)), 7);
}

#[test]
fn the_default_is_the_first_plan_that_serves_the_model_and_the_strictest_region() {
    let clock = ManualClock::new();
    let castai = builder(Provider::Castai, &clock).build().unwrap();
    assert_eq!(admitted(&castai.model("Llama 3.3 70B").unwrap(), Cost::tokens(1)), 45, "starter");
    assert_eq!(admitted(&castai.model("Qwen 3 Coder Next").unwrap(), Cost::tokens(1)), 50, "free");
    let alibaba = builder(Provider::Alibaba, &clock).build().unwrap();
    assert!(alibaba.model("qwen-plus").unwrap().limits().all(|limit| limit.amount > 0));
}

#[test]
fn an_unknown_name_is_an_error_with_the_known_ones() {
    let clock = ManualClock::new();
    let error = builder(Provider::Alibaba, &clock).region("mars").build().unwrap_err().to_string();
    assert!(error.contains("found `mars`") && error.contains("international"), "{error}");
    let account = builder(Provider::Alibaba, &clock).region("international").build().unwrap();
    let error = account.model("qwen-pluss").unwrap_err().to_string();
    assert!(error.contains("qwen-plus"), "{error}");
    let error = account.model_builder("qwen-plus").class("batch").build().unwrap_err().to_string();
    assert!(error.contains("no class `batch`"), "{error}");
}

#[test]
fn a_share_applies_to_every_limit_or_to_one_metric() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").share(40).build().unwrap();
    assert_eq!(admitted(&account.model("Qwen 3 32B").unwrap(), Cost::tokens(1)), 120);
    let account = builder(Provider::Castai, &clock).plan("growth").share_of(Metric::Tokens, 10).build().unwrap();
    assert_eq!(admitted(&account.model("Qwen 3 32B").unwrap(), Cost::tokens(1_000)), 20);
    assert!(matches!(builder(Provider::Castai, &clock).share(0).build(), Err(Error::Share(0))));
}

#[test]
fn a_class_uses_at_most_its_share_and_leaves_the_rest() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").class("batch", 25).build().unwrap();
    let batch = account.model_builder("Qwen 3 32B").class("batch").build().unwrap();
    let others = account.model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&batch, Cost::tokens(1)), 75);
    assert_eq!(wait(&batch, Cost::tokens(1)).limit.part, Part::ClassShare);
    assert_eq!(admitted(&others, Cost::tokens(1)), 225);
}

#[test]
fn set_limit_changes_a_limit_in_force() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&model, Cost::tokens(1)), 300);
    assert_eq!(account.set_limit(Metric::Requests, Some(Period::Minute), 310), 1);
    assert_eq!(admitted(&model, Cost::tokens(1)), 10);
    account.set_limit(Metric::Requests, Some(Period::Minute), 5);
    assert_eq!(admitted(&model, Cost::tokens(1)), 0);
    clock.advance(Duration::from_secs(60));
    assert_eq!(admitted(&model, Cost::tokens(1)), 5);
}

#[test]
fn shadow_mode_admits_every_call_and_reports_the_wait() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("starter").shadow().build().unwrap();
    let model = account.model("Llama 3.3 70B").unwrap();
    let would_have_waited =
        (0..60).filter(|_| model.try_acquire(Cost::tokens(1)).unwrap().would_have_waited().is_some()).count();
    assert_eq!(would_have_waited, 15);
    let permit = model.try_acquire(Cost::tokens(40_000)).unwrap();
    assert_eq!(permit.would_have_waited().unwrap().limit.metric, Metric::Tokens);
}

#[test]
fn the_start_level_sets_the_unused_quota() {
    let clock = ManualClock::new();
    let at = |level: StartLevel| builder(Provider::Castai, &clock).plan("growth").start_level(level).build().unwrap();
    let empty = at(StartLevel::Empty).model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&empty, Cost::tokens(1)), 0);
    let third = at(StartLevel::Percent(30)).model("Qwen 3 32B").unwrap();
    assert_eq!(admitted(&third, Cost::tokens(1)), 90);
    clock.advance(Duration::from_secs(60));
    assert_eq!((admitted(&empty, Cost::tokens(1)), admitted(&third, Cost::tokens(1))), (300, 300));
}

#[test]
fn usage_below_the_estimate_is_refunded_and_above_it_is_a_debt() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    let permit = model.try_acquire(Cost::tokens(200_000)).unwrap();
    permit.settle(Usage::new().input(100).output(900));
    let next = model.try_acquire(Cost::tokens(199_000)).unwrap();
    // A debt is at most one window, and expires with time.
    clock.advance(Duration::from_secs(10));
    next.settle(Usage::new().tokens(500_000));
    assert!(account.snapshot().iter().any(|pool| pool.used > pool.limit_units && pool.left == 0));
    clock.advance(Duration::from_secs(50));
    assert!(model.try_acquire(Cost::tokens(1)).is_err(), "the debt is charged as of the settlement");
    clock.advance(Duration::from_secs(10));
    assert!(model.try_acquire(Cost::tokens(200_000)).is_ok());
}

#[test]
fn an_unsent_call_is_refunded_in_full() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    for _ in 0..1_000 {
        model.try_acquire(Cost::tokens(150_000)).unwrap().cancel_unsent();
    }
    assert!(account.is_idle());
}

#[test]
fn expected_output_is_a_percentile_of_recent_responses() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    assert_eq!(model.expected_output(4_096), 4_096);
    for tokens in 1..=40 {
        let permit = model.try_acquire(Cost::request().input(10).output(model.expected_output(4_096))).unwrap();
        permit.settle(Usage::new().input(10).output(tokens * 10));
    }
    assert_eq!(model.expected_output(4_096), 380);
    assert_eq!(model.expected_output(50), 50);
}

#[test]
fn days_and_months_slide_or_follow_the_utc_calendar() {
    // 2027-02-27T18:00:00Z.
    let clock = ManualClock::beginning_at(1_803_751_200);
    let day = |calendar: Calendar| {
        let account = Account::custom("ours").clock(clock.clock()).calendar(calendar);
        let account = account.limit(Quota::requests(10).per_day()).limit(Quota::tokens(100).per_month());
        account.build().unwrap().model("ours").unwrap()
    };
    let (sliding, utc) = (day(Calendar::Sliding), day(Calendar::Utc));
    assert_eq!((admitted(&sliding, Cost::tokens(10)), admitted(&utc, Cost::tokens(10))), (10, 10));
    clock.advance(Duration::from_secs(6 * 3_600));
    // After midnight a new calendar day has begun, but 24 hours have not passed. The month's tokens are used up.
    assert_eq!(wait(&utc, Cost::tokens(1)).limit.metric, Metric::Tokens);
    assert_eq!(admitted(&utc, Cost::request()), 10);
    assert_eq!(admitted(&sliding, Cost::request()), 0);
    clock.advance(Duration::from_secs(24 * 3_600));
    assert!(utc.try_acquire(Cost::tokens(100)).is_ok(), "March has begun");
    assert_eq!(admitted(&sliding, Cost::request()), 10);
    assert!(sliding.try_acquire(Cost::tokens(1)).is_err());
}

#[test]
fn a_snapshot_has_the_state_of_every_pool() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").build().unwrap();
    let model = account.model("Qwen 3 32B").unwrap();
    drop(model.try_acquire(Cost::tokens(150_000)).unwrap());
    let waiting = model.enqueue(Cost::tokens(60_000)).unwrap();
    clock.advance(Duration::from_secs(20));
    let snapshot = account.snapshot();
    let tokens = snapshot.iter().find(|pool| pool.limit.metric == Metric::Tokens).unwrap();
    assert_eq!((tokens.used, tokens.left, tokens.waiting), (150_000, 50_000, 1));
    assert_eq!(tokens.next_free, Some(Duration::from_secs(40)));
    drop(waiting);
}

#[test]
fn the_whole_limit_is_used_over_a_simulated_week() {
    for (metric, per, amount, cost, seconds) in [
        (Metric::Tokens, Period::Minute, 7_000_000, Cost::tokens(70_000), 60),
        (Metric::Tokens, Period::Minute, 4_980_000_000, Cost::tokens(49_800_000), 60),
        (Metric::Requests, Period::Minute, 3, Cost::request(), 60),
        (Metric::Requests, Period::Month, 1, Cost::request(), 31 * 86_400),
    ] {
        let clock = ManualClock::new();
        let account = Account::custom("ours").clock(clock.clock());
        let account = account.limit(Quota::new(metric, amount).per_period(per));
        let model = account.build().unwrap().model("ours").unwrap();
        let week = Duration::from_secs(7 * 86_400);
        let each = if metric == Metric::Tokens { amount / 100 } else { 1 };
        let mut units = 0;
        while clock.elapsed() < week {
            match model.try_acquire(cost) {
                Ok(_) => units += each,
                Err(Refused::Wait(wait)) => clock.advance(wait.delay().unwrap()),
                Err(never) => panic!("{never}"),
            }
        }
        let windows = (7 * 86_400u64).div_ceil(seconds);
        assert_eq!(units, amount * windows, "{amount} {metric} a {per}");
    }
}

#[test]
fn keyed_accounts_are_independent_and_idle_ones_are_dropped() {
    let clock = ManualClock::new();
    let account = builder(Provider::Castai, &clock).plan("growth").resolution(16);
    let tenants: Keyed<String> = Keyed::new(account, "Qwen 3 32B").unwrap();
    for number in 0..1_000 {
        let key = format!("tenant-{number}");
        assert!(tenants.try_charge(key.as_str(), Cost::tokens(200_000)).is_ok());
        assert!(tenants.try_charge(key.as_str(), Cost::tokens(1)).is_err());
    }
    let bytes = tenants.memory_bytes() / tenants.len();
    println!("{bytes} bytes an account");
    // With `load`, each reference to an entry also has the catalog that it is of.
    let most = if cfg!(feature = "load") { 3_700 } else { 3_600 };
    assert!(bytes < most, "{bytes} bytes an account");
    let held = tenants.try_acquire("tenant-7", Cost::request()).unwrap();
    assert_eq!(tenants.drop_idle(), 0);
    clock.advance(Duration::from_secs(61));
    assert_eq!(tenants.drop_idle(), 999, "a permit holds one");
    drop(held);
    assert_eq!((tenants.drop_idle(), tenants.len()), (1, 0));
}

#[test]
fn the_last_negotiated_amount_wins() {
    for per in [Period::Minute, Period::Day] {
        let clock = ManualClock::new();
        let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock());
        let account = account.negotiated("qwen-plus", Metric::Requests, Some(per), 7);
        let account = account.negotiated("qwen-plus", Metric::Requests, Some(per), 1);
        let model = account.build().unwrap().model("qwen-plus").unwrap();
        assert!(model.try_acquire(Cost::request()).is_ok() && model.try_acquire(Cost::request()).is_err());
    }
}

//! Every kind of limit in the catalog is enforced, and every refusal states its limit.

use std::time::Duration;

use ratebook::{Bound, Metric, Period, Provider, Status};
use ratebook_limiter::{Cost, Error, ManualClock, Part, Refused, Usage};

use crate::{admitted, builder, wait};

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

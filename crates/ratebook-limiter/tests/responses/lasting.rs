//! Refusals that need a long wait, or that waiting does not help.

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::{Dialect, InvalidValue, Refusal};
use ratebook_limiter::{Account, Cost};

use super::{DAY, MINUTE, NONE, USUAL, clock, limits, model, paused, pool, refusal, seconds, wait};

const HOUR: u64 = 3_600;
const A_DAY: u64 = 24 * HOUR;

fn alibaba(body: &str) -> Refusal {
    refusal(Dialect::of(Provider::Alibaba), 429, &[], body)
}

#[test]
fn alibaba_free_quota_429() {
    let body = r#"{"code":"Throttling.AllocationQuota","message":"Free allocated quota exceeded.","request_id":"r-1"}"#;
    let refused = alibaba(body);
    assert_eq!((refused.metric, refused.remedy, refused.lasts), (None, Remedy::Raise, None));
    let clock = clock();
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).build().unwrap();
    let qwen = account.model("qwen-plus").unwrap();
    qwen.observe(429, &NONE[..], body.as_bytes());
    assert_eq!(paused(&qwen), [], "waiting does not help");
    // The same code with the usual phrase asks to wait.
    let refused = alibaba(&body.replace("Free allocated", "Allocated"));
    assert_eq!((refused.metric, refused.remedy, refused.window), (Some(Metric::Tokens), Remedy::Wait, None));
    // The phrase has the same meaning at every vendor.
    assert_eq!(refusal(Dialect::PLAIN, 429, &[], "Free allocated quota exceeded").remedy, Remedy::Raise);
}

#[test]
fn alibabas_coding_plans_have_limits_per_hours_week_and_month() {
    for (period, window, shortest) in
        [("hour", 5 * HOUR, 150), ("week", 7 * A_DAY, 84 * 60), ("month", 31 * A_DAY, 6 * HOUR)]
    {
        let body = format!(r#"{{"code":"Throttling.AllocationQuota","message":"{period} allocated quota exceeded."}}"#);
        let refused = alibaba(&body);
        assert_eq!((refused.remedy, refused.window), (Remedy::Wait, Some(seconds(window))), "{period}");
        let clock = clock();
        let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).backoff_seed(1);
        let qwen = account.build().unwrap().model("qwen-plus").unwrap();
        qwen.observe(429, &NONE[..], body.as_bytes());
        let pause = wait(&qwen, Cost::tokens(100));
        assert!((seconds(shortest)..=seconds(2 * shortest + HOUR)).contains(&pause), "{period}: {pause:?}");
    }
    let body = r#"{"code":"Throttling.AllocationQuota","message":"concurrency allocated quota exceeded"}"#;
    assert_eq!(alibaba(body).metric, Some(Metric::ConcurrentTasks));
}

#[test]
fn a_phrase_does_not_match_inside_a_longer_one() {
    let refused = alibaba(r#"{"code":"limit_requests_of_someone","message":"m"}"#);
    assert_eq!((refused.metric, refused.remedy), (None, Remedy::Wait));
    let refused = alibaba(r#"{"code":"limit_requests_per_day","message":"m"}"#);
    assert_eq!((refused.metric, refused.window), (Some(Metric::Requests), Some(seconds(A_DAY))));
    let refused = alibaba(r#"{"code":"Throttling.AllocationQuota","message":"Daily allocated quota exceeded."}"#);
    assert_eq!((refused.metric, refused.window), (Some(Metric::Tokens), Some(seconds(A_DAY))));
}

#[test]
fn cloudflare_daily_neurons() {
    // The time from 15:02:41 to midnight UTC.
    let midnight = seconds(8 * HOUR + 57 * 60 + 19);
    for body in [
        r#"{"errors":[{"message":"AiError: you have used up your daily free allocation of 10,000 neurons","code":4006}],"success":false,"result":{},"messages":[]}"#,
        r#"{"errors":[{"message":"You have used up your daily free allocation of 10,000 neurons.","code":3036}],"success":false}"#,
        r#"{"errors":[{"message":"other words","code": 3036}]}"#,
        r#"{"errors":[{"code":4006}]}"#,
    ] {
        let refused = refusal(Dialect::of(Provider::Cloudflare), 429, &[], body);
        assert_eq!((refused.remedy, refused.window), (Remedy::Wait, Some(seconds(A_DAY))), "{body}");
        assert_eq!((refused.lasts, refused.account_wide), (Some(midnight), true), "{body}");
        let clock = clock();
        let account = Account::builder(Provider::Cloudflare).clock(clock.clock()).build().unwrap();
        let phi = account.model("@cf/microsoft/phi-2").unwrap();
        let llama = account.model_builder("@cf/meta/llama-3.1-8b-instruct").task("text-generation").build().unwrap();
        phi.observe(429, &[("retry-after", "60")][..], body.as_bytes());
        for model in [&phi, &llama] {
            assert_eq!(wait(model, Cost::request()), midnight, "every model of the account: {body}");
        }
    }
}

#[test]
fn an_account_wide_pause_covers_models_that_are_created_later() {
    let midnight = seconds(8 * HOUR + 57 * 60 + 19);
    let clock = clock();
    let account = Account::builder(Provider::Cloudflare).clock(clock.clock()).build().unwrap();
    let phi = account.model("@cf/microsoft/phi-2").unwrap();
    phi.observe(429, &NONE[..], br#"{"errors":[{"code":4006}]}"#);
    let later = |task| account.model_builder("@cf/any/model").task(task).build().unwrap();
    let generation = later("text-generation");
    assert_eq!(wait(&generation, Cost::request()), midnight);
    clock.advance(seconds(HOUR));
    assert_eq!(wait(&later("translation"), Cost::request()), midnight - seconds(HOUR), "as long as for the others");
    account.resume();
    for model in [&generation, &later("summarization"), &phi] {
        assert_eq!(wait(model, Cost::request()), seconds(0));
    }
}

#[test]
fn cloudflare_without_capacity_or_with_a_large_call() {
    let cloudflare = Dialect::of(Provider::Cloudflare);
    for body in [r#"{"errors":[{"code":3040,"message":"m"}]}"#, r#"{"errors":[{"message":"Out of capacity"}]}"#] {
        assert_eq!(refusal(cloudflare, 429, &[], body).remedy, Remedy::Elsewhere, "{body}");
    }
    let refused = refusal(cloudflare, 413, &[], r#"{"errors":[{"code":3006,"message":"Request is too large"}]}"#);
    assert_eq!(refused.remedy, Remedy::Split);
    let ordinary = refusal(cloudflare, 429, &[], r#"{"errors":[{"code":30361,"message":"Too many requests"}]}"#);
    assert_eq!((ordinary.remedy, ordinary.window, ordinary.account_wide), (Remedy::Wait, None, false));
}

#[test]
fn gemini_day_behind_minute() {
    let body = r#"{"error":{"code":429,"message":"You exceeded your current quota, please check your plan and billing details.","status":"RESOURCE_EXHAUSTED","details":[{"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_input_token_count","quotaId":"GenerateContentInputTokensPerModelPerMinute-FreeTier","quotaDimensions":{"location":"global","model":"m"}},{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerMinutePerProjectPerModel-FreeTier","quotaDimensions":{"location":"global","model":"m"}},{"quotaMetric":"generativelanguage.googleapis.com/generate_content_free_tier_requests","quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier","quotaDimensions":{"model":"m","location":"global"}}]},{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"32s"}]}}"#;
    let refused = refusal(Dialect::of(Provider::Gemini), 429, &[], body);
    assert_eq!((refused.metric, refused.window), (Some(Metric::Requests), Some(seconds(A_DAY))));
    assert_eq!(refused.remedy, Remedy::Wait);
    let clock = clock();
    let gemini =
        model(&clock, Dialect::of(Provider::Gemini), &[USUAL[0], (Metric::InputTokens, MINUTE, 250_000), USUAL[2]]);
    gemini.observe(429, &NONE[..], body.as_bytes());
    // The time from 07:02:41 to midnight Pacific time.
    let midnight = seconds(16 * HOUR + 57 * 60 + 19);
    assert_eq!(paused(&gemini), [(Metric::Requests, A_DAY, midnight)]);
    assert_eq!(wait(&gemini, Cost::request()), midnight, "a fallback sees this wait");
}

#[test]
fn gemini_states_the_day_in_any_order_and_wording() {
    let quota = |ids: &[&str]| {
        let violations: Vec<_> = ids.iter().map(|id| format!(r#"{{"quotaId":"{id}"}}"#)).collect();
        format!(
            r#"{{"error":{{"code":429,"details":[{{"violations":[{}]}},{{"retryDelay":"5s"}}]}}}}"#,
            violations.join(",")
        )
    };
    let day = "GenerateContentInputTokensPerModelPerDay-FreeTier";
    let minute = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier";
    for ids in [&[day, minute][..], &[minute, day], &[day]] {
        let refused = refusal(Dialect::of(Provider::Gemini), 429, &[], &quota(ids));
        assert_eq!((refused.metric, refused.window), (Some(Metric::InputTokens), Some(seconds(A_DAY))), "{ids:?}");
    }
    let refused = refusal(Dialect::of(Provider::Gemini), 429, &[], &quota(&[minute]));
    assert_eq!((refused.window, refused.lasts), (Some(seconds(60)), Some(seconds(5))));
    let body =
        "Quota exceeded for quota metric 'Pro Requests' and limit 'Pro Requests per day per user per tier' of service";
    let refused = refusal(Dialect::of(Provider::Gemini), 429, &[], body);
    assert_eq!((refused.metric, refused.window), (Some(Metric::Requests), Some(seconds(A_DAY))));
    assert!(refused.lasts.unwrap() > seconds(16 * HOUR));
}

#[test]
fn a_limit_of_zero_is_not_a_wait() {
    let body = r#"{"error":{"code":429,"message":"You exceeded your current quota.\n* Quota exceeded for metric: generativelanguage.googleapis.com/generate_content_free_tier_requests, limit: 0, model: m\nPlease retry in 25.46s.","status":"RESOURCE_EXHAUSTED","details":[{"retryDelay":"25s"}]}}"#;
    let refused = refusal(Dialect::of(Provider::Gemini), 429, &[], body);
    assert_eq!((refused.remedy, refused.lasts), (Remedy::Raise, None));
    let served = refusal(Dialect::of(Provider::Gemini), 429, &[], &body.replace("limit: 0", "limit: 20"));
    assert_eq!((served.remedy, served.lasts), (Remedy::Wait, Some(seconds(25))));
    for dialect in super::all() {
        let body = "Rate limit reached for gpt-4o on tokens per min (TPM): Limit 0, Used 0, Requested 12. Please try again in 6s.";
        let refused = refusal(dialect, 429, &[], body);
        assert_eq!((refused.remedy, refused.lasts), (Remedy::Raise, None));
    }
}

#[test]
fn groq_429_larger_than_limit() {
    let body = r#"{"error":{"message":"Rate limit reached for model `m` in organization `o` on tokens per minute (TPM): Limit 7000, Used 0, Requested ~12903. Please try again in 50.597142857s.","type":"tokens","code":"rate_limit_exceeded"}}"#;
    let refused = refusal(Dialect::of(Provider::Groq), 429, &[("retry-after", "51")], body);
    assert_eq!((refused.metric, refused.remedy, refused.lasts), (Some(Metric::Tokens), Remedy::Split, None));
    let clock = clock();
    let groq = model(&clock, Dialect::of(Provider::Groq), &USUAL);
    groq.observe(429, &[("retry-after", "51")][..], body.as_bytes());
    assert_eq!(paused(&groq), [], "smaller calls continue");
    assert_eq!(pool(&groq, Metric::Tokens, 60).limit_units, 7_000);
    assert_eq!(wait(&groq, Cost::tokens(7_000)), seconds(0));
}

#[test]
fn a_call_above_a_stated_limit_must_be_split() {
    for dialect in super::all() {
        for body in [
            "on tokens per min (TPM): Limit 7,000, Used 0, Requested ~12,903.",
            r#"{"error":{"message":"Limit: 30000, Requested: 40000","code":"rate_limit_exceeded"}}"#,
            "on seconds of audio per hour (ASPH): Limit 7200, Used 0, Requested 9163. Please try again in 16m21s.",
        ] {
            assert_eq!(refusal(dialect, 429, &[], body).remedy, Remedy::Split, "{body}");
        }
        // This call fits into an empty window.
        let body = "on tokens per min (TPM): Limit 100,000, Used 96,749, Requested 19,126. Please try again in 9s.";
        assert_eq!(refusal(dialect, 429, &[], body).remedy, Remedy::Wait);
    }
    assert_eq!(
        limits(Dialect::of(Provider::Openai), 429, &[], "(TPM): Limit 7,000, Used 1"),
        [(Metric::Tokens, Some(60), 7_000)]
    );
}

#[test]
fn bodies_of_any_vendor_state_hours_days_weeks_and_months() {
    for (body, metric, window) in [
        ("Number of request tokens has exceeded your daily rate limit", Some(Metric::Tokens), A_DAY),
        ("Too many tokens per day, please wait before trying again.", Some(Metric::Tokens), A_DAY),
        ("Tokens per day limit exceeded - too many tokens processed.", Some(Metric::Tokens), A_DAY),
        ("Usage limit reached for 5 hour. Your limit will reset later", None, 5 * HOUR),
        ("You have reached your weekly usage limit", None, 7 * A_DAY),
        ("You are using a Trial key, which is limited to 1000 API calls / month.", Some(Metric::Requests), 31 * A_DAY),
        ("You have exceeded your monthly quota", None, 31 * A_DAY),
    ] {
        let refused = refusal(Dialect::PLAIN, 429, &[], body);
        assert_eq!((refused.metric, refused.window), (metric, Some(seconds(window))), "{body}");
        let clock = clock();
        let model = model(&clock, Dialect::PLAIN, &USUAL);
        model.observe(429, &NONE[..], body.as_bytes());
        let [(.., pause)] = paused(&model)[..] else { panic!("{body}: {:?}", paused(&model)) };
        assert!((seconds(window / 120)..=seconds(window / 60)).contains(&pause), "{body}: {pause:?}");
    }
}

#[test]
fn the_backoff_of_a_day_grows_to_the_day() {
    let clock = clock();
    let model = model(&clock, Dialect::PLAIN, &[(Metric::Requests, DAY, 1_000)]);
    let pauses: Vec<u64> = (0..10)
        .map(|_| {
            clock.advance(seconds(2 * A_DAY));
            let permit = model.try_acquire(Cost::request()).unwrap();
            clock.advance(seconds(1));
            permit.observe(429, &NONE[..], b"daily request limit reached");
            wait(&model, Cost::request()).as_secs()
        })
        .collect();
    for (doublings, pause) in pauses.iter().enumerate() {
        let max = (A_DAY / 60 * (1 << doublings)).min(A_DAY);
        assert!((max / 2..=max).contains(pause), "{pauses:?}");
    }
}

#[test]
fn a_short_time_for_an_exhausted_day_doubles_with_each_refusal() {
    let clock = clock();
    let model = model(&clock, Dialect::PLAIN, &[(Metric::Tokens, MINUTE, 30_000), (Metric::Tokens, DAY, 1_000_000)]);
    let pauses: Vec<u64> = (0..16)
        .map(|_| {
            let permit = model.try_acquire(Cost::tokens(10)).unwrap();
            clock.advance(seconds(1));
            permit.observe(429, &[("retry-after", "30")][..], b"Too many tokens per day, please wait");
            let pause = pool(&model, Metric::Tokens, A_DAY).paused.unwrap();
            assert_eq!(paused(&model).len(), 1, "only the daily limit");
            clock.advance(pause + seconds(60));
            pause.as_secs()
        })
        .collect();
    assert_eq!(pauses[..5], [30, 60, 120, 240, 480]);
    assert_eq!(pauses[15], A_DAY);
}

#[test]
fn an_exhausted_balance_is_not_a_wait_with_status_429_either() {
    for body in [
        "Your team has either used all available credits or reached its monthly spending limit.",
        "Insufficient balance or no resource package. Please recharge.",
        "You've hit your monthly spend limit",
    ] {
        let refused = refusal(Dialect::PLAIN, 429, &[], body);
        assert_eq!((refused.metric, refused.remedy), (Some(Metric::SpendUsd), Remedy::Raise), "{body}");
    }
}

#[test]
fn openrouters_free_models_pause_the_whole_account_until_midnight() {
    let body = r#"{"error":{"message":"Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 free model requests per day","code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0","X-RateLimit-Reset":"1770336000000"}}}}"#;
    let refused = refusal(Dialect::OPENROUTER, 429, &[], body);
    assert_eq!((refused.metric, refused.window), (Some(Metric::Requests), Some(seconds(A_DAY))));
    assert_eq!((refused.lasts, refused.account_wide), (Some(seconds(8 * HOUR + 57 * 60 + 19)), true));
    let minute = body.replace("free-models-per-day", "free-models-per-min").replace("1770336000000", "1770303791000");
    let minute = minute.replace("Add 10 credits to unlock 1000 free model requests per day", "");
    let refused = refusal(Dialect::OPENROUTER, 429, &[], &minute);
    assert_eq!((refused.window, refused.lasts, refused.account_wide), (Some(seconds(60)), Some(seconds(30)), false));
}

#[test]
fn openai_states_a_day_and_the_time_until_room() {
    let body = "Rate limit reached for m in organization org-x on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.";
    let refused = refusal(Dialect::of(Provider::Openai), 429, &[], body);
    assert_eq!((refused.window, refused.lasts), (Some(seconds(A_DAY)), Some(seconds(432))));
    let clock = clock();
    let openai =
        model(&clock, Dialect::of(Provider::Openai), &[(Metric::Requests, MINUTE, 3), (Metric::Requests, DAY, 200)]);
    openai.observe(429, &NONE[..], body.as_bytes());
    assert_eq!(paused(&openai), [(Metric::Requests, A_DAY, seconds(432))], "only the daily limit");
}

#[test]
fn a_time_above_31_days_is_invalid() {
    let signals = Dialect::PLAIN.read(429, &(), b"Please try again in 32 days", 0);
    assert_eq!(signals.refusal().unwrap().lasts, None);
    assert_eq!(signals.invalid_values().collect::<Vec<_>>(), [("try again in", InvalidValue::TooFar)]);
}

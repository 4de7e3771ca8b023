//! Wordings and headers of known vendors, and wordings of any vendor.

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::Cost;
use ratebook_limiter::feedback::{Dialect, Signal};

use super::{DAY, MINUTE, NONE, NOW, USUAL, clock, limits, model, paused, pool, refusal, seconds, vendor, wait};

#[test]
fn anthropic_body_names_input_tokens() {
    let headers = [
        ("retry-after", "23"),
        ("anthropic-ratelimit-input-tokens-limit", "20000"),
        ("anthropic-ratelimit-input-tokens-remaining", "4000"),
        ("anthropic-ratelimit-input-tokens-reset", "2026-02-05T15:03:19Z"),
        ("anthropic-ratelimit-requests-limit", "50"),
        ("anthropic-ratelimit-requests-remaining", "49"),
        ("anthropic-ratelimit-requests-reset", "2026-02-05T15:02:42Z"),
        ("x-should-retry", "true"),
    ];
    let body = r#"{"type":"error","error":{"type":"rate_limit_error","message":"This request would exceed the rate limit for your organization (org-x) of 20,000 input tokens per minute. Please reduce the prompt length or the maximum tokens requested, or try again later."}}"#;
    let refused = refusal(Dialect::of(Provider::Anthropic), 429, &headers, body);
    assert_eq!((refused.metric, refused.window), (Some(Metric::UncachedInputTokens), Some(seconds(60))));
    assert_eq!((refused.remedy, refused.retry_after), (Remedy::Wait, Some(seconds(23))));
    let limits = [(Metric::Requests, MINUTE, 50), (Metric::UncachedInputTokens, MINUTE, 20_000)];
    let clock = clock();
    let anthropic = vendor(&clock, Dialect::of(Provider::Anthropic), &limits).shared_with_others(10).build().unwrap();
    let anthropic = anthropic.model("ours").unwrap();
    let permit = anthropic.try_acquire(Cost::request().input(300)).unwrap();
    clock.advance(seconds(1));
    permit.observe(429, &headers[..], body.as_bytes());
    assert_eq!(paused(&anthropic), [(Metric::UncachedInputTokens, 60, seconds(23))], "not the requests");
    assert_eq!(pool(&anthropic, Metric::Requests, 60).limit_units, 50);
    assert!(pool(&anthropic, Metric::UncachedInputTokens, 60).limit_units < 20_000, "it backs off");
}

#[test]
fn the_sentence_of_anthropic_may_state_other_metrics_and_windows() {
    let read = |dialect, limit: &str| {
        let body = format!(
            r#"{{"error":{{"type":"rate_limit_error","message":"This would exceed your limit limit {limit}."}}}}"#
        );
        let refused = refusal(dialect, 429, &[], &body);
        (refused.metric.unwrap(), refused.window.unwrap().as_secs(), limits(dialect, 429, &[], &body))
    };
    let named = |metric, window, amount| (metric, window, vec![(metric, Some(window), amount)]);
    let anthropic = Dialect::of(Provider::Anthropic);
    assert_eq!(read(anthropic, "8,000 output tokens per minute"), named(Metric::OutputTokens, 60, 8_000));
    assert_eq!(read(anthropic, "50 requests per minute"), named(Metric::Requests, 60, 50));
    assert_eq!(read(anthropic, "1,000,000 tokens per day"), named(Metric::Tokens, 86_400, 1_000_000));
    assert_eq!(read(anthropic, "20000 input tokens/min"), named(Metric::UncachedInputTokens, 60, 20_000));
    assert_eq!(read(Dialect::PLAIN, "20,000 input tokens per hour"), named(Metric::InputTokens, 3_600, 20_000));
    assert_eq!(read(Dialect::PLAIN, "5 requests per second"), named(Metric::Requests, 1, 5));
}

#[test]
fn input_tokens_pause_the_pool_of_a_related_metric() {
    let clock = clock();
    let model = model(&clock, Dialect::of(Provider::Anthropic), &USUAL);
    let body = b"your rate limit of 20,000 input tokens per minute";
    model.observe(429, &[("retry-after", "23")][..], body);
    assert_eq!(paused(&model), [(Metric::Tokens, 60, seconds(23))]);
}

#[test]
fn acceleration_limits_are_refusals_of_a_steep_rise() {
    for message in [
        "This request would exceed your organization's acceleration limit of 100,000 input tokens per minute.",
        "This request would exceed your organization's maximum usage increase rate for input tokens per minute.",
    ] {
        assert_eq!(refusal(Dialect::of(Provider::Anthropic), 429, &[], message).remedy, Remedy::Smooth, "{message}");
    }
    // OpenAI's status is 503.
    let body = r#"{"error":{"message":"Slow down","code":"slow_down"}}"#;
    assert_eq!(refusal(Dialect::of(Provider::Openai), 503, &[], body).remedy, Remedy::Smooth);
}

#[test]
fn azure_try_again_in_n_seconds() {
    let headers = [
        ("date", "Thu, 03 Apr 2025 14:12:23 GMT"),
        ("x-ratelimit-limit-requests", "8"),
        ("x-ratelimit-limit-tokens", "8000"),
        ("x-ratelimit-remaining-requests", "7"),
        ("x-ratelimit-remaining-tokens", "1014"),
    ];
    for after in [2, 30] {
        let body = format!(
            r#"{{"error":{{"code":"429","message": "Rate limit is exceeded. Try again in {after} seconds."}}}}"#
        );
        let refused = refusal(Dialect::of(Provider::Azure), 429, &headers, &body);
        assert_eq!((refused.remedy, refused.lasts), (Remedy::Wait, Some(seconds(after))));
        let clock = clock();
        let azure = model(
            &clock,
            Dialect::of(Provider::Azure),
            &[(Metric::Requests, MINUTE, 8), (Metric::Tokens, MINUTE, 8_000)],
        );
        azure.observe(429, &headers[..], body.as_bytes());
        assert_eq!(wait(&azure, Cost::request()), seconds(after));
    }
}

#[test]
fn bodies_of_any_vendor_state_a_time_to_wait() {
    for (body, after) in [
        ("Please try again in 20s. Contact us", 20),
        ("Rate limited. Try again in 2 minutes.", 120),
        ("try again in 1 hour", 3_600),
        ("Try again in about an hour and 5 minutes", 3_900),
        ("please try again in 7m12s", 432),
        ("Retry after 30", 30),
        ("retry after 5 seconds", 5),
        ("Please wait 45 seconds before retrying", 45),
        ("Please retry in 34s.", 34),
        (r#"{"error":{"retry_after": 12}}"#, 12),
        (r#"{"error":{"retry_after_ms": 12000}}"#, 12),
        (r#"{"detail":"Request was throttled. Your rate limit resets in ~30s."}"#, 30),
        (r#"{"details":[{"retryDelay":"38s"}]}"#, 38),
        ("limit_type: input, retry_after: 3.0, current: 5", 3),
        ("Your limit will reset at 2026-02-05T15:32:41Z", 1_800),
        (r#"{"error":{"type":"usage_limit_reached","resets_in_seconds":7200}}"#, 7_200),
    ] {
        for dialect in super::all() {
            assert_eq!(refusal(dialect, 429, &[], body).lasts, Some(seconds(after)), "{body}");
        }
        let clock = clock();
        let model = model(&clock, Dialect::PLAIN, &USUAL);
        model.observe(429, &NONE[..], body.as_bytes());
        assert_eq!(wait(&model, Cost::request()), seconds(after), "{body}");
    }
}

#[test]
fn a_header_takes_precedence_over_the_time_of_a_body() {
    let refused = refusal(Dialect::PLAIN, 429, &[("retry-after", "5")], "Try again in 2 hours");
    assert_eq!((refused.retry_after, refused.lasts), (Some(seconds(5)), None));
    let refused = refusal(Dialect::PLAIN, 429, &[("retry-after", "0")], "Try again in 2 hours");
    assert_eq!(refused.lasts, Some(seconds(7_200)), "a header of zero is ignored");
    for body in
        ["Please try again later.", "try again in a while", "Please wait before trying again.", "wait 5 requests"]
    {
        let signals = Dialect::PLAIN.read(429, &(), body.as_bytes(), 0);
        assert_eq!(signals.refusal().unwrap().lasts, None, "{body}");
        assert_eq!(signals.invalid_values().count(), 0, "{body}");
    }
}

#[test]
fn openai_project_token_headers() {
    let headers = [
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-tokens", "120000"),
        ("x-ratelimit-reset-tokens", "12s"),
        ("x-ratelimit-limit-project-tokens", "60000"),
        ("x-ratelimit-remaining-project-tokens", "0"),
        ("x-ratelimit-reset-project-tokens", "3s"),
    ];
    let body = r#"{"error":{"message":"Rate limit reached","type":"tokens","code":"rate_limit_exceeded"}}"#;
    let amounts = |headers: &[(&str, &str)]| {
        let signals =
            Dialect::of(Provider::Openai).read(429, headers, body.as_bytes(), i128::from(NOW) * 1_000_000_000);
        let amounts: Vec<_> = signals
            .iter()
            .filter_map(|signal| match signal {
                Signal::Limit { amount, .. } | Signal::Remaining { amount, .. } => Some(amount),
                _ => None,
            })
            .collect();
        assert_eq!(signals.invalid_values().count(), 0);
        amounts
    };
    assert_eq!(amounts(&headers), [60_000, 0]);
    // The project's limit may be the larger one.
    let wider = [
        headers[0],
        headers[1],
        ("x-ratelimit-limit-project-tokens", "200000"),
        ("x-ratelimit-remaining-project-tokens", "190000"),
    ];
    assert_eq!(amounts(&wider), [150_000, 120_000]);
    let clock = clock();
    let openai = model(
        &clock,
        Dialect::of(Provider::Openai),
        &[(Metric::Requests, MINUTE, 500), (Metric::Tokens, MINUTE, 150_000)],
    );
    openai.observe(200, &headers[..], b"");
    let tokens = pool(&openai, Metric::Tokens, 60);
    assert_eq!((tokens.limit_units, tokens.left), (60_000, 0));
    openai.observe(429, &headers[..], body.as_bytes());
    assert!(paused(&openai).iter().all(|(metric, ..)| *metric == Metric::Tokens), "{:?}", paused(&openai));
}

#[test]
fn groqs_audio_is_stated_in_seconds_per_hour() {
    let headers = [
        ("x-ratelimit-limit-audio-seconds", "7200"),
        ("x-ratelimit-remaining-audio-seconds", "3599"),
        ("x-ratelimit-reset-audio-seconds", "1s"),
    ];
    let signals = Dialect::of(Provider::Groq).read(200, &headers[..], b"", 0);
    let amounts: Vec<_> = signals
        .iter()
        .filter_map(|signal| match signal {
            Signal::Limit { counted, amount } | Signal::Remaining { counted, amount } => {
                Some((counted.metric?, counted.window?, amount))
            }
            _ => None,
        })
        .collect();
    assert_eq!(amounts, [(Metric::AudioSeconds, seconds(3_600), 7_200), (Metric::AudioSeconds, seconds(3_600), 3_599)]);
    let body = "Rate limit reached for model `whisper-large-v3` on seconds of audio per hour (ASPH): Limit 7200, Used 5956, Requested 2336. Please try again in 9m6s.";
    let refused = refusal(Dialect::of(Provider::Groq), 429, &[], body);
    assert_eq!(
        (refused.metric, refused.window, refused.lasts),
        (Some(Metric::AudioSeconds), Some(seconds(3_600)), Some(seconds(546)))
    );
    assert_eq!(limits(Dialect::of(Provider::Groq), 429, &[], body), [(Metric::AudioSeconds, Some(3_600), 7_200)]);
    let clock = clock();
    let whisper =
        model(&clock, Dialect::of(Provider::Groq), &[(Metric::Requests, MINUTE, 20), (Metric::AudioMinutes, DAY, 480)]);
    whisper.observe(429, &NONE[..], body.as_bytes());
    assert_eq!(paused(&whisper), [(Metric::AudioMinutes, 86_400, seconds(546))], "the only limit on audio");
    assert_eq!(
        pool(&whisper, Metric::AudioMinutes, 86_400).limit.amount,
        480,
        "the stated limit is hourly, this one daily"
    );
}

#[test]
fn seconds_of_audio_narrow_a_limit_that_the_page_states_in_minutes() {
    let clock = clock();
    let whisper =
        model(&clock, Dialect::of(Provider::Groq), &[(Metric::AudioMinutes, Some(ratebook::Period::Hour), 240)]);
    whisper.observe(200, &[("x-ratelimit-limit-audio-seconds", "7200")][..], b"");
    assert_eq!(pool(&whisper, Metric::AudioMinutes, 3_600).limit.amount, 120);
}

#[test]
fn bodies_of_any_vendor_state_limits_as_abbreviations() {
    let body = "Your account request reached organization TPM rate limit, current: 3025143, limit: 3000000";
    let refused = refusal(Dialect::MOONSHOT, 429, &[], body);
    assert_eq!((refused.metric, refused.window), (Some(Metric::Tokens), Some(seconds(60))));
    assert_eq!(limits(Dialect::MOONSHOT, 429, &[], body), [(Metric::Tokens, Some(60), 3_000_000)]);
    let body = "Rate limit reached for default-x on requests per min. Limit: 3 / min. Please try again in 20s.";
    let refused = refusal(Dialect::of(Provider::Openai), 429, &[], body);
    assert_eq!(
        (refused.metric, refused.window, refused.lasts),
        (Some(Metric::Requests), Some(seconds(60)), Some(seconds(20)))
    );
}

#[test]
fn wait_of_114_hours() {
    let body = r#"{"error":{"message":"Rate limit reached for gpt-4o-mini in organization org-x on tokens per min (TPM): Limit 100000, Used 96749, Requested 19126. Please try again in 114h18m0s.","type":"tokens","param":null,"code":"rate_limit_exceeded"}}"#;
    let refused = refusal(Dialect::of(Provider::Openai), 429, &[], body);
    assert_eq!(
        (refused.metric, refused.window, refused.lasts),
        (Some(Metric::Tokens), Some(seconds(60)), Some(seconds(411_480)))
    );
}

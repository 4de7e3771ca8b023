//! A response of a served or refused call for each row of the table of headers.

use std::time::Duration;

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::Dialect;

use super::{read, refusal, seconds, signals, signals_of};

#[test]
fn openai() {
    let headers = [
        ("x-ratelimit-limit-requests", "60"),
        ("x-ratelimit-limit-tokens", "150000"),
        ("x-ratelimit-remaining-requests", "59"),
        ("x-ratelimit-remaining-tokens", "149984"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-reset-tokens", "6m0s"),
    ];
    let expected = [
        "limit requests/- 60",
        "limit tokens/- 150000",
        "remaining requests/- 59",
        "remaining tokens/- 149984",
        "full requests/- 1s",
        "full tokens/- 360s",
    ];
    assert_eq!(signals(Dialect::of(Provider::Openai), &headers), expected);
}

#[test]
fn azure_openai_prefers_the_wait_in_milliseconds() {
    let headers = [("retry-after", "1"), ("retry-after-ms", "825")];
    let refused = refusal(Dialect::of(Provider::Azure), 429, &headers, "");
    assert_eq!(refused.retry_after, Some(Duration::from_millis(825)));
    let refused = refusal(Dialect::of(Provider::Azure), 429, &[("x-ms-retry-after-ms", "20")], "");
    assert_eq!(refused.retry_after, Some(Duration::from_millis(20)));
}

#[test]
fn anthropic() {
    let headers = [
        ("anthropic-ratelimit-input-tokens-limit", "30000"),
        ("anthropic-ratelimit-output-tokens-remaining", "7000"),
        ("anthropic-ratelimit-requests-reset", "2026-02-05T15:03:11Z"),
    ];
    let expected = ["limit uncached_input_tokens/60 30000", "remaining output_tokens/60 7000", "full requests/60 30s"];
    assert_eq!(signals(Dialect::of(Provider::Anthropic), &headers), expected);
    assert_eq!(refusal(Dialect::of(Provider::Anthropic), 429, &[("retry-after", "12")], "").retry_after, seconds(12));
    assert_eq!(refusal(Dialect::of(Provider::Anthropic), 529, &[], "overloaded_error").remedy, Remedy::Elsewhere);
}

#[test]
fn groq() {
    let headers = [
        ("x-ratelimit-limit-requests", "14400"),
        ("x-ratelimit-remaining-tokens", "17997"),
        ("x-ratelimit-reset-requests", "2m59.56s"),
        ("x-ratelimit-reset-tokens", "7.66s"),
    ];
    let expected = [
        "limit requests/86400 14400",
        "remaining tokens/60 17997",
        "full requests/86400 179.56s",
        "full tokens/60 7.66s",
    ];
    assert_eq!(signals(Dialect::of(Provider::Groq), &headers), expected);
    let body = "Rate limit reached on tokens per minute (TPM): Limit 50000, Used 47949, Requested 3006. \
                Please try again in 1.146s. Visit us";
    let refused = refusal(Dialect::of(Provider::Groq), 429, &[("retry-after", "2")], body);
    assert_eq!((refused.metric, refused.retry_after), (Some(Metric::Tokens), seconds(2)));
    assert_eq!(refused.lasts, Some(Duration::from_millis(1_146)));
}

#[test]
fn cerebras() {
    let headers = [
        ("x-ratelimit-remaining-tokens-hour", "9"),
        ("x-ratelimit-reset-requests-day", "11726.5"),
        ("x-ratelimit-reset-tokens-minute", "26.25"),
    ];
    let expected = ["remaining tokens/3600 9", "full requests/86400 11726.5s", "full tokens/60 26.25s"];
    assert_eq!(signals(Dialect::CEREBRAS, &headers), expected);
}

#[test]
fn mistral_new_and_old() {
    let headers = [("x-ratelimit-limit-req-minute", "23"), ("x-ratelimit-remaining-req-minute", "0")];
    assert_eq!(signals(Dialect::of(Provider::Mistral), &headers), ["limit requests/60 23", "remaining requests/60 0"]);
    let headers =
        [("ratelimitbysize-limit", "500000"), ("ratelimitbysize-reset", "40"), ("ratelimitbysize-query-cost", "32007")];
    assert_eq!(
        signals(Dialect::of(Provider::Mistral), &headers),
        ["limit tokens/60 500000", "full tokens/60 40s", "cost tokens/60 32007"]
    );
    let headers = [("x-ratelimitbysize-limit-month", "10000000000"), ("x-ratelimitbysize-remaining-minute", "500000")];
    let expected = ["remaining tokens/60 500000", "limit tokens/2678400 10000000000"];
    assert_eq!(signals(Dialect::of(Provider::Mistral), &headers), expected);
}

#[test]
fn mistral_states_the_cost_of_a_call() {
    let headers = [
        ("x-ratelimit-limit-tokens-minute", "356250"),
        ("x-ratelimit-remaining-tokens-minute", "356231"),
        ("x-ratelimit-tokens-query-cost", "19"),
        ("x-max-retry-attempts-reached", "false"),
    ];
    let expected = ["limit tokens/60 356250", "remaining tokens/60 356231", "cost tokens/60 19"];
    assert_eq!(signals(Dialect::of(Provider::Mistral), &headers), expected);
}

#[test]
fn fireworks_2025_and_2026() {
    let headers = [
        ("x-ratelimit-limit-tokens-prompt", "60000"),
        ("x-ratelimit-remaining-tokens-generated", "5400"),
        ("x-ratelimit-limit-tokens-cache-adjusted-prompt", "11250000"),
        ("x-ratelimit-over-limit", "yes"),
    ];
    let expected = [
        "limit input_tokens/60 60000",
        "remaining output_tokens/60 5400",
        "limit uncached_input_tokens/60 11250000",
        "OverLimit(true)",
    ];
    assert_eq!(signals(Dialect::FIREWORKS_2026, &headers), expected);
    assert_eq!(signals(Dialect::of(Provider::Fireworks), &headers), [expected[0], expected[1], expected[3]]);
    for dialect in [Dialect::FIREWORKS_2026, Dialect::of(Provider::Fireworks)] {
        let served = read(dialect, 200, &headers, "");
        assert!(served.is_over_limit() && served.refusal().is_none());
    }
}

#[test]
fn together_has_limits_per_second_with_the_dynamic_one_last() {
    let headers = [
        ("x-ratelimit-limit", "10"),
        ("x-tokenlimit-remaining", "2500"),
        ("x-ratelimit-reset", "1"),
        // More remaining than the other limit allows.
        ("x-ratelimit-limit-dynamic", "20"),
        ("x-ratelimit-remaining-dynamic", "19"),
        ("x-tokenlimit-limit-dynamic", "3000"),
        ("x-tokenlimit-remaining-dynamic", "2999"),
    ];
    let expected = [
        "limit requests/1 10",
        "room requests/1 1s",
        "remaining tokens/1 2500",
        "limit requests/1 20",
        "remaining requests/1 19",
        "limit tokens/1 3000",
        "remaining tokens/1 2999",
    ];
    assert_eq!(signals(Dialect::TOGETHER, &headers), expected);
    let refused = refusal(Dialect::TOGETHER, 429, &[], r#"{"error":{"type":"dynamic_token_limited"}}"#);
    assert_eq!(refused.metric, Some(Metric::Tokens));
}

#[test]
fn nebius() {
    let headers = [("x-ratelimit-reset-tokens", "1.25"), ("x-ratelimit-over-limit", "no")];
    assert_eq!(signals(Dialect::NEBIUS, &headers), ["full tokens/60 1.25s", "OverLimit(false)"]);
    // Also observed: resets with a unit, and the headers of the dynamic limits.
    let headers = [
        ("x-ratelimit-limit-requests", "600"),
        ("x-ratelimit-remaining-requests", "599"),
        ("x-ratelimit-reset-requests", "1s"),
        ("x-ratelimit-dynamic-scale-requests", "1.00"),
        ("x-ratelimit-dynamic-period-remaining", "881s"),
        ("x-ratelimit-dynamic-period-usage-requests", "1%"),
    ];
    assert_eq!(
        signals(Dialect::NEBIUS, &headers),
        ["limit requests/60 600", "remaining requests/60 599", "full requests/60 1s"]
    );
    assert_eq!(refusal(Dialect::NEBIUS, 429, &[("Retry-After", "2")], "").retry_after, seconds(2));
}

#[test]
fn github_models_states_the_limit_in_a_header() {
    let headers = [("x-ratelimit-type", "UserConcurrentRequests"), ("x-ratelimit-timeremaining", "55")];
    let refused = refusal(Dialect::of(Provider::GithubModels), 429, &headers, "");
    assert_eq!((refused.metric, refused.retry_after), (Some(Metric::ConcurrentRequests), seconds(55)));
    let headers = [("x-ms-error-code", "RateLimitReached"), ("retry-after", "55")];
    let refused = refusal(Dialect::of(Provider::GithubModels), 429, &headers, "");
    assert_eq!((refused.metric, refused.remedy, refused.retry_after), (None, Remedy::Wait, seconds(55)));
}

#[test]
fn github_models_and_azure_state_the_length_of_their_windows() {
    let headers = [
        ("x-ratelimit-limit-requests", "20000"),
        ("x-ratelimit-remaining-requests", "19999"),
        ("x-ratelimit-renewalperiod-requests", "60"),
        ("x-ratelimit-reset-requests", "24"),
        ("x-ratelimit-limit-tokens", "2000000"),
    ];
    for dialect in [Dialect::of(Provider::GithubModels), Dialect::of(Provider::Azure)] {
        let expected = [
            "limit requests/60 20000",
            "limit tokens/- 2000000",
            "remaining requests/60 19999",
            "full requests/60 24s",
        ];
        assert_eq!(signals(dialect, &headers), expected);
        let none = [("x-ratelimit-renewalperiod-tokens", "0"), ("x-ratelimit-limit-tokens", "5")];
        assert_eq!(signals(dialect, &none), ["invalid x-ratelimit-renewalperiod-tokens Zero", "limit tokens/- 5"]);
    }
}

#[test]
fn cohere_trial_keys() {
    let headers = [("x-trial-endpoint-call-limit", "20"), ("x-trial-endpoint-call-remaining", "19")];
    assert_eq!(signals(Dialect::of(Provider::Cohere), &headers), ["limit requests/60 20", "remaining requests/60 19"]);
    let month = [("x-endpoint-monthly-call-limit", "1000")];
    assert_eq!(signals(Dialect::of(Provider::Cohere), &month), ["limit requests/2678400 1000"]);
}

#[test]
fn openrouter_has_its_headers_in_the_body() {
    let body = r#"{"error":{"code":429,"metadata":{"headers":{"X-RateLimit-Limit":"50","X-RateLimit-Remaining":"0",
        "X-RateLimit-Reset":"1770303766000"}}}}"#;
    let expected = ["limit requests/- 50", "remaining requests/- 0", "full requests/- 5s"];
    assert_eq!(signals_of(Dialect::OPENROUTER, 429, &[], body)[..3], expected);
    let refused = refusal(Dialect::OPENROUTER, 429, &[], body);
    assert_eq!((refused.metric, refused.lasts), (Some(Metric::Requests), seconds(5)));
}

#[test]
fn hugging_face_uses_the_ietf_draft_with_two_names_per_policy() {
    let headers = [("RateLimit", r#""api";r=499;t=295"#), ("RateLimit-Policy", r#""fixed window";"api";q=500;w=300"#)];
    let expected = ["limit requests/300 500", "remaining requests/300 499", "full requests/300 295s"];
    assert_eq!(signals(Dialect::IETF, &headers), expected);
    assert_eq!(signals(Dialect::HUGGING_FACE, &headers), expected);
    let refused = refusal(Dialect::HUGGING_FACE, 402, &[("x-error-message", "credits are used up")], "");
    assert_eq!((refused.metric, refused.remedy), (Some(Metric::SpendUsd), Remedy::Raise));
}

#[test]
fn venice() {
    let headers = [("x-ratelimit-reset-requests", "1770303791"), ("x-ratelimit-reset-tokens", "12")];
    assert_eq!(signals(Dialect::VENICE, &headers), ["full requests/- 30s", "full tokens/- 12s"]);
}

#[test]
fn digitalocean_states_when_there_is_room() {
    let headers = [("x-ratelimit-limit-tokens-per-day", "9"), ("x-ratelimit-reset-tokens-per-day", "1770303762")];
    assert_eq!(signals(Dialect::DIGITALOCEAN, &headers), ["limit tokens/86400 9", "room tokens/86400 1s"]);
}

#[test]
fn moonshots_reset_has_no_unit_and_is_reported() {
    let headers = [("X-RateLimit-Limit", "3"), ("X-RateLimit-Reset", "1770303762")];
    assert_eq!(signals(Dialect::MOONSHOT, &headers), ["limit requests/- 3", "invalid x-ratelimit-reset Unstated"]);
}

#[test]
fn alibaba_codes() {
    let refused = |body| {
        let refused = refusal(Dialect::of(Provider::Alibaba), 429, &[], body);
        (refused.metric, refused.remedy)
    };
    for body in [r#"{"code":"Throttling.RateQuota"}"#, r#"{"error":{"code":"limit_requests"}}"#] {
        assert_eq!(refused(body), (Some(Metric::Requests), Remedy::Wait));
    }
    for body in [r#"{"code":"Throttling.AllocationQuota"}"#, r#"{"error":{"code":"insufficient_quota"}}"#] {
        assert_eq!(refused(body), (Some(Metric::Tokens), Remedy::Wait));
    }
    for body in [r#"{"code":"Throttling.BurstRate"}"#, r#"{"error":{"code":"limit_burst_rate"}}"#] {
        assert_eq!(refused(body), (None, Remedy::Smooth));
    }
}

#[test]
fn castai() {
    let body = r#"{"error": "qwen3 model is rate limited until 2026-02-05T15:32:41Z"}"#;
    let refused = refusal(Dialect::of(Provider::Castai), 429, &[("Retry-After", "5")], body);
    assert_eq!((refused.retry_after, refused.lasts), (seconds(5), seconds(1_800)));
}

#[test]
fn vendors_without_headers() {
    for dialect in [Dialect::of(Provider::Cloudflare), Dialect::PLAIN] {
        assert!(read(dialect, 200, &[], "{}").is_empty());
        assert_eq!(refusal(dialect, 429, &[], "").remedy, Remedy::Wait);
    }
}

#[test]
fn github_states_the_reset_as_a_unix_time() {
    let headers = [("X-RateLimit-Limit", "5000"), ("X-RateLimit-Reset", "1770307361")];
    assert_eq!(signals(Dialect::EPOCH_RESET, &headers), ["limit requests/- 5000", "full requests/- 3600s"]);
}

#[test]
fn retry_after_is_seconds_or_a_date_in_every_dialect() {
    let refused = refusal(Dialect::PLAIN, 429, &[("Retry-After", "120")], "");
    assert_eq!(refused.retry_after, seconds(120));
    let refused = refusal(Dialect::PLAIN, 429, &[("Retry-After", "Thu, 05 Feb 2026 15:03:41 GMT")], "");
    assert_eq!(refused.retry_after, seconds(60));
}

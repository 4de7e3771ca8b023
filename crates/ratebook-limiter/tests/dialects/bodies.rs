//! Bodies that state the limit, and the duration of the refusal.

use std::time::Duration;

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::Dialect;

use super::{refusal, seconds, signals_of};

fn millis(millis: u64) -> Option<Duration> {
    Some(Duration::from_millis(millis))
}

/// Returns the metric and the duration of a 429 without headers.
fn stated(dialect: Dialect, body: &str) -> (Option<Metric>, Option<Duration>) {
    let refused = refusal(dialect, 429, &[], body);
    assert_eq!((refused.remedy, refused.retry_after), (Remedy::Wait, None), "{body}");
    (refused.metric, refused.lasts)
}

#[test]
fn openai_states_the_limit_with_its_window_and_the_time() {
    let body = "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 50000, Used 47949, \
                Requested 3006. Please try again in 1.146s. Visit the page of limits.";
    assert_eq!(stated(Dialect::of(Provider::Openai), body), (Some(Metric::Tokens), millis(1_146)));
    assert_eq!(signals_of(Dialect::of(Provider::Openai), 429, &[], body)[0], "limit tokens/60 50000");
    let body =
        "Rate limit reached on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.";
    assert_eq!(stated(Dialect::of(Provider::Openai), body), (Some(Metric::Requests), seconds(432)));
    assert_eq!(signals_of(Dialect::of(Provider::Openai), 429, &[], body)[0], "limit requests/86400 200");
}

#[test]
fn openai_states_the_limit_that_a_call_exceeds() {
    let body = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.";
    assert_eq!(signals_of(Dialect::of(Provider::Openai), 429, &[], body)[0], "limit tokens/60 30000");
    assert_eq!(refusal(Dialect::of(Provider::Openai), 429, &[], body).remedy, Remedy::Split);
}

#[test]
fn groq_states_the_limit_and_the_time() {
    let body = "Rate limit reached for model x on tokens per day (TPD): Limit 500000, Used 499000, Requested 3006. \
                Please try again in 5m46.6s. Need more?";
    assert_eq!(stated(Dialect::of(Provider::Groq), body), (Some(Metric::Tokens), millis(346_600)));
    assert_eq!(signals_of(Dialect::of(Provider::Groq), 429, &[], body)[0], "limit tokens/86400 500000");
    let body = "Request too large for model x on tokens per minute (TPM): Limit 6000, Requested 7500.";
    let refused = refusal(Dialect::of(Provider::Groq), 413, &[("retry-after", "2")], body);
    assert_eq!((refused.metric, refused.remedy), (Some(Metric::Tokens), Remedy::Split));
    assert_eq!(signals_of(Dialect::of(Provider::Groq), 413, &[], body)[0], "limit tokens/60 6000");
}

#[test]
fn gemini_states_the_quota_and_the_time() {
    let body = |quota: &str| {
        format!(
            r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{{"violations":[{{"quotaId":"{quota}"}}]}},
            {{"retryDelay": "38.2s"}}]}}}}"#
        )
    };
    let stated = |quota: &str| stated(Dialect::of(Provider::Gemini), &body(quota));
    // The body states the time of the minute. The day resets at midnight Pacific time, in 16:57:19.
    assert_eq!(stated("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), (Some(Metric::Requests), seconds(61_039)));
    let tokens = stated("GenerateContentInputTokensPerModelPerMinute-FreeTier");
    assert_eq!(tokens, (Some(Metric::InputTokens), millis(38_200)));
    assert_eq!(stated(""), (None, millis(38_200)));
}

#[test]
fn siliconflow_states_the_limit_without_a_time() {
    let body = |limit: &str| format!("Request was rejected due to rate limiting. Details:{limit} limit reached.");
    assert_eq!(stated(Dialect::SILICONFLOW, &body("TPM")), (Some(Metric::Tokens), None));
    assert_eq!(stated(Dialect::SILICONFLOW, &body("RPM")), (Some(Metric::Requests), None));
}

#[test]
fn llm7_states_the_time_without_a_limit() {
    assert_eq!(stated(Dialect::LLM7, r#"{"error":"rate limit","retry_after":1}"#), (None, seconds(1)));
    assert_eq!(stated(Dialect::LLM7, r#"{"retry_after": 1.5}"#), (None, millis(1_500)));
}

#[test]
fn codes_of_github_state_the_limit_and_the_time() {
    let body = |code: &str, wait: u32| {
        format!(
            r#"{{"error":{{"code":"RateLimitReached","message":"Rate limit of 50 exceeded for {code}. Please wait {wait} seconds before retrying."}}}}"#
        )
    };
    let stated = |code: &str, wait: u32| stated(Dialect::of(Provider::GithubModels), &body(code, wait));
    assert_eq!(stated("UserByModelByDay", 5631), (Some(Metric::Requests), seconds(5_631)));
    assert_eq!(stated("UserByModelByMinute", 20), (Some(Metric::Requests), seconds(20)));
    assert_eq!(stated("UserByMinute", 55), (Some(Metric::Requests), seconds(55)));
    assert_eq!(stated("UserConcurrentRequests", 0), (Some(Metric::ConcurrentRequests), seconds(0)));
    assert_eq!(stated("SomethingNew", 7), (None, seconds(7)));
    let large = refusal(Dialect::of(Provider::GithubModels), 413, &[], r#"{"error":{"code":"tokens_limit_reached"}}"#);
    assert_eq!((large.metric, large.remedy), (Some(Metric::Tokens), Remedy::Split));
}

#[test]
fn azure_states_the_limit_and_the_time() {
    let body = "Requests to the operation have exceeded token rate limit of your current tier. Please retry after 86400 seconds.";
    assert_eq!(stated(Dialect::of(Provider::Azure), body), (Some(Metric::Tokens), seconds(86_400)));
}

#[test]
fn castai_states_half_an_hour_in_the_body_and_five_seconds_in_the_header() {
    let body = r#"{"error": "qwen3 model is rate limited until 2026-02-05T15:32:41Z"}"#;
    let refused = refusal(Dialect::of(Provider::Castai), 429, &[("Retry-After", "5")], body);
    assert_eq!((refused.retry_after, refused.lasts), (seconds(5), seconds(1_800)));
}

#[test]
fn an_invalid_time_of_a_body_is_reported_and_not_used() {
    for (dialect, body, at) in [
        (Dialect::of(Provider::Openai), "on tokens per min: try again in a while", "try again in"),
        (Dialect::of(Provider::Castai), "is rate limited until 2026-13-05T15:32:41Z", "is rate limited until"),
        (Dialect::OPENROUTER, r#""X-RateLimit-Reset":"tomorrow""#, "X-RateLimit-Reset"),
        (Dialect::LLM7, r#""retry_after": -1"#, "retry_after"),
    ] {
        let signals = super::read(dialect, 429, &[], body);
        assert_eq!(signals.refusal().unwrap().lasts, None, "{body}");
        assert_eq!(signals.invalid_values().next().unwrap().0, at, "{body}");
    }
}

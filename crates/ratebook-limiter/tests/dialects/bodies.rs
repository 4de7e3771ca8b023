//! Bodies that name the limit, and how long the refusal lasts.

use std::time::Duration;

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::Dialect;

use super::{refusal, said_by, seconds};

fn millis(millis: u64) -> Option<Duration> {
    Some(Duration::from_millis(millis))
}

/// Of a 429 without headers: what was used up, and how long it lasts.
fn named(dialect: Dialect, body: &str) -> (Option<Metric>, Option<Duration>) {
    let refused = refusal(dialect, 429, &[], body);
    assert_eq!((refused.remedy, refused.retry_after), (Remedy::Wait, None), "{body}");
    (refused.metric, refused.lasts)
}

#[test]
fn openai_names_the_limit_with_its_window_and_the_time() {
    let body = "Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 50000, Used 47949, \
                Requested 3006. Please try again in 1.146s. Visit the page of limits.";
    assert_eq!(named(Dialect::OPENAI, body), (Some(Metric::Tokens), millis(1_146)));
    assert_eq!(said_by(Dialect::OPENAI, 429, &[], body)[0], "limit tokens/60 50000");
    let body =
        "Rate limit reached on requests per day (RPD): Limit 200, Used 200, Requested 1. Please try again in 7m12s.";
    assert_eq!(named(Dialect::OPENAI, body), (Some(Metric::Requests), seconds(432)));
    assert_eq!(said_by(Dialect::OPENAI, 429, &[], body)[0], "limit requests/86400 200");
}

#[test]
fn openai_names_the_limit_that_a_call_is_too_large_for() {
    let body = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.";
    assert_eq!(said_by(Dialect::OPENAI, 429, &[], body)[0], "limit tokens/60 30000");
    assert_eq!(refusal(Dialect::OPENAI, 429, &[], body).remedy, Remedy::Split);
}

#[test]
fn groq_names_the_limit_and_the_time() {
    let body = "Rate limit reached for model x on tokens per day (TPD): Limit 500000, Used 499000, Requested 3006. \
                Please try again in 5m46.6s. Need more?";
    assert_eq!(named(Dialect::GROQ, body), (Some(Metric::Tokens), millis(346_600)));
    assert_eq!(said_by(Dialect::GROQ, 429, &[], body)[0], "limit tokens/86400 500000");
    let body = "Request too large for model x on tokens per minute (TPM): Limit 6000, Requested 7500.";
    let refused = refusal(Dialect::GROQ, 413, &[("retry-after", "2")], body);
    assert_eq!((refused.metric, refused.remedy), (Some(Metric::Tokens), Remedy::Split));
    assert_eq!(said_by(Dialect::GROQ, 413, &[], body)[0], "limit tokens/60 6000");
}

#[test]
fn gemini_names_the_quota_and_the_time() {
    let body = |quota: &str| {
        format!(
            r#"{{"error":{{"code":429,"status":"RESOURCE_EXHAUSTED","details":[{{"violations":[{{"quotaId":"{quota}"}}]}},
            {{"retryDelay": "38.2s"}}]}}}}"#
        )
    };
    let named = |quota: &str| named(Dialect::GEMINI, &body(quota));
    // The time that it names is a minute's: a day is over at midnight on the Pacific coast, 16:57:19 from now.
    assert_eq!(named("GenerateRequestsPerDayPerProjectPerModel-FreeTier"), (Some(Metric::Requests), seconds(61_039)));
    let tokens = named("GenerateContentInputTokensPerModelPerMinute-FreeTier");
    assert_eq!(tokens, (Some(Metric::InputTokens), millis(38_200)));
    assert_eq!(named(""), (None, millis(38_200)));
}

#[test]
fn siliconflow_names_the_limit_without_a_time() {
    let body = |limit: &str| format!("Request was rejected due to rate limiting. Details:{limit} limit reached.");
    assert_eq!(named(Dialect::SILICONFLOW, &body("TPM")), (Some(Metric::Tokens), None));
    assert_eq!(named(Dialect::SILICONFLOW, &body("RPM")), (Some(Metric::Requests), None));
}

#[test]
fn llm7_names_the_time_without_a_limit() {
    assert_eq!(named(Dialect::LLM7, r#"{"error":"rate limit","retry_after":1}"#), (None, seconds(1)));
    assert_eq!(named(Dialect::LLM7, r#"{"retry_after": 1.5}"#), (None, millis(1_500)));
}

#[test]
fn github_codes_name_the_limit_and_the_time() {
    let body = |code: &str, wait: u32| {
        format!(
            r#"{{"error":{{"code":"RateLimitReached","message":"Rate limit of 50 exceeded for {code}. Please wait {wait} seconds before retrying."}}}}"#
        )
    };
    let named = |code: &str, wait: u32| named(Dialect::GITHUB_MODELS, &body(code, wait));
    assert_eq!(named("UserByModelByDay", 5631), (Some(Metric::Requests), seconds(5_631)));
    assert_eq!(named("UserByModelByMinute", 20), (Some(Metric::Requests), seconds(20)));
    assert_eq!(named("UserByMinute", 55), (Some(Metric::Requests), seconds(55)));
    assert_eq!(named("UserConcurrentRequests", 0), (Some(Metric::ConcurrentTasks), seconds(0)));
    assert_eq!(named("SomethingNew", 7), (None, seconds(7)));
    let large = refusal(Dialect::GITHUB_MODELS, 413, &[], r#"{"error":{"code":"tokens_limit_reached"}}"#);
    assert_eq!((large.metric, large.remedy), (Some(Metric::Tokens), Remedy::Split));
}

#[test]
fn azure_names_the_limit_and_the_time() {
    let body = "Requests to the operation have exceeded token rate limit of your current tier. Please retry after 86400 seconds.";
    assert_eq!(named(Dialect::AZURE_OPENAI, body), (Some(Metric::Tokens), seconds(86_400)));
}

#[test]
fn castai_names_half_an_hour_while_its_header_says_five_seconds() {
    let body = r#"{"error": "qwen3 model is rate limited until 2026-02-05T15:32:41Z"}"#;
    let refused = refusal(Dialect::of(Provider::Castai), 429, &[("Retry-After", "5")], body);
    assert_eq!((refused.retry_after, refused.lasts), (seconds(5), seconds(1_800)));
}

#[test]
fn a_time_in_a_body_that_makes_no_sense_is_reported_and_not_obeyed() {
    for (dialect, body, at) in [
        (Dialect::OPENAI, "on tokens per min: try again in a while", "try again in"),
        (Dialect::of(Provider::Castai), "is rate limited until 2026-13-05T15:32:41Z", "is rate limited until"),
        (Dialect::OPENROUTER, r#""X-RateLimit-Reset":"tomorrow""#, "X-RateLimit-Reset"),
        (Dialect::LLM7, r#""retry_after": -1"#, "retry_after"),
    ] {
        let signals = super::read(dialect, 429, &[], body);
        assert_eq!(signals.refusal().unwrap().lasts, None, "{body}");
        assert_eq!(signals.invalid_values().next().unwrap().0, at, "{body}");
    }
}

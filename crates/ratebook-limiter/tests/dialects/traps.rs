//! Responses that are easily misread.

use ratebook::{Provider, Remedy};
use ratebook_limiter::feedback::{Dialect, InvalidValue};

use super::{read, refusal, seconds, signals};

#[test]
fn the_same_header_has_different_meanings_at_different_vendors() {
    let header = [("x-ratelimit-limit-requests", "60")];
    assert_eq!(signals(Dialect::of(Provider::Openai), &header), ["limit requests/- 60"]);
    assert_eq!(signals(Dialect::of(Provider::Groq), &header), ["limit requests/86400 60"]);
    let header = [("x-ratelimit-reset-requests", "1770303791")];
    assert_eq!(signals(Dialect::VENICE, &header), ["full requests/- 30s"]);
    let openai: Vec<_> = read(Dialect::of(Provider::Openai), 200, &header, "").invalid_values().collect();
    assert_eq!(openai, [("x-ratelimit-reset-requests", InvalidValue::Unreadable)]);
}

#[test]
fn a_time_until_full_is_not_a_time_to_wait() {
    let refused = refusal(Dialect::of(Provider::Openai), 429, &[("x-ratelimit-reset-tokens", "6m0s")], "");
    assert_eq!((refused.retry_after, refused.lasts), (None, None));
}

#[test]
fn waiting_does_not_help_some_refusals() {
    let body = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.";
    assert_eq!(refusal(Dialect::of(Provider::Openai), 429, &[], body).remedy, Remedy::Split);
    assert_eq!(refusal(Dialect::of(Provider::Groq), 413, &[("retry-after", "2")], "").remedy, Remedy::Split);
    assert_eq!(
        refusal(Dialect::of(Provider::Openai), 429, &[], r#"{"code": "insufficient_quota"}"#).remedy,
        Remedy::Raise
    );
    assert_eq!(refusal(Dialect::PLAIN, 402, &[], "").remedy, Remedy::Raise);
}

#[test]
fn a_429_is_an_exhausted_limit_or_a_busy_vendor() {
    let quota = refusal(Dialect::CEREBRAS, 429, &[("retry-after", "57")], "");
    assert_eq!((quota.remedy, quota.retry_after), (Remedy::Wait, seconds(57)));
    let queue = refusal(Dialect::CEREBRAS, 429, &[("x-should-retry", "false")], "");
    assert_eq!(queue.remedy, Remedy::Elsewhere);
    let busy = refusal(Dialect::MOONSHOT, 429, &[], r#"{"type":"engine_overloaded_error"}"#);
    assert_eq!(busy.remedy, Remedy::Elsewhere);
    assert_eq!(refusal(Dialect::of(Provider::Fireworks), 503, &[], "").remedy, Remedy::Elsewhere);
}

#[test]
fn a_refusal_may_state_that_no_limit_is_exceeded() {
    let dialect = Dialect::of(Provider::Fireworks);
    let signals = read(dialect, 429, &[("x-ratelimit-over-limit", "no")], "rate limit exceeded");
    assert!(!signals.is_over_limit() && signals.refusal().is_some());
}

#[test]
fn other_errors_have_no_signals() {
    assert!(read(Dialect::of(Provider::Openai), 500, &[], "insufficient_quota").is_empty());
    assert!(read(Dialect::of(Provider::Openai), 400, &[], "").is_empty());
}

#[test]
fn times_are_relative_to_the_date_of_the_response() {
    // The caller's clock is three minutes behind.
    let headers =
        [("date", "Thu, 05 Feb 2026 15:05:41 GMT"), ("anthropic-ratelimit-requests-reset", "2026-02-05T15:05:51Z")];
    assert_eq!(signals(Dialect::of(Provider::Anthropic), &headers), ["full requests/60 10s"]);
}

#[test]
fn invalid_values_are_reported_and_not_used() {
    let invalid = |dialect, header: (&str, &str)| {
        let signals = read(dialect, 429, &[header], "");
        assert_eq!(signals.refusal().unwrap().retry_after, None);
        signals.invalid_values().map(|(_, why)| why).collect::<Vec<_>>()
    };
    let (far, negative, unreadable) =
        (vec![InvalidValue::TooFar], vec![InvalidValue::Negative], vec![InvalidValue::Unreadable]);
    assert_eq!(invalid(Dialect::PLAIN, ("retry-after", "1000000000000")), far);
    assert_eq!(invalid(Dialect::PLAIN, ("retry-after", "-5")), negative);
    assert_eq!(invalid(Dialect::PLAIN, ("retry-after", "soon")), unreadable);
    assert_eq!(
        invalid(Dialect::of(Provider::Anthropic), ("anthropic-ratelimit-tokens-reset", "2027-02-05T15:05:51Z")),
        far
    );
    assert_eq!(invalid(Dialect::of(Provider::Openai), ("x-ratelimit-remaining-tokens", "-1")), negative);
    let headers = [("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-requests", "61")];
    let above: Vec<_> = read(Dialect::of(Provider::Openai), 200, &headers, "").invalid_values().collect();
    assert_eq!(above, [("x-ratelimit-remaining-requests", InvalidValue::AboveLimit)]);
}

#[test]
fn zero_and_minus_one_are_not_limits() {
    let headers = [
        ("x-ratelimit-limit-tokens", "-1"),
        ("x-ratelimit-remaining-tokens", "-1"),
        ("x-ratelimit-limit-requests", "0"),
        ("x-ratelimit-remaining-requests", "0"),
    ];
    let expected = [
        "invalid x-ratelimit-limit-requests Zero",
        "invalid x-ratelimit-limit-tokens Negative",
        // A remaining amount of zero must not pause a limit that is served.
        "invalid x-ratelimit-remaining-requests NoLimit",
        "invalid x-ratelimit-remaining-tokens Negative",
    ];
    assert_eq!(signals(Dialect::of(Provider::Azure), &headers), expected);
    assert_eq!(signals(Dialect::of(Provider::Openai), &headers), expected);
}

#[test]
fn a_wait_of_zero_yields_to_the_next_header() {
    let headers = [("retry-after", "1"), ("retry-after-ms", "0")];
    assert_eq!(refusal(Dialect::of(Provider::Azure), 429, &headers, "").retry_after, seconds(1));
    assert_eq!(refusal(Dialect::of(Provider::Azure), 429, &headers[1..], "").retry_after, seconds(0));
}

#[test]
fn a_streamed_response_of_mistral_has_no_signals() {
    assert!(read(Dialect::of(Provider::Mistral), 200, &[("content-type", "text/event-stream")], "data: {}").is_empty());
}

#[test]
fn the_output_of_a_model_is_not_read() {
    let body = r#"{"choices":[{"message":{"content":"(TPM): Limit 1, X-RateLimit-Limit: 1, insufficient_quota"}}]}"#;
    for dialect in [Dialect::of(Provider::Openai), Dialect::OPENROUTER] {
        assert!(read(dialect, 200, &[], body).is_empty());
    }
}

#[test]
fn a_remaining_amount_belongs_to_the_limit_before_it() {
    // Two limits with the same metric and window, each with its own remaining amount.
    let headers = [
        ("x-ratelimit-limit", "10"),
        ("x-ratelimit-remaining", "11"),
        ("x-ratelimit-limit-dynamic", "20"),
        ("x-ratelimit-remaining-dynamic", "19"),
    ];
    let invalid: Vec<_> = read(Dialect::TOGETHER, 200, &headers, "").invalid_values().collect();
    assert_eq!(invalid, [("x-ratelimit-remaining", InvalidValue::AboveLimit)]);
}

#[test]
fn an_invalid_date_is_reported_and_the_callers_clock_is_used() {
    let headers = [("date", "yesterday"), ("anthropic-ratelimit-requests-reset", "2026-02-05T15:02:51Z")];
    assert_eq!(
        signals(Dialect::of(Provider::Anthropic), &headers),
        ["invalid date Unreadable", "full requests/60 10s"]
    );
}

#[test]
fn retry_after_may_be_a_date_even_if_the_catalog_states_seconds() {
    let refused = refusal(Dialect::of(Provider::Castai), 429, &[("Retry-After", "Thu, 05 Feb 2026 15:03:41 GMT")], "");
    assert_eq!(refused.retry_after, seconds(60));
    for date in ["Thursday, 05-Feb-26 15:03:41 GMT", "Thu Feb  5 15:03:41 2026"] {
        assert_eq!(refusal(Dialect::PLAIN, 429, &[("Retry-After", date)], "").retry_after, seconds(60));
    }
}

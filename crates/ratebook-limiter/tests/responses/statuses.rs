//! Refusals with statuses other than 429.

use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, Cost};

use super::{DAY, NONE, USUAL, clock, model, paused, refusal, seconds, wait};

#[test]
fn fireworks_412_suspended() {
    let body = r#"{"error":{"message":"Account acme is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.","param":null,"code":"PRECONDITION_FAILED","type":"error"},"request_id":"r-1"}"#;
    let refused = refusal(Dialect::of(Provider::Fireworks), 412, &[], body);
    assert_eq!((refused.metric, refused.remedy, refused.lasts), (Some(Metric::SpendUsd), Remedy::Raise, None));
    assert!(refused.account_wide);
    let clock = clock();
    let account = Account::builder(Provider::Fireworks).clock(clock.clock()).build().unwrap();
    let llama = account.model("llama-v3p1-8b-instruct").unwrap();
    llama.observe(412, &NONE[..], body.as_bytes());
    assert_eq!(paused(&llama), [], "waiting does not help");
    // Other failed preconditions are not refusals.
    let other = Dialect::of(Provider::Fireworks).read(412, &(), br#"{"error":{"message":"not deployed"}}"#, 0);
    assert_eq!(other.refusal(), None);
}

#[test]
fn groq_498_capacity() {
    let body = r#"{"error":{"message":"Flex tier capacity exceeded, please try again later","type":"capacity_exceeded","code":"capacity_exceeded"}}"#;
    assert_eq!(refusal(Dialect::of(Provider::Groq), 498, &[], body).remedy, Remedy::Elsewhere);
    let clock = clock();
    let groq = model(&clock, Dialect::of(Provider::Groq), &USUAL);
    groq.observe(498, &NONE[..], body.as_bytes());
    assert_eq!(wait(&groq, Cost::tokens(100)), seconds(0));
    groq.observe(498, &[("retry-after", "20")][..], body.as_bytes());
    assert_eq!(wait(&groq, Cost::tokens(100)), seconds(20));
    // At other vendors a 498 is an invalid token.
    assert_eq!(Dialect::of(Provider::Cohere).read(498, &(), b"invalid token", 0).refusal(), None);
}

#[test]
fn exhausted_credit_has_a_different_status_at_each_vendor() {
    let alibaba = Dialect::of(Provider::Alibaba);
    for (dialect, status, body) in [
        (Dialect::PLAIN, 402, ""),
        (Dialect::of(Provider::Cohere), 402, r#"{"message":"Please add or update your payment method"}"#),
        (Dialect::OPENROUTER, 402, r#"{"error":{"code":402,"message":"Insufficient credits"}}"#),
        (Dialect::OPENROUTER, 403, r#"{"error":{"code":403,"message":"Key limit exceeded (monthly limit)"}}"#),
        (Dialect::MOONSHOT, 403, r#"{"error":{"type":"exceeded_current_quota_error"}}"#),
        (Dialect::SILICONFLOW, 403, r#"{"code":30001,"message":"Sorry, your account balance is insufficient"}"#),
        (
            Dialect::of(Provider::Anthropic),
            400,
            r#"{"error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}"#,
        ),
        (
            Dialect::of(Provider::Anthropic),
            400,
            r#"{"error":{"message":"You have reached your specified API usage limits."}}"#,
        ),
        (Dialect::of(Provider::Openai), 400, r#"{"error":{"code":"billing_hard_limit_reached"}}"#),
        (
            alibaba,
            400,
            r#"{"code":"Arrearage","message":"Access denied, please make sure your account is in good standing."}"#,
        ),
    ] {
        let refused = refusal(dialect, status, &[], body);
        assert_eq!((refused.metric, refused.remedy), (Some(Metric::SpendUsd), Remedy::Raise), "{status} {body}");
    }
    let refused = refusal(
        alibaba,
        403,
        &[],
        r#"{"code":"AllocationQuota.FreeTierOnly","message":"The free tier of the model has been exhausted."}"#,
    );
    assert_eq!((refused.metric, refused.remedy), (None, Remedy::Raise));
}

#[test]
fn other_errors_with_these_statuses_are_not_refusals() {
    for dialect in super::all() {
        for (status, body) in [
            (400, r#"{"error":{"message":"bad request"}}"#),
            (403, r#"{"error":{"message":"forbidden"}}"#),
            (412, "{}"),
        ] {
            assert_eq!(dialect.read(status, &(), body.as_bytes(), 0).refusal(), None, "{status} {body}");
        }
    }
}

#[test]
fn a_quota_of_azures_gateway_is_a_403_with_a_time() {
    let body = r#"{"statusCode":403,"message":"Out of call volume quota. Quota will be replenished in 02:13:11."}"#;
    let refused = refusal(Dialect::of(Provider::Azure), 403, &[], body);
    assert_eq!(
        (refused.metric, refused.remedy, refused.lasts),
        (Some(Metric::Requests), Remedy::Wait, Some(seconds(7_991)))
    );
    let clock = clock();
    let azure = model(&clock, Dialect::of(Provider::Azure), &[(Metric::Requests, DAY, 1_000)]);
    azure.observe(403, &NONE[..], body.as_bytes());
    assert_eq!(wait(&azure, Cost::request()), seconds(7_991));
}

#[test]
fn weekly_limits_of_moonshots_plans_are_a_403() {
    let body = r#"{"error":{"message":"You've reached your weekly (7-day) usage limit. Your quota will reset when the current 7-day window ends.","type":"access_terminated_error"}}"#;
    let refused = refusal(Dialect::MOONSHOT, 403, &[], body);
    assert_eq!((refused.remedy, refused.window), (Remedy::Wait, Some(seconds(7 * 86_400))));
    let clock = clock();
    let kimi = model(&clock, Dialect::MOONSHOT, &USUAL);
    kimi.observe(403, &NONE[..], body.as_bytes());
    let pause = wait(&kimi, Cost::request());
    assert!((seconds(84 * 60)..=seconds(168 * 60)).contains(&pause), "{pause:?}");
}

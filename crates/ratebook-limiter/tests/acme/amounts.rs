//! Amounts that are not plain numbers, and bounds.

#[cfg(feature = "feedback")]
use ratebook::Provider;
use ratebook::{Date, Metric, Period};
use ratebook_limiter::{Cost, Error, ManualClock, UnenforcedReason};

use super::{acme, admitted, limit, waits};

/// siliconflow, rate-limits_zh_table.txt.
#[test]
fn a_range_is_enforced_at_its_lower_end() {
    let clock = ManualClock::new();
    let listener = acme(&clock).build().unwrap().model_builder("listener").mode("pre-recorded").build().unwrap();
    let held: Vec<_> = (0..100).map(|_| listener.try_acquire(Cost::request()).unwrap()).collect();
    assert_eq!(waits(&listener, Cost::request()), (None, "100 concurrent_requests".to_owned()));
    drop(held);
}

/// openai, gpt-5.5-pro.md.
#[test]
fn a_model_that_is_not_offered_cannot_be_built() {
    let clock = ManualClock::new();
    let error = acme(&clock).plan("tier-1").build().unwrap().model("flagship").unwrap_err();
    assert!(matches!(&error, Error::NotOffered { model, .. } if model == "flagship"), "{error:?}");
    assert_eq!(
        error.to_string(),
        "the vendor does not offer these calls of `flagship`, not-offered requests per minute"
    );
    let agreed = acme(&clock).plan("tier-1").negotiated("flagship", Metric::Requests, Some(Period::Minute), 7);
    assert_eq!(admitted(&agreed.build().unwrap().model("flagship").unwrap(), Cost::request()), 7);
}

/// gemini: shown in a console.
#[test]
fn an_amount_that_is_stated_elsewhere_is_listed_until_it_is_given() {
    let clock = ManualClock::new();
    let flagship = acme(&clock).plan("tier-2").build().unwrap().model("flagship").unwrap();
    let [unenforced] = flagship.unenforced() else { panic!("{:?}", flagship.unenforced()) };
    assert_eq!(unenforced.reason, UnenforcedReason::StatedElsewhere);
    assert_eq!(unenforced.limit.page.map(|page| page.id), Some("main"));
    let given = acme(&clock).plan("tier-2").negotiated("flagship", Metric::Requests, Some(Period::Minute), 9);
    let flagship = given.build().unwrap().model("flagship").unwrap();
    assert!(flagship.unenforced().is_empty());
    assert_eq!(admitted(&flagship, Cost::request()), 9);
}

/// siliconflow: for a time.
#[test]
fn a_temporary_limit_ends_after_its_last_day() {
    let new_year = 1_798_761_600;
    let meteor = |unix: u64| {
        let clock = ManualClock::beginning_at(unix);
        acme(&clock).build().unwrap().model("meteor").unwrap()
    };
    let before = meteor(new_year - 1);
    assert!(before.limits().any(|it| limit(&it.to_string()) == "9000 tokens per 60s"));
    assert!(before.unenforced().is_empty());
    let after = meteor(new_year);
    assert!(after.limits().all(|limit| limit.metric != Metric::Tokens));
    let [ended] = after.unenforced() else { panic!("{:?}", after.unenforced()) };
    assert_eq!(ended.reason, UnenforcedReason::Ended(Date::new(2026, 12, 31).unwrap()));
}

/// azure, quotas-limits.md: an estimate. vertex, standard-paygo.md: a floor.
#[cfg(feature = "feedback")]
#[test]
fn a_response_may_raise_an_estimate_or_a_floor_but_no_hard_limit() {
    use ratebook_limiter::feedback::Dialect;
    let amount_after = |model: &str, metric: Metric, header: &str| {
        let clock = ManualClock::new();
        let account = acme(&clock).dialect(Dialect::of(Provider::Openai)).build().unwrap();
        let model = account.model(model).unwrap();
        model.observe(200, &[(header, "90000")][..], b"");
        let own =
            |limit: &ratebook_limiter::LimitInForce| limit.metric == metric && limit.window() == super::seconds(60);
        model.limits().find(own).unwrap().amount
    };
    assert_eq!(amount_after("comet-5-large", Metric::Tokens, "x-ratelimit-limit-tokens"), 90_000);
    assert_eq!(amount_after("nova-small", Metric::Tokens, "x-ratelimit-limit-tokens"), 10_000);
    let clock = ManualClock::new();
    let account = acme(&clock).dialect(Dialect::of(Provider::Mistral)).build().unwrap();
    let meteor = account.model("meteor").unwrap();
    assert_eq!(admitted(&meteor, Cost::request()), 80, "enforced as stated");
    meteor.observe(200, &[("x-ratelimit-limit-req-minute", "100")][..], b"");
    assert_eq!(admitted(&meteor, Cost::request()), 20);
}

/// anthropic, rate-limits.md: a header says input tokens, of which those read from a cache do not count.
#[cfg(feature = "feedback")]
#[test]
fn a_header_on_input_tokens_is_about_those_that_count() {
    use ratebook_limiter::feedback::Dialect;
    let clock = ManualClock::new();
    let comet = acme(&clock).dialect(Dialect::of(Provider::Anthropic)).build().unwrap().model("comet-4-large").unwrap();
    comet.observe(200, &[("anthropic-ratelimit-input-tokens-limit", "30000")][..], b"");
    let counted = comet.limits().find(|limit| limit.metric == Metric::UncachedAndWrittenInputTokens);
    assert_eq!(counted.unwrap().amount, 30_000);
}

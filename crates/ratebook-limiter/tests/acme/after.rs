//! Limits that are counted after the call.

use ratebook_limiter::{Cost, UnenforcedReason, Usage};

use super::{admitted, model, seconds, waits};

/// venice, rate-limiting.mdx.
#[test]
fn failed_requests_are_charged_when_they_are_known() {
    let (clock, meter) = model("meter");
    let call = Cost::request();
    for _ in 0..19 {
        meter.try_acquire(call).unwrap().settle(Usage::new().failed());
    }
    assert_eq!(admitted(&meter, call), 1_000, "calls that succeed are not counted");
    clock.advance(seconds(10).unwrap());
    meter.try_acquire(call).unwrap().settle(Usage::new().failed());
    assert_eq!(waits(&meter, call), (seconds(20), "20 failed_requests per 30s".to_owned()));
    clock.advance(seconds(20).unwrap());
    assert_eq!(admitted(&meter, call), 1_000);
}

#[cfg(feature = "feedback")]
#[test]
fn an_observed_error_is_a_failed_request() {
    let (_, meter) = model("meter");
    let nothing: &[(&str, &str)] = &[];
    for status in [200, 500, 404, 503] {
        let permit = meter.try_acquire(Cost::request()).unwrap();
        permit.observe(status, nothing, b"");
    }
    let failed = |pool: &ratebook_limiter::PoolSnapshot| pool.limit.metric == ratebook::Metric::FailedRequests;
    let used = meter.account().snapshot().into_iter().find(failed).unwrap().used;
    assert_eq!(used, 3);
}

/// elevenlabs: credits of a month.
#[test]
fn compute_units_are_charged_from_the_usage() {
    let (clock, meter) = model("meter");
    let call = Cost::request();
    let (first, second) = (meter.try_acquire(call).unwrap(), meter.try_acquire(call).unwrap());
    first.settle(Usage::new().compute_units(899));
    clock.advance(seconds(3_600).unwrap());
    assert_eq!(admitted(&meter, call), 1_000, "one unit is left");
    second.settle(Usage::new().compute_units(40));
    let thirty_days = 30 * 86_400;
    // One unit above 899 was owed: no more than one window's worth is.
    assert_eq!(waits(&meter, call), (seconds(thirty_days - 3_600), "900 compute_units per 2592000s".to_owned()));
}

/// A caller in the queue waits for a debt of such a limit like for any other.
#[test]
fn a_queued_call_waits_for_what_is_counted_after() {
    use ratebook_limiter::Admission::{Granted, Wait};
    let (clock, meter) = model("meter");
    let call = Cost::request();
    let permit = meter.try_acquire(call).unwrap();
    (0..19).for_each(|_| meter.try_acquire(call).unwrap().settle(Usage::new().failed()));
    permit.settle(Usage::new().failed());
    let ticket = meter.enqueue_owned(call).unwrap();
    let other = meter.enqueue_owned(call).unwrap();
    let Wait(wait, ticket) = ticket.poll_admission(None) else { panic!("20 have failed") };
    assert_eq!(wait.delay(), seconds(30));
    let Wait(_, other) = other.poll_admission(None) else { panic!("20 have failed") };
    clock.advance(seconds(30).unwrap());
    assert!(matches!(ticket.poll_admission(None), Granted(_)));
    assert!(matches!(other.poll_admission(None), Granted(_)), "neither takes any of the limit");
}

#[test]
fn such_limits_are_listed() {
    let (_, meter) = model("meter");
    let listed: Vec<_> = meter.unenforced().iter().map(|it| (it.limit.metric.name(), it.reason)).collect();
    let after = UnenforcedReason::CountedAfter;
    assert_eq!(listed, [("compute_units", after), ("failed_requests", after)]);
    let words = meter.unenforced()[1].to_string();
    assert_eq!(words, "20 failed_requests per 30s (acme, meter): counted after the call");
}

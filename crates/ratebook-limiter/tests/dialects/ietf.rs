//! The IETF draft on rate limit headers, and its older revisions.

use ratebook_limiter::feedback::{Dialect, Signals};

use super::{read, signals, signals_of};

fn ietf(policy: &str, remaining: &str) -> Vec<String> {
    signals(Dialect::IETF, &[("ratelimit-policy", policy), ("ratelimit", remaining)])
}

#[test]
fn each_item_has_its_own_window() {
    let expected = [
        "limit requests/60 100",
        "limit requests/86400 5000",
        // More than the minute allows, which is valid for the day.
        "remaining requests/86400 900",
        "remaining requests/60 50",
        "full requests/86400 4000s",
        "full requests/60 30s",
    ];
    assert_eq!(
        ietf(r#""minute";q=100;w=60, "day";q=5000;w=86400"#, r#""day";r=900;t=4000, "minute";r=50;t=30"#),
        expected
    );
}

#[test]
fn a_remaining_amount_is_checked_against_its_own_policy() {
    let signals = ietf(r#""minute";q=100;w=60, "day";q=5000;w=86400"#, r#""minute";r=101;t=30, "day";r=5001"#);
    assert_eq!(signals[2..], ["invalid ratelimit AboveLimit", "full requests/60 30s"]);
    // Without windows, only the names distinguish the policies.
    let signals = ietf(r#""minute";q=100, "day";q=5000"#, r#""minute";r=50, "day";r=900"#);
    assert_eq!(signals[2..], ["remaining requests/- 50", "remaining requests/- 900"]);
}

#[test]
fn parameters_have_any_order_and_strings_any_content() {
    let policy = r#""a, b; q=1 = \"c\"";w=60;pk=:cGs=:;comment="x;q=2, y";q=100"#;
    let rest = r#""a, b; q=1 = \"c\"";t=30;pk=:cGs=:;r=50"#;
    assert_eq!(ietf(policy, rest), ["limit requests/60 100", "remaining requests/60 50", "full requests/60 30s"]);
}

#[test]
fn names_may_be_tokens() {
    assert_eq!(
        ietf("default;q=100;w=10", "default;r=50;t=5")[1..],
        ["remaining requests/10 50", "full requests/10 5s"]
    );
}

#[test]
fn other_units_do_not_count_as_requests() {
    for unit in ["content-bytes", "concurrent-requests"] {
        let signals =
            ietf(&format!(r#""a";q=65535;qu="{unit}";w=10, "b";q=9;w=10;qu="requests""#), r#""a";r=9999, "b";r=8"#);
        let expected = ["limit -/10 65535", "limit requests/10 9", "remaining -/10 9999", "remaining requests/10 8"];
        assert_eq!(signals, expected);
    }
}

#[test]
fn a_list_may_be_spread_over_several_lines() {
    let headers = [
        ("RateLimit-Policy", r#""minute";q=100;w=60"#),
        ("RateLimit", r#""minute";r=50"#),
        ("RateLimit-Policy", r#""day";q=5000;w=86400"#),
        ("RateLimit", r#""day";r=900"#),
    ];
    assert_eq!(signals(Dialect::IETF, &headers)[2..], ["remaining requests/60 50", "remaining requests/86400 900"]);
}

#[test]
fn a_remaining_amount_without_a_policy_has_no_window() {
    assert_eq!(
        signals(Dialect::IETF, &[("ratelimit", r#""default";r=50;t=30"#)]),
        ["remaining requests/- 50", "full requests/- 30s"]
    );
    assert_eq!(ietf(r#""a";q=9;w=60"#, r#""b";r=50"#), ["limit requests/60 9", "remaining requests/- 50"]);
}

#[test]
fn invalid_items_are_reported_one_by_one() {
    let expected = [
        "invalid ratelimit-policy Unreadable",
        "invalid ratelimit-policy Zero",
        "limit requests/60 7",
        "invalid ratelimit Unreadable",
        "invalid ratelimit NoLimit",
        "remaining requests/60 6",
        "invalid ratelimit TooFar",
    ];
    let signals = ietf(r#""a";w=60, "b";q=100;w=0, "c";q=7;w=60"#, r#""a";x=3, "b";r=5, "c";r=6;t=99999999"#);
    assert_eq!(signals, expected);
    for invalid in [r#""a;q=100;w=60"#, "", ",", ";;", r#""a"q=1"#] {
        assert_eq!(ietf(invalid, r#""b";r=5"#)[0], "invalid ratelimit-policy Unreadable", "{invalid}");
    }
    assert_eq!(
        ietf(r#""a";q=-1;w=60"#, r#""b";r=-5"#),
        ["invalid ratelimit-policy Negative", "invalid ratelimit Negative"]
    );
}

#[test]
fn the_seventh_revision_has_a_dictionary() {
    let expected = ["limit requests/60 100", "remaining requests/60 50", "full requests/60 30s"];
    assert_eq!(ietf("100;w=60", "limit=100, remaining=50, reset=30"), expected);
    let policies = "10;w=1, 100;w=60";
    assert_eq!(ietf(policies, "limit=10, remaining=9, reset=1")[2..], ["remaining requests/1 9", "full requests/1 1s"]);
    assert_eq!(
        ietf(policies, "limit=10, remaining=11, reset=1")[2..],
        ["invalid ratelimit AboveLimit", "full requests/1 1s"]
    );
    let alone = signals(Dialect::IETF, &[("ratelimit", "limit=100, remaining=50, reset=30")]);
    assert_eq!(alone, ["limit requests/- 100", "remaining requests/- 50", "full requests/- 30s"]);
}

#[test]
fn older_revisions_have_a_header_for_each_value() {
    let three = [("RateLimit-Limit", "100"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "30")];
    assert_eq!(
        signals(Dialect::IETF, &three),
        ["limit requests/- 100", "remaining requests/- 50", "full requests/- 30s"]
    );
    let expected = ["limit requests/60 100", "remaining requests/60 50", "full requests/60 30s"];
    let with_policy = [&three[..], &[("RateLimit-Policy", r#"100;w=60;burst=1000;comment="a bucket""#)]].concat();
    assert_eq!(signals(Dialect::IETF, &with_policy), expected);
    // The limit in force comes first, then all policies.
    let in_one = [&[("RateLimit-Limit", "100, 100;w=60, 5000;w=86400")], &three[1..]].concat();
    let expected = [expected[0], "limit requests/86400 5000", expected[1], expected[2]];
    assert_eq!(signals(Dialect::IETF, &in_one), expected);
}

#[test]
fn a_long_list_does_not_displace_the_refusal() {
    let policies: Vec<_> = (1..60).map(|name| format!(r#""{name}";q={name}"#)).collect();
    let policies = policies.join(", ");
    let headers = [("ratelimit-policy", policies.as_str())];
    let signals = read(Dialect::IETF, 429, &headers, "");
    assert!(signals.refusal().is_some());
    assert_eq!(signals.iter().count(), Signals::MAX);
    assert_eq!(signals_of(Dialect::IETF, 429, &headers, "")[0], "limit requests/- 1");
}

#[cfg(feature = "http")]
#[test]
fn all_values_of_a_header_map_are_read() {
    use ratebook_limiter::feedback::Signal;
    let mut headers = http::HeaderMap::new();
    headers.append("ratelimit-policy", http::HeaderValue::from_static(r#""minute";q=100;w=60"#));
    headers.append("ratelimit-policy", http::HeaderValue::from_static(r#""day";q=5000;w=86400"#));
    let signals = Dialect::IETF.read(200, &headers, b"", super::NOW);
    assert_eq!(signals.iter().filter(|signal| matches!(signal, Signal::Limit { .. })).count(), 2);
    assert!(Dialect::PLAIN.read(200, &headers, b"", super::NOW).is_empty());
}

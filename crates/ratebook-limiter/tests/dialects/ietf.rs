//! The IETF draft on rate limit headers: lists of policies, and what older editions wrote.

use ratebook_limiter::feedback::{Dialect, Signals};

use super::{read, said, said_by};

fn ietf(policy: &str, rest: &str) -> Vec<String> {
    said(Dialect::IETF, &[("ratelimit-policy", policy), ("ratelimit", rest)])
}

#[test]
fn each_item_is_of_its_own_window() {
    let expected = [
        "limit requests/60 100",
        "limit requests/86400 5000",
        // More than the minute allows, which is no nonsense.
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
fn what_is_left_is_judged_by_its_own_policy() {
    let said = ietf(r#""minute";q=100;w=60, "day";q=5000;w=86400"#, r#""minute";r=101;t=30, "day";r=5001"#);
    assert_eq!(said[2..], ["nonsense ratelimit AboveLimit", "full requests/60 30s"]);
    // The same without windows, where only the names tell them apart.
    let said = ietf(r#""minute";q=100, "day";q=5000"#, r#""minute";r=50, "day";r=900"#);
    assert_eq!(said[2..], ["remaining requests/- 50", "remaining requests/- 900"]);
}

#[test]
fn parameters_come_in_any_order_and_strings_hold_anything() {
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
fn what_is_not_requests_is_not_taken_for_requests() {
    for unit in ["content-bytes", "concurrent-requests"] {
        let said =
            ietf(&format!(r#""a";q=65535;qu="{unit}";w=10, "b";q=9;w=10;qu="requests""#), r#""a";r=9999, "b";r=8"#);
        let expected = ["limit -/10 65535", "limit requests/10 9", "remaining -/10 9999", "remaining requests/10 8"];
        assert_eq!(said, expected);
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
    assert_eq!(said(Dialect::IETF, &headers)[2..], ["remaining requests/60 50", "remaining requests/86400 900"]);
}

#[test]
fn a_policy_that_is_not_told_leaves_its_window_open() {
    assert_eq!(
        said(Dialect::IETF, &[("ratelimit", r#""default";r=50;t=30"#)]),
        ["remaining requests/- 50", "full requests/- 30s"]
    );
    assert_eq!(ietf(r#""a";q=9;w=60"#, r#""b";r=50"#), ["limit requests/60 9", "remaining requests/- 50"]);
}

#[test]
fn what_makes_no_sense_is_reported_item_by_item() {
    let expected = [
        "nonsense ratelimit-policy Unreadable",
        "nonsense ratelimit-policy Zero",
        "limit requests/60 7",
        "nonsense ratelimit Unreadable",
        "nonsense ratelimit NoLimit",
        "remaining requests/60 6",
        "nonsense ratelimit TooFar",
    ];
    let said = ietf(r#""a";w=60, "b";q=100;w=0, "c";q=7;w=60"#, r#""a";x=3, "b";r=5, "c";r=6;t=99999999"#);
    assert_eq!(said, expected);
    for spoiled in [r#""a;q=100;w=60"#, "", ",", ";;", r#""a"q=1"#] {
        assert_eq!(ietf(spoiled, r#""b";r=5"#)[0], "nonsense ratelimit-policy Unreadable", "{spoiled}");
    }
    assert_eq!(
        ietf(r#""a";q=-1;w=60"#, r#""b";r=-5"#),
        ["nonsense ratelimit-policy Negative", "nonsense ratelimit Negative"]
    );
}

#[test]
fn the_seventh_edition_was_a_dictionary() {
    let expected = ["limit requests/60 100", "remaining requests/60 50", "full requests/60 30s"];
    assert_eq!(ietf("100;w=60", "limit=100, remaining=50, reset=30"), expected);
    let policies = "10;w=1, 100;w=60";
    assert_eq!(ietf(policies, "limit=10, remaining=9, reset=1")[2..], ["remaining requests/1 9", "full requests/1 1s"]);
    assert_eq!(
        ietf(policies, "limit=10, remaining=11, reset=1")[2..],
        ["nonsense ratelimit AboveLimit", "full requests/1 1s"]
    );
    let alone = said(Dialect::IETF, &[("ratelimit", "limit=100, remaining=50, reset=30")]);
    assert_eq!(alone, ["limit requests/- 100", "remaining requests/- 50", "full requests/- 30s"]);
}

#[test]
fn before_that_each_had_a_header_of_its_own() {
    let three = [("RateLimit-Limit", "100"), ("RateLimit-Remaining", "50"), ("RateLimit-Reset", "30")];
    assert_eq!(said(Dialect::IETF, &three), ["limit requests/- 100", "remaining requests/- 50", "full requests/- 30s"]);
    let expected = ["limit requests/60 100", "remaining requests/60 50", "full requests/60 30s"];
    let with_policy = [&three[..], &[("RateLimit-Policy", r#"100;w=60;burst=1000;comment="a bucket""#)]].concat();
    assert_eq!(said(Dialect::IETF, &with_policy), expected);
    // The limit in force is named first, then all policies.
    let in_one = [&[("RateLimit-Limit", "100, 100;w=60, 5000;w=86400")], &three[1..]].concat();
    let expected = [expected[0], "limit requests/86400 5000", expected[1], expected[2]];
    assert_eq!(said(Dialect::IETF, &in_one), expected);
}

#[test]
fn a_long_list_does_not_push_the_refusal_out() {
    let policies: Vec<_> = (1..60).map(|name| format!(r#""{name}";q={name}"#)).collect();
    let policies = policies.join(", ");
    let headers = [("ratelimit-policy", policies.as_str())];
    let signals = read(Dialect::IETF, 429, &headers, "");
    assert!(signals.refusal().is_some());
    assert_eq!(signals.iter().count(), Signals::MAX);
    assert_eq!(said_by(Dialect::IETF, 429, &headers, "")[0], "limit requests/- 1");
}

#[cfg(feature = "http")]
#[test]
fn a_map_of_headers_is_read_line_by_line() {
    use ratebook_limiter::feedback::Signal;
    let mut headers = http::HeaderMap::new();
    headers.append("ratelimit-policy", http::HeaderValue::from_static(r#""minute";q=100;w=60"#));
    headers.append("ratelimit-policy", http::HeaderValue::from_static(r#""day";q=5000;w=86400"#));
    let signals = Dialect::IETF.read(200, &headers, b"", super::NOW);
    assert_eq!(signals.iter().filter(|signal| matches!(signal, Signal::Limit { .. })).count(), 2);
    assert!(Dialect::PLAIN.read(200, &headers, b"", super::NOW).is_empty());
}

//! The rules of `compare`: how differences between two readings are classified.
#![cfg(feature = "diff")]

use ratebook_source::{
    Amount, Difference, DifferenceKind, Evidence, Limit, Metric, Period, Plan, ProviderSource, Topic, compare,
    compare_policies,
};

fn rpm(model: &str, amount: Amount) -> Limit {
    Limit { per: Some(Period::Minute), ..Limit::model(model, Metric::Requests, amount) }
}

fn source(limits: Vec<Limit>) -> ProviderSource {
    let mut source = ProviderSource { limits, ..ProviderSource::new("acme") };
    source.sort();
    source
}

fn kinds(differences: &[Difference<'_>]) -> Vec<(Topic, DifferenceKind, String)> {
    differences.iter().map(|difference| (difference.topic, difference.kind, difference.subject.clone())).collect()
}

/// Returns the kind of the only difference between two amounts of one limit.
fn kind(before: &str, after: &str) -> DifferenceKind {
    let of = |amount: &str| source(vec![rpm("rocket", amount.parse().unwrap())]);
    let (before, after) = (of(before), of(after));
    let [difference] = &compare(&before, &after)[..] else { panic!("expected one difference") };
    difference.kind
}

#[test]
fn amounts_are_raised_or_lowered_by_what_is_enforced() {
    for (smaller, larger) in
        [("60", "61"), ("60", "unlimited"), ("60", "60-90"), ("60-90", "60-100"), ("50-90", "60-80"), ("60-90", "70")]
    {
        assert_eq!(kind(smaller, larger), DifferenceKind::Raised, "{smaller} to {larger}");
        assert_eq!(kind(larger, smaller), DifferenceKind::Lowered, "{larger} to {smaller}");
    }
    for (before, after) in [("60", "custom"), ("elsewhere", "60"), ("unlimited", "custom"), ("custom", "not-offered")] {
        assert_eq!(kind(before, after), DifferenceKind::Changed, "{before} to {after}");
    }
}

#[test]
fn limits_that_differ_only_in_their_place_and_day_are_equal() {
    let before = source(vec![rpm("rocket", Amount::Count(60))]);
    let mut after = before.clone();
    let limit = &mut after.limits[0];
    (limit.line, limit.section) = (Some(7), Some("Limits".to_owned()));
    limit.changed = Some("2026-11-27".parse().unwrap());
    assert_eq!(compare(&before, &after), []);
    after.limits[0].evidence = Evidence::Inferred;
    let differences = compare(&before, &after);
    assert_eq!(kinds(&differences), [(Topic::Limit, DifferenceKind::Changed, "rocket requests per minute".to_owned())]);
    assert_eq!(differences[0].after.as_deref(), Some("60 (inferred)"));
}

#[test]
fn a_limit_with_another_period_is_removed_and_added() {
    let before = source(vec![rpm("rocket", Amount::Count(60))]);
    let mut after = before.clone();
    after.limits[0].per = Some(Period::Hour);
    let kinds: Vec<_> = compare(&before, &after).into_iter().map(|difference| difference.kind).collect();
    assert_eq!(kinds, [DifferenceKind::Removed, DifferenceKind::Added]);
}

#[test]
fn a_retired_model_is_one_difference_even_if_it_loses_its_region() {
    let in_region = |limit: Limit| Limit { region: Some("eu".to_owned()), ..limit };
    let retired = |metric| {
        let retired_on = Some("2026-01-30".parse().unwrap());
        Limit { retired_on, per: Some(Period::Minute), ..Limit::model("rocket", metric, Amount::Count(0)) }
    };
    let limits = vec![retired(Metric::Requests), retired(Metric::Tokens)];
    let after = source(limits.clone());
    let entry = (Topic::Entry, DifferenceKind::Retired, "rocket".to_owned());

    let before = source(vec![rpm("rocket", Amount::Count(60))]);
    let differences = compare(&before, &after);
    assert_eq!(kinds(&differences), std::slice::from_ref(&entry));
    assert_eq!(differences[0].after.as_deref(), Some("retired 2026-01-30"));

    let before = source(vec![in_region(rpm("rocket", Amount::Count(60)))]);
    let removed = (Topic::Limit, DifferenceKind::Removed, "eu rocket requests per minute".to_owned());
    assert_eq!(kinds(&compare(&before, &after)), [removed, entry]);

    // A model that was retired before, or that nobody knew, is not newly retired.
    assert_eq!(compare(&after, &source(limits)), []);
    let empty = source(Vec::new());
    let kinds: Vec<_> = compare(&empty, &after).into_iter().map(|difference| difference.kind).collect();
    assert_eq!(kinds, [DifferenceKind::Added, DifferenceKind::Added]);
}

#[test]
fn plans_and_pages_are_facts() {
    let before = source(Vec::new());
    let mut after = before.clone();
    after.plans.push(Plan { name: "free".to_owned(), within: None, qualifies_usd: None });
    after.main_page_mut().url = Some("https://acme.example/limits".to_owned());
    after.main_page_mut().checked = Some("2026-11-27".parse().unwrap());
    let added = |subject: &str| (Topic::Fact, DifferenceKind::Added, subject.to_owned());
    assert_eq!(kinds(&compare(&before, &after)), [added("page"), added("plan free")]);
}

#[test]
fn a_policy_is_compared_line_by_line() {
    let before = "# banner\nscope\taccount\nwindow\tunstated\nheader\tretry-after\t-\nnote\told";
    let after = "# another\nscope\tproject\nwindow\tunstated\nnote\told\nnote\tnew";
    let differences = compare_policies(before, after);
    let of = |kind, word: &str| (Topic::Policy, kind, format!("policy: {word}"));
    assert_eq!(
        kinds(&differences),
        [
            of(DifferenceKind::Changed, "scope"),
            of(DifferenceKind::Removed, "header"),
            of(DifferenceKind::Added, "note")
        ]
    );
    assert_eq!((differences[0].before.as_deref(), differences[0].after.as_deref()), (Some("account"), Some("project")));
    assert_eq!(differences[1].before.as_deref(), Some("retry-after -"));
    assert_eq!(compare_policies(before, before), []);
}

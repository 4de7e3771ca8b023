//! The line format: written sources parse back, and errors name their line.

use proptest::prelude::*;
use ratebook_source::*;

fn name() -> impl Strategy<Value = String> {
    "[A-Za-z@][A-Za-z0-9@/. :()+_-]{0,20}[A-Za-z0-9]"
}

fn words<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    proptest::sample::select(all)
}

fn date() -> impl Strategy<Value = Date> {
    (1u16..=9999, 1u8..=12, 1u8..=28).prop_map(|(year, month, day)| Date::new(year, month, day).unwrap())
}

fn amount() -> impl Strategy<Value = Amount> {
    prop_oneof![any::<u64>().prop_map(Amount::Count), Just(Amount::Unlimited), Just(Amount::Custom)]
}

prop_compose! {
    fn limit()(
        (region, plan, name, aliases) in (proptest::option::of(name()), proptest::option::of(name()), name(), proptest::collection::btree_set(name(), 0..3)),
        (kind, metric, per, amount, calls, bound) in (words(Kind::ALL), words(Metric::ALL), proptest::option::of(words(Period::ALL)), amount(), words(CallMode::ALL), words(Bound::ALL)),
        pool in prop_oneof![Just(Pool::Account), Just(Pool::Model), "(size|task):[a-z]{1,8}".prop_map(Pool::Group)],
        (evidence, alternative) in (words(Evidence::ALL), proptest::option::of(amount())),
        ramp in proptest::collection::vec((any::<u32>(), any::<u64>()), 0..4),
        (retired_on, changed) in (proptest::option::of(date()), proptest::option::of(date())),
        line in proptest::option::of(any::<u32>()),
    ) -> Limit {
        let mut limit = Limit::new(kind, name, metric, amount, pool);
        limit.region = region;
        limit.plan = plan;
        limit.aliases = aliases.into_iter().collect();
        limit.per = per;
        limit.calls = calls;
        limit.bound = bound;
        limit.evidence = evidence;
        limit.alternative = alternative;
        limit.ramp = ramp.into_iter().map(|(after_minutes, amount)| RampPoint { after_minutes, amount }).collect();
        limit.retired_on = retired_on;
        limit.changed = changed;
        limit.line = line;
        limit
    }
}

fn source() -> impl Strategy<Value = ProviderSource> {
    let class = ("[a-z]{1,8}", any::<u64>(), any::<u64>(), proptest::collection::vec(name(), 0..3));
    (
        proptest::collection::vec(limit(), 0..12),
        proptest::collection::vec(class, 0..3),
        proptest::collection::vec((name(), proptest::option::of(name()), proptest::option::of(any::<u64>())), 0..3),
        proptest::array::uniform4(proptest::option::of(date())),
    )
        .prop_map(|(limits, classes, plans, [page_date, read, checked, withdrawn_on])| {
            let mut source = ProviderSource::new("acme");
            source.url = Some("https://example.com/limits".into());
            (source.page_date, source.read, source.checked, source.withdrawn_on) =
                (page_date, read, checked, withdrawn_on);
            source.plans =
                plans.into_iter().map(|(name, within, qualifies_usd)| Plan { name, within, qualifies_usd }).collect();
            source.classes = classes
                .into_iter()
                .enumerate()
                .map(|(index, (name, from, to, members))| SizeClass {
                    name: format!("{name}{index}"),
                    from,
                    to,
                    members,
                })
                .collect();
            source.limits = limits;
            source.sort();
            source.limits.dedup_by(|a, b| a.key() == b.key());
            source
        })
}

proptest! {
    #[test]
    fn a_written_source_parses_back(source in source()) {
        let mut back = ProviderSource::parse(&source.write()).unwrap();
        back.parse_lines(&source.write_lines()).unwrap();
        prop_assert_eq!(&back, &source);
        prop_assert_eq!(back.write(), source.write());
    }

    #[test]
    fn no_text_causes_a_panic(text in "(@?[a-z]{0,9}(\t[a-z0-9:-]{0,9}){0,17}\n){0,6}") {
        let _ = ProviderSource::parse(&text);
        let _ = PolicySource::parse(&text);
    }

    #[test]
    fn applying_the_changes_of_a_diff_gives_the_newer_reading(before in source(), after in source()) {
        let mut limits = before.limits.clone();
        for change in diff(&before.limits, &after.limits) {
            match change {
                Change::Added(limit) => limits.push(limit.clone()),
                Change::Removed(gone) => limits.retain(|limit| limit.key() != gone.key()),
                Change::Changed { after, .. } => {
                    let slot = limits.iter_mut().find(|limit| limit.key() == after.key()).unwrap();
                    *slot = after.clone();
                }
            }
        }
        limits.sort_by(|a, b| a.key().cmp(&b.key()));
        prop_assert_eq!(limits.len(), after.limits.len());
        prop_assert!(limits.iter().zip(&after.limits).all(|(a, b)| a.states_the_same(b)));
    }
}

fn acme() -> ProviderSource {
    let mut source = ProviderSource::new("acme");
    for (name, amount) in [("rocket-1", 600), ("rocket-2", 1_200)] {
        let mut limit = Limit::model(name, Metric::Requests, Amount::Count(amount));
        limit.per = Some(Period::Minute);
        source.limits.push(limit);
    }
    source.sort();
    source
}

#[test]
fn one_changed_limit_is_a_diff_of_one_line() {
    let before = acme();
    let mut after = before.clone();
    after.limits[1].amount = Amount::Count(2_400);
    let (before, after) = (before.write(), after.write());
    let differing = before.lines().zip(after.lines()).filter(|(a, b)| a != b).count();
    assert_eq!((differing, before.lines().count()), (1, after.lines().count()));
}

#[test]
fn lines_of_the_page_are_not_in_limits_tsv() {
    let before = acme();
    let mut moved = before.clone();
    moved.limits[0].line = Some(77);
    assert_eq!(before.write(), moved.write());
    assert_ne!(before.write_lines(), moved.write_lines());
}

#[test]
fn an_invalid_line_is_an_error_with_its_number_and_what_was_expected() {
    let good = acme().write();
    let cases = [
        (good.replace("\t600\t", "\t6OO\t"), "unknown amount `6OO`"),
        (good.replace("\t600\t", "\t18446744073709551616\t"), "below 2^64"),
        (good.replace("requests", "request"), "unknown metric `request`"),
        (good.replace("\tminute\t", "\thour\t"), "unknown period `hour`"),
        (good.replace("@url\t-", "@uri\t-"), "unknown directive `@uri`"),
        (good.replace("rocket-1\t-\t", "rocket-1\t"), "metric"),
    ];
    for (text, expected) in cases {
        let error = ProviderSource::parse(&text).unwrap_err();
        assert!(error.line > 0 && error.to_string().contains(expected), "{error} should contain {expected}");
    }
    let headless: String =
        good.lines().filter(|line| !line.starts_with("region")).map(|line| format!("{line}\n")).collect();
    assert!(ProviderSource::parse(&headless).is_err());
    assert!(ProviderSource::parse("").is_err());
}

#[test]
fn a_policy_reads_back_as_written() {
    let mut policy = PolicySource::new();
    policy.sub_window = Some(Period::Second);
    policy.growth_protection = true;
    policy.recovery_seconds = Some(60);
    policy.over.push(OverLimitRule { metric: None, then: vec![OverLimit::LowerPriority, OverLimit::Refuse] });
    policy.headers.push(Header {
        name: "retry-after".into(),
        says: HeaderMeaning::RetryAfter,
        metric: None,
        window_seconds: Some(60),
        format: HeaderFormat::SecondsOrDate,
        meaning: "Seconds to wait.".into(),
    });
    policy.responses.push(ResponsePattern {
        status: 429,
        contains: "quota".into(),
        metric: Some(Metric::Tokens),
        window_seconds: Some(60),
        remedy: Remedy::Wait,
        time: Some(BodyTime { after: "again in".into(), format: HeaderFormat::Duration }),
        resets: Some(Resets::PacificDay),
        account_wide: true,
    });
    policy.notes.push("Batches are not counted.".into());
    assert_eq!(PolicySource::parse(&policy.write()).unwrap(), policy);
    let older = PolicySource::parse("response\t429\tquota\t-\t-\twait\t-\t-\n").unwrap();
    assert_eq!((older.responses[0].resets, older.responses[0].account_wide), (None, false));
}

#[test]
fn validation_names_every_inconsistency() {
    let broken = |mend: fn(&mut ProviderSource), expected: &str| {
        let mut source = acme();
        mend(&mut source);
        let problems = validate(&source);
        assert!(
            problems.iter().any(|problem| problem.to_string().contains(expected)),
            "{problems:?} should contain {expected}"
        );
    };
    assert_eq!(validate(&acme()), []);
    broken(|source| source.limits.swap(0, 1), "out of order");
    broken(|source| source.limits[1].name = "rocket-1".into(), "is stated twice");
    broken(|source| source.limits[1].aliases.push("rocket-1".into()), "`rocket-1` is also a name of");
    broken(
        |source| source.limits.iter_mut().for_each(|limit| limit.aliases.push("rocket".into())),
        "`rocket` is also a name of `rocket-1`",
    );
    broken(
        |source| {
            source.limits[1] = Limit { metric: Metric::Tokens, aliases: vec!["r".into()], ..source.limits[0].clone() };
        },
        "has other aliases",
    );
    broken(|source| source.limits[0].plan = Some("gold".into()), "expected a line `@plan`");
    broken(|source| source.limits[0].kind = Kind::Size, "expected a line `@class`");
    broken(|source| source.limits[0].kind = Kind::Any, "expected the name `*`");
    broken(|source| source.provider = "Acme Inc".into(), "lowercase");
    broken(
        |source| source.limits[0].ramp.push(RampPoint { after_minutes: 0, amount: 1 }),
        "its ramp starts at 1, but its amount is 600",
    );
}

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
    prop_oneof![
        any::<u64>().prop_map(Amount::Count),
        (0..u64::MAX)
            .prop_flat_map(|from| (Just(from), from + 1..=u64::MAX))
            .prop_map(|(from, to)| Amount::Range { from, to }),
        Just(Amount::Unlimited),
        Just(Amount::Custom),
        Just(Amount::NotOffered),
        Just(Amount::Elsewhere),
    ]
}

fn period() -> impl Strategy<Value = Period> {
    prop_oneof![
        proptest::sample::select(&Period::NAMED),
        (1u32..).prop_map(|seconds| Period::from_seconds(seconds).unwrap())
    ]
}

fn pattern() -> impl Strategy<Value = Pattern> {
    "[a-z]{0,4}[*]?[a-z#]{1,4}".prop_map(|text| text.parse().unwrap())
}

fn family() -> impl Strategy<Value = Family> {
    let patterns = || proptest::collection::vec(pattern(), 0..3);
    (name(), proptest::collection::vec(pattern(), 1..3), proptest::collection::vec(name(), 0..3), patterns())
        .prop_map(|(name, patterns, members, exceptions)| Family { name, patterns, members, exceptions })
}

fn renaming() -> impl Strategy<Value = Renaming> {
    let part = || proptest::option::of(name());
    (pattern(), name(), [part(), part(), part(), part(), part()]).prop_map(|(pattern, name, parts)| {
        let name = if pattern.as_str().contains('*') { "*".to_owned() } else { name };
        let [region, plan, deployment, mode, context] = parts;
        Renaming { pattern, name, sets: KeyParts { region, plan, deployment, mode, context } }
    })
}

fn removed() -> impl Strategy<Value = Removed> {
    let part = || proptest::option::of(name());
    (date(), any::<bool>(), words(Kind::ALL), name(), [part(), part(), part(), part(), part()]).prop_map(
        |(on, was_retired, kind, name, [region, plan, deployment, mode, context])| {
            let parts = KeyParts { region, plan, deployment, mode, context };
            Removed { on, was_retired, kind, name, parts }
        },
    )
}

fn replacement() -> impl Strategy<Value = Replacement> {
    (name(), name()).prop_map(|(name, new)| Replacement { name, new })
}

fn region() -> impl Strategy<Value = Region> {
    (name(), proptest::collection::vec(name(), 0..3)).prop_map(|(name, aliases)| Region { name, aliases })
}

fn page() -> impl Strategy<Value = VendorPage> {
    let day = || proptest::option::of(date());
    (name(), proptest::option::of(name()), [day(), day(), day(), day()], any::<bool>()).prop_map(
        |(id, url, [date, read, checked, withdrawn_on], is_partial)| VendorPage {
            id,
            url,
            date,
            read,
            checked,
            withdrawn_on,
            is_partial,
        },
    )
}

prop_compose! {
    fn limit()(
        ([region, plan, deployment, mode, context], name, aliases) in (proptest::array::uniform5(proptest::option::of(name())), name(), proptest::collection::btree_set(name(), 0..3)),
        (kind, metric, per, amount, calls, bound) in (words(Kind::ALL), words(Metric::ALL), proptest::option::of(period()), amount(), words(Invocation::ALL), words(Bound::ALL)),
        pool in prop_oneof![Just(Pool::Account), Just(Pool::Model), "(size|task):[a-z]{1,8}".prop_map(Pool::Group)],
        (evidence, alternative) in (words(Evidence::ALL), proptest::option::of(amount())),
        (each_region, weight, until, factor) in (any::<bool>(), (1u16.., 1u16..), proptest::option::of(date()), proptest::option::of((any::<u32>(), name()))),
        (page, section) in (proptest::option::of(name()), proptest::option::of(name())),
        ramp in proptest::collection::vec((any::<u32>(), any::<u64>()), 0..4),
        (retired_on, changed) in (proptest::option::of(date()), proptest::option::of(date())),
        line in proptest::option::of(any::<u32>()),
    ) -> Limit {
        let mut limit = Limit::new(kind, name, metric, amount, pool);
        limit.region = region;
        limit.plan = plan;
        limit.deployment = deployment;
        limit.mode = mode;
        limit.context = context;
        limit.each_region = each_region;
        limit.weight = Weight { each: weight.0, output: weight.1 };
        limit.until = until;
        limit.factor = factor.map(|(percent, plan)| Factor { percent, plan });
        limit.page = page;
        limit.section = section;
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
    let class = ("[a-z]{1,8}", any::<u64>(), any::<Option<u64>>(), proptest::collection::vec(name(), 0..3));
    (
        proptest::collection::vec(limit(), 0..12),
        proptest::collection::vec(class, 0..3),
        proptest::collection::vec((name(), proptest::option::of(name()), proptest::option::of(any::<u64>())), 0..3),
        (words(ProviderState::ALL), proptest::collection::vec(page(), 0..3)),
        (
            proptest::collection::vec(family(), 0..3),
            proptest::collection::vec(region(), 0..3),
            proptest::collection::vec(renaming(), 0..3),
            proptest::collection::vec(removed(), 0..3),
            proptest::collection::vec(replacement(), 0..3),
        ),
    )
        .prop_map(
            |(limits, classes, plans, (state, pages), (families, regions, renamings, removed, replacements))| {
                let mut source = ProviderSource::new("acme");
                (source.state, source.pages) = (state, pages);
                (source.families, source.regions, source.renamings) = (families, regions, renamings);
                (source.removed, source.replacements) = (removed, replacements);
                // A region has one line.
                source.regions.dedup_by(|a, b| a.name == b.name);
                source.regions.truncate(2);
                source.plans = plans
                    .into_iter()
                    .map(|(name, within, qualifies_usd)| Plan { name, within, qualifies_usd })
                    .collect();
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
                source.families.dedup_by(|a, b| a.name == b.name);
                // The limits of an entry have the same aliases.
                for at in 1..source.limits.len() {
                    if source.limits[at].entry_key() == source.limits[at - 1].entry_key() {
                        source.limits[at].aliases = source.limits[at - 1].aliases.clone();
                    }
                }
                source
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_written_source_parses_back(source in source()) {
        let mut back = ProviderSource::parse(&source.write()).unwrap();
        back.parse_lines(&source.write_lines()).unwrap();
        back.parse_names(&source.write_names()).unwrap();
        prop_assert_eq!(&back, &source);
        prop_assert_eq!(back.write(), source.write());
    }

    #[test]
    fn no_text_causes_a_panic(text in "(@?[a-z]{0,9}(\t[a-z0-9:-]{0,9}){0,17}\n){0,6}") {
        if let Ok(mut source) = ProviderSource::parse(&text) {
            let _ = source.parse_lines(&text);
        }
        let _ = acme().parse_names(&text);
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

/// Version 1 had one page, whose dates stood in lines of their own, and the aliases as a column.
#[test]
fn a_file_of_version_1_is_read() {
    let text = "@provider\tacme\n@url\thttps://acme.example\n@page-date\t2026-01-31\n@read\t2026-02-01\n@checked\t-\n\
                @withdrawn-on\t2026-03-01\nregion\tplan\tkind\tname\taliases\tmetric\tper\tamount\tcalls\tpool\tbound\t\
                evidence\talternative\tramp\tretired_on\tchanged\n\
                eu\t-\tmodel\trocket-1\trocket,rocket-latest\trequests\tminute\t600\tall\tmodel\thard\tstated\t-\t0:600\t-\t-\n";
    let source = ProviderSource::parse(text).unwrap();
    let page = source.main_page().unwrap();
    assert_eq!((page.id.as_str(), page.date), (VendorPage::MAIN, Date::new(2026, 1, 31)));
    assert_eq!((page.withdrawn_on, source.state), (Date::new(2026, 3, 1), ProviderState::Withdrawn));
    let limit = &source.limits[0];
    assert_eq!((limit.region.as_deref(), limit.amount), (Some("eu"), Amount::Count(600)));
    assert_eq!(limit.aliases, ["rocket", "rocket-latest"]);
    // As version 2, the same source.
    let mut back = ProviderSource::parse(&source.write()).unwrap();
    back.parse_names(&source.write_names()).unwrap();
    assert_eq!(back, source);
}

/// A file written by hand names the columns that it needs.
#[test]
fn an_absent_column_has_its_default() {
    let source =
        ProviderSource::parse("@provider\tacme\nname\tkind\tmetric\tper\tamount\n*\tany\ttokens\t5h\t90\n").unwrap();
    let limit = &source.limits[0];
    assert_eq!((limit.per, &limit.pool, limit.bound), (Period::from_seconds(18_000), &Pool::Account, Bound::Hard));
    assert_eq!((limit.weight, limit.evidence, &limit.page), (Weight::ONE, Evidence::Stated, &None));
}

#[test]
fn a_period_is_a_word_or_a_length() {
    for (text, seconds) in [
        ("second", 1),
        ("hour", 3_600),
        ("week", 604_800),
        ("10s", 10),
        ("5m", 300),
        ("24h", 86_400),
        ("30d", 2_592_000),
    ] {
        let period: Period = text.parse().unwrap();
        assert_eq!((period.to_string().as_str(), period.seconds()), (text, seconds));
    }
    for (text, canonical) in
        [("1s", "second"), ("60s", "minute"), ("60m", "hour"), ("300s", "5m"), ("1d", "24h"), ("7d", "7d")]
    {
        assert_eq!(text.parse::<Period>().unwrap().to_string(), canonical);
    }
    for text in ["", "0s", "s", "5", "5x", "-5s", "5 s", "minutes", "4294967296s", "100000d"] {
        assert!(text.parse::<Period>().is_err(), "{text}");
    }
    assert!(Period::from_seconds(86_400) != Some(Period::Day), "a day follows the calendar");
}

#[test]
fn an_alias_names_all_entries_of_a_model_or_one() {
    let mut source = acme();
    let mut european = source.limits[0].clone();
    european.region = Some("eu".into());
    source.limits.push(european);
    source.sort();
    source.parse_names("alias\trocket-1\trocket\nalias\trocket-1\teu-rocket\teu\t*\t-\t-\t-\n").unwrap();
    let aliases: Vec<_> = source.limits.iter().map(|limit| limit.aliases.join(",")).collect();
    assert_eq!(aliases, ["rocket", "", "eu-rocket,rocket"]);
    let error = source.parse_names("alias\trocket-9\trocket\n").unwrap_err();
    assert!(error.to_string().contains("expected the name of an entry of limits.tsv, found `rocket-9`"), "{error}");
    let error = source.parse_names("pattern\tus.rocket\t*\n").unwrap_err();
    assert!(error.to_string().contains("`*` for the text that `*` matches"), "{error}");
}

#[test]
fn a_region_without_limits_of_its_own_has_a_line_with_its_names() {
    let mut source = acme();
    source.parse_names("region\tus-east-1\tUS East (N. Virginia)\tN. Virginia\nregion\teu-west-3\n").unwrap();
    let names: Vec<_> = source.regions.iter().map(|region| (region.name.as_str(), region.aliases.len())).collect();
    assert_eq!(names, [("us-east-1", 2), ("eu-west-3", 0)]);
    let error = source.parse_names("region\tus-east-1\n").unwrap_err();
    assert!(error.to_string().contains("the region `us-east-1` is stated twice"), "{error}");
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
        (good.replace("\tminute\t", "\t0s\t"), "unknown period `0s`"),
        (good.replace("@state", "@stat"), "unknown directive `@stat`"),
        (good.replace("@format\t2", "@format\t3"), "a later version of Ratebook"),
        (good.replace("\tcalls\t", "\tcals\t"), "unknown column `cals`"),
        (good.replace("\tcalls\t", "\tkind\t"), "`kind` twice"),
        (good.replace("\tamount\t", "\t"), "expected a column `amount`"),
        (good.replace("rocket-1\t", ""), "metric"),
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
    policy.acceleration_limit = true;
    policy.recovery_seconds = Some(60);
    policy.over.push(OverLimitRule { metric: None, then: vec![OverLimit::LowerPriority, OverLimit::Refuse] });
    policy.headers.push(Header {
        name: "retry-after".into(),
        meaning: HeaderMeaning::RetryAfter,
        metric: None,
        window_seconds: Some(60),
        format: HeaderFormat::SecondsOrDate,
        description: "Seconds to wait.".into(),
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
    policy.growth.push(Growth {
        metric: Some(Metric::NewSessions),
        raise_percent: 10,
        every_seconds: 60,
        above_percent: 70,
        lower_percent: None,
        lower_after_seconds: None,
        most_percent: Some(400),
    });
    policy.penalties.push(Penalty {
        after: PenaltyTrigger::Failed,
        calls: 20,
        within_seconds: Some(30),
        lasts_seconds: 30,
        extends: true,
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

/// A file above 2 MiB is parsed in parts on a machine with two cores or more.
#[test]
fn a_long_file_gives_its_limits_in_order_and_its_first_error() {
    const LIMITS: usize = 60_000;
    let line = |at: usize| format!("model\tvendor/a-model-with-a-long-name-{at:06}\trequests\tminute\t{at}\r\n");
    let mut text = String::from("@provider\tacme\n\n# by hand\nkind\tname\tmetric\tper\tamount\n");
    (0..LIMITS).for_each(|at| text.push_str(&line(at)));
    assert!(text.len() > 3 << 20);
    let source = ProviderSource::parse_own(&text).unwrap();
    assert_eq!(source.limits.len(), LIMITS);
    for (at, limit) in source.limits.iter().enumerate() {
        assert_eq!((limit.amount, limit.line), (Amount::Count(at as u64), u32::try_from(at + 5).ok()));
    }
    // Of two errors, in the first and in the last part, the first is returned.
    let broken = text.replace("\t59000\r\n", "\tmany\r\n").replace("\t7\r\n", "\tfew\r\n");
    let error = ProviderSource::parse_own(&broken).unwrap_err();
    assert_eq!((error.line, error.message.contains("few")), (12, true), "{error}");
    let error = ProviderSource::parse_own(&text.replace("\t59000\r\n", "\tmany\r\n")).unwrap_err();
    assert_eq!(error.line, 59_005);
}

//! Catalogs loaded at run time: the same answers as compiled ones, and errors that leave the former in force.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use ratebook::load::{Catalog, CurrentCatalog, LoadErrorKind};
use ratebook::{
    Amount, Call, Entry, EntryKey, Limit, Metric, Period, Plan, Provider, Region, Resolution, Unknown, UsageFormat,
};

/// The frozen catalog, with which tests are compiled.
fn frozen() -> Catalog {
    Catalog::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/catalog")).unwrap_or_else(|error| panic!("{error}"))
}

/// Returns all of an entry but its catalog.
fn entry(entry: Entry) -> String {
    let (provider, key) = (entry.provider().name(), entry.key());
    let aliases: Vec<&str> = entry.aliases().collect();
    let parts = (entry.region(), entry.plan(), entry.deployment(), entry.mode(), entry.context());
    assert_eq!(key.find(), Some(entry), "{entry:?}");
    format!("{provider} {parts:?} {:?} {} {aliases:?} {:?}", entry.kind(), entry.name(), entry.status())
}

/// Returns all of a limit but its catalog.
fn limit(limit: Limit) -> String {
    let Limit { metric, per, amount, calls, pool, each_region, weight, bound, evidence, alternative, .. } = limit;
    let Limit { ramp, until, factor, page, section, line, changed_on, .. } = limit;
    let amounts = (metric, per, amount, calls, pool, each_region, weight, bound, evidence, alternative);
    format!("{amounts:?} {:?} {until:?} {factor:?} {page:?} {section:?} {line:?} {changed_on:?}", ramp)
}

/// Returns all that is found, but the catalog.
fn resolved(found: &Result<(Resolution, &str), Unknown>) -> String {
    match found {
        Ok((found, name)) => {
            let entries: Vec<String> = found.entries().map(entry).collect();
            let limits: Vec<String> = found.limits().map(limit).collect();
            let rest = (found.rule(), found.renamed_by(), found.lacks_plan(), found.region(), found.knows_model());
            format!("{name} {rest:?} {entries:?} {limits:?}")
        }
        Err(unknown) => format!("{:?} {unknown}", unknown.what()),
    }
}

/// Asserts that two providers answer alike, for all their names and for names that they do not have. Returns the rules by
/// which limits were found.
fn assert_alike(loaded: Provider, compiled: Provider) -> BTreeSet<String> {
    let name = compiled.name();
    assert_eq!((loaded.name(), loaded.state()), (name, compiled.state()));
    assert_eq!((loaded.pages(), loaded.policy()), (compiled.pages(), compiled.policy()), "{name}");
    assert_eq!((loaded.size_classes(), loaded.families()), (compiled.size_classes(), compiled.families()), "{name}");
    assert!(loaded.plans().eq(compiled.plans()) && loaded.regions().eq(compiled.regions()), "{name}");
    assert!(loaded.deployments().eq(compiled.deployments()) && loaded.modes().eq(compiled.modes()), "{name}");
    assert!(loaded.contexts().eq(compiled.contexts()) && loaded.tasks().eq(compiled.tasks()), "{name}");
    assert!(loaded.model_names().eq(compiled.model_names()), "{name}");
    for plan in compiled.plans() {
        assert_eq!(loaded.parent_plan(plan), compiled.parent_plan(plan), "{name}");
        assert_eq!(loaded.plan_min_spend_usd(plan), compiled.plan_min_spend_usd(plan), "{name}");
        assert_eq!(loaded.plan_named(&plan.name().to_uppercase()), Some(plan), "{name}");
    }
    assert_eq!(loaded.entries().len(), compiled.entries().len(), "{name}");
    for (one, other) in loaded.entries().zip(compiled.entries()) {
        assert_ne!(one, other);
        assert_eq!(entry(one), entry(other));
        assert!(one.limits().map(limit).eq(other.limits().map(limit)), "{other:?}");
        assert_eq!((one.page(), one.is_partial()), (other.page(), other.is_partial()));
        for limit in other.limits() {
            assert_eq!(one.amount(limit.metric, limit.per), other.amount(limit.metric, limit.per), "{other:?}");
        }
    }
    let mut names: BTreeSet<String> = compiled.model_names().map(str::to_owned).collect();
    let families = compiled.families().iter().flat_map(|family| family.patterns.iter().chain(family.exceptions));
    names.extend(families.map(|pattern| pattern.as_str().replace('*', "x").replace('#', "7")));
    let likes: Vec<String> = names
        .iter()
        .step_by(5)
        .flat_map(|name| {
            [name.to_uppercase().replace('-', " "), format!("router/{name}"), format!("{name}-2"), format!("us.{name}")]
        })
        .collect();
    names.extend(likes);
    let regions: Vec<_> = compiled.regions().map(Some).chain([None]).collect();
    let plans: Vec<_> = compiled.plans().map(Some).chain([None]).collect();
    let mut rules = BTreeSet::new();
    for (at, model) in names.iter().enumerate() {
        // Each name with each plan or each region, and not with all pairs of them.
        let pairs = plans.iter().map(|plan| (regions[at % regions.len()], *plan));
        for (region, plan) in pairs.chain(regions.iter().map(|region| (*region, plans[at % plans.len()]))) {
            let call = |provider| {
                let call = Call::new(provider, model);
                let call = region.map_or(call, |region| call.region(region));
                plan.map_or(call, |plan| call.plan(plan))
            };
            let (one, other) = (call(loaded).resolve_as(), call(compiled).resolve_as());
            assert_eq!(resolved(&one), resolved(&other), "{name} {model} {region:?} {plan:?}");
            if let Ok((found, _)) = one {
                rules.insert(format!("{:?}", found.rule()).split(' ').next().unwrap_or_default().to_owned());
            }
        }
    }
    rules
}

#[test]
fn a_loaded_catalog_answers_as_the_compiled_one() {
    let loaded = frozen();
    assert_ne!(loaded, Catalog::COMPILED);
    assert_eq!(loaded.version(), ratebook::CATALOG_VERSION);
    assert_eq!(Catalog::COMPILED.version(), ratebook::CATALOG_VERSION);
    assert!(Catalog::COMPILED.providers().eq(Provider::ALL.iter().copied()));
    assert_eq!(loaded.providers().len(), Provider::ALL.len());
    let mut rules = BTreeSet::new();
    for (one, other) in loaded.providers().zip(Catalog::COMPILED.providers()) {
        assert_eq!((one.catalog(), other.catalog()), (loaded, Catalog::COMPILED));
        rules.extend(assert_alike(one, other));
    }
    let every = ["Alias", "Alike", "Exact", "Family", "Member", "ProviderDefault", "Rest", "SizeClass", "UnknownSize"];
    assert!(rules.iter().map(String::as_str).eq(every), "{rules:?}");
}

#[test]
fn an_overlay_changes_only_what_it_states() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limits.tsv");
    fs::write(&path, "@provider\talibaba\nregion\tkind\tname\tmetric\tper\tamount\ninternational\tmodel\tqwen-plus\trequests\tminute\t9000\n").unwrap();
    for base in [Catalog::COMPILED, frozen()] {
        let over = base.overlay(&path).unwrap();
        let qwen = |catalog: Catalog| {
            let alibaba = catalog.provider("alibaba").unwrap();
            EntryKey::new(alibaba, "qwen-plus").region(Region::International).find().unwrap()
        };
        let amount = |catalog, metric| qwen(catalog).amount(metric, Some(Period::Minute));
        assert_eq!(amount(over, Metric::Requests), Some(Amount::Count(9_000)));
        assert_eq!(amount(base, Metric::Requests), Some(Amount::Count(600)));
        assert_eq!(amount(over, Metric::Tokens), amount(base, Metric::Tokens));
        assert_eq!(over.provider("alibaba").unwrap().policy(), Provider::Alibaba.policy());
        for (one, other) in over.providers().zip(Provider::ALL.iter().copied()) {
            if one.name() != "alibaba" {
                assert_alike(one, other);
            }
        }
        assert_ne!(over.version(), base.version());
    }
}

#[test]
fn equal_content_is_the_same_catalog() {
    let (one, other) = (frozen(), frozen());
    assert_eq!(one, other);
    assert!(one.memory_bytes() > 30_000, "{}", one.memory_bytes());
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limits.tsv");
    let open = |amount: u32| {
        fs::write(
            &path,
            format!("@provider\tnova\nkind\tname\tmetric\tper\tamount\nmodel\ta\trequests\tminute\t{amount}\n"),
        )
        .unwrap();
        Catalog::open(&path).unwrap()
    };
    let first = open(1);
    assert_ne!(open(2), first);
    assert_eq!(open(1), first);
}

/// A file of a provider, regions, plans and a mode that no compiled catalog has.
const NOVA: &str = "\
@provider\tnova
@page\tmain\thttps://nova.example/limits\t-\t2026-11-01\t2026-11-02\t-\twhole
@plan\tcomet\t-\t-
@plan\ttier-2\t-\t-
region\tplan\tmode\tkind\tname\tmetric\tper\tamount
moon\tcomet\t-\tmodel\tprobe-1\trequests\tminute\t60
moon\ttier-2\t-\tmodel\tprobe-1\trequests\tminute\t600
moon\ttier-2\torbital\tmodel\tprobe-1\trequests\tminute\t6
";

#[test]
fn a_loaded_catalog_may_have_words_that_no_compiled_one_has() {
    let folder = tempfile::tempdir().unwrap();
    let nova = folder.path().join("nova");
    fs::create_dir(&nova).unwrap();
    fs::write(nova.join("limits.tsv"), NOVA).unwrap();
    fs::write(nova.join("names.tsv"), "alias\tprobe-1\tprobe-latest\nregion\tmoon\tLuna\n").unwrap();
    fs::write(nova.join("policy.tsv"), "scope\tproject\nwindow\tsliding\ncalendar\tutc\nusage-format\tanthropic\n")
        .unwrap();
    let catalog = Catalog::open(folder.path()).unwrap();
    assert_eq!(catalog, Catalog::open(&nova).unwrap(), "the folder of one provider");
    let provider = catalog.provider("nova").unwrap();
    assert!(matches!(provider, Provider::Loaded(_)) && Provider::from_name("nova").is_none());
    assert_eq!(UsageFormat::of(provider), UsageFormat::Anthropic);
    let (moon, comet) = (provider.region_named("luna").unwrap(), provider.plan_named("Comet").unwrap());
    assert!(matches!(moon, Region::Loaded(_)) && matches!(comet, Plan::Loaded(_)));
    assert_eq!((moon.name(), comet.name()), ("moon", "comet"));
    assert_eq!(provider.plan_named("tier2"), Some(Plan::Tier2), "a word of both is the compiled one");
    let requests = |call: Call<'_>| call.resolve().unwrap().limits().map(|limit| limit.amount).collect::<Vec<_>>();
    let call = Call::new(provider, "probe-latest").region(moon);
    assert_eq!(requests(call.plan(comet)), [Amount::Count(60)]);
    assert_eq!(requests(call.plan(Plan::Tier2)), [Amount::Count(600)]);
    let orbital = provider.mode_named("orbital").unwrap();
    assert_eq!(requests(call.plan(Plan::Tier2).mode(orbital)), [Amount::Count(6)]);
    // A word that a catalog does not have finds nothing in it.
    let key = EntryKey::new(Provider::Alibaba, "qwen-plus");
    assert_eq!(key.region(moon).find(), None);
    assert_eq!(key.region(Region::International).plan(comet).find(), None);
    assert_eq!(EntryKey::new(provider, "probe-1").region(Region::International).find(), None);
    assert!(Call::new(Provider::Fireworks, "x").plan(comet).resolve().is_err());
    // Words are ordered by name, whatever their catalog.
    let mut plans = [Plan::Tier2, comet, Plan::Growth];
    plans.sort();
    assert_eq!(plans, [comet, Plan::Growth, Plan::Tier2]);
    assert!(Provider::Mistral < provider && provider < Provider::Openai);
}

#[test]
fn a_file_of_version_1_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("old.tsv");
    let header = "region\tplan\tkind\tname\taliases\tmetric\tper\tamount\tcalls\tpool\tbound\tevidence\talternative\tramp\tretired_on\tchanged";
    let line = "-\t-\tmodel\trocket-1\trocket,rocket-latest\trequests\tminute\t60\tall\tmodel\thard\tstated\t-\t-\t-\t2026-01-01";
    fs::write(&path, format!("@provider\told\n@url\thttps://old.example\n@read\t2026-01-01\n{header}\n{line}\n"))
        .unwrap();
    let old = Catalog::open(&path).unwrap().provider("old").unwrap();
    let found = Call::new(old, "rocket-latest").resolve().unwrap();
    assert_eq!(found.limits().next().unwrap().to_string(), "60 requests per minute");
    assert_eq!(old.url(), Some("https://old.example"));
}

#[test]
fn an_error_names_the_line_and_leaves_the_former_catalog_in_force() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limits.tsv");
    fs::write(&path, NOVA).unwrap();
    let current = CurrentCatalog::open(&path).unwrap();
    let former = current.get();
    let broken = [
        ("\t600\n", "\t6OO\n", Some(7), "unknown amount `6OO`"),
        ("\tminute\t6\n", "\tfortnight\t6\n", Some(8), "fortnight"),
        ("moon\ttier-2\t-", "moon\tcomet\t-", Some(7), "is stated twice"),
        ("@plan\tcomet\t-\t-\n", "", Some(5), "expected a line `@plan` for `comet`"),
        ("@provider\tnova\n", "@provider\tNova Inc\n", None, "as the name of a provider"),
        ("\tkind\t", "\tsort\t", Some(5), "sort"),
    ];
    for (from, to, line, message) in broken {
        assert!(NOVA.contains(from));
        fs::write(&path, NOVA.replacen(from, to, 1)).unwrap();
        let error = current.reload().unwrap_err();
        assert_eq!(
            (error.kind(), error.path(), error.line()),
            (LoadErrorKind::Invalid, Some(path.as_path()), line),
            "{error}"
        );
        assert!(error.message().contains(message), "{error}");
        assert_eq!(current.get(), former);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(current.reload().unwrap_err().kind(), LoadErrorKind::Unreadable);
    assert_eq!(current.get(), former);
    fs::write(&path, NOVA.replace("\t600\n", "\t700\n")).unwrap();
    let new = current.reload().unwrap();
    assert!(new != former && current.get() == new);
    fs::write(&path, NOVA).unwrap();
    assert_eq!(current.reload().unwrap(), former);
    // An overlay that breaks the base is an error, too.
    let over = folder.path().join("over.tsv");
    fs::write(
        &over,
        "@provider\tfireworks\nplan\tkind\tname\tmetric\tper\tamount\ntier-99\tmodel\tx\trequests\tminute\t1\n",
    )
    .unwrap();
    let error = Catalog::COMPILED.overlay(&over).unwrap_err();
    assert_eq!((error.line(), error.path()), (Some(3), Some(over.as_path())), "{error}");
}

/// Opens a file of these bytes, and looks up what it has.
fn open(bytes: &[u8]) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("limits.tsv");
    fs::write(&path, bytes).unwrap();
    let Ok(catalog) = Catalog::open(&path).inspect_err(|error| assert!(!error.to_string().is_empty())) else {
        return false;
    };
    for provider in catalog.providers() {
        for found in provider.entries() {
            entry(found);
            found.limits().map(limit).for_each(drop);
        }
        for name in provider.model_names().chain(["x", ""]) {
            let _ = resolved(&Call::new(provider, name).resolve_as());
        }
    }
    true
}

proptest! {
    #[test]
    fn no_bytes_cause_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        open(&bytes);
    }

    #[test]
    fn no_edit_of_a_file_causes_a_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![
            Just("\t"), Just("\n"), Just("-"), Just("*"), Just(""), Just("moon"), Just("0"), Just("99999999999999999999"), Just("\u{e9}"), Just("size"), Just("#"),
        ]), 1..4),
        drop in any::<prop::sample::Index>(),
    ) {
        let mut lines: Vec<String> = NOVA.lines().map(str::to_owned).collect();
        if drop.index(4) == 0 {
            lines.remove(drop.index(lines.len()));
        }
        let mut text = lines.join("\n");
        for (at, with) in edits {
            let at = text.char_indices().map(|(at, _)| at).nth(at.index(text.chars().count())).unwrap();
            text.replace_range(at..=at, with);
        }
        open(text.as_bytes());
    }
}

#[test]
fn the_file_that_is_edited_is_valid() {
    assert!(open(NOVA.as_bytes()));
}

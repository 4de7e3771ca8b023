//! Resolves the names of `names.tsv`, as people write them in public code, in the shipped catalog.

use std::collections::{BTreeSet, HashSet};
use std::iter::once;

use ratebook::load::Catalog;
use ratebook::{Call, Kind, Mode, Provider};

/// Returns the lines with a provider, a name, and the entry that it should find. `-` for none of its own.
fn lines() -> Vec<&'static str> {
    include_str!("names.tsv").lines().filter(|line| !line.starts_with('#')).skip(1).collect()
}

/// Returns the entries that a name finds in any region, plan and deployment, in the usual mode, or else in any mode.
fn found(provider: Provider, name: &str) -> BTreeSet<&'static str> {
    let usual = found_in(provider, name, None);
    if usual.iter().any(|entry| *entry != "*") {
        return usual;
    }
    let in_modes: BTreeSet<&str> = provider.modes().flat_map(|mode| found_in(provider, name, Some(mode))).collect();
    if in_modes.iter().any(|entry| *entry != "*") { in_modes } else { usual }
}

/// Returns the entries that a name finds in any region, plan and deployment.
fn found_in(provider: Provider, name: &str, mode: Option<Mode>) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    for region in once(None).chain(provider.regions().map(Some)) {
        for plan in once(None).chain(provider.plans().map(Some)) {
            for deployment in once(None).chain(provider.deployments().map(Some)) {
                let call = Call::new(provider, name);
                let call = region.map_or(call, |region| call.region(region));
                let call = plan.map_or(call, |plan| call.plan(plan));
                let call = deployment.map_or(call, |deployment| call.deployment(deployment));
                let call = mode.map_or(call, |mode| call.mode(mode));
                let Ok(resolution) = call.resolve() else { continue };
                let of_models = |kind| matches!(kind, Kind::Model | Kind::Family | Kind::Size | Kind::Rest);
                found.extend(resolution.entries().filter(|it| of_models(it.kind())).map(|it| it.name()));
            }
        }
    }
    // Where a model has limits in some places only, the rest of the models' apply in the others.
    if found.len() > 1 {
        found.remove("*");
    }
    found
}

/// Returns why a line is not as expected.
fn problem(catalog: Catalog, line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[provider, name, expected] = fields.as_slice() else {
        return Some(format!("expected three fields, found `{line}`"));
    };
    let Some(provider) = catalog.provider(provider) else {
        return Some(format!("{provider}: no such provider"));
    };
    let found = found(provider, name);
    let as_expected = match expected {
        "-" => found.iter().all(|entry| *entry == "*"),
        entry => found.len() == 1 && found.contains(entry),
    };
    (!as_expected).then(|| format!("{} {name}: expected `{expected}`, found {found:?}", provider.name()))
}

#[test]
fn names_as_written_find_their_entries() {
    let catalog = Catalog::open(ratebook_tests::root().join("catalog-src")).unwrap();
    let problems: Vec<String> = lines().into_iter().filter_map(|line| problem(catalog, line)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn at_least_200_names_are_listed_once_and_ten_of_them_are_unknown() {
    let lines = lines();
    let named: HashSet<&str> = lines.iter().filter_map(|line| line.rsplit_once('\t')).map(|(name, _)| name).collect();
    assert_eq!(named.len(), lines.len(), "a name is listed twice, or a line has no expected entry");
    assert!(named.len() >= 200, "{} names", named.len());
    assert!(lines.iter().filter(|line| line.ends_with("\t-")).count() >= 10);
}

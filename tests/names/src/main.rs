//! Resolves the names of `names.tsv` in the shipped catalog, and prints those that find another entry than expected.

use std::collections::BTreeSet;
use std::iter::once;
use std::process::ExitCode;

use ratebook::{Call, Kind, Mode, Provider};

const NAMES: &str = include_str!("../names.tsv");

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
fn problem(line: &str) -> Option<String> {
    let fields: Vec<&str> = line.split('\t').collect();
    let &[provider, name, expected] = fields.as_slice() else {
        return Some(format!("expected three fields, found `{line}`"));
    };
    let Some(provider) = Provider::from_name(provider) else {
        return Some(format!("{provider}: no such provider"));
    };
    let found = found(provider, name);
    let as_expected = match expected {
        "-" => found.iter().all(|entry| *entry == "*"),
        entry => found.len() == 1 && found.contains(entry),
    };
    (!as_expected).then(|| format!("{} {name}: expected `{expected}`, found {found:?}", provider.name()))
}

fn main() -> ExitCode {
    let lines: Vec<&str> = NAMES.lines().filter(|line| !line.starts_with('#')).skip(1).collect();
    let problems: Vec<String> = lines.iter().filter_map(|line| problem(line)).collect();
    for problem in &problems {
        println!("{problem}");
    }
    println!("{} of {} names are as expected", lines.len() - problems.len(), lines.len());
    if problems.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

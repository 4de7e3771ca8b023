//! Compares the second readings of vendors' pages with the shipped catalog. `tests/second_reading/README.md` describes them.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;

use ratebook_source::{Limit, Pool, ProviderSource};
use ratebook_tests::root;

const COLUMNS: &str = "provider\tplan\tdeployment\tmode\tcontext\tregion\tkind\tname\tmetric\twindow\tamount\tpool";

/// The amount and the pool of each key. A key is the columns before the amount, with the name folded.
type Reading = BTreeMap<String, (String, String)>;

/// Returns a name in lowercase, with a dash for each character that is neither a letter nor a digit.
fn fold(name: &str) -> String {
    if name == "*" {
        return name.to_owned();
    }
    name.to_lowercase().chars().map(|c| if c.is_alphanumeric() { c } else { '-' }).collect()
}

fn or_dash(value: Option<impl Display>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

fn second_reading(provider: &str) -> Reading {
    let path = root().join(format!("tests/second_reading/{provider}.tsv"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some(COLUMNS), "{}", path.display());
    let reading = lines.map(|line| {
        let mut fields: Vec<&str> = line.split('\t').collect();
        assert_eq!(fields.len(), 12, "{line}");
        let (amount, pool) = (fields[10].to_owned(), fields[11].to_owned());
        let name = fold(fields[7]);
        fields[7] = &name;
        (fields[1..10].join(" "), (amount, pool))
    });
    reading.collect()
}

fn row(limit: &Limit) -> (String, (String, String)) {
    let key = [
        or_dash(limit.plan.as_ref()),
        or_dash(limit.deployment.as_ref()),
        or_dash(limit.mode.as_ref()),
        or_dash(limit.context.as_ref()),
        or_dash(limit.region.as_ref()),
        limit.kind.to_string(),
        fold(&limit.name),
        limit.metric.to_string(),
        or_dash(limit.per.as_ref()),
    ];
    let pool = match &limit.pool {
        Pool::Account => "account",
        Pool::Group(group) => group,
        Pool::Model => "model",
    };
    let pool = format!("{pool}{}", if limit.each_region { "@region" } else { "" });
    (key.join(" "), (limit.amount.to_string(), pool))
}

/// Returns one line for each difference of the two readings of a provider.
fn differences(second: &Reading, catalog: &Reading) -> Vec<String> {
    let mut differences = Vec::new();
    for (key, (amount, pool)) in second {
        match catalog.get(key) {
            None => differences.push(format!("only in the second reading: {key} {amount}")),
            Some((other, _)) if other != amount => {
                differences.push(format!("amount: {key}: {amount}, catalog {other}"))
            }
            Some((_, other)) if other != pool => differences.push(format!("pool: {key}: {pool}, catalog {other}")),
            Some(_) => {}
        }
    }
    let more = catalog.iter().filter(|(key, _)| !second.contains_key(*key));
    differences.extend(more.map(|(key, (amount, _))| format!("only in the catalog: {key} {amount}")));
    differences
}

fn agrees(provider: &str) {
    let providers = ratebook_codegen::load(&root().join("catalog-src"), None).unwrap();
    let source: Option<&ProviderSource> =
        providers.iter().map(|read| &read.source).find(|source| source.provider == provider);
    let limits = &source.unwrap_or_else(|| panic!("the catalog has no {provider}")).limits;
    let catalog: Reading = limits.iter().map(row).collect();
    assert_eq!(catalog.len(), limits.len(), "limits of {provider} have the same key, plan, metric and window");
    let differences = differences(&second_reading(provider), &catalog);
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

#[test]
fn openai_is_read_twice_alike() {
    agrees("openai");
}

#[test]
fn azure_is_read_twice_alike() {
    agrees("azure");
}

#[test]
fn anthropic_is_read_twice_alike() {
    agrees("anthropic");
}

#[test]
fn a_difference_of_amount_pool_or_key_is_found() {
    let limit = |amount: &str, pool: &str| (amount.to_owned(), pool.to_owned());
    let key = "tier-1 - - - - model gpt-4o requests minute".to_owned();
    let second = Reading::from([(key.clone(), limit("500", "model"))]);
    assert!(differences(&second, &second).is_empty());
    assert_eq!(differences(&second, &Reading::from([(key.clone(), limit("50", "model"))])).len(), 1);
    assert_eq!(differences(&second, &Reading::from([(key, limit("500", "account"))])).len(), 1);
    assert_eq!(differences(&second, &Reading::new()).len(), 1);
    assert_eq!(differences(&Reading::new(), &second).len(), 1);
}

#[test]
fn the_second_readings_have_limits_that_the_pages_print() {
    let read = |provider, key: &str| second_reading(provider).get(key).map(|(amount, _)| amount.clone());
    let amount = |text: &str| Some(text.to_owned());
    assert_eq!(read("openai", "tier-1 - - - - model gpt-4o tokens minute"), amount("30000"));
    assert_eq!(read("azure", "tier-1 data-zone-standard - - - model gpt-4o requests 10s"), amount("300"));
    assert_eq!(read("anthropic", "start - - - - family claude-opus-4 requests minute"), amount("1000"));
}

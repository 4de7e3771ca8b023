//! Names that the user gives, and the nearest ones where there is no such name.

use std::collections::BTreeSet;

use ratebook::{Kind, Metric, Plan, Provider, Region};

use crate::line::names_of;

/// A name that the catalog does not have.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no {what}{}{}{}", quoted(.name), hint(.nearest), advice(.or))]
pub(crate) struct UnknownName {
    /// What it should have named.
    pub(crate) what: &'static str,
    /// The name as given; `None` where it must be given and was not.
    pub(crate) name: Option<String>,
    /// The nearest names, best first.
    pub(crate) nearest: Vec<String>,
    /// What else would help.
    pub(crate) or: Option<&'static str>,
}

fn quoted(name: &Option<String>) -> String {
    name.as_ref().map(|name| format!(" `{name}`")).unwrap_or_default()
}

fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; the nearest names are {}", nearest.join(", ")) }
}

fn advice(or: &Option<&str>) -> String {
    or.map(|or| format!("; or {or}")).unwrap_or_default()
}

const MOST_NEAREST: usize = 5;
/// Below this likeness (Jaro and Winkler's, 0 to 1) a name is no help.
const LEAST_LIKENESS: f64 = 0.6;

impl UnknownName {
    /// The name, with the nearest of those that there are; all of them where they are few.
    pub(crate) fn among(what: &'static str, name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let known: BTreeSet<&str> = known.collect();
        let few = known.len() <= MOST_NEAREST;
        let lower = name.to_lowercase();
        let mut rated: Vec<(f64, &str)> =
            known.into_iter().map(|known| (strsim::jaro_winkler(&lower, &known.to_lowercase()), known)).collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        rated.retain(|(likeness, _)| few || *likeness >= LEAST_LIKENESS);
        let nearest = rated.into_iter().take(MOST_NEAREST).map(|(_, name)| name.to_owned()).collect();
        Self { what, name: Some(name.to_owned()), nearest, or: None }
    }

    /// A name that must be given, with those that there are.
    pub(crate) fn missing(what: &'static str, known: impl Iterator<Item = &'static str>) -> Self {
        Self { what, name: None, nearest: known.map(str::to_owned).collect(), or: None }
    }
}

pub(crate) fn provider(name: &str) -> Result<Provider, UnknownName> {
    Provider::from_name(&name.to_lowercase())
        .ok_or_else(|| UnknownName::among("provider", name, Provider::ALL.iter().map(|provider| provider.name())))
}

/// A region of the provider, or of any where none is given.
pub(crate) fn region(name: &str, of: Option<Provider>) -> Result<Region, UnknownName> {
    let known =
        || Region::ALL.iter().copied().filter(|region| of.is_none_or(|of| of.regions().any(|has| has == *region)));
    let found = known().find(|region| region.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| UnknownName::among("region", name, known().map(Region::name)))
}

/// A plan of the provider, or of any where none is given.
pub(crate) fn plan(name: &str, of: Option<Provider>) -> Result<Plan, UnknownName> {
    let known = || Plan::ALL.iter().copied().filter(|plan| of.is_none_or(|of| of.plans().any(|has| has == *plan)));
    let found = known().find(|plan| plan.name().eq_ignore_ascii_case(name));
    found.ok_or_else(|| UnknownName::among("plan", name, known().map(Plan::name)))
}

pub(crate) fn metric(name: &str) -> Result<Metric, UnknownName> {
    Metric::from_name(&name.to_lowercase())
        .ok_or_else(|| UnknownName::among("metric", name, Metric::ALL.iter().map(|metric| metric.name())))
}

/// Every name of an entry's, of the provider or of any.
pub(crate) fn entry_names(of: Option<Provider>) -> impl Iterator<Item = &'static str> {
    providers(of).flat_map(|provider| provider.entries()).flat_map(names_of)
}

/// Every name of a task of the provider.
pub(crate) fn task_names(of: Provider) -> impl Iterator<Item = &'static str> {
    of.entries().filter(|entry| entry.kind() == Kind::Task).map(|entry| entry.name())
}

/// The provider, or all of them.
pub(crate) fn providers(of: Option<Provider>) -> impl Iterator<Item = Provider> {
    Provider::ALL.iter().copied().filter(move |provider| of.is_none_or(|of| of == *provider))
}

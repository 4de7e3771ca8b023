//! Lookup of the user's names, with suggestions for unknown ones.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use ratebook::load::Catalog;
use ratebook::{Context, Deployment, Kind, Metric, Mode, Plan, Provider, Region};

use crate::line::names_of;

/// The error of an unknown or missing name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{}{}", problem(.what, .name), hint(.nearest), addition(.more))]
pub(crate) struct UnknownName {
    /// The kind of name, such as `plan`.
    pub(crate) what: &'static str,
    /// The name. `None` if it is missing.
    pub(crate) name: Option<String>,
    /// The nearest names, best first.
    pub(crate) nearest: Vec<String>,
    /// What else there is to say: another remedy, or the reason.
    pub(crate) more: Option<&'static str>,
}

fn problem(what: &str, name: &Option<String>) -> String {
    match name {
        Some(name) => format!("unknown {what} `{name}`"),
        None => format!("missing {what}"),
    }
}

fn hint(nearest: &[String]) -> String {
    if nearest.is_empty() { String::new() } else { format!("; the nearest names are {}", nearest.join(", ")) }
}

fn addition(more: &Option<&str>) -> String {
    more.map(|more| format!("; {more}")).unwrap_or_default()
}

/// The largest number of suggestions.
const MAX_NEAREST: usize = 5;
/// The smallest similarity of a suggestion (Jaro-Winkler, 0 to 1).
const MIN_SIMILARITY: f64 = 0.6;

/// Returns how similar two names are, from 0 to 1, without regard to case.
fn similarity(name: &str, known: &str) -> f64 {
    strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase())
}

/// Returns the names with the greatest similarities, or all names if there are few.
fn nearest(mut rated: Vec<(f64, String)>) -> Vec<String> {
    rated.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    // A branch may have the name of a folder.
    rated.dedup_by(|a, b| a.1 == b.1);
    let few = rated.len() <= MAX_NEAREST;
    rated.retain(|(similarity, _)| few || *similarity >= MIN_SIMILARITY);
    rated.into_iter().take(MAX_NEAREST).map(|(_, name)| name).collect()
}

impl UnknownName {
    /// Returns the error of an unknown name, with the nearest known ones, or all known ones if there are few.
    pub(crate) fn among<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: BTreeSet<&str> = known.collect();
        let rated = known.into_iter().map(|known| (similarity(name, known), known.to_owned())).collect();
        Self { what, name: Some(name.to_owned()), nearest: nearest(rated), more: None }
    }

    /// Returns the error of a missing name, with the known ones.
    pub(crate) fn missing(what: &'static str, known: impl Iterator<Item = &'static str>) -> Self {
        Self { what, name: None, nearest: known.map(str::to_owned).collect(), more: None }
    }
}

pub(crate) fn provider(name: &str, catalog: Catalog) -> Result<Provider, UnknownName> {
    let names = || catalog.providers().map(Provider::name);
    catalog.provider(&name.to_lowercase()).ok_or_else(|| UnknownName::among("provider", name, names()))
}

/// Defines the lookup of a part of a key, without regard to case, spaces and punctuation, among those of some providers.
macro_rules! part {
    ($name:ident: $type:ident, $what:literal, $of_provider:ident, $named:ident) => {
        #[doc = concat!("Returns the ", $what, " of the first of the providers that has one of that name.")]
        pub(crate) fn $name(name: &str, providers: &[Provider]) -> Result<$type, UnknownName> {
            let known = || providers.iter().flat_map(|provider| provider.$of_provider());
            let found = providers.iter().find_map(|provider| provider.$named(name));
            found.ok_or_else(|| UnknownName::among($what, name, known().map($type::name)))
        }
    };
}

part!(region: Region, "region", regions, region_named);
part!(plan: Plan, "plan", plans, plan_named);
part!(deployment: Deployment, "deployment", deployments, deployment_named);
part!(mode: Mode, "mode", modes, mode_named);
part!(context: Context, "context", contexts, context_named);

pub(crate) fn metric(name: &str) -> Result<Metric, UnknownName> {
    Metric::from_name(&name.to_lowercase())
        .ok_or_else(|| UnknownName::among("metric", name, Metric::ALL.iter().map(|metric| metric.name())))
}

/// Returns the names and aliases of all entries of the providers.
pub(crate) fn entry_names(providers: &[Provider]) -> impl Iterator<Item = &'static str> {
    providers.iter().flat_map(|provider| provider.entries()).flat_map(names_of)
}

/// Returns the names of the provider's tasks.
pub(crate) fn task_names(provider: Provider) -> impl Iterator<Item = &'static str> {
    names_of_kind(provider, Kind::Task)
}

/// Returns the names of the provider's endpoints with limits of their own.
pub(crate) fn endpoint_names(provider: Provider) -> impl Iterator<Item = &'static str> {
    names_of_kind(provider, Kind::Endpoint)
}

fn names_of_kind(provider: Provider, kind: Kind) -> impl Iterator<Item = &'static str> {
    provider.entries().filter(move |entry| entry.kind() == kind).flat_map(names_of)
}

/// Returns the error of a path at which there is nothing, with the nearest names in its folder.
pub(crate) fn no_path(path: &Path) -> UnknownName {
    let name = Some(path.display().to_string());
    UnknownName { what: "file or folder", name, nearest: nearest(paths_beside(path)), more: None }
}

/// Returns the error of a text that is neither a path nor a git revision, with the nearest of both.
pub(crate) fn no_catalog(text: &str) -> UnknownName {
    // Without git, or outside of a repository, there are no revisions to suggest.
    let refs = Command::new("git").args(["for-each-ref", "--format=%(refname:short)"]).output();
    let refs = refs.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let revisions = refs.lines().chain(["HEAD"]).map(|revision| (similarity(text, revision), revision.to_owned()));
    let nearest = nearest(paths_beside(Path::new(text)).into_iter().chain(revisions).collect());
    let more = Some("expected a folder, a file or a git revision");
    UnknownName { what: "catalog", name: Some(text.to_owned()), nearest, more }
}

/// Returns the paths beside this one, each with the similarity of its last name to this one's.
fn paths_beside(path: &Path) -> Vec<(f64, String)> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let name = name.to_string_lossy();
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name());
    beside
        .map(|known| (similarity(&name, &known.to_string_lossy()), parent.join(known).display().to_string()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_similar_path_comes_before_revisions() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("rates")).unwrap();
        let unknown = no_catalog(folder.path().join("rats").to_str().unwrap());
        assert_eq!(unknown.nearest.first().map(Path::new), Some(folder.path().join("rates").as_path()), "{unknown}");
    }
}

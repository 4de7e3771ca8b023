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

impl UnknownName {
    /// Returns the error of an unknown name, with the nearest known ones, or all known ones if there are few.
    pub(crate) fn among<'a>(what: &'static str, name: &str, known: impl Iterator<Item = &'a str>) -> Self {
        let known: BTreeSet<&str> = known.collect();
        let few = known.len() <= MAX_NEAREST;
        let lower = name.to_lowercase();
        let mut rated: Vec<(f64, &str)> =
            known.into_iter().map(|known| (strsim::jaro_winkler(&lower, &known.to_lowercase()), known)).collect();
        rated.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
        rated.retain(|(similarity, _)| few || *similarity >= MIN_SIMILARITY);
        let nearest = rated.into_iter().take(MAX_NEAREST).map(|(_, name)| name.to_owned()).collect();
        Self { what, name: Some(name.to_owned()), nearest, more: None }
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
        pub(crate) fn $name(name: &str, of: &[Provider]) -> Result<$type, UnknownName> {
            let known = || of.iter().flat_map(|provider| provider.$of_provider());
            let found = of.iter().find_map(|provider| provider.$named(name));
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
pub(crate) fn entry_names(of: &[Provider]) -> impl Iterator<Item = &'static str> {
    of.iter().flat_map(|provider| provider.entries()).flat_map(names_of)
}

/// Returns the names of the provider's tasks.
pub(crate) fn task_names(of: Provider) -> impl Iterator<Item = &'static str> {
    of.entries().filter(|entry| entry.kind() == Kind::Task).map(|entry| entry.name())
}

/// Returns the error of a path at which there is nothing, with the nearest names in its folder.
pub(crate) fn no_path(path: &Path) -> UnknownName {
    let text = path.display().to_string();
    UnknownName { nearest: near_paths(path), ..UnknownName::among("file or folder", &text, std::iter::empty()) }
}

/// Returns the error of a text that is neither a path nor a git revision, with the nearest of both.
pub(crate) fn no_catalog(text: &str) -> UnknownName {
    // Without git, or outside of a repository, there are no revisions to suggest.
    let refs = Command::new("git").args(["for-each-ref", "--format=%(refname:short)"]).output();
    let refs = refs.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let mut unknown = UnknownName::among("catalog", text, refs.lines().chain(["HEAD"]));
    unknown.nearest.extend(near_paths(Path::new(text)));
    unknown.nearest.truncate(MAX_NEAREST);
    UnknownName { more: Some("expected a folder, a file or a git revision"), ..unknown }
}

/// Returns the paths beside this one whose last names are nearest to its last name.
fn near_paths(path: &Path) -> Vec<String> {
    let (Some(parent), Some(name)) = (path.parent(), path.file_name()) else { return Vec::new() };
    let folder = if parent.as_os_str().is_empty() { Path::new(".") } else { parent };
    let beside = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let beside: Vec<String> = beside.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    let near = UnknownName::among("file or folder", &name.to_string_lossy(), beside.iter().map(String::as_str));
    near.nearest.into_iter().map(|name| parent.join(name).display().to_string()).collect()
}

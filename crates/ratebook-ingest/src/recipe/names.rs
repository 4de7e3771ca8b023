//! The names of models besides those of the limits: aliases, families and patterns of names.

use std::collections::{BTreeMap, BTreeSet};

use ratebook_source::{Family, KeyParts, Kind, ProviderSource, Region, Renaming, Replacement};
use serde::Deserialize;
use toml::Spanned;

/// A family of models: limits of the kind `family` have its name.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct FamilyRule {
    /// The family's name, as limits have it.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub name: Spanned<String>,
    /// Whether limits must have the family. Default: true. `false`: for a shape of the page that may come back.
    #[serde(default = "required")]
    pub required: bool,
    /// Patterns of the members' names, with at most one `*` each; `#` is a digit.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub patterns: Vec<Spanned<String>>,
    /// The members that the page lists, in its spelling.
    #[serde(default)]
    pub members: Vec<String>,
    /// Patterns of names that are not members although a pattern matches them.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Vec<String>"))]
    pub except: Vec<Spanned<String>>,
}

/// Names that stand for another name, and set parts of the key: `us.*` for `*` with the deployment `cross-region`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RenamingRule {
    /// The names, with at most one `*`.
    #[serde(rename = "match")]
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub pattern: Spanned<String>,
    /// The name that they stand for. `*` is the text that the `*` of `match` matched. Default: `*`.
    pub name: Option<String>,
    /// The region that they set.
    pub region: Option<String>,
    /// The plan that they set.
    pub plan: Option<String>,
    /// The deployment that they set.
    pub deployment: Option<String>,
    /// The mode that they set.
    pub mode: Option<String>,
    /// The class of context lengths that they set.
    pub context: Option<String>,
}

/// The error of a name of a recipe.
pub(super) type NameError = (std::ops::Range<usize>, String);

fn required() -> bool {
    true
}

fn pattern(text: &Spanned<String>) -> Result<ratebook_source::Pattern, NameError> {
    text.get_ref().parse().map_err(|error: ratebook_source::UnknownWord| (text.span(), error.to_string()))
}

impl FamilyRule {
    /// Returns the family as `names.tsv` has it.
    pub(super) fn family(&self) -> Result<Family, NameError> {
        if self.patterns.is_empty() && self.members.is_empty() {
            return Err((self.name.span(), "expected `patterns` or `members` of the family".to_owned()));
        }
        Ok(Family {
            name: self.name.get_ref().clone(),
            patterns: self.patterns.iter().map(pattern).collect::<Result<_, _>>()?,
            members: self.members.clone(),
            exceptions: self.except.iter().map(pattern).collect::<Result<_, _>>()?,
        })
    }
}

impl RenamingRule {
    /// Returns the pattern as `names.tsv` has it.
    pub(super) fn renaming(&self) -> Result<Renaming, NameError> {
        let name = self.name.clone().unwrap_or_else(|| "*".to_owned());
        if name.contains('*') && (name != "*" || !self.pattern.get_ref().contains('*')) {
            let message = format!("expected a name, or `*` for the text that `*` matches, found `{name}`");
            return Err((self.pattern.span(), message));
        }
        let sets = KeyParts {
            region: self.region.clone(),
            plan: self.plan.clone(),
            deployment: self.deployment.clone(),
            mode: self.mode.clone(),
            context: self.context.clone(),
        };
        Ok(Renaming { pattern: pattern(&self.pattern)?, name, sets })
    }
}

/// The names of a recipe, in the form of `names.tsv`.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Names {
    pub(super) aliases: BTreeMap<String, Vec<String>>,
    pub(super) families: Vec<Family>,
    pub(super) regions: Vec<Region>,
    /// The families that limits need not have.
    pub(super) optional: BTreeSet<String>,
    pub(super) renamings: Vec<Renaming>,
    pub(super) replacements: Vec<Replacement>,
}

impl Names {
    /// Adds the names to a source. The order of the limits stays. Returns the names of aliases that no limit has.
    pub(crate) fn apply<'a>(&'a self, source: &mut ProviderSource) -> Vec<&'a str> {
        source.regions.clone_from(&self.regions);
        let has_limit = |family: &&Family| {
            source.limits.iter().any(|limit| limit.kind == Kind::Family && limit.name == family.name)
        };
        let is_used = |family: &&Family| !self.optional.contains(&family.name) || has_limit(family);
        source.families = self.families.iter().filter(is_used).cloned().collect();
        source.renamings.clone_from(&self.renamings);
        source.replacements.clone_from(&self.replacements);
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for limit in source.limits.iter_mut().filter(|limit| matches!(limit.kind, Kind::Model | Kind::Family)) {
            let Some((name, aliases)) = self.aliases.get_key_value(&limit.name) else { continue };
            known.insert(name);
            limit.aliases.extend(aliases.iter().cloned());
            limit.aliases.sort();
            limit.aliases.dedup();
        }
        self.aliases.keys().map(String::as_str).filter(|name| !known.contains(name)).collect()
    }

    /// Returns the families that no limit has.
    pub(crate) fn unused_families(&self, source: &ProviderSource) -> Vec<&str> {
        let has_limit = |family: &&Family| {
            source.limits.iter().any(|limit| limit.kind == Kind::Family && limit.name == family.name)
        };
        let required = self.families.iter().filter(|family| !self.optional.contains(&family.name));
        required.filter(|family| !has_limit(family)).map(|family| family.name.as_str()).collect()
    }
}

//! `names.tsv`: the names under which people know the models and the regions of a provider.
//!
//! One line is one name. Its first field says what it is:
//!
//! | line | meaning |
//! |---|---|
//! | `alias NAME ALIAS [SCOPE…]` | another exact name of a model's entries |
//! | `family FAMILY PATTERN` | a pattern of a family's members |
//! | `member FAMILY MODEL` | a member that the page lists |
//! | `except FAMILY PATTERN` | a pattern of models that are not members |
//! | `region NAME [NAME…]` | a region that the provider serves, and other names of it |
//! | `pattern PATTERN NAME [KEY=VALUE…]` | names that stand for another name, and set parts of the key |
//! | `removed DAY KIND NAME [KEY=VALUE…]` | an entry that the pages no longer state since a day |
//! | `retired DAY KIND NAME [KEY=VALUE…]` | like `removed`, but the pages stated until then that it was retired on that day |
//! | `replaced NAME NEW` | the name that replaces the name of retired or removed entries |
//!
//! A region needs a line if no limit names it: at some vendors each region has the same limits for itself.
//!
//! A scope is `region plan deployment mode context`, each a name, `-` for none or `*` for any. Default: any.

use std::fmt;
use std::str::FromStr;

use crate::UnknownWord;
use crate::date::Date;
use crate::limit::{EntryKey, Limit};
use crate::line::{Fields, Lines, SourceError};
use crate::provider::ProviderSource;
use crate::words::Kind;

/// A family of models: an entry of kind `family` has its name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Family {
    /// The family's name, such as `claude-opus-4`.
    pub name: String,
    /// Patterns of the members' names.
    pub patterns: Vec<Pattern>,
    /// The members that the page lists, in its spelling.
    pub members: Vec<String>,
    /// Patterns of names that are not members although a pattern matches them.
    pub exceptions: Vec<Pattern>,
}

/// A region that a provider serves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Region {
    /// The region's name, such as `us-east-1`.
    pub name: String,
    /// Other names of it, such as `US East (N. Virginia)`.
    pub aliases: Vec<String>,
}

/// A pattern of names: text, in which `*` is any text, at most once, and `#` is one digit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern(String);

impl Pattern {
    /// Returns the pattern as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Pattern {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let is_valid = !text.is_empty() && text.find('*') == text.rfind('*') && !text.contains(char::is_whitespace);
        is_valid.then(|| Self(text.to_owned())).ok_or_else(|| UnknownWord {
            vocabulary: "pattern",
            word: text.to_owned(),
            known: &["a name without spaces, with at most one `*`, and with `#` for digits"],
        })
    }
}

/// Names that stand for another name: `us.*` for `*` with the deployment `cross-region`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renaming {
    /// The names.
    pub pattern: Pattern,
    /// The name that they stand for. `*` is the text that the `*` of the pattern matched.
    pub name: String,
    /// The parts of the key that the names set.
    pub sets: KeyParts,
}

/// Parts of a key, by their names in the catalog. `None` is a part that is not set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyParts {
    /// The region, such as `us-east-1`.
    pub region: Option<String>,
    /// The plan, such as `tier-1`.
    pub plan: Option<String>,
    /// The deployment, such as `global-standard`.
    pub deployment: Option<String>,
    /// The mode, such as `batch`.
    pub mode: Option<String>,
    /// The class of context lengths, such as `> 272K`.
    pub context: Option<String>,
}

impl KeyParts {
    /// Returns the parts with their names.
    pub fn parts(&self) -> [(&'static str, Option<&str>); 5] {
        let Self { region, plan, deployment, mode, context } = self;
        [("region", region), ("plan", plan), ("deployment", deployment), ("mode", mode), ("context", context)]
            .map(|(name, part)| (name, part.as_deref()))
    }

    fn set(&mut self, name: &str, value: &str) -> Option<()> {
        let part = match name {
            "region" => &mut self.region,
            "plan" => &mut self.plan,
            "deployment" => &mut self.deployment,
            "mode" => &mut self.mode,
            "context" => &mut self.context,
            _ => return None,
        };
        *part = Some(value.to_owned());
        Some(())
    }
}

/// An entry that the pages no longer state. Its constant stays for a year, without limits and deprecated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The day on which the entry was missing, or the day of retirement if the pages stated one.
    pub on: Date,
    /// Whether the pages stated that it was retired.
    pub was_retired: bool,
    /// The kind of selector, such as a model or a size class.
    pub kind: Kind,
    /// The name of the selector, as its constant is derived from: `*` for every call and for the rest of the models.
    pub name: String,
    /// The parts of the entry's key that it had.
    pub parts: KeyParts,
}

impl Removed {
    /// Returns the entry's key.
    pub fn entry_key(&self) -> EntryKey<'_> {
        let KeyParts { region, plan, deployment, mode, context } = &self.parts;
        EntryKey {
            region: region.as_deref(),
            plan: plan.as_deref(),
            deployment: deployment.as_deref(),
            mode: mode.as_deref(),
            context: context.as_deref(),
            kind: self.kind,
            name: &self.name,
        }
    }

    /// Returns whether the entry keeps its constant on a day: for a year.
    pub fn is_kept(&self, today: Date) -> bool {
        !today.is_a_year_after(self.on)
    }
}

/// The name that replaces the name of retired or removed entries.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Replacement {
    /// The former name.
    pub name: String,
    /// The name that replaces it.
    pub new: String,
}

/// The entries that an alias names, by one part of their key.
enum Scope<'a> {
    Any,
    Only(Option<&'a str>),
}

impl Scope<'_> {
    fn has(&self, part: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => *only == part,
        }
    }
}

impl ProviderSource {
    /// Returns the name that replaces a name, if one is stated.
    pub fn replacement(&self, name: &str) -> Option<&str> {
        self.replacements.iter().find(|known| known.name == name).map(|known| known.new.as_str())
    }

    /// Parses `names.tsv`: sets the aliases of the limits, the families and the renamings, and the removed and replaced names.
    ///
    /// # Errors
    /// Returns the first line that is not in the format, or that names an unknown entry, with what was expected.
    pub fn parse_names(&mut self, text: &str) -> Result<(), SourceError> {
        for (number, line) in Lines::new(text) {
            let mut fields = Fields::new(number, line);
            match fields.text("kind of name")? {
                "alias" => self.parse_alias(&mut fields)?,
                "family" => {
                    let (name, pattern) = (fields.text("family")?, fields.parse("pattern")?);
                    self.family(name).patterns.push(pattern);
                }
                "member" => {
                    let (name, member) = (fields.text("family")?, fields.text("model")?);
                    self.family(name).members.push(member.to_owned());
                }
                "except" => {
                    let (name, pattern) = (fields.text("family")?, fields.parse("pattern")?);
                    self.family(name).exceptions.push(pattern);
                }
                "region" => self.parse_region(&mut fields)?,
                "pattern" => self.parse_renaming(&mut fields)?,
                "removed" => self.parse_removed(&mut fields, false)?,
                "retired" => self.parse_removed(&mut fields, true)?,
                "replaced" => {
                    let (name, new) =
                        (fields.text("name")?.to_owned(), fields.text("name that replaces it")?.to_owned());
                    self.replacements.push(Replacement { name, new });
                }
                other => {
                    let known = "alias, family, member, except, region, pattern, removed, retired, replaced";
                    return Err(fields.error(format!("unknown kind of name `{other}`: expected one of {known}")));
                }
            }
            fields.end()?;
        }
        Ok(())
    }

    fn parse_alias(&mut self, fields: &mut Fields<'_>) -> Result<(), SourceError> {
        let (name, alias) = (fields.text("name")?, fields.text("alias")?);
        let mut scope = [const { Scope::Any }; 5];
        if !fields.is_at_end() {
            for (part, what) in scope.iter_mut().zip(["region", "plan", "deployment", "mode", "context"]) {
                *part = match fields.optional(what)? {
                    Some("*") => Scope::Any,
                    only => Scope::Only(only),
                };
            }
        }
        let mut is_known = false;
        for limit in self.limits.iter_mut().filter(|limit| limit.name == name && has(&scope, limit)) {
            insert_alias(&mut limit.aliases, alias);
            is_known = true;
        }
        if is_known {
            Ok(())
        } else {
            Err(fields.error(format!("expected the name of an entry of limits.tsv, found `{name}`")))
        }
    }

    fn parse_region(&mut self, fields: &mut Fields<'_>) -> Result<(), SourceError> {
        let mut region = Region { name: fields.text("region")?.to_owned(), aliases: Vec::new() };
        if self.regions.iter().any(|known| known.name == region.name) {
            return Err(fields.error(format!("the region `{}` is stated twice", region.name)));
        }
        while !fields.is_at_end() {
            region.aliases.push(fields.text("name of the region")?.to_owned());
        }
        self.regions.push(region);
        Ok(())
    }

    fn parse_renaming(&mut self, fields: &mut Fields<'_>) -> Result<(), SourceError> {
        let (pattern, name) = (fields.parse::<Pattern>("pattern")?, fields.text("name")?.to_owned());
        if name.contains('*') && (name != "*" || !pattern.0.contains('*')) {
            return Err(fields.error(format!("expected a name, or `*` for the text that `*` matches, found `{name}`")));
        }
        let sets = parse_parts(fields)?;
        self.renamings.push(Renaming { pattern, name, sets });
        Ok(())
    }

    fn parse_removed(&mut self, fields: &mut Fields<'_>, was_retired: bool) -> Result<(), SourceError> {
        let (on, kind, name) = (fields.parse("day")?, fields.parse("kind")?, fields.text("name")?.to_owned());
        let parts = parse_parts(fields)?;
        self.removed.push(Removed { on, was_retired, kind, name, parts });
        Ok(())
    }

    /// Returns the family of a name, after adding it if it is new.
    fn family(&mut self, name: &str) -> &mut Family {
        let at = self.families.iter().position(|family| family.name == name).unwrap_or_else(|| {
            self.families.push(Family { name: name.to_owned(), ..Family::default() });
            self.families.len() - 1
        });
        &mut self.families[at]
    }
}

/// Parses the rest of a line: parts of a key such as `deployment=global`.
fn parse_parts(fields: &mut Fields<'_>) -> Result<KeyParts, SourceError> {
    let mut parts = KeyParts::default();
    while !fields.is_at_end() {
        let text = fields.text("part of the key")?;
        let set = text.split_once('=').and_then(|(part, value)| parts.set(part, value));
        set.ok_or_else(|| {
            fields.error(format!("expected a part of the key such as deployment=global, found `{text}`"))
        })?;
    }
    Ok(parts)
}

/// Inserts an alias into a sorted list, unless the list has it.
pub(crate) fn insert_alias(aliases: &mut Vec<String>, alias: &str) {
    if let Err(at) = aliases.binary_search_by(|known| known.as_str().cmp(alias)) {
        aliases.insert(at, alias.to_owned());
    }
}

fn has(scope: &[Scope<'_>; 5], limit: &Limit) -> bool {
    scope.iter().zip(limit.entry_key().parts()).all(|(scope, part)| scope.has(part))
}

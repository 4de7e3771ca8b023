//! `names.tsv`: the names under which people know the models and the regions of a provider.
//!
//! One line is one name. Its first field says what it is:
//!
//! | line | meaning |
//! |---|---|
//! | `alias NAME ALIAS [PART…]` | another exact name of a model's entries |
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
//! The parts of the key that an alias is for are `region plan deployment mode context`, each a name, `-` for none or `*` for
//! any. Default: any.

use crate::limit::Limit;
use crate::line::{Fields, Lines, SourceError};
use crate::names::{Family, KeyParts, Pattern, Region, Removed, Renaming, Replacement};
use crate::provider::ProviderSource;

/// The entries that an alias names, by one part of their key.
enum WantedPart<'a> {
    Any,
    Only(Option<&'a str>),
}

impl WantedPart<'_> {
    fn has(&self, part: Option<&str>) -> bool {
        match self {
            Self::Any => true,
            Self::Only(only) => *only == part,
        }
    }
}

impl ProviderSource {
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
        let mut key = [const { WantedPart::Any }; 5];
        if !fields.is_at_end() {
            for (part, what) in key.iter_mut().zip(["region", "plan", "deployment", "mode", "context"]) {
                *part = match fields.optional(what)? {
                    Some("*") => WantedPart::Any,
                    only => WantedPart::Only(only),
                };
            }
        }
        let mut is_known = false;
        for limit in self.limits.iter_mut().filter(|limit| limit.name == name && has(&key, limit)) {
            limit.insert_alias(alias);
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
        if name.contains('*') && (name != "*" || !pattern.as_str().contains('*')) {
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

fn has(key: &[WantedPart<'_>; 5], limit: &Limit) -> bool {
    key.iter().zip(limit.entry_key().parts()).all(|(wanted, part)| wanted.has(part))
}

//! Parsing of a recipe, and the checks that its TOML alone does not make.

use std::ops::Range;

use ratebook_source::{Region, Replacement};
use toml::Spanned;

use super::key::KeyPart;
use super::names::{FamilyRule, Names, RenamingRule};
use super::pattern::TextPattern;
use super::rules::TextRule;
use super::{MODEL, Recipe};
use crate::page::Unread;

/// The error of a recipe that could not be parsed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {message}")]
pub struct RecipeError {
    /// The line of the recipe, from 1.
    pub line: u32,
    /// What was expected, and what was found.
    pub message: String,
}

/// Returns the first byte of each line.
fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

fn line_at(starts: &[usize], byte: usize) -> u32 {
    u32::try_from(starts.partition_point(|&start| start <= byte)).unwrap_or(u32::MAX)
}

impl Recipe {
    /// Parses a recipe.
    ///
    /// # Errors
    /// Returns the line and the message of the first error: a name that is not in a vocabulary, a rule without an id, two
    /// rules with one id, or a rule on an unknown page.
    pub fn parse(text: &str) -> Result<Self, RecipeError> {
        let starts = line_starts(text);
        let mut recipe: Self = toml::from_str(text).map_err(|error| RecipeError {
            line: line_at(&starts, error.span().map_or(0, |span| span.start)),
            message: error.message().to_owned(),
        })?;
        recipe.lines = starts;
        let pages = std::mem::take(&mut recipe.pages);
        for page in pages {
            let pages = page.expand().map_err(|message| RecipeError { line: 1, message })?;
            recipe.pages.extend(pages);
        }
        for table in &mut recipe.tables {
            let usual = table.add_usual();
            usual.map_err(|message| RecipeError { line: line_at(&recipe.lines, table.id.span().start), message })?;
        }
        recipe.check().map_err(|(span, message)| RecipeError { line: recipe.line(&span), message })?;
        let names = recipe.check_names();
        recipe.checked_names = names.map_err(|(span, message)| RecipeError { line: recipe.line(&span), message })?;
        Ok(recipe)
    }

    /// Returns the line of a span of the recipe, from 1.
    pub fn line(&self, span: &Range<usize>) -> u32 {
        line_at(&self.lines, span.start)
    }

    fn check(&self) -> Result<(), (Range<usize>, String)> {
        let whole = |message: &str| (0..0, message.to_owned());
        if self.pages.is_empty() {
            return Err(whole("expected at least one [[page]]"));
        }
        for (at, page) in self.pages.iter().enumerate() {
            if self.pages[..at].iter().any(|other| other.id == page.id) {
                return Err(whole(&format!("two pages have the id `{}`", page.id)));
            }
        }
        let mut ids: Vec<&str> = Vec::new();
        let rules = self.tables.iter().map(|table| &table.id).chain(self.lists.iter().map(|list| &list.id));
        let rules = rules.chain(self.growths.iter().map(|growth| &growth.id));
        for id in rules {
            if ids.contains(&id.get_ref().as_str()) {
                return Err((id.span(), format!("two rules have the id `{}`", id.get_ref())));
            }
            ids.push(id.get_ref());
        }
        for tabs in &self.tabs {
            tabs.check().map_err(|message| (tabs.labels.span(), message))?;
        }
        for table in &self.tables {
            table.check().map_err(|message| (table.id.span(), message))?;
        }
        for growth in &self.growths {
            growth.check().map_err(|message| (growth.id.span(), message))?;
        }
        for (span, text_rule) in self.all_text_rules() {
            if text_rule.pattern.has_half_a_multiple() {
                let message = format!("expected both {{factor}} and {{base}} in `{}`, or neither", text_rule.pattern);
                return Err((span, message));
            }
        }
        for rule in self.aside_rules.iter().filter(|rule| rule.under.is_none()) {
            if let Some(tables) = &rule.tables {
                return Err((tables.span(), "expected `under`: tables are set aside by section".to_owned()));
            }
        }
        for kind in self.aside_rules.iter().flat_map(|rule| rule.unread.keys()) {
            if Unread::from_word(kind).is_none() {
                return Err((0..0, format!("unknown kind `{kind}` of unread content")));
            }
        }
        for (name, values) in &self.values {
            let span = values.keys().next().map_or(0..0, Spanned::span);
            if KeyPart::from_word(name).is_none() && name != MODEL {
                return Err((
                    span,
                    format!("expected region, plan, deployment, mode, context or model in [values], found `{name}`"),
                ));
            }
            for pattern in values.keys() {
                TextPattern::parse(pattern.get_ref()).map_err(|message| (pattern.span(), message))?;
            }
        }
        self.check_shapes()
    }

    /// Returns the patterns of tables and lists, each with the place of its rule.
    fn all_text_rules(&self) -> impl Iterator<Item = (Range<usize>, &TextRule)> {
        let of_tables = self.tables.iter().flat_map(|table| {
            let of_columns = table.columns.values().flat_map(|column| &column.settings.read);
            let all = table.who.iter().chain(&table.group).chain(of_columns);
            all.map(|text_rule| (table.id.span(), text_rule))
        });
        let of_lists = self.lists.iter().flat_map(|list| list.who.iter().map(|text_rule| (list.id.span(), text_rule)));
        of_tables.chain(of_lists)
    }

    fn check_names(&self) -> Result<Names, (Range<usize>, String)> {
        let aliases = self.names.iter().map(|(name, aliases)| (name.get_ref().clone(), aliases.clone()));
        Ok(Names {
            aliases: aliases.collect(),
            families: self.families.iter().map(FamilyRule::family).collect::<Result<_, _>>()?,
            regions: self
                .regions
                .iter()
                .map(|(name, aliases)| Region { name: name.clone(), aliases: aliases.clone() })
                .collect(),
            optional: self
                .families
                .iter()
                .filter(|family| !family.required)
                .map(|family| family.name.get_ref().clone())
                .collect(),
            renamings: self.renamings.iter().map(RenamingRule::renaming).collect::<Result<_, _>>()?,
            replacements: self
                .replaced
                .iter()
                .map(|(name, new)| Replacement { name: name.clone(), new: new.clone() })
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "provider = \"acme\"\n\n[[page]]\nid = \"main\"\nurl = \"https://acme.example\"\n";

    fn error(rest: &str) -> String {
        Recipe::parse(&format!("{PAGE}{rest}")).unwrap_err().to_string()
    }

    #[test]
    fn an_unknown_name_is_an_error_with_its_line() {
        let table = "[[table]]\nid = \"limits\"\n";
        assert!(error("[[tabel]]\n").starts_with("line 6: unknown field `tabel`"), "{}", error("[[tabel]]\n"));
        let unknown = error(&format!("{table}check = [\"classes-complete\"]\n"));
        assert!(unknown.starts_with("line 8: unknown variant `classes-complete`"), "{unknown}");
        let metric = error(&format!("{table}[table.columns]\n\"RPM\" = \"request/minute\"\n"));
        assert!(metric.starts_with("line 9: ") && metric.contains("requests/minute"), "{metric}");
        let kind = error(&format!("{table}who = [{{ match = \"{{model}}\", kind = \"modle\" }}]\n"));
        assert!(kind.starts_with("line 8: unknown kind `modle`"), "{kind}");
    }

    #[test]
    fn two_rules_with_one_id_are_an_error() {
        let table = "[[table]]\nid = \"limits\"\nusual = [\"Model\", \"RPM\"]\nkind = \"any\"\n";
        assert_eq!(error(&format!("{table}{table}")), "line 11: two rules have the id `limits`");
    }

    #[test]
    fn an_unusual_column_must_be_explained() {
        assert!(error("[[table]]\nid = \"limits\"\nusual = [\"Quux\"]\n").contains("`Quux` is not a usual column"));
    }
}

//! The texts of `limits.tsv`, `lines.tsv`, `names.tsv` and `policy.tsv`.

use std::collections::BTreeMap;

use crate::columns::{File, push_header, push_limit};
use crate::limit::EntryKey;
use crate::line::push_line;
use crate::names::{KeyParts, Removed, Renaming, Replacement};
use crate::policy::PolicySource;
use crate::provider::{FORMAT, ProviderSource};

const BANNER: &str = "# Ratebook, normalized limits. Written by `cargo xtask refresh-catalog`.";
const LINES_BANNER: &str =
    "# Where the pages state each limit of limits.tsv. Written by `cargo xtask refresh-catalog`.";
const NAMES_BANNER: &str = "# Names of models besides those of limits.tsv. Written by `cargo xtask refresh-catalog`.";
const POLICY_BANNER: &str =
    "# Ratebook, how the provider enforces. Written by `cargo xtask refresh-catalog` from policy.toml.";

impl ProviderSource {
    /// Sorts everything into the order of the file.
    pub fn sort(&mut self) {
        for class in &mut self.classes {
            class.members.sort();
        }
        self.classes.sort();
        for limit in &mut self.limits {
            limit.aliases.sort();
        }
        for family in &mut self.families {
            family.patterns.sort();
            family.members.sort();
            family.exceptions.sort();
        }
        self.families.sort_by(|a, b| a.name.cmp(&b.name));
        self.limits.sort_by(|a, b| a.key().cmp(&b.key()));
        self.removed.sort_by(|a, b| a.entry_key().cmp(&b.entry_key()));
        self.replacements.sort();
    }

    /// Returns the text of `limits.tsv`. The lines of the pages are in `lines.tsv`, so that a moved line changes no limit,
    /// and the names are in `names.tsv`.
    pub fn write(&self) -> String {
        let mut out = format!("{BANNER}\n");
        push_line(&mut out, &[Some("@format"), Some(&FORMAT.to_string())]);
        push_line(&mut out, &[Some("@provider"), Some(&self.provider)]);
        push_line(&mut out, &[Some("@state"), Some(self.state.word())]);
        for page in &self.pages {
            let dates =
                [page.date, page.read, page.checked, page.withdrawn_on].map(|date| date.map(|day| day.to_string()));
            let [date, read, checked, withdrawn_on] = dates.each_ref().map(Option::as_deref);
            let completeness = if page.is_partial { "partial" } else { "whole" };
            let id_and_url = [Some("@page"), Some(page.id.as_str()), page.url.as_deref()];
            push_line(&mut out, &[&id_and_url[..], &[date, read, checked, withdrawn_on, Some(completeness)]].concat());
        }
        for plan in &self.plans {
            let qualifies = plan.qualifies_usd.map(|usd| usd.to_string());
            push_line(&mut out, &[Some("@plan"), Some(&plan.name), plan.within.as_deref(), qualifies.as_deref()]);
        }
        for class in &self.classes {
            let to = class.to.map(|to| to.to_string());
            push_line(&mut out, &[Some("@class"), Some(&class.name), Some(&class.from.to_string()), to.as_deref()]);
            for member in &class.members {
                push_line(&mut out, &[Some("@member"), Some(&class.name), Some(member)]);
            }
        }
        push_header(&mut out, File::Limits);
        for limit in &self.limits {
            push_limit(&mut out, File::Limits, limit);
        }
        out
    }

    /// Returns the text of `lines.tsv`.
    pub fn write_lines(&self) -> String {
        let mut out = format!("{LINES_BANNER}\n");
        push_header(&mut out, File::Lines);
        for limit in self.limits.iter().filter(|limit| limit.line.is_some()) {
            push_limit(&mut out, File::Lines, limit);
        }
        out
    }

    /// Returns the text of `names.tsv`.
    pub fn write_names(&self) -> String {
        let mut out = format!("{NAMES_BANNER}\n");
        self.push_aliases(&mut out);
        for family in &self.families {
            let name = Some(family.name.as_str());
            for pattern in &family.patterns {
                push_line(&mut out, &[Some("family"), name, Some(pattern.as_str())]);
            }
            for member in &family.members {
                push_line(&mut out, &[Some("member"), name, Some(member)]);
            }
            for pattern in &family.exceptions {
                push_line(&mut out, &[Some("except"), name, Some(pattern.as_str())]);
            }
        }
        for region in &self.regions {
            let names = std::iter::once(&region.name).chain(&region.aliases).map(|name| Some(name.as_str()));
            push_line(&mut out, &std::iter::once(Some("region")).chain(names).collect::<Vec<_>>());
        }
        for Renaming { pattern, name, sets } in &self.renamings {
            push_with_parts(&mut out, &["pattern", pattern.as_str(), name], sets);
        }
        for Removed { on, was_retired, kind, name, parts } in &self.removed {
            let word = if *was_retired { "retired" } else { "removed" };
            push_with_parts(&mut out, &[word, &on.to_string(), kind.word(), name], parts);
        }
        for Replacement { name, new } in &self.replacements {
            push_line(&mut out, &[Some("replaced"), Some(name), Some(new)]);
        }
        out
    }

    /// Appends the aliases: one line for all entries of a name if they agree, else one for each entry.
    fn push_aliases(&self, out: &mut String) {
        let mut by_name: BTreeMap<&str, Vec<(EntryKey<'_>, &[String])>> = BTreeMap::new();
        for entry in self.limits.chunk_by(|a, b| a.entry_key() == b.entry_key()) {
            by_name.entry(&entry[0].name).or_default().push((entry[0].entry_key(), &entry[0].aliases));
        }
        for (name, entries) in by_name {
            let agree = entries.windows(2).all(|pair| pair[0].1 == pair[1].1);
            for (key, aliases) in if agree { &entries[..1] } else { &entries[..] } {
                for alias in *aliases {
                    let line = [Some("alias"), Some(name), Some(alias.as_str())];
                    let scope = key.parts();
                    push_line(out, &[&line[..], if agree { &[] } else { &scope[..] }].concat());
                }
            }
        }
    }
}

impl PolicySource {
    /// Returns the text of `policy.tsv`.
    pub fn write(&self) -> String {
        let mut out = format!("{POLICY_BANNER}\n");
        for row in self.rows() {
            push_line(&mut out, &row.0.iter().map(Option::as_deref).collect::<Vec<_>>());
        }
        out
    }
}

/// Appends a line of `names.tsv` that ends with parts of a key.
fn push_with_parts(out: &mut String, fields: &[&str], parts: &KeyParts) {
    let parts: Vec<String> =
        parts.parts().into_iter().filter_map(|(part, value)| Some(format!("{part}={}", value?))).collect();
    let fields = fields.iter().copied().chain(parts.iter().map(String::as_str));
    push_line(out, &fields.map(Some).collect::<Vec<_>>());
}

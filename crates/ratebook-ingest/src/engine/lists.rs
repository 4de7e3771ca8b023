//! Limits in lists.

use ratebook_source::{Kind, Limit};

use super::facts::{Fact, pool_from};
use super::{Reader, labels, section, value};
use crate::accounts::{Address, Weight, sentences, weigh};
use crate::page::Block;
use crate::recipe::{Bindings, List, Who};

/// The headings above the current item, and the defaults of the sections so far.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Line, level and text of the headings above, outermost first.
    path: Vec<(u32, u8, String)>,
    /// The sections with items, in the order of the page.
    seen: Vec<Seen>,
    /// The deeper headings that were reported.
    refused: Vec<u32>,
}

#[derive(Debug)]
struct Seen {
    line: u32,
    name: String,
    has_default: bool,
}

impl Sections {
    pub(super) fn heading(&mut self, line: u32, level: u8, text: &str) {
        self.path.retain(|(_, outer, _)| *outer < level);
        self.path.push((line, level, text.to_owned()));
    }

    /// Warns of sections without a default.
    pub(super) fn finish(self, reader: &mut Reader<'_>) {
        if !reader.recipe.lists.iter().any(|list| list.one_default) {
            return;
        }
        for Seen { line, name, .. } in self.seen.iter().filter(|seen| !seen.has_default) {
            reader.warning(*line, format!("`{name}` has limits for models, but no default"));
        }
    }
}

impl<'a> Reader<'a> {
    pub(super) fn item(&mut self, at: usize, block: &Block, text: &str, sections: &mut Sections) {
        let recipe = self.recipe;
        let fitting = recipe.lists.iter().filter_map(|list| {
            let bound = section::bind(list.under.as_ref(), &block.path)?;
            list.who.iter().find_map(|who| Some((list, who, bound.clone(), who.pattern.matches(text)?)))
        });
        let mut fitting: Vec<_> = fitting.collect();
        if let [(first, ..), (second, ..), ..] = fitting.as_slice() {
            let (first, second) = (first.id.get_ref(), second.id.get_ref());
            return self.error(block.line, format!("two rules claim the item `{text}`: `{first}` and `{second}`"));
        }
        if let Some((list, who, mut bindings, bound)) = fitting.pop() {
            bindings.extend(&bound);
            self.count(list.id.get_ref());
            return self.listed(at, block, text, list, who, bindings, sections);
        }
        self.read_prose(at, block.line, text);
        let aside = recipe.skips.iter().find_map(|skip| skip.lists.as_ref());
        if let Some(reason) = aside {
            for (index, range) in sentences(text).into_iter().enumerate() {
                let address = Address::sentence(at, index);
                let is_open = self.accounts.account(address) == Some(&crate::accounts::Account::Open);
                if is_open && weigh(&text[range]) != Weight::Rate {
                    self.skip(address, reason.get_ref());
                }
            }
        }
    }

    #[allow(clippy::too_many_arguments, reason = "one call, of what the patterns bound")]
    fn listed(
        &mut self,
        at: usize,
        block: &Block,
        text: &str,
        list: &'a List,
        who: &'a Who,
        mut bindings: Bindings,
        sections: &mut Sections,
    ) {
        if let Some(reason) = &who.skip {
            return self.skip(Address::block(at), reason);
        }
        let is_default = who.kind != Some(Kind::Model);
        if let Some(placeholder) = &list.section
            && !self.bind_section(block, text, list, placeholder, is_default, &mut bindings, sections)
        {
            return;
        }
        let Some((window, value)) = self.item_value(block.line, text, who, &bindings) else { return };
        let fill = |template: Option<&crate::recipe::Template>, default: &str| match template {
            Some(template) => template.fill(&bindings).map_err(str::to_owned),
            None => Ok(default.to_owned()),
        };
        let (Some(kind), name, pool) = (who.kind, fill(who.name.as_ref(), "*"), fill(who.pool.as_ref(), "account"))
        else {
            return self.error(block.line, format!("the pattern `{}` of the recipe has no kind", who.pattern));
        };
        let (Ok(name), Ok(pool)) = (name, pool) else {
            return self.error(block.line, format!("nothing binds a placeholder of the pattern `{}`", who.pattern));
        };
        let mut limit = Limit::new(kind, name, window.metric, value.amount, pool_from(&pool));
        limit.per = window.per;
        limit.line = Some(block.line);
        if let Some(bound) = value.bound.or(who.bound).or(list.bound) {
            limit.bound = bound;
        }
        self.fill_keys(&mut limit, who.keys(), &bindings);
        self.used_limit(Address::block(at), &format!("list[{}]", list.id.get_ref()));
        self.push_limit(limit);
    }

    /// Adds a limit of a list to the table of limits of the section.
    fn push_limit(&mut self, limit: Limit) {
        if let Some(Fact::Limits(limits)) = self.facts.last_mut() {
            return limits.push(limit);
        }
        self.facts.push(Fact::Limits(vec![limit]));
    }

    fn item_value(
        &mut self,
        line: u32,
        text: &str,
        who: &Who,
        bindings: &Bindings,
    ) -> Option<(crate::recipe::MetricWindow, value::Value)> {
        let result = match (bindings.get("rate"), bindings.get("amount"), who.metric) {
            (Some(rate), _, None) => value::of_text(rate),
            (Some(rate), _, Some(window)) => value::of_metric(rate, window).and_then(|value| {
                value.map(|value| (window, value)).ok_or_else(|| format!("expected an amount, found `{rate}`"))
            }),
            (None, Some(amount), Some(window)) => value::of_metric(amount, window).and_then(|value| {
                value.map(|value| (window, value)).ok_or_else(|| format!("expected an amount, found `{amount}`"))
            }),
            (None, ..) => {
                Err(format!("the pattern `{}` of the recipe binds no amount of a metric in `{text}`", who.pattern))
            }
        };
        match result {
            Ok(value) => Some(value),
            Err(message) => {
                self.error(line, message);
                None
            }
        }
    }

    /// Binds the section of an item. Returns whether the item is read.
    #[allow(clippy::too_many_arguments, reason = "one call, of what the patterns bound")]
    fn bind_section(
        &mut self,
        block: &Block,
        text: &str,
        list: &List,
        placeholder: &str,
        is_default: bool,
        bindings: &mut Bindings,
        sections: &mut Sections,
    ) -> bool {
        let level = labels::section_level(&self.page.blocks, &[list]);
        let owner = level.and_then(|level| sections.path.iter().rposition(|(_, of, _)| *of <= level));
        let Some(owner) = owner else {
            self.error(block.line, format!("expected a heading that names the {placeholder} of `{text}`, found none"));
            return false;
        };
        for (line, _, deeper) in &sections.path[owner + 1..] {
            let is_known = list.deeper.iter().any(|pattern| pattern.matches(deeper).is_some());
            if !is_known && !sections.refused.contains(line) {
                sections.refused.push(*line);
                self.error(
                    *line,
                    format!("the heading `{deeper}` may narrow the limits below it: add it to `deeper`, or read what it means"),
                );
            }
        }
        let (line, _, name) = sections.path[owner].clone();
        bindings.set(placeholder, &name);
        match sections.seen.last_mut().filter(|seen| seen.line == line) {
            Some(seen) if is_default && seen.has_default && list.one_default => {
                self.error(block.line, format!("`{name}` has a second default: a heading may be missing above it"));
            }
            Some(seen) => seen.has_default |= is_default,
            None => sections.seen.push(Seen { line, name, has_default: is_default }),
        }
        true
    }
}

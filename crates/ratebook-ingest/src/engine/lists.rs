//! Limits in list items, sentences and lines of code.

use std::collections::BTreeMap;

use ratebook_source::{Evidence, Kind, Limit};

use super::draft::StatedAmount;
use super::facts::Fact;
use super::matching::all_matches;
use super::{Reader, labels, value};
use crate::ledger::{Address, Disposition, Weight, sentences, weigh};
use crate::page::{Block, BlockKind};
use crate::recipe::{Bindings, ListRule, TextKind, TextRule};

/// The headings above the current item, and the defaults of the sections so far.
#[derive(Debug, Default)]
pub(super) struct Sections {
    /// Line, level and text of the headings above, outermost first.
    path: Vec<(u32, u8, String)>,
    /// The sections with items, in the order of the page.
    seen: Vec<Seen>,
    /// The deeper headings that were reported.
    refused: Vec<u32>,
    /// The level of the sections of each list, by the rule's id.
    levels: BTreeMap<String, Option<u8>>,
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

/// A text that a pattern of a list consumed.
struct Consumed<'a> {
    list: &'a ListRule,
    text_rule: &'a TextRule,
    /// The placeholders that the patterns of the section and the item matched, with their texts.
    bindings: Bindings,
}

impl<'a> Reader<'a> {
    pub(super) fn item(&mut self, at: usize, block: &Block, text: &str, sections: &mut Sections) {
        if self.listed(Address::block(at), block, text, TextKind::Items, sections) {
            return;
        }
        self.growth(at, block, text, TextKind::Items);
        self.sentences(at, block, text, sections);
        self.state(block.line, text);
        if let Some(reason) = self.reason(&block.path, None, |rule| rule.lists.as_ref()) {
            for (index, range) in sentences(text).into_iter().enumerate() {
                let address = Address::sentence(at, index);
                let is_open = self.ledger.disposition(address) == Some(&Disposition::Open);
                if is_open && weigh(&text[range]) != Weight::Rate {
                    self.set_aside_by_rule(address, reason.get_ref());
                }
            }
        }
    }

    /// Reads the limits that sentences state.
    pub(super) fn sentences(&mut self, at: usize, block: &Block, text: &str, sections: &mut Sections) {
        if !self.recipe.lists.iter().any(|list| list.of.contains(&TextKind::Sentences)) {
            return;
        }
        for (index, range) in sentences(text).into_iter().enumerate() {
            self.listed(Address::sentence(at, index), block, &text[range], TextKind::Sentences, sections);
        }
    }

    /// Reads the limit that a paragraph and the one after it state together. Returns whether they do.
    pub(super) fn pair(&mut self, at: usize, block: &Block, text: &str, sections: &mut Sections) -> bool {
        let of_pairs = |list: &&ListRule| list.of.contains(&TextKind::Pairs) && self.is_on_page(&list.pages);
        let mut lists = self.recipe.lists.iter().filter(of_pairs).peekable();
        let Some(Block { kind: BlockKind::Paragraph(after), path, flags, .. }) = self.page.blocks.get(at + 1) else {
            return false;
        };
        if lists.peek().is_none() || *path != block.path || *flags != block.flags {
            return false;
        }
        let both = format!("{text}\n{after}");
        let fits = |list: &&ListRule| list.who.iter().any(|text_rule| text_rule.pattern.matches(&both).is_some());
        let Some(list) = lists.find(fits) else { return false };
        if !self.listed(Address::block(at), block, &both, TextKind::Pairs, sections) {
            return false;
        }
        self.used(Address::block(at + 1), &format!("list[{}]", list.id.get_ref()));
        true
    }

    /// Reads the limits in lines of code.
    pub(super) fn code(&mut self, at: usize, block: &Block, text: &str, sections: &mut Sections) {
        for (index, range) in sentences(text).into_iter().enumerate() {
            self.listed(Address::sentence(at, index), block, &text[range], TextKind::Code, sections);
        }
        if let Some(reason) = self.reason(&block.path, None, |rule| rule.code.as_ref()) {
            for index in 0..sentences(text).len() {
                let address = Address::sentence(at, index);
                if self.ledger.disposition(address) == Some(&Disposition::Open) {
                    self.set_aside_by_rule(address, reason.get_ref());
                }
            }
        }
    }

    /// Reads a text that a rule consumes. Returns whether one does.
    pub(super) fn listed(
        &mut self,
        address: Address,
        block: &Block,
        text: &str,
        kind: TextKind,
        sections: &mut Sections,
    ) -> bool {
        let recipe = self.recipe;
        let mut fitting: Vec<Vec<Consumed<'a>>> = Vec::new();
        for list in recipe.lists.iter().filter(|list| list.of.contains(&kind) && self.is_on_page(&list.pages)) {
            let Some(of_section) = self.bind(list.under.as_ref(), block, None) else { continue };
            let consumed = all_matches(&list.who, text).into_iter().map(|(text_rule, own)| {
                let mut bindings = of_section.clone();
                bindings.extend(&own);
                Consumed { list, text_rule, bindings }
            });
            let consumed: Vec<Consumed<'a>> = consumed.collect();
            if !consumed.is_empty() {
                fitting.push(consumed);
            }
        }
        if let [first, second, ..] = fitting.as_slice()
            && let ([first, ..], [second, ..]) = (first.as_slice(), second.as_slice())
        {
            let (first, second) = (first.list.id.get_ref(), second.list.id.get_ref());
            self.error(block.line, format!("two rules claim `{text}`: `{first}` and `{second}`"));
            return true;
        }
        let Some(consumed) = fitting.pop() else { return false };
        for (index, one) in consumed.into_iter().enumerate() {
            if index == 0 {
                self.count(one.list.id.get_ref());
            }
            self.limits_of(address, block, text, one, sections);
        }
        true
    }

    /// Adds the limits of a text.
    fn limits_of(
        &mut self,
        address: Address,
        block: &Block,
        text: &str,
        Consumed { list, text_rule, mut bindings }: Consumed<'a>,
        sections: &mut Sections,
    ) {
        if let Some(reason) = &text_rule.aside {
            // A rate that a pattern sets aside is a passage: `aside.tsv` must set it aside singly.
            let is_any_rate = !text_rule.pattern.is_literal() && weigh(text) == Weight::Rate;
            return if is_any_rate { self.pin(address, reason) } else { self.set_aside_by_rule(address, reason) };
        }
        let is_default = text_rule.kind != Some(Kind::Model);
        if let Some(placeholder) = &list.section
            && !self.bind_section(block, text, list, placeholder, is_default, &mut bindings, sections)
        {
            return;
        }
        let draft = self.draft(list.attributes(), &block.path, bindings.clone()).with(text_rule.attributes());
        let metric = draft.metric;
        if metric.is_none() {
            match self.plan_multiple(block.line, &draft, text_rule, &bindings) {
                Ok(false) => {}
                Ok(true) => return self.used_limit(address, &format!("list[{}]", list.id.get_ref())),
                Err(message) => return self.error(block.line, format!("`{text}`: {message}")),
            }
        }
        let values = match value::of_pattern(self.recipe, text_rule, &bindings, metric) {
            Ok(values) => values,
            Err(message) => return self.error(block.line, format!("`{text}`: {message}")),
        };
        for (window, value) in values {
            let stated =
                StatedAmount { line: block.line, window, value, evidence: Evidence::Stated, alternative: None };
            match draft.limits(self.recipe, &stated) {
                Ok(limits) => match self.growing(&draft, limits) {
                    Ok(limits) => self.push_limits(limits),
                    Err(message) => return self.error(block.line, format!("`{text}`: {message}")),
                },
                Err(message) => {
                    return self.error(block.line, format!("{message}, by the rule `{}`", list.id.get_ref()));
                }
            }
        }
        self.refuse_labels(list.under.as_ref(), block, list.id.get_ref());
        self.used_limit(address, &format!("list[{}]", list.id.get_ref()));
        self.pin_dropped(address, &text_rule.pattern);
    }

    /// Adds the limits of a text. A text of several regions may stand once for each, without its region's name: it then
    /// repeats the limits.
    fn push_limits(&mut self, limits: Vec<Limit>) {
        let is_of_regions = limits.windows(2).any(|pair| pair[0].region != pair[1].region);
        for limit in limits {
            let mut known = self.facts.iter().flat_map(Fact::limits);
            if !is_of_regions || !known.any(|known| known.key() == limit.key() && known.states_the_same(&limit)) {
                self.push_limit(limit);
            }
        }
    }

    /// Adds a limit of a list to the table of limits of the section.
    fn push_limit(&mut self, limit: Limit) {
        if limit.factor.is_some() {
            return self.add_multiples(vec![limit]);
        }
        if let Some(Fact::Limits(limits)) = self.facts.last_mut() {
            return limits.push(limit);
        }
        self.facts.push(Fact::Limits(vec![limit]));
    }

    /// Binds the section of an item. Returns whether the item is read.
    #[allow(clippy::too_many_arguments, reason = "one call, with what the patterns matched")]
    fn bind_section(
        &mut self,
        block: &Block,
        text: &str,
        list: &ListRule,
        placeholder: &str,
        is_default: bool,
        bindings: &mut Bindings,
        sections: &mut Sections,
    ) -> bool {
        let id = list.id.get_ref();
        let level = match sections.levels.get(id) {
            Some(level) => *level,
            None => {
                let level = labels::section_level(&self.page.blocks, &[list]);
                sections.levels.insert(id.clone(), level);
                level
            }
        };
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

//! How limits grow with use: what sentences and items state of it, compared with the policy.

use ratebook_source::{Growth, PolicySource};

use super::Reader;
use super::facts::{Fact, GROWTH};
use super::pending::StatedGrowth;
use crate::ledger::{Address, sentences};
use crate::page::Block;
use crate::reading::{Diagnostic, Severity};
use crate::recipe::{Recipe, TextKind};

impl<'a> Reader<'a> {
    /// Reads what a paragraph or an item states of growth. Returns the sentences that state nothing of it.
    pub(super) fn growth(&mut self, at: usize, block: &Block, text: &str, kind: TextKind) -> String {
        if self.recipe.growths.is_empty() {
            return text.to_owned();
        }
        if kind == TextKind::Items && self.grows(at, None, block, text, kind) {
            return String::new();
        }
        let mut rest: Vec<&str> = Vec::new();
        for (index, range) in sentences(text).into_iter().enumerate() {
            if !self.grows(at, Some(index), block, &text[range.clone()], TextKind::Sentences) {
                rest.push(&text[range]);
            }
        }
        rest.join(" ")
    }

    /// Reads a text that states something of growth. Returns whether it does.
    fn grows(&mut self, at: usize, sentence: Option<usize>, block: &Block, text: &str, kind: TextKind) -> bool {
        let recipe = self.recipe;
        let on_page = recipe.growths.iter().filter(|rule| rule.of.contains(&kind) && self.is_on_page(&rule.pages));
        let in_section = on_page.filter(|rule| self.bind(rule.under.as_ref(), block, None).is_some());
        let found = in_section.filter_map(|rule| {
            let bound = rule.patterns.iter().find_map(|pattern| pattern.matches(text))?;
            Some((rule, bound))
        });
        let found: Vec<_> = found.collect();
        if let [(first, _), (second, _), ..] = found.as_slice() {
            let (first, second) = (first.id.get_ref(), second.id.get_ref());
            self.error(block.line, format!("two rules claim `{text}`: `{first}` and `{second}`"));
            return true;
        }
        let Some((rule, bound)) = found.into_iter().next() else { return false };
        let id = rule.id.get_ref();
        self.count(id);
        let address = sentence.map_or_else(|| Address::block(at), |index| Address::sentence(at, index));
        self.used_limit(address, &format!("growth[{id}]"));
        let known = self.pending.growths.iter().position(|stated| stated.rule.id == rule.id);
        let index = known.unwrap_or_else(|| {
            self.pending.growths.push(StatedGrowth { rule, line: block.line, fields: rule.given() });
            self.pending.growths.len() - 1
        });
        if let Err(message) = self.pending.growths[index].fields.add(&bound) {
            self.error(block.line, format!("`{text}`, by the rule `{id}`: {message}"));
        }
        true
    }

    /// Adds the rules of growth that the page states to the facts.
    pub(super) fn resolve_growths(&mut self) {
        for StatedGrowth { rule, line, fields } in std::mem::take(&mut self.pending.growths) {
            match rule.whole(fields) {
                Ok(growth) => {
                    let value = describe(&growth);
                    self.facts.push(Fact::Statement { line, name: GROWTH.to_owned(), value });
                }
                Err(missing) => {
                    let (id, place) = (rule.id.get_ref(), self.place(&rule.id.span()));
                    self.error(line, format!("expected {missing} of the growth `{id}` ({place}), found none"));
                }
            }
        }
    }
}

/// Returns a rule of growth in the form of fact pages.
fn describe(growth: &Growth) -> String {
    let Growth {
        metric,
        raise_percent,
        every_seconds,
        above_percent,
        lower_percent,
        lower_after_seconds,
        most_percent,
    } = growth;
    let metric = metric.map_or("every metric", |metric| metric.word());
    let mut text = format!("{metric}: {raise_percent} % every {every_seconds} s above {above_percent} %");
    if let Some(lower) = lower_percent {
        text.push_str(&format!("; lower: {lower} %"));
    }
    if let Some(after) = lower_after_seconds {
        text.push_str(&format!("; lower after: {after} s"));
    }
    if let Some(most) = most_percent {
        text.push_str(&format!("; most: {most} %"));
    }
    text
}

/// Returns a message for each rule of growth of the policy that no page states, although a rule of the recipe reads growth.
pub(super) fn unstated(recipe: &Recipe, stated: &[&str], policy: &PolicySource) -> Vec<String> {
    let message = |growth: &Growth| {
        let text = describe(growth);
        if stated.contains(&text.as_str()) {
            return None;
        }
        // If there are several rules, the one of the same metric.
        let rule = recipe.growths.iter().find(|rule| rule.metric == growth.metric).or(recipe.growths.first())?;
        let (id, line) = (rule.id.get_ref(), recipe.line(&rule.id.span()));
        Some(format!(
            "policy.toml has the growth `{text}`, which no page states: correct its [[growth]], or the rule `{id}` \
             (recipe.toml:{line}) that reads it"
        ))
    };
    policy.growth.iter().filter_map(message).collect()
}

/// Reports each rule of growth that a page states, by its line, and the policy does not have.
pub(super) fn compare(stated: &[(u32, String)], policy: Option<&PolicySource>, diagnostics: &mut Vec<Diagnostic>) {
    let Some(policy) = policy else { return };
    let known: Vec<String> = policy.growth.iter().map(describe).collect();
    for (line, growth) in stated.iter().filter(|(_, growth)| !known.contains(growth)) {
        let has = if known.is_empty() { "none".to_owned() } else { format!("`{}`", known.join("`, `")) };
        let message = format!("the page states the growth `{growth}`, policy.toml has {has}: correct its [[growth]]");
        diagnostics.push(Diagnostic { severity: Severity::Error, line: Some(*line), message });
    }
}

//! Limits that a page states twice, by two rules.

use ratebook_source::Limit;

use super::Reader;
use super::facts::Fact;
use super::multiples::without_base;
use super::pending::{Repeat, in_rounds};
use crate::reading::Severity;

impl Reader<'_> {
    /// Adds the limits that only rules for repetitions state. Multiples may be of them, so they come before the products.
    pub(super) fn add_lone_repeats(&mut self) {
        let is_lone = |reader: &Self, limit: &Limit| {
            limit.factor.is_none() && reader.first_statement(limit).is_none() && !reader.may_be_multiple(limit)
        };
        for repeat in std::mem::take(&mut self.pending.repeats) {
            if is_lone(self, &repeat.limit) {
                self.compare(repeat);
            } else {
                self.pending.repeats.push(repeat);
            }
        }
    }

    /// Compares limits that a page states twice with the first statement. Each round has those whose amounts are known: the
    /// base of a multiple may be a repetition further down.
    pub(super) fn resolve_repeats(&mut self) {
        let repeats = std::mem::take(&mut self.pending.repeats);
        let without = in_rounds(repeats, |Repeat { rule, mut limit }| {
            match self.amount_of_repeat(&limit) {
                Some(Ok(amount)) => {
                    limit.amount = amount;
                    self.compare(Repeat { rule, limit });
                }
                Some(Err(message)) => self.refuse_repeat(&rule, &limit, &message),
                None => return Some(Repeat { rule, limit }),
            }
            None
        });
        for Repeat { rule, limit } in without {
            self.refuse_repeat(&rule, &limit, &without_base(&limit));
        }
    }

    fn refuse_repeat(&mut self, rule: &str, limit: &Limit, message: &str) {
        self.error(limit.line.unwrap_or(1), format!("{message}, by the rule `{rule}`"));
    }

    fn first_statement(&self, limit: &Limit) -> Option<&Limit> {
        self.facts.iter().flat_map(Fact::limits).find(|first| first.key() == limit.key())
    }

    /// Compares a limit with its first statement, or adds it if there is none.
    fn compare(&mut self, Repeat { rule, limit }: Repeat) {
        let line = limit.line.unwrap_or(1);
        let what = format!("{} of `{}` in the table `{rule}`", limit.metric, limit.name);
        match self.first_statement(&limit).map(|first| (first.amount, first.line.unwrap_or(1))) {
            Some((amount, _)) if amount == limit.amount => {}
            Some((amount, there)) => {
                self.error(line, format!("{what} is {} here, but {amount} on line {there}", limit.amount));
            }
            None => {
                self.warning(line, format!("{what} repeats a limit that the page no longer states elsewhere"));
                self.facts.push(Fact::Limits(vec![limit]));
            }
        }
    }

    /// Warns of rules for repetitions that match no row of the page any more.
    pub(super) fn check_repeats(&mut self) {
        let recipe = self.recipe;
        for (table, text_rule) in
            recipe.tables.iter().flat_map(|table| table.who.iter().map(move |text_rule| (table, text_rule)))
        {
            let id = table.id.get_ref();
            let is_claimed = self.claimed.contains_key(id.as_str());
            if text_rule.repeats && is_claimed && !self.matched.contains(&(id.as_str(), text_rule.pattern.as_str())) {
                self.note(
                    Severity::Warning,
                    format!("expected `{}` once more, in the table `{id}`, found none", text_rule.pattern),
                );
            }
        }
    }
}

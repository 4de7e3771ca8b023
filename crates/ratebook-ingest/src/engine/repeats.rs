//! Limits that a page states twice, by two rules.

use super::Reader;
use super::facts::Fact;
use super::pending::Repeat;
use crate::reading::Severity;

impl Reader<'_> {
    /// Compares limits that a page states twice with the first statement.
    pub(super) fn resolve_repeats(&mut self) {
        for Repeat { rule, limit } in std::mem::take(&mut self.pending.repeats) {
            let line = limit.line.unwrap_or(1);
            let limit = match self.with_amount(limit) {
                Ok(limit) => limit,
                Err(message) => {
                    self.error(line, format!("{message}, by the rule `{rule}`"));
                    continue;
                }
            };
            let first = self.facts.iter().flat_map(Fact::limits).find(|first| first.key() == limit.key());
            let what = format!("{} of `{}` in the table `{rule}`", limit.metric, limit.name);
            match first.map(|first| (first.amount, first.line.unwrap_or(1))) {
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

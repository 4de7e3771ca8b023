//! Rows with the same key, where a decision of a person names the row in force.

use ratebook_source::{Evidence, Limit};

use super::Reader;
use super::facts::Fact;
use crate::reviewed::{Decision, Subject};

/// A limit of rows with one key: its place among the facts, and among the limits there.
type Place = (usize, usize);

impl<'a> Reader<'a> {
    /// Returns the decision on the rows of a limit: the row, and the number of rows.
    pub(super) fn row_decision(&self, limit: &Limit) -> Option<(&'a Decision, u32, u32)> {
        let inputs = self.inputs;
        let renamed = self.recipe.model(&limit.name);
        inputs.decisions.decisions.iter().find_map(|decision| {
            let Subject::Row { page, row, rows } = &decision.subject else { return None };
            let is_named = decision.name == limit.name || renamed.as_ref() == Some(&decision.name);
            let is_here = page.as_ref().is_none_or(|page| *page == self.recipe_page.id);
            let is_about = is_here && is_named && decision.region == limit.region && decision.plan == limit.plan;
            is_about.then_some((decision, *row, *rows))
        })
    }

    /// Keeps the rows that decisions name, and removes the others with the same key. If there is one other row, its
    /// amount is the alternative.
    ///
    /// This runs before the products of multiples are formed, since a base may be of several rows, and after it, for the
    /// keys of which a multiple is a row.
    pub(super) fn resolve_rows(&mut self) {
        if !self.inputs.decisions.decisions.iter().any(|decision| matches!(decision.subject, Subject::Row { .. })) {
            return;
        }
        let mut groups: Vec<(Limit, Vec<Place>)> = Vec::new();
        for (fact, limits) in self.facts.iter().map(Fact::limits).enumerate() {
            for (at, limit) in limits.iter().enumerate().filter(|(_, limit)| self.row_decision(limit).is_some()) {
                match groups.iter_mut().find(|(first, _)| first.key() == limit.key()) {
                    Some((_, places)) => places.push((fact, at)),
                    None => groups.push((limit.clone(), vec![(fact, at)])),
                }
            }
        }
        let mut dropped: Vec<Place> = Vec::new();
        for (first, places) in groups {
            let is_resolved = self.pending.decided_rows.iter().any(|resolved| resolved.key() == first.key());
            if is_resolved || self.may_be_multiple(&first) {
                continue;
            }
            self.pending.decided_rows.push(first.clone());
            let Some((decision, row, rows)) = self.row_decision(&first) else { continue };
            if places.len() != rows as usize {
                let per = first.per.map(|per| format!(" per {per}")).unwrap_or_default();
                let message = format!(
                    "the decision on `{}` expects {rows} rows with {}{per}, found {}: decide again in reviewed.toml",
                    decision.name,
                    first.metric,
                    places.len()
                );
                self.error(first.line.unwrap_or(1), message);
                continue;
            }
            // `Written` refuses a row below 1 or above `rows`.
            let Some(&kept) = places.get(row as usize - 1) else { continue };
            let others: Vec<Place> = places.into_iter().filter(|place| *place != kept).collect();
            let amount = |(fact, at): Place| self.facts[fact].limits().get(at).map(|limit| limit.amount);
            let alternative = match others.as_slice() {
                [other] => amount(*other).filter(|other| Some(*other) != amount(kept)),
                _ => None,
            };
            if let Fact::Limits(limits) = &mut self.facts[kept.0]
                && let Some(limit) = limits.get_mut(kept.1)
            {
                (limit.evidence, limit.alternative) = (Evidence::Reviewed, alternative);
            }
            dropped.extend(others);
        }
        // From the last one on, so that the indices of the others stay valid.
        dropped.sort_unstable();
        for (fact, at) in dropped.into_iter().rev() {
            if let Fact::Limits(limits) = &mut self.facts[fact] {
                limits.remove(at);
            }
        }
        // What is pending has its place by the number of facts above it.
        if self.pending.multiples.is_empty() && self.pending.plan_multiples.is_empty() {
            self.facts.retain(|fact| !matches!(fact, Fact::Limits(limits) if limits.is_empty()));
        }
    }
}

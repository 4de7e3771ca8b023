//! Amounts that a page states as multiples of another plan's: `2x Tier 1`.
//!
//! The other plan may stand below, and its own amount may be a multiple, so the products are formed when the whole page is
//! read. A product that is not a whole number is an error: a limit is never rounded.

use ratebook_source::{Amount, Evidence, Factor, Kind, Limit, LimitKey};

use super::Reader;
use super::draft::Draft;
use super::facts::Fact;
use super::pending::{Multiple, PlanMultiple, in_rounds};
use super::value::factor_of;
use crate::recipe::{Bindings, TextRule};

/// Returns the product of an amount and a factor.
///
/// # Errors
/// Returns a message if the amount is not a number, or if the product is not a whole number or is too large.
fn product(amount: Amount, factor: &Factor) -> Result<Amount, String> {
    let times = |count: u64| {
        let hundredths = u128::from(count) * u128::from(factor.percent);
        if !hundredths.is_multiple_of(100) {
            return Err(format!("{factor} of {count} is not a whole number"));
        }
        u64::try_from(hundredths / 100).map_err(|_| format!("{factor} of {count} is above {}", u64::MAX))
    };
    match amount {
        Amount::Count(count) => times(count).map(Amount::Count),
        Amount::Range { from, to } => Ok(Amount::Range { from: times(from)?, to: times(to)? }),
        Amount::Unlimited | Amount::Custom | Amount::NotOffered | Amount::Elsewhere => {
            Err(format!("expected a number as the amount of `{}`, found `{amount}`", factor.plan))
        }
    }
}

/// Returns the key of the limit of another plan.
fn of_plan<'a>(limit: &'a Limit, plan: &'a str) -> LimitKey<'a> {
    let mut key = limit.key();
    key.entry.plan = Some(plan);
    key
}

/// Returns the amount of a limit with a factor, or `None` if it has none, or if its base is not among the known limits.
fn amount_of<'l>(limit: &Limit, mut known: impl Iterator<Item = &'l Limit>) -> Option<Result<Amount, String>> {
    let factor = limit.factor.as_ref()?;
    let base = known.find(|base| base.key() == of_plan(limit, &factor.plan))?;
    Some(product(base.amount, factor).map_err(|message| describe(limit, &message)))
}

/// Returns the message about a multiple without its base.
pub(super) fn without_base(limit: &Limit) -> String {
    let plan = limit.factor.as_ref().map_or("", |factor| factor.plan.as_str());
    describe(limit, &format!("expected a limit of the plan `{plan}` with the same metric on the page, found none"))
}

impl Reader<'_> {
    /// Keeps limits with a factor until the amounts of the other plan are known.
    pub(super) fn add_multiples(&mut self, limits: Vec<Limit>) {
        let at = self.facts.len();
        self.pending.multiples.extend(limits.into_iter().map(|limit| Multiple { at, limit }));
    }

    /// Reads a text that makes every limit of a plan a multiple of another's. Returns whether it does.
    ///
    /// # Errors
    /// Returns a message if the text names no plan, or names a selector without a metric.
    pub(super) fn plan_multiple(
        &mut self,
        line: u32,
        draft: &Draft<'_>,
        text_rule: &TextRule,
        bindings: &Bindings,
    ) -> Result<bool, String> {
        let Some(factor) = factor_of(self.recipe, text_rule, bindings)? else { return Ok(false) };
        if draft.selector().is_ok_and(|selector| selector.kind != Kind::Any) {
            return Err("expected `metric` beside the selector of a multiple".to_owned());
        }
        let plan = draft.plan(self.recipe)?.ok_or("expected `plan`: whose limits are the multiples")?;
        if plan == factor.plan {
            return Err(format!("the plan `{plan}` is a multiple of itself"));
        }
        self.pending.plan_multiples.push(PlanMultiple {
            at: self.facts.len(),
            line,
            plan,
            factor,
            evidence: draft.evidence_over(Evidence::Stated),
        });
        Ok(true)
    }

    /// Sets the amounts of the multiples, and adds them to the facts where the page states them.
    pub(super) fn resolve_multiples(&mut self) {
        let multiples = std::mem::take(&mut self.pending.multiples);
        let mut known: Vec<Limit> = self.facts.iter().flat_map(Fact::limits).cloned().collect();
        let mut resolved: Vec<Multiple> = Vec::new();
        // A base that is not known when no product is left to form is not on the page.
        let without = in_rounds(multiples, |Multiple { at, mut limit }| {
            match amount_of(&limit, known.iter()) {
                Some(Ok(amount)) => {
                    limit.amount = amount;
                    known.push(limit.clone());
                    resolved.push(Multiple { at, limit });
                }
                Some(Err(message)) => self.error(limit.line.unwrap_or(1), message),
                None => return Some(Multiple { at, limit }),
            }
            None
        });
        for Multiple { limit, .. } in without {
            self.error(limit.line.unwrap_or(1), without_base(&limit));
        }
        for PlanMultiple { at, line, plan, factor, evidence } in std::mem::take(&mut self.pending.plan_multiples) {
            let bases: Vec<Limit> =
                known.iter().filter(|base| base.plan.as_ref() == Some(&factor.plan)).cloned().collect();
            if bases.is_empty() {
                let message =
                    format!("`{factor}` for `{plan}`: expected limits of `{}` on the page, found none", factor.plan);
                self.error(line, message);
            }
            for base in bases {
                let mut limit = Limit {
                    plan: Some(plan.clone()),
                    line: Some(line),
                    factor: Some(factor.clone()),
                    evidence,
                    ramp: Vec::new(),
                    alternative: None,
                    ..base
                };
                match product(limit.amount, &factor) {
                    Ok(amount) => {
                        limit.amount = amount;
                        known.push(limit.clone());
                        resolved.push(Multiple { at, limit });
                    }
                    Err(message) => self.error(line, describe(&limit, &message)),
                }
            }
        }
        self.insert(resolved);
    }

    /// Returns the amount of a limit that repeats one of another rule. `None` if it is a multiple whose base the page does
    /// not have so far.
    ///
    /// # Errors
    /// Returns a message if the multiple is not a whole number.
    pub(super) fn amount_of_repeat(&self, limit: &Limit) -> Option<Result<Amount, String>> {
        match limit.factor {
            Some(_) => amount_of(limit, self.facts.iter().flat_map(Fact::limits)),
            None => Some(Ok(limit.amount)),
        }
    }

    /// Returns whether a multiple may be a statement of a limit's key: its amount is not known before the products are.
    pub(super) fn may_be_multiple(&self, limit: &Limit) -> bool {
        self.pending.multiples.iter().any(|multiple| multiple.limit.key() == limit.key())
            || self.pending.plan_multiples.iter().any(|multiple| limit.plan.as_ref() == Some(&multiple.plan))
    }

    /// Refuses multiples of limits that grow or are ambiguous, once ramps, decisions and repetitions are known: the page does
    /// not say whether a multiple grows, or of which reading it is one.
    pub(super) fn check_multiples(&mut self) {
        let limits: Vec<&Limit> = self.facts.iter().flat_map(Fact::limits).collect();
        let wrong = limits.iter().filter_map(|limit| {
            let factor = limit.factor.as_ref()?;
            let bases = || limits.iter().filter(|base| base.key() == of_plan(limit, &factor.plan));
            let what = if bases().any(|base| !base.ramp.is_empty()) && limit.ramp.is_empty() {
                "grows"
            } else if bases().any(|base| base.evidence == Evidence::Ambiguous) {
                "is ambiguous"
            } else {
                return None;
            };
            let message =
                format!("expected a multiple of one number, found one of a limit of `{}` that {what}", factor.plan);
            Some((limit.line.unwrap_or(1), describe(limit, &message)))
        });
        for (line, message) in wrong.collect::<Vec<_>>() {
            self.error(line, message);
        }
    }

    /// Adds limits to the facts, each below the facts above it.
    fn insert(&mut self, mut resolved: Vec<Multiple>) {
        resolved.sort_by_key(|multiple| multiple.at);
        while let Some(at) = resolved.last().map(|last| last.at) {
            let first = resolved.partition_point(|other| other.at < at);
            let limits: Vec<Limit> = resolved.drain(first..).map(|multiple| multiple.limit).collect();
            match at.checked_sub(1).and_then(|above| self.facts.get_mut(above)) {
                Some(Fact::Limits(above)) => above.extend(limits),
                Some(_) | None => self.facts.insert(at, Fact::Limits(limits)),
            }
        }
    }
}

/// Returns a message about a multiple.
fn describe(limit: &Limit, message: &str) -> String {
    let factor = limit.factor.as_ref().map(ToString::to_string).unwrap_or_default();
    let per = limit.per.map(|per| format!(" per {per}")).unwrap_or_default();
    format!("`{factor}` for {}{per} of `{}`: {message}", limit.metric, limit.name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(amount: Amount, factor: &str) -> Result<Amount, String> {
        product(amount, &factor.parse().unwrap())
    }

    #[test]
    fn a_product_is_exact() {
        assert_eq!(times(Amount::Count(60), "2x free"), Ok(Amount::Count(120)));
        assert_eq!(times(Amount::Count(60), "0.25x free"), Ok(Amount::Count(15)));
        assert_eq!(times(Amount::Range { from: 10, to: 20 }, "1.5x free"), Ok(Amount::Range { from: 15, to: 30 }));
    }

    #[test]
    fn a_product_that_is_no_whole_number_or_too_large_is_an_error() {
        assert_eq!(times(Amount::Count(61), "0.5x free").unwrap_err(), "0.5x free of 61 is not a whole number");
        assert!(times(Amount::Count(u64::MAX), "2x free").unwrap_err().contains("is above"));
        let unlimited = times(Amount::Unlimited, "2x free").unwrap_err();
        assert_eq!(unlimited, "expected a number as the amount of `free`, found `unlimited`");
    }
}

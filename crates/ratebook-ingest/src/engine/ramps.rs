//! Amounts that hold only after a time of sustained use, or once an account has paid enough: `{after}` in a pattern.
//!
//! An amount after a time is a point of the ramp of the limit with the same key, which the page states without a time. An
//! amount after a payment is a limit, and the payment qualifies for its plan.

use ratebook_source::{Amount, Limit, Plan, RampPoint};

use super::Reader;
use super::draft::Draft;
use super::facts::Fact;
use super::pending::Qualification;
use crate::recipe::After;

impl Reader<'_> {
    /// Returns the limits of a draft that hold from the beginning. Those with `{after}` are kept until the whole page is
    /// read.
    ///
    /// # Errors
    /// Returns a message if the time is not a whole number of minutes, or if nothing names the plan of a payment.
    pub(super) fn growing(&mut self, draft: &Draft<'_>, limits: Vec<Limit>) -> Result<Vec<Limit>, String> {
        match draft.bindings.get("after").and_then(After::parse) {
            None | Some(After::Seconds(0)) => Ok(limits),
            Some(After::Seconds(seconds)) if !seconds.is_multiple_of(60) => {
                Err(format!("expected whole minutes as {{after}}, found {seconds} seconds"))
            }
            Some(After::Seconds(seconds)) => {
                self.pending.ramp_points.extend(limits.into_iter().map(|limit| (seconds / 60, limit)));
                Ok(Vec::new())
            }
            Some(After::Usd(usd)) => {
                for limit in &limits {
                    let plan =
                        limit.plan.clone().ok_or("expected a plan beside {after}, which an account has paid for")?;
                    let line = limit.line.unwrap_or(1);
                    self.pending.qualifications.push(Qualification { line, plan, usd });
                }
                Ok(limits)
            }
        }
    }

    /// Adds the points to the ramps of their limits.
    pub(super) fn resolve_ramps(&mut self) {
        let mut points = std::mem::take(&mut self.pending.ramp_points);
        points.sort_by_key(|(minutes, _)| *minutes);
        for (minutes, point) in points {
            if let Err(message) = add_point(&mut self.facts, minutes, &point) {
                let per = point.per.map(|per| format!(" per {per}")).unwrap_or_default();
                let what = format!("{}{per} of `{}` after {minutes} minutes", point.metric, point.name);
                self.error(point.line.unwrap_or(1), format!("{what}: {message}"));
            }
        }
    }

    /// Adds the payments to their plans. Runs when all plans are known.
    pub(super) fn resolve_qualifications(&mut self) {
        for Qualification { line, plan, usd } in std::mem::take(&mut self.pending.qualifications) {
            self.qualify(line, plan, usd);
        }
    }

    fn qualify(&mut self, line: u32, name: String, usd: u64) {
        let plans = self.facts.iter_mut().filter_map(|fact| match fact {
            Fact::Plans(plans) => Some(plans),
            Fact::Heading { .. } | Fact::Limits(_) | Fact::Classes(_) | Fact::Statement { .. } => None,
        });
        let Some((_, plan)) = plans.flatten().find(|(_, plan)| plan.name == name) else {
            self.facts.push(Fact::Plans(vec![(line, Plan { name, within: None, qualifies_usd: Some(usd) })]));
            return;
        };
        match plan.qualifies_usd {
            Some(known) if known != usd => {
                self.error(line, format!("the plan `{name}` is after ${usd} here, ${known} elsewhere on the page"));
            }
            Some(_) | None => plan.qualifies_usd = Some(usd),
        }
    }
}

/// Adds a point to the ramp of the limit with the same key.
fn add_point(facts: &mut [Fact], minutes: u32, point: &Limit) -> Result<(), String> {
    let limits = facts.iter_mut().filter_map(|fact| match fact {
        Fact::Limits(limits) => Some(limits),
        Fact::Heading { .. } | Fact::Plans(_) | Fact::Classes(_) | Fact::Statement { .. } => None,
    });
    let base = limits.flatten().find(|limit| limit.key() == point.key());
    let base = base.ok_or("expected the amount from which the limit grows on the page, found none")?;
    let (Amount::Count(from), Amount::Count(amount)) = (base.amount, point.amount) else {
        return Err(format!(
            "expected numbers as the points of a ramp, found `{}` and `{}`",
            base.amount, point.amount
        ));
    };
    if base.ramp.is_empty() {
        base.ramp.push(RampPoint { after_minutes: 0, amount: from });
    }
    if base.ramp.iter().any(|known| known.after_minutes == minutes) {
        return Err("the page states it twice".to_owned());
    }
    base.ramp.push(RampPoint { after_minutes: minutes, amount });
    base.ramp.sort_by_key(|point| point.after_minutes);
    Ok(())
}

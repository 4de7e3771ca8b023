//! Plans in the order of rising limits. A lower limit of a later plan is a warning.

use std::collections::BTreeMap;

use ratebook_source::{Amount, EntryKey, Limit, LimitKey};

use crate::reading::{Diagnostic, Severity};

/// Warns of each limit that is lower than that of the nearest earlier plan which has one. `plans` is in rising order. Each
/// warning has the page of the limit.
pub(super) fn falls(plans: &[String], limits: &[Limit]) -> Vec<(Option<String>, Diagnostic)> {
    let mut found = Vec::new();
    let mut earlier: BTreeMap<LimitKey<'_>, (&str, u64)> = BTreeMap::new();
    for plan in plans {
        for limit in limits.iter().filter(|limit| limit.plan.as_ref() == Some(plan)) {
            let Amount::Count(amount) = limit.amount else { continue };
            let key = limit.key();
            let any_plan = LimitKey { entry: EntryKey { plan: None, ..key.entry }, ..key };
            if let Some((other, more)) = earlier.insert(any_plan, (plan, amount))
                && amount < more
            {
                let place = any_plan.entry.parts().into_iter().flatten();
                let what: Vec<&str> = std::iter::once(key.entry.name).chain(place).collect();
                let per = limit.per.map(|per| format!(" per {per}")).unwrap_or_default();
                let message = format!(
                    "{}: {}{per} is {amount} in {plan}, less than {more} in {other}: the page is used",
                    what.join(" "),
                    limit.metric
                );
                found.push((limit.page.clone(), Diagnostic { severity: Severity::Warning, line: limit.line, message }));
            }
        }
    }
    found
}

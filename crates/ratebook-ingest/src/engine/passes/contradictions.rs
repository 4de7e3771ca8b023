//! `snapshots-below-stable`, `one-section-per-model` and `zero-is-retired`: checks for limits of a page that contradict each
//! other. Each report says which limit is used.

use std::collections::{BTreeMap, BTreeSet};

use ratebook_source::{Amount, EntryKey, Kind, Limit, LimitKey, Metric, ProviderSource};

use crate::reading::{Diagnostic, Severity};

fn report(severity: Severity, limit: &Limit, message: String) -> Diagnostic {
    Diagnostic { severity, line: limit.line, message }
}

/// Warns of dated snapshots that have a higher limit than their stable model.
pub(in crate::engine) fn snapshots(source: &ProviderSource, diagnostics: &mut Vec<Diagnostic>) {
    let counted =
        |limit: &&Limit| matches!(limit.metric, Metric::Requests | Metric::Tokens) && limit.retired_on.is_none();
    for snapshot in source.limits.iter().filter(counted) {
        let Some(stable_name) = without_date(&snapshot.name) else { continue };
        let key = snapshot.key();
        let key = LimitKey { entry: EntryKey { name: &stable_name, ..key.entry }, ..key };
        let stable = source.limits.iter().find(|stable| stable.key() == key);
        if let (Some(stable), Amount::Count(more)) = (stable, snapshot.amount)
            && let Amount::Count(less) = stable.amount
            && more > less
        {
            let message = format!(
                "`{}` has a limit of {more} {}, its stable model {less}: a snapshot usually has less; the rows are used",
                snapshot.name, snapshot.metric
            );
            diagnostics.push(report(Severity::Warning, snapshot, message));
        }
    }
}

/// Warns of models whose limits stand in several sections of one region.
pub(in crate::engine) fn sections(source: &ProviderSource, diagnostics: &mut Vec<Diagnostic>) {
    let mut limits: Vec<&Limit> =
        source.limits.iter().filter(|limit| limit.kind == Kind::Model && limit.retired_on.is_none()).collect();
    limits.sort_by_key(|limit| limit.line);
    let mut first: BTreeMap<(Option<&str>, &str), &Limit> = BTreeMap::new();
    let mut reported = BTreeSet::new();
    for limit in limits {
        let place = (limit.region.as_deref(), limit.name.as_str());
        let earlier = *first.entry(place).or_insert(limit);
        if earlier.section != limit.section && reported.insert(place) {
            let line = earlier.line.unwrap_or(1);
            let message =
                format!("`{}` is also in another section, on line {line}: the limits of both are kept", limit.name);
            diagnostics.push(report(Severity::Warning, limit, message));
        }
    }
}

/// Reports limits of 0 without a date of retirement, other limits with one, and models that are both retired and served.
pub(in crate::engine) fn retired(source: &ProviderSource, diagnostics: &mut Vec<Diagnostic>) {
    let served: BTreeSet<&str> =
        source.limits.iter().filter(|limit| limit.retired_on.is_none()).map(|limit| limit.name.as_str()).collect();
    let mut reported = BTreeSet::new();
    for limit in &source.limits {
        let (name, metric) = (&limit.name, limit.metric);
        let is_zero = limit.amount == Amount::Count(0);
        match limit.retired_on {
            Some(_) if !is_zero => {
                let message = format!("`{name}` is retired, but has a limit of {} {metric}", limit.amount);
                diagnostics.push(report(Severity::Warning, limit, message));
            }
            None if is_zero => {
                let message = format!("`{name}` has a limit of 0, but no date of retirement");
                diagnostics.push(report(Severity::Error, limit, message));
            }
            Some(_) | None => {}
        }
        if limit.retired_on.is_some() && served.contains(name.as_str()) && reported.insert(name) {
            let message = format!("`{name}` is retired here and has limits elsewhere: both are kept");
            diagnostics.push(report(Severity::Warning, limit, message));
        }
    }
}

/// Returns the name of the stable model of a snapshot such as `rocket-plus-2025-07-28-us`.
fn without_date(name: &str) -> Option<String> {
    let parts: Vec<&str> = name.split('-').collect();
    let digits = |part: &str, len: usize| part.len() == len && part.bytes().all(|byte| byte.is_ascii_digit());
    let at = parts.windows(3).position(|date| digits(date[0], 4) && digits(date[1], 2) && digits(date[2], 2))?;
    Some([&parts[..at], &parts[at + 3..]].concat().join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_a_snapshot_may_stand_within_its_name() {
        assert_eq!(without_date("rocket-plus-2025-07-28-us").as_deref(), Some("rocket-plus-us"));
        assert_eq!(without_date("rocket-2025-07-28").as_deref(), Some("rocket"));
        assert_eq!(without_date("rocket-2025-07"), None);
    }
}

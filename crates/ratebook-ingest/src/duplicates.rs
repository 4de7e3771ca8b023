//! Limits that a page states twice.

use std::collections::HashMap;

use ratebook_source::{Amount, Evidence, Limit};

use crate::reading::{Diagnostic, Severity};

/// Removes limits that are stated twice: with equal amounts this is a warning, with different ones an error.
pub(crate) fn remove(limits: Vec<Limit>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Limit> {
    let mut kept: Vec<Limit> = Vec::with_capacity(limits.len());
    let mut places: HashMap<String, usize> = HashMap::with_capacity(limits.len());
    for limit in limits {
        let key = format!("{:?}", limit.key());
        let Some(&first) = places.get(&key) else {
            places.insert(key, kept.len());
            kept.push(limit);
            continue;
        };
        let first = &kept[first];
        let what = format!("{} of `{}` is stated twice", limit.metric, limit.name);
        let (at, also) = (limit.line.unwrap_or(1), first.line.unwrap_or(1));
        let (severity, message) =
            if first.amount == limit.amount && first.aliases == limit.aliases && first.ramp == limit.ramp {
                (Severity::Warning, format!("{what}, with the same amount as on line {also}"))
            } else {
                let (here, there) = (limit.amount, first.amount);
                (Severity::Error, format!("{what}: {here} here, {there} on line {also}: correct the page"))
            };
        diagnostics.push(Diagnostic { severity, line: Some(at), message });
    }
    kept
}

/// Removes limits of one table that are stated twice, except those that `is_decided`. Of other amounts the lower is kept, as
/// ambiguous. Each is a warning.
pub(crate) fn stricter(
    limits: Vec<Limit>,
    is_decided: impl Fn(&Limit) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<Limit> {
    let mut kept: Vec<Limit> = Vec::with_capacity(limits.len());
    for limit in limits {
        let first = kept.iter_mut().find(|first| first.key() == limit.key()).filter(|_| !is_decided(&limit));
        let Some(first) = first else {
            kept.push(limit);
            continue;
        };
        let (Amount::Count(one), Amount::Count(other)) = (first.amount, limit.amount) else {
            // `remove` reports it.
            kept.push(limit);
            continue;
        };
        // Without a line, so that a decision in reviewed.toml holds when the row moves.
        let what = format!("{} of `{}` is stated twice", limit.metric, limit.name);
        let message = match one == other {
            true => format!("{what}, both times as {one}"),
            false => format!("{what}, as {one} and {other}: the stricter is used"),
        };
        diagnostics.push(Diagnostic { severity: Severity::Warning, line: limit.line, message });
        if one == other {
            continue;
        }
        if other < one {
            *first = limit;
        }
        first.evidence = Evidence::Ambiguous;
        first.alternative = Some(Amount::Count(one.max(other)));
    }
    kept
}

//! Entries that the pages no longer state. Their constants stay for a year.

use ratebook_source::{Date, EntryKey, KeyParts, Limit, ProviderSource, Removed};

/// Adds the removed entries to a new reading: those of the previous one (`last`) that it lacks, and those that were removed
/// before, unless they are back or a year has passed.
///
/// A page that could not be read keeps its last limits, so none of its entries is removed.
pub(crate) fn keep(new: &mut ProviderSource, last: Option<&ProviderSource>, today: Date) {
    let Some(last) = last else { return };
    let mut removed = last.removed.clone();
    for limits in last.limits.chunk_by(|a, b| a.entry_key() == b.entry_key()) {
        removed.push(removed_entry(&limits[0], today));
    }
    removed.retain(|removed| removed.is_kept(today) && !states(new, &removed.entry_key()));
    new.removed = removed;
    new.sort();
}

/// Returns whether a reading has limits of an entry.
fn states(source: &ProviderSource, key: &EntryKey<'_>) -> bool {
    let at = source.limits.partition_point(|limit| limit.entry_key() < *key);
    source.limits.get(at).is_some_and(|limit| limit.entry_key() == *key)
}

/// Returns the entry of a limit as removed.
fn removed_entry(limit: &Limit, today: Date) -> Removed {
    Removed {
        on: limit.retired_on.unwrap_or(today),
        was_retired: limit.retired_on.is_some(),
        kind: limit.kind,
        name: limit.name.clone(),
        parts: KeyParts {
            region: limit.region.clone(),
            plan: limit.plan.clone(),
            deployment: limit.deployment.clone(),
            mode: limit.mode.clone(),
            context: limit.context.clone(),
        },
    }
}

/// Returns a message for each line of `[replaced]` that has no effect: the former name is neither retired nor removed, or
/// the new name is not that of an entry.
pub(crate) fn unused_replacements(source: &ProviderSource) -> Vec<String> {
    let mut messages = Vec::new();
    for replacement in &source.replacements {
        let (name, new) = (&replacement.name, &replacement.new);
        let is_retired = source.limits.iter().any(|limit| limit.name == *name && limit.retired_on.is_some());
        if !is_retired && source.removed.iter().all(|removed| removed.name != *name) {
            messages.push(format!("[replaced] has `{name}`, which is neither retired nor removed: remove the line"));
        }
        if source.limits.iter().all(|limit| limit.name != *new && !limit.aliases.contains(new)) {
            messages.push(format!("[replaced] has `{name}` = `{new}`: expected the name of an entry, found `{new}`"));
        }
    }
    messages
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Amount, Metric, Replacement};

    fn day(year: u16, month: u8) -> Date {
        Date::new(year, month, 1).unwrap()
    }

    fn reading(names: &[&str]) -> ProviderSource {
        let mut source = ProviderSource::new("acme");
        source.limits = names.iter().map(|name| Limit::model(*name, Metric::Requests, Amount::Count(1))).collect();
        source.sort();
        source
    }

    fn removed(source: &ProviderSource) -> Vec<(&str, Date)> {
        source.removed.iter().map(|removed| (removed.name.as_str(), removed.on)).collect()
    }

    #[test]
    fn a_removed_entry_is_kept_with_its_day_for_a_year() {
        let mut second = reading(&["a"]);
        keep(&mut second, Some(&reading(&["a", "b"])), day(2026, 3));
        assert_eq!(removed(&second), [("b", day(2026, 3))]);
        for (today, is_kept) in [(day(2026, 4), true), (day(2027, 2), true), (day(2027, 3), false)] {
            let mut third = reading(&["a"]);
            keep(&mut third, Some(&second), today);
            let expected: &[_] = if is_kept { &[("b", day(2026, 3))] } else { &[] };
            assert_eq!(removed(&third), expected, "{today}");
        }
    }

    #[test]
    fn an_entry_that_is_back_is_not_removed() {
        let mut second = reading(&["a"]);
        keep(&mut second, Some(&reading(&["a", "b"])), day(2026, 3));
        let mut third = reading(&["a", "b"]);
        keep(&mut third, Some(&second), day(2026, 4));
        assert_eq!(removed(&third), []);
    }

    #[test]
    fn an_entry_of_a_retired_model_is_kept_from_its_retirement_on() {
        let mut first = reading(&["a", "b", "c"]);
        first.limits[1].retired_on = Some(day(2026, 1));
        first.limits[2].retired_on = Some(day(2025, 1));
        let mut second = reading(&["a"]);
        keep(&mut second, Some(&first), day(2026, 3));
        assert_eq!(removed(&second), [("b", day(2026, 1))]);
        assert!(second.removed[0].was_retired);
    }

    #[test]
    fn a_replacement_without_use_is_reported() {
        let mut source = reading(&["a", "b"]);
        let replaced = |name: &str, new: &str| Replacement { name: name.to_owned(), new: new.to_owned() };
        source.replacements = vec![replaced("a", "b")];
        assert!(unused_replacements(&source)[0].contains("neither retired nor removed"));
        source.limits[0].retired_on = Some(day(2026, 1));
        assert!(unused_replacements(&source).is_empty());
        source.replacements = vec![replaced("a", "c")];
        assert!(unused_replacements(&source)[0].contains("expected the name of an entry, found `c`"));
    }
}

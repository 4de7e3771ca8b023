//! What a reading may lose before it is doubted.

use std::collections::HashSet;

use ratebook_source::{Kind, Limit, ProviderSource};

/// Of a hundred former entries, how many must remain.
const MUST_REMAIN: usize = 80;

/// A selector in a region and plan.
type Entry<'a> = (Option<&'a str>, Option<&'a str>, Kind, &'a str);

fn entry<'a>(limit: &'a Limit, name: &'a str) -> Entry<'a> {
    (limit.region.as_deref(), limit.plan.as_deref(), limit.kind, name)
}

fn all(source: &ProviderSource) -> HashSet<Entry<'_>> {
    source.limits.iter().map(|limit| entry(limit, &limit.name)).collect()
}

/// How many entries a reading has: a selector in a region and plan, with all its limits.
pub(crate) fn entries(source: &ProviderSource) -> usize {
    all(source).len()
}

/// Says so where a reading has lost too many of the entries before. An entry whose name lives on as an alias is kept.
pub(crate) fn doubt(last: &ProviderSource, new: &ProviderSource) -> Option<String> {
    let former = all(last);
    let aliases = new.limits.iter().flat_map(|limit| limit.aliases.iter().map(move |alias| entry(limit, alias)));
    let now: HashSet<Entry<'_>> = all(new).into_iter().chain(aliases).collect();
    let remain = former.intersection(&now).count();
    let is_large = remain * 100 < former.len() * MUST_REMAIN;
    is_large.then(|| {
        format!(
            "only {remain} of {} former entries remain: look at the page; if it is read right, run again with --accept",
            former.len()
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Amount, Metric};

    fn models(names: std::ops::Range<u32>) -> ProviderSource {
        let mut source = ProviderSource::new("acme");
        for name in names {
            for metric in [Metric::Requests, Metric::Tokens] {
                source.limits.push(Limit::model(format!("m{name}"), metric, Amount::Count(1)));
            }
        }
        source
    }

    #[test]
    fn four_of_five_entries_must_remain() {
        assert_eq!(doubt(&models(0..10), &models(2..10)), None);
        assert!(doubt(&models(0..10), &models(3..10)).unwrap().starts_with("only 7 of 10 former entries remain"));
        assert!(doubt(&models(0..10), &models(0..0)).is_some());
        assert_eq!(doubt(&models(0..0), &models(0..3)), None);
    }

    #[test]
    fn new_entries_do_not_make_up_for_lost_ones() {
        assert!(doubt(&models(0..10), &models(3..13)).is_some());
    }

    #[test]
    fn an_entry_that_became_an_alias_is_not_lost() {
        let mut after = models(5..10);
        after.limits[0].aliases = ["m0", "m1", "m2"].map(str::to_owned).to_vec();
        assert_eq!(doubt(&models(0..10), &after), None);
    }

    #[test]
    fn limits_of_one_selector_are_one_entry() {
        assert_eq!(entries(&models(0..10)), 10);
    }
}

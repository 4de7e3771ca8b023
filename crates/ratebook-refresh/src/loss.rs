//! The check for large losses of entries.

use std::collections::BTreeSet;

use ratebook_source::{Kind, Limit, ProviderSource, VendorPage};

/// The share of former entries that must remain, in percent.
const MIN_REMAINING_PERCENT: usize = 80;

/// A selector in a region and plan.
type Entry<'a> = (Option<&'a str>, Option<&'a str>, Kind, &'a str);

fn entry<'a>(limit: &'a Limit, name: &'a str) -> Entry<'a> {
    (limit.region.as_deref(), limit.plan.as_deref(), limit.kind, name)
}

fn all(source: &ProviderSource) -> BTreeSet<Entry<'_>> {
    source.limits.iter().map(|limit| entry(limit, &limit.name)).collect()
}

/// Returns the number of entries of a reading: selectors in a region and plan.
pub(crate) fn entries(source: &ProviderSource) -> usize {
    all(source).len()
}

/// Returns a message if a reading has lost too many of the former entries of a page. An entry that another page states now,
/// or whose name is now an alias, is not lost.
pub(crate) fn too_few_left(last: &ProviderSource, new: &ProviderSource, page: &str) -> Option<String> {
    let of_page = last.limits.iter().filter(|limit| limit.page.as_deref().unwrap_or(VendorPage::MAIN) == page);
    let former: BTreeSet<Entry<'_>> = of_page.map(|limit| entry(limit, &limit.name)).collect();
    let aliases = new.limits.iter().flat_map(|limit| limit.aliases.iter().map(move |alias| entry(limit, alias)));
    let now: BTreeSet<Entry<'_>> = all(new).into_iter().chain(aliases).collect();
    let remain = former.intersection(&now).count();
    let is_large = remain * 100 < former.len() * MIN_REMAINING_PERCENT;
    is_large.then(|| {
        format!(
            "only {remain} of {} former entries remain: check the page, and run again with --accept if the reading is right",
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
        assert_eq!(too_few_left(&models(0..10), &models(2..10), "main"), None);
        assert!(
            too_few_left(&models(0..10), &models(3..10), "main")
                .unwrap()
                .starts_with("only 7 of 10 former entries remain")
        );
        assert!(too_few_left(&models(0..10), &models(0..0), "main").is_some());
        assert_eq!(too_few_left(&models(0..0), &models(0..3), "main"), None);
    }

    #[test]
    fn new_entries_do_not_offset_lost_ones() {
        assert!(too_few_left(&models(0..10), &models(3..13), "main").is_some());
    }

    #[test]
    fn an_entry_that_became_an_alias_is_not_lost() {
        let mut after = models(5..10);
        after.limits[0].aliases = ["m0", "m1", "m2"].map(str::to_owned).to_vec();
        assert_eq!(too_few_left(&models(0..10), &after, "main"), None);
    }

    #[test]
    fn limits_of_one_selector_are_one_entry() {
        assert_eq!(entries(&models(0..10)), 10);
    }
}

//! The four dates of a reading: the date on the page, and the days of reading, of the last check, and of each limit's last
//! change.

use ratebook_source::{Date, Limit, ProviderSource, VendorPage};

/// Sets the days of reading, check and change of a new reading, from the previous one. `is_same` returns whether the fact
/// page of a page is that of the last reading.
///
/// The dates on the pages are not touched. An unchanged page keeps every day except that of the check, which is set only if
/// the page is from the vendor's site (`from_vendor`). A page whose last reading is kept has its days already.
pub(crate) fn set(
    new: &mut ProviderSource,
    last: Option<&ProviderSource>,
    is_same: &dyn Fn(&str) -> bool,
    from_vendor: bool,
    today: Date,
) {
    for limit in &mut new.limits {
        let former = last.and_then(|last| {
            let found = last.limits.binary_search_by(|old| old.key().cmp(&limit.key())).ok()?;
            Some(&last.limits[found]).filter(|old| old.states_the_same(limit))
        });
        limit.changed = former.and_then(|old| old.changed).or(Some(today));
    }
    for page in new.pages.iter_mut().filter(|page| page.read.is_none()) {
        let last = last.and_then(|last| Some((last, last.pages.iter().find(|old| old.id == page.id)?)));
        let same = last.filter(|(last, old)| {
            is_same(&page.id)
                && undated(old) == undated(page)
                && limits_of(&last.limits, &page.id) == limits_of(&new.limits, &page.id)
        });
        page.read = same.and_then(|(_, old)| old.read).or(Some(today));
        let checked = same.filter(|_| !from_vendor).and_then(|(_, old)| old.checked);
        page.checked = checked.or(if from_vendor { Some(today) } else { page.read });
    }
}

/// Returns a page without the days that depend on the time of the refresh.
fn undated(page: &VendorPage) -> VendorPage {
    VendorPage { read: None, checked: None, ..page.clone() }
}

/// Returns the limits of a page, without the days of their last change.
fn limits_of(limits: &[Limit], page: &str) -> Vec<Limit> {
    let of_page = limits.iter().filter(|limit| limit.page.as_deref() == Some(page));
    of_page.map(|limit| Limit { changed: None, ..limit.clone() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use ratebook_source::{Amount, Metric};

    fn day(day: u8) -> Date {
        Date::new(2026, 3, day).unwrap()
    }

    fn reading(amounts: &[(&str, u64)]) -> ProviderSource {
        let mut source = ProviderSource::new("acme");
        let limit = |&(name, amount): &(&str, u64)| Limit {
            page: Some(VendorPage::MAIN.to_owned()),
            ..Limit::model(name, Metric::Requests, Amount::Count(amount))
        };
        source.main_page_mut();
        source.limits = amounts.iter().map(limit).collect();
        source.sort();
        source
    }

    fn changed(source: &ProviderSource) -> Vec<u8> {
        source.limits.iter().map(|limit| limit.changed.unwrap().day()).collect()
    }

    fn read_and_checked(source: &ProviderSource) -> (u8, u8) {
        {
            let page = source.main_page().unwrap();
            (page.read.unwrap().day(), page.checked.unwrap().day())
        }
    }

    #[test]
    fn every_day_of_the_first_reading_is_today() {
        let mut first = reading(&[("a", 1), ("b", 2)]);
        set(&mut first, None, &|_| false, false, day(1));
        assert_eq!((read_and_checked(&first), changed(&first)), ((1, 1), vec![1, 1]));
    }

    #[test]
    fn only_changed_limits_get_the_new_day() {
        let mut first = reading(&[("a", 1), ("b", 2)]);
        set(&mut first, None, &|_| false, true, day(1));
        let mut second = reading(&[("a", 1), ("b", 3), ("c", 4)]);
        set(&mut second, Some(&first), &|_| false, true, day(2));
        assert_eq!((read_and_checked(&second), changed(&second)), ((2, 2), vec![1, 2, 2]));
    }

    #[test]
    fn an_unchanged_page_changes_the_day_of_the_check_only_when_fetched() {
        let mut first = reading(&[("a", 1)]);
        set(&mut first, None, &|_| false, true, day(1));
        let mut fetched = reading(&[("a", 1)]);
        set(&mut fetched, Some(&first), &|_| true, true, day(5));
        assert_eq!((read_and_checked(&fetched), changed(&fetched)), ((1, 5), vec![1]));
        let mut saved = reading(&[("a", 1)]);
        set(&mut saved, Some(&fetched), &|_| true, false, day(9));
        assert_eq!(saved.write(), fetched.write());
    }

    #[test]
    fn a_limit_that_moved_on_the_page_is_unchanged_but_the_page_is_read_again() {
        let mut first = reading(&[("a", 1)]);
        set(&mut first, None, &|_| false, true, day(1));
        let mut moved = reading(&[("a", 1)]);
        moved.limits[0].line = Some(7);
        set(&mut moved, Some(&first), &|_| true, true, day(2));
        assert_eq!((read_and_checked(&moved), changed(&moved)), ((2, 2), vec![1]));
    }
}

//! The limits of an entry, and the page that states them.

use crate::layout::EntryRecord;
use crate::{Amount, Date, Entry, Limit, Metric, Period, VendorPage};

impl Entry {
    /// Returns the limit at a position, or `None` from [`limit_count`](Self::limit_count) on.
    #[inline]
    pub const fn limit(self, position: usize) -> Option<Limit> {
        if position >= self.limit_count() {
            return None;
        }
        Some(Limit::unpack(&self.0.limits()[EntryRecord::first_limit(self.record()) as usize + position], self))
    }

    /// Returns the limits.
    #[inline]
    pub fn limits(self) -> Limits {
        Limits { entry: self, position: 0 }
    }

    /// Returns the amount of the first limit on a metric in a period, in units of the metric. Usable in constants.
    ///
    /// ```
    /// use ratebook::{Amount, Metric, Period, providers::alibaba};
    ///
    /// const TOKENS: Option<Amount> =
    ///     alibaba::china_mainland::GTE_RERANK_V2.amount(Metric::Tokens, Some(Period::Minute));
    /// assert_eq!(TOKENS, Some(Amount::Count(4_980_000_000)));
    /// ```
    #[inline]
    pub const fn amount(self, metric: Metric, per: Option<Period>) -> Option<Amount> {
        let mut position = 0;
        while let Some(limit) = self.limit(position) {
            let same_period = match (limit.per, per) {
                (None, None) => true,
                (Some(a), Some(b)) => a.seconds() == b.seconds() && a.is_calendar() == b.is_calendar(),
                (Some(_), None) | (None, Some(_)) => false,
            };
            if limit.metric as u8 == metric as u8 && same_period {
                return Some(limit.amount);
            }
            position += 1;
        }
        None
    }

    /// Returns the page that states the first limit that names its page, or else the provider's main page.
    #[inline]
    pub fn page(self) -> Option<&'static VendorPage> {
        self.limits().find_map(|limit| limit.page).or_else(|| self.provider().main_page())
    }

    /// Returns the day on which the entry's [`page`](Self::page) was last fetched, changed or not.
    #[inline]
    pub fn checked(self) -> Option<Date> {
        self.page()?.checked_on
    }

    /// Returns the number of days from the last check of the entry's page to a day. 0 if the check was later.
    ///
    /// ```
    /// use ratebook::{Date, providers::alibaba::international::QWEN_PLUS};
    ///
    /// let checked = QWEN_PLUS.checked().unwrap();
    /// let a_year_later = Date::new(checked.year() + 1, checked.month(), 1).unwrap();
    /// assert!(QWEN_PLUS.age(a_year_later).is_some_and(|days| days > 330), "time for another version");
    /// ```
    #[inline]
    pub fn age(self, today: Date) -> Option<u32> {
        Some(self.checked()?.days_until(today))
    }

    /// Returns whether a page that states limits of the entry was read only in part. It may state more limits.
    #[inline]
    pub fn is_partial(self) -> bool {
        self.limits().any(|limit| limit.page.is_some_and(|page| page.is_partial))
    }
}

/// An iterator over the limits of an entry.
#[derive(Clone, Debug)]
pub struct Limits {
    entry: Entry,
    position: usize,
}

impl Iterator for Limits {
    type Item = Limit;

    #[inline]
    fn next(&mut self) -> Option<Limit> {
        let limit = self.entry.limit(self.position)?;
        self.position += 1;
        Some(limit)
    }
}

//! Entries of the catalog.

use core::fmt;

use crate::layout::{AliasRecord, EntryRecord, Variant, unpack_optional};
use crate::packed::{COMPILED, Source};
use crate::{
    Amount, Context, Date, Deployment, EntryKey, Kind, Limit, Metric, Mode, Period, Plan, Provider, Region, VendorPage,
};

/// One selector in one region, plan, deployment, mode and context, with all its limits. A handle of four bytes into the
/// tables.
///
/// With the feature `load`, the handle also refers to its catalog, and has sixteen bytes. Entries of two catalogs are never
/// equal.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry(pub(crate) Source, pub(crate) u32);

/// The status of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Calls are served within the limits.
    Live,
    /// The model is refused from this day on.
    Retired(Date),
    /// The provider's pages no longer state the entry since this day. It has no limits, and only its constant refers to it:
    /// for a year, as deprecated. The vendor may serve the model nevertheless.
    Removed(Date),
}

impl Entry {
    /// Returns an entry of the compiled catalog.
    #[inline]
    pub(crate) const fn compiled(number: u32) -> Self {
        Self(COMPILED, number)
    }

    #[inline]
    const fn record(self) -> &'static [u8; EntryRecord::WIDTH] {
        &self.0.entries()[self.1 as usize]
    }

    /// Returns the model, task, size class, resource, family or endpoint. `*` for every call, and for every model without an
    /// entry of its own.
    #[inline]
    pub const fn name(self) -> &'static str {
        let record = self.record();
        self.0.text(EntryRecord::name(record), EntryRecord::name_len(record))
    }

    /// Returns the kind of selector.
    #[inline]
    pub const fn kind(self) -> Kind {
        Kind::ALL[EntryRecord::kind(self.record()) as usize]
    }

    /// Returns the provider.
    #[inline]
    pub const fn provider(self) -> Provider {
        Provider::of(self.0, EntryRecord::provider(self.record()))
    }

    /// Returns the region, if the entry has one.
    #[inline]
    pub const fn region(self) -> Option<Region> {
        match unpack_optional(EntryRecord::region(self.record())) {
            Some(number) => Some(self.0.regions()[number as usize]),
            None => None,
        }
    }

    /// Returns the plan, if the entry has one.
    #[inline]
    pub const fn plan(self) -> Option<Plan> {
        match unpack_optional(EntryRecord::plan(self.record())) {
            Some(number) => Some(self.0.plans()[number as usize]),
            None => None,
        }
    }

    #[inline]
    const fn variant(self) -> Variant {
        Variant::unpack(EntryRecord::variant(self.record()))
    }

    /// Returns how the capacity is bought or invoked, if limits differ by it.
    #[inline]
    pub const fn deployment(self) -> Option<Deployment> {
        match self.variant().deployment {
            Some(number) => Some(self.0.deployments()[number as usize]),
            None => None,
        }
    }

    /// Returns the mode of processing, such as batch, if the entry is for one. Entries for the usual mode have none.
    #[inline]
    pub const fn mode(self) -> Option<Mode> {
        match self.variant().mode {
            Some(number) => Some(self.0.modes()[number as usize]),
            None => None,
        }
    }

    /// Returns the class of context lengths, if the entry is for one.
    #[inline]
    pub const fn context(self) -> Option<Context> {
        match self.variant().context {
            Some(number) => Some(self.0.contexts()[number as usize]),
            None => None,
        }
    }

    /// Returns the entry's key.
    #[inline]
    pub const fn key(self) -> EntryKey<'static> {
        EntryKey {
            provider: self.provider(),
            region: self.region(),
            plan: self.plan(),
            deployment: self.deployment(),
            mode: self.mode(),
            context: self.context(),
            kind: self.kind(),
            name: self.name(),
        }
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
    /// let a_year_later = Date { year: checked.year + 1, ..checked };
    /// assert!(QWEN_PLUS.age(a_year_later).is_some_and(|days| days > 360), "time for another version");
    /// ```
    #[inline]
    pub fn age(self, today: Date) -> Option<u32> {
        Some(self.checked()?.days_until(today))
    }

    /// Returns whether only an excerpt of a page was read that states limits of the entry. The page may state more.
    #[inline]
    pub fn is_partial(self) -> bool {
        self.limits().any(|limit| limit.page.is_some_and(|page| page.is_partial))
    }

    /// Returns whether calls are served.
    #[inline]
    pub const fn status(self) -> Status {
        match Date::unpack(EntryRecord::retired_on(self.record())) {
            Some(date) if self.limit_count() == 0 => Status::Removed(date),
            Some(date) => Status::Retired(date),
            None => Status::Live,
        }
    }

    /// Returns the name that replaces the name of a retired or removed entry, if it is known.
    #[inline]
    pub fn replaced_by(self) -> Option<&'static str> {
        match self.status() {
            Status::Live => None,
            Status::Retired(_) | Status::Removed(_) => self.provider().replacement(self.name()),
        }
    }

    /// Returns the aliases of the model.
    #[inline]
    pub fn aliases(self) -> Aliases {
        let record = self.record();
        let start = EntryRecord::first_alias(record) as usize;
        let end = start + usize::from(EntryRecord::alias_count(record));
        Aliases { of: self.0, records: self.0.aliases()[start..end].iter() }
    }

    /// Returns the number of limits: 0 for a [removed](Status::Removed) entry, at least 1 for all others.
    #[inline]
    pub const fn limit_count(self) -> usize {
        EntryRecord::limit_count(self.record()) as usize
    }

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
}

impl fmt::Debug for Entry {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Entry");
        debug.field("provider", &self.provider()).field("region", &self.region()).field("plan", &self.plan());
        if let Some(deployment) = self.deployment() {
            debug.field("deployment", &deployment);
        }
        if let Some(mode) = self.mode() {
            debug.field("mode", &mode);
        }
        if let Some(context) = self.context() {
            debug.field("context", &context);
        }
        debug.field("kind", &self.kind()).field("name", &self.name()).finish()
    }
}

/// An iterator over the aliases of a model.
#[derive(Clone, Debug)]
pub struct Aliases {
    of: Source,
    records: core::slice::Iter<'static, [u8; AliasRecord::WIDTH]>,
}

impl Iterator for Aliases {
    type Item = &'static str;

    #[inline]
    fn next(&mut self) -> Option<&'static str> {
        let record = self.records.next()?;
        Some(self.of.text(AliasRecord::name(record), AliasRecord::name_len(record)))
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

/// An iterator over the entries of a provider, sorted by region, plan, deployment, mode, context, kind and name.
#[derive(Clone, Debug)]
pub struct Entries {
    pub(crate) of: Source,
    pub(crate) next: u32,
    pub(crate) end: u32,
}

impl Iterator for Entries {
    type Item = Entry;

    #[inline]
    fn next(&mut self) -> Option<Entry> {
        let entry = (self.next < self.end).then_some(Entry(self.of, self.next))?;
        self.next += 1;
        Some(entry)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Entries {}

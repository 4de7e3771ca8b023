//! An entry: one selector in one region and plan, with all its limits.

use core::fmt;

use crate::packed::{text, u16_at, u32_at};
use crate::{ALIASES, Amount, Date, ENTRIES, Kind, LIMITS, Limit, Metric, Period, Plan, Provider, Region};

/// One selector in one region and plan with all its limits: a handle of four bytes into the tables.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Entry(pub(crate) u32);

/// Whether calls are served at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Calls are served, within the limits.
    Live,
    /// The model is refused since the given day.
    Retired(Date),
}

impl Entry {
    const fn record(self) -> &'static [u8; 32] {
        &ENTRIES[self.0 as usize]
    }

    /// The model, task, size class or resource; `*` where every call is meant.
    pub const fn name(self) -> &'static str {
        let record = self.record();
        text(u32_at(record, 0), u16_at(record, 4) as usize)
    }

    /// What [`name`](Self::name) names.
    pub const fn kind(self) -> Kind {
        Kind::ALL[self.record()[9] as usize]
    }

    /// Who serves it.
    pub const fn provider(self) -> Provider {
        Provider::ALL[self.record()[6] as usize]
    }

    /// The region, where the provider has regions.
    pub const fn region(self) -> Option<Region> {
        match self.record()[7] {
            0 => None,
            number => Some(Region::ALL[number as usize - 1]),
        }
    }

    /// The plan that the page states the limits for, where it names one.
    pub const fn plan(self) -> Option<Plan> {
        match self.record()[8] {
            0 => None,
            number => Some(Plan::ALL[number as usize - 1]),
        }
    }

    /// Whether calls are served at all.
    pub const fn status(self) -> Status {
        let record = self.record();
        match Date::unpack([record[16], record[17], record[18], record[19]]) {
            Some(date) => Status::Retired(date),
            None => Status::Live,
        }
    }

    /// Other names of the same model.
    pub fn aliases(self) -> Aliases {
        let record = self.record();
        let start = u32_at(record, 20) as usize;
        Aliases { records: ALIASES[start..start + usize::from(u16_at(record, 24))].iter() }
    }

    /// How many limits the entry has; one at least.
    pub const fn limit_count(self) -> usize {
        u16_at(self.record(), 10) as usize
    }

    /// The limit at a position below [`limit_count`](Self::limit_count), or `None` behind them.
    pub const fn limit(self, position: usize) -> Option<Limit> {
        if position >= self.limit_count() {
            return None;
        }
        Some(Limit::unpack(&LIMITS[u32_at(self.record(), 12) as usize + position], self))
    }

    /// The entry's limits.
    pub fn limits(self) -> Limits {
        Limits { entry: self, position: 0 }
    }

    /// The amount of the first limit on a metric over a period, in units of the metric; also in constants.
    ///
    /// ```
    /// use ratebook::{Amount, Metric, Period, alibaba};
    ///
    /// const TOKENS: Option<Amount> =
    ///     alibaba::china_mainland::GTE_RERANK_V2.amount(Metric::Tokens, Some(Period::Minute));
    /// assert_eq!(TOKENS, Some(Amount::Count(4_980_000_000)));
    /// ```
    pub const fn amount(self, metric: Metric, per: Option<Period>) -> Option<Amount> {
        let mut position = 0;
        while let Some(limit) = self.limit(position) {
            let same_period = match (limit.per, per) {
                (None, None) => true,
                (Some(a), Some(b)) => a as u8 == b as u8,
                _ => false,
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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Entry");
        debug.field("provider", &self.provider()).field("region", &self.region()).field("plan", &self.plan());
        debug.field("kind", &self.kind()).field("name", &self.name()).finish()
    }
}

/// The other names of a model.
#[derive(Clone, Debug)]
pub struct Aliases {
    records: core::slice::Iter<'static, [u8; 8]>,
}

impl Iterator for Aliases {
    type Item = &'static str;

    fn next(&mut self) -> Option<&'static str> {
        self.records.next().map(|record| text(u32_at(record, 0), u32_at(record, 4) as usize))
    }
}

/// The limits of an entry.
#[derive(Clone, Debug)]
pub struct Limits {
    entry: Entry,
    position: usize,
}

impl Iterator for Limits {
    type Item = Limit;

    fn next(&mut self) -> Option<Limit> {
        let limit = self.entry.limit(self.position)?;
        self.position += 1;
        Some(limit)
    }
}

/// The entries of a provider, in the order of region, plan, kind and name.
#[derive(Clone, Debug)]
pub struct Entries {
    pub(crate) next: u32,
    pub(crate) end: u32,
}

impl Iterator for Entries {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        let entry = (self.next < self.end).then_some(Entry(self.next))?;
        self.next += 1;
        Some(entry)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = (self.end - self.next) as usize;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Entries {}

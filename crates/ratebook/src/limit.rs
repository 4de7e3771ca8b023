//! Limits of an entry.

use core::fmt;

use crate::layout::{LimitRecord, PackedAmount, PackedPool, RampRecord, unpack_optional};
use crate::packed::text;
use crate::{Bound, CallMode, Date, Entry, Evidence, Metric, Period, RAMPS};

/// The amount of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// A number of units of the metric.
    Count(u64),
    /// The page states that there is no limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
}

impl Amount {
    /// Returns the number of units, or `None` for `Unlimited` and `Custom`.
    #[inline]
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) => Some(count),
            Self::Unlimited | Self::Custom => None,
        }
    }

    #[inline]
    const fn unpack(kind: u8, count: u64) -> Option<Self> {
        match PackedAmount::unpack(kind, count) {
            PackedAmount::Absent => None,
            PackedAmount::Count(count) => Some(Self::Count(count)),
            PackedAmount::Unlimited => Some(Self::Unlimited),
            PackedAmount::Custom => Some(Self::Custom),
        }
    }
}

impl fmt::Display for Amount {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => fmt::Display::fmt(count, f),
            Self::Unlimited => f.pad("unlimited"),
            Self::Custom => f.pad("custom"),
        }
    }
}

/// The calls that share a limit, within one account, region and plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// Every call of the account.
    Account,
    /// The models of a group: `size:small`, `task:translation`.
    Group(&'static str),
    /// The named model alone, under all its aliases.
    Model(&'static str),
}

impl fmt::Display for Pool {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.pad("account"),
            Self::Group(group) => f.pad(group),
            Self::Model(model) => write!(f, "model:{model}"),
        }
    }
}

/// One limit: a metric, an amount and a period, with evidence and provenance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limit {
    /// The entry of the limit.
    pub entry: Entry,
    /// The metric.
    pub metric: Metric,
    /// The period. `None` for a concurrency limit or a number held.
    pub per: Option<Period>,
    /// The amount, in units of the metric. The initial amount of a limit that grows.
    pub amount: Amount,
    /// The calls that count.
    pub calls: CallMode,
    /// The calls that share the limit.
    pub pool: Pool,
    /// The meaning of the amount.
    pub bound: Bound,
    /// How the amount was read.
    pub evidence: Evidence,
    /// The reading that is not used: the other one of an ambiguous cell, or the automatic one of a reviewed cell.
    pub alternative: Option<Amount>,
    /// The growth with sustained use. Empty if the limit does not grow.
    pub ramp: Ramp,
    /// The line of the vendor's page that states the amount, from 1.
    pub line: Option<u32>,
    /// The day of the refresh that last changed the limit.
    pub changed_on: Option<Date>,
}

impl Limit {
    #[inline]
    pub(crate) const fn unpack(record: &'static [u8; LimitRecord::WIDTH], entry: Entry) -> Self {
        let pool = text(LimitRecord::pool(record), LimitRecord::pool_len(record));
        Self {
            entry,
            metric: Metric::ALL[LimitRecord::metric(record) as usize],
            per: match unpack_optional(LimitRecord::period(record)) {
                Some(number) => Some(Period::ALL[number as usize]),
                None => None,
            },
            amount: match Amount::unpack(LimitRecord::amount_kind(record), LimitRecord::amount(record)) {
                Some(amount) => amount,
                None => panic!("a limit has an amount"),
            },
            calls: CallMode::ALL[LimitRecord::calls(record) as usize],
            pool: match PackedPool::unpack(LimitRecord::pool_kind(record)) {
                PackedPool::Account => Pool::Account,
                PackedPool::Group => Pool::Group(pool),
                PackedPool::Model => Pool::Model(pool),
            },
            bound: Bound::ALL[LimitRecord::bound(record) as usize],
            evidence: Evidence::ALL[LimitRecord::evidence(record) as usize],
            alternative: Amount::unpack(LimitRecord::alternative_kind(record), LimitRecord::alternative(record)),
            ramp: Ramp { start: LimitRecord::first_ramp(record), len: LimitRecord::ramp_len(record) },
            line: match LimitRecord::line(record) {
                0 => None,
                line => Some(line),
            },
            changed_on: Date::unpack(LimitRecord::changed_on(record)),
        }
    }
}

impl fmt::Display for Limit {
    /// Writes the amount, metric and period: `600 requests per minute`.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.amount, self.metric)?;
        match self.per {
            Some(per) => write!(f, " per {per}"),
            None => Ok(()),
        }
    }
}

/// One point of a limit that grows with sustained use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RampPoint {
    /// Minutes of sustained use after which the amount is in force.
    pub after_minutes: u32,
    /// The amount, in units of the limit's metric.
    pub amount: u64,
}

/// The growth of a limit: points in order of time, the first at minute 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ramp {
    start: u32,
    len: u16,
}

impl Ramp {
    /// Returns the number of points. 0 if the limit does not grow.
    #[inline]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Returns whether the limit does not grow.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// Returns the point at a position, or `None` from [`len`](Self::len) on.
    #[inline]
    pub const fn point(self, position: usize) -> Option<RampPoint> {
        if position >= self.len() {
            return None;
        }
        let record = &RAMPS[self.start as usize + position];
        Some(RampPoint { after_minutes: RampRecord::after_minutes(record), amount: RampRecord::amount(record) })
    }

    /// Returns the points.
    #[inline]
    pub fn points(self) -> impl Iterator<Item = RampPoint> {
        (0..self.len()).filter_map(move |position| self.point(position))
    }
}

//! One limit of an entry.

use core::fmt;

use crate::layout::{LimitRecord, PackedAmount, PackedPool, RampRecord, unpack_optional};
use crate::packed::text;
use crate::{Bound, Calls, Date, Entry, Evidence, Metric, Period, RAMPS};

/// How much of a metric a limit allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// So many units of the metric.
    Count(u64),
    /// The page says that there is no limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
}

impl Amount {
    /// The number, where the amount is one.
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

/// What a limit is shared by, within one account, region and plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pool {
    /// Every call of the account draws from it.
    Account,
    /// Models of one group share it: `size:small`, `task:translation`.
    Group(&'static str),
    /// The named model alone, whatever alias it is called by.
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

/// A metric, an amount, a period, and where the page states them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Limit {
    /// The entry that the limit is of.
    pub entry: Entry,
    /// What is counted.
    pub metric: Metric,
    /// Over which time; a concurrency or a count has none.
    pub per: Option<Period>,
    /// How much, in units of the metric; of a limit that grows, at first.
    pub amount: Amount,
    /// Which calls are counted.
    pub calls: Calls,
    /// What shares the limit.
    pub pool: Pool,
    /// What the amount means at its edge.
    pub bound: Bound,
    /// How the amount was read.
    pub evidence: Evidence,
    /// The reading not used: of an ambiguous cell the other one, of a reviewed cell the machine's own.
    pub alternative: Option<Amount>,
    /// How the amount grows with sustained use; empty where it does not.
    pub ramp: Ramp,
    /// The line of the vendor's page that states the amount, from 1.
    pub line: Option<u32>,
    /// The day on which a refresh last found the limit changed.
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
            calls: Calls::ALL[LimitRecord::calls(record) as usize],
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
    /// The amount, metric and period: `600 requests per minute`.
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
    /// Minutes of sustained use after which the amount holds.
    pub after_minutes: u32,
    /// The amount from then on, in units of the limit's metric.
    pub amount: u64,
}

/// How a limit grows: its points in order of time, the first at minute 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ramp {
    start: u32,
    len: u16,
}

impl Ramp {
    /// How many points there are; none where the limit does not grow.
    #[inline]
    pub const fn len(self) -> usize {
        self.len as usize
    }

    /// Whether the limit does not grow.
    #[inline]
    pub const fn is_empty(self) -> bool {
        self.len == 0
    }

    /// The point at a position below [`len`](Self::len), or `None` behind them.
    #[inline]
    pub const fn point(self, position: usize) -> Option<RampPoint> {
        if position >= self.len() {
            return None;
        }
        let record = &RAMPS[self.start as usize + position];
        Some(RampPoint { after_minutes: RampRecord::after_minutes(record), amount: RampRecord::amount(record) })
    }

    /// The points.
    #[inline]
    pub fn points(self) -> impl Iterator<Item = RampPoint> {
        (0..self.len()).filter_map(move |position| self.point(position))
    }
}

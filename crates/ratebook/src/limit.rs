//! Limits of an entry.

use core::fmt;

use crate::layout::{
    LimitRecord, PackedAmount, PackedPool, RampRecord, RangeRecord, RareRecord, unpack_optional, unpack_period,
};
use crate::packed::{CatalogRef, unpacked_date};
use crate::{Bound, Date, Entry, EntryKey, Evidence, Invocation, Metric, Period, Plan, VendorPage};

/// The amount of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Amount {
    /// A number of units of the metric.
    Count(u64),
    /// A range: accounts or models have amounts within it, which the page does not state.
    Range {
        /// The lower end, which is enforced.
        from: u64,
        /// The upper end.
        to: u64,
    },
    /// The page states that there is no limit.
    Unlimited,
    /// To be agreed with the vendor.
    Custom,
    /// The page states that such calls are not offered.
    NotOffered,
    /// The page refers to another place, such as a console.
    Elsewhere,
}

impl Amount {
    /// Returns the number of units, the lower end of a range, or `None` for an amount without a number.
    #[inline]
    pub const fn count(self) -> Option<u64> {
        match self {
            Self::Count(count) | Self::Range { from: count, .. } => Some(count),
            Self::Unlimited | Self::Custom | Self::NotOffered | Self::Elsewhere => None,
        }
    }

    #[inline]
    const fn unpack(catalog: CatalogRef, kind: u8, count: u64) -> Option<Self> {
        match PackedAmount::unpack(kind, count) {
            PackedAmount::Absent => None,
            PackedAmount::Count(count) => Some(Self::Count(count)),
            PackedAmount::Unlimited => Some(Self::Unlimited),
            PackedAmount::Custom => Some(Self::Custom),
            PackedAmount::Range(index) => {
                let record = &catalog.ranges()[index as usize];
                Some(Self::Range { from: RangeRecord::from(record), to: RangeRecord::to(record) })
            }
            PackedAmount::NotOffered => Some(Self::NotOffered),
            PackedAmount::Elsewhere => Some(Self::Elsewhere),
        }
    }
}

impl fmt::Display for Amount {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count(count) => fmt::Display::fmt(count, f),
            Self::Range { from, to } => write!(f, "{from}-{to}"),
            Self::Unlimited => f.pad("unlimited"),
            Self::Custom => f.pad("custom"),
            Self::NotOffered => f.pad("not-offered"),
            Self::Elsewhere => f.pad("elsewhere"),
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
    /// Each model of the entry's selector alone.
    EachModel,
}

impl fmt::Display for Pool {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Account => f.pad("account"),
            Self::Group(group) => f.pad(group),
            Self::Model(model) => write!(f, "model:{model}"),
            Self::EachModel => f.pad("model"),
        }
    }
}

/// How much of a pool one unit of a call takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Weight {
    /// The units of the pool that one unit of the metric takes, at least 1. Default: 1.
    pub each: u16,
    /// The number of tokens that an output token counts as, at least 1, for limits that count output tokens. Default: 1.
    pub output: u16,
}

impl Weight {
    /// One for one.
    pub const ONE: Self = Self { each: 1, output: 1 };
}

impl fmt::Display for Weight {
    /// Writes `4`, `output:5`, or both.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.each, self.output) {
            (each, 1) => write!(f, "{each}"),
            (1, output) => write!(f, "output:{output}"),
            (each, output) => write!(f, "{each},output:{output}"),
        }
    }
}

/// An amount as a multiple of another plan's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Factor {
    /// The factor in percent: 200 for twice the amount.
    pub percent: u32,
    /// The other plan.
    pub plan: Plan,
}

impl fmt::Display for Factor {
    /// Writes `2x tier-1`, `1.5x tier-1`.
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, hundredths) = (self.percent / 100, self.percent % 100);
        match (hundredths, hundredths % 10) {
            (0, _) => write!(f, "{whole}x {}", self.plan),
            (_, 0) => write!(f, "{whole}.{}x {}", hundredths / 10, self.plan),
            (_, _) => write!(f, "{whole}.{hundredths:02}x {}", self.plan),
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
    /// The period. `None` for a concurrency limit or a resource.
    pub per: Option<Period>,
    /// The amount, in units of the metric: of a limit that grows, the initial one, and of a multiple of another plan's, the
    /// product.
    pub amount: Amount,
    /// The calls that count.
    pub calls: Invocation,
    /// The calls that share the limit.
    pub pool: Pool,
    /// Whether each region has the limit for itself, although the page states it once for all regions. A region for which
    /// the page states another has that one instead: see [`is_replaced_by`](Self::is_replaced_by).
    pub each_region: bool,
    /// How much of the pool a call takes.
    pub weight: Weight,
    /// The meaning of the amount.
    pub bound: Bound,
    /// How the amount was read.
    pub evidence: Evidence,
    /// The reading that is not used: the other one of an ambiguous cell, or the automatic one of a reviewed cell.
    pub alternative: Option<Amount>,
    /// The growth with sustained use. Empty if the limit does not grow.
    pub ramp: Ramp,
    /// The last day of a [temporary](Bound::Temporary) limit, if the page states it.
    pub until: Option<Date>,
    /// The multiple of another plan's amount that the page states instead of a number.
    pub factor: Option<Factor>,
    /// The page that states the amount, if it is known.
    pub page: Option<&'static VendorPage>,
    /// The section of the page: headings from the outermost on, separated by ` > `, each cut at 60 characters.
    pub section: Option<&'static str>,
    /// The line of the vendor's page that states the amount, from 1.
    pub line: Option<u32>,
    /// The day of the refresh that last changed the limit.
    pub changed_on: Option<Date>,
}

impl Limit {
    #[inline]
    pub(crate) const fn unpack(record: &'static [u8; LimitRecord::WIDTH], entry: Entry) -> Self {
        let Entry(catalog, _) = entry;
        let rare = &catalog.rares()[LimitRecord::rare(record) as usize];
        let section = catalog.text(LimitRecord::section(record), LimitRecord::section_len(record));
        Self {
            entry,
            metric: Metric::ALL[LimitRecord::metric(record) as usize],
            per: match unpack_period(LimitRecord::period(record)) {
                Some((seconds, is_calendar)) => Some(period(seconds, is_calendar)),
                None => None,
            },
            amount: match Amount::unpack(catalog, LimitRecord::amount_kind(record), LimitRecord::amount(record)) {
                Some(amount) => amount,
                None => panic!("a limit has an amount"),
            },
            calls: Invocation::ALL[LimitRecord::calls(record) as usize],
            pool: match PackedPool::unpack(LimitRecord::pool_kind(record)) {
                PackedPool::Account => Pool::Account,
                PackedPool::Group => {
                    Pool::Group(catalog.text(LimitRecord::group(record), LimitRecord::group_len(record)))
                }
                PackedPool::Model => Pool::Model(entry.name()),
                PackedPool::EachModel => Pool::EachModel,
            },
            each_region: RareRecord::each_region(rare) != 0,
            weight: Weight { each: RareRecord::weight(rare), output: RareRecord::output_weight(rare) },
            bound: Bound::ALL[LimitRecord::bound(record) as usize],
            evidence: Evidence::ALL[LimitRecord::evidence(record) as usize],
            alternative: Amount::unpack(catalog, RareRecord::alternative_kind(rare), RareRecord::alternative(rare)),
            ramp: Ramp { catalog, start: RareRecord::first_ramp(rare), len: RareRecord::ramp_len(rare) },
            until: unpacked_date(RareRecord::until(rare)),
            factor: match unpack_optional(RareRecord::factor_plan(rare)) {
                Some(plan) => {
                    let percent = RareRecord::factor_percent(rare);
                    Some(Factor { percent, plan: catalog.plans()[plan as usize] })
                }
                None => None,
            },
            page: match unpack_optional(LimitRecord::page(record)) {
                Some(number) => Some(&entry.provider().pages()[number as usize]),
                None => None,
            },
            section: if section.is_empty() { None } else { Some(section) },
            line: match LimitRecord::line(record) {
                0 => None,
                line => Some(line),
            },
            changed_on: unpacked_date(LimitRecord::changed_on(record)),
        }
    }

    /// Returns how much of the pool a call of a model with these names takes: the limit's own [`weight`](Self::weight). If that
    /// does not weigh output, the policy's [`output_weight`](crate::Policy::output_weight) does.
    #[inline]
    pub fn weight_of<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Weight {
        match self.weight {
            Weight { each, output: 1 } => {
                Weight { each, output: self.entry.provider().policy().output_weight(self.metric, names) }
            }
            own => own,
        }
    }

    /// Returns whether another limit holds in its region instead of this one: this is a limit of
    /// [each region](Self::each_region), and the other is that of one region, of equal selector, key, metric and period.
    /// [`Resolution::limits`](crate::Resolution::limits) has only the other.
    #[inline]
    pub fn is_replaced_by(&self, other: &Self) -> bool {
        let counts = |limit: &Self| (limit.metric, limit.per, limit.calls, limit.bound);
        self.each_region
            && other.entry.region().is_some()
            && counts(self) == counts(other)
            && self.entry.key() == EntryKey { region: None, ..other.entry.key() }
    }
}

/// Returns the period of a length in seconds.
#[inline]
pub(crate) const fn period(seconds: u32, is_calendar: bool) -> Period {
    let mut at = 0;
    while at < Period::NAMED.len() {
        let named = Period::NAMED[at];
        if named.is_calendar() == is_calendar && named.seconds() == seconds as u64 {
            return named;
        }
        at += 1;
    }
    match Period::from_seconds(seconds) {
        Some(period) => period,
        None => panic!("a period has a length"),
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
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ramp {
    catalog: CatalogRef,
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
        let record = &self.catalog.ramps()[self.start as usize + position];
        Some(RampPoint { after_minutes: RampRecord::after_minutes(record), amount: RampRecord::amount(record) })
    }

    /// Returns the points.
    #[inline]
    pub fn points(self) -> impl Iterator<Item = RampPoint> {
        (0..self.len()).filter_map(move |position| self.point(position))
    }
}

impl fmt::Debug for Ramp {
    #[inline]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.points()).finish()
    }
}

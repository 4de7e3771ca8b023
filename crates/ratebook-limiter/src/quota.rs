//! Limits of one's own, given in the program.

use std::fmt;
use std::time::Duration;

use ratebook::{Bound, Calls, Metric, Period};

use crate::cost::Dimension;
use crate::nanos::Nanos;
use crate::per::Per;
use crate::refusal::{Error, InvalidLimit};

/// A limit of one's own: so much of a metric over a window, and what shares it.
///
/// It begins as a hard limit of the whole account that is held at one time; each method changes one of these. All are
/// `const`, so a table of limits may be a constant. What makes no sense is an error of [`AccountBuilder::build`](crate::AccountBuilder::build).
///
/// ```
/// use std::time::Duration;
/// use ratebook::Metric;
/// use ratebook_limiter::{Account, Quota};
///
/// const QUOTAS: [Quota; 5] = [
///     Quota::requests(500).per_minute(),
///     Quota::requests(10_000).per_day(),
///     Quota::new(Metric::InputTokens, 200_000).per(Duration::from_secs(300)).of_model("large"),
///     Quota::tokens(90_000).per_minute().shared_by("small", &["mini", "nano"]),
///     Quota::concurrent(8),
/// ];
/// let account = QUOTAS.iter().fold(Account::custom("my-gateway"), |account, quota| account.limit(*quota));
/// let large = account.build()?.model("large")?;
/// assert_eq!(large.limits().count(), 4);
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "a quota holds for an account that it is given to"]
pub struct Quota<'a> {
    metric: Metric,
    amount: u64,
    per: Per,
    bound: Bound,
    calls: Calls,
    pool: PoolOf<'a>,
}

/// What shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PoolOf<'a> {
    Account,
    Group(&'a str, &'a [&'a str]),
    Model(&'a str),
}

impl<'a> Quota<'a> {
    /// So many units of a metric. What is counted over time needs a window, as by [`per_minute`](Self::per_minute);
    /// what is held at one time has none: concurrent tasks and connections. Zero refuses every call that uses any.
    pub const fn new(metric: Metric, amount: u64) -> Self {
        Self { metric, amount, per: Per::AtOnce, bound: Bound::Hard, calls: Calls::All, pool: PoolOf::Account }
    }

    /// So many requests.
    pub const fn requests(amount: u64) -> Self {
        Self::new(Metric::Requests, amount)
    }

    /// So many tokens, input and output together.
    pub const fn tokens(amount: u64) -> Self {
        Self::new(Metric::Tokens, amount)
    }

    /// So many calls at one time.
    pub const fn concurrent(amount: u64) -> Self {
        Self::new(Metric::ConcurrentTasks, amount)
    }

    /// Over each second, at any moment.
    pub const fn per_second(self) -> Self {
        self.per_period(Period::Second)
    }

    /// Over each minute, at any moment.
    pub const fn per_minute(self) -> Self {
        self.per_period(Period::Minute)
    }

    /// Over each hour, at any moment.
    pub const fn per_hour(self) -> Self {
        self.per(Duration::from_secs(3_600))
    }

    /// Over each day: of UTC with [`AccountBuilder::calendar`](crate::AccountBuilder::calendar)` (Calendar::Utc)`, else 24 hours at any moment.
    pub const fn per_day(self) -> Self {
        self.per_period(Period::Day)
    }

    /// Over each month: of UTC with [`AccountBuilder::calendar`](crate::AccountBuilder::calendar)` (Calendar::Utc)`, else 31 days at any moment.
    pub const fn per_month(self) -> Self {
        self.per_period(Period::Month)
    }

    /// Over any length of time, at any moment, up to 31 days; never by the calendar.
    pub const fn per(self, window: Duration) -> Self {
        Self { per: Per::of(window), ..self }
    }

    /// Over a period of the catalog.
    pub const fn per_period(self, period: Period) -> Self {
        Self { per: Per::Period(period), ..self }
    }

    /// Over no window: held at one time, as a quota begins.
    pub const fn at_once(self) -> Self {
        Self { per: Per::AtOnce, ..self }
    }

    /// Of one model alone, by the name that [`Account::model`](crate::Account::model) takes.
    pub const fn of_model(self, model: &'a str) -> Self {
        Self { pool: PoolOf::Model(model), ..self }
    }

    /// Of a group of models, which draw from it together. A group of several limits names the same models in each.
    pub const fn shared_by(self, group: &'a str, models: &'a [&'a str]) -> Self {
        Self { pool: PoolOf::Group(group, models), ..self }
    }

    /// At least so much, and more may pass, rather than refused above it: see [`AccountBuilder::exceed_guarantees`](crate::AccountBuilder::exceed_guarantees).
    pub const fn guaranteed(self) -> Self {
        Self { bound: Bound::Guaranteed, ..self }
    }

    /// Counts the calls of one form of the API alone: see [`ModelBuilder::synchronous`](crate::ModelBuilder::synchronous).
    /// Default: all.
    pub const fn of_calls(self, calls: Calls) -> Self {
        Self { calls, ..self }
    }
}

/// A [`Quota`] with names of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnLimit {
    pub(crate) metric: Metric,
    pub(crate) amount: u64,
    pub(crate) per: Per,
    pub(crate) bound: Bound,
    pub(crate) calls: Calls,
    pub(crate) pool: OwnPool,
}

/// What shares a limit of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnPool {
    Account,
    Group { name: String, models: Vec<String> },
    Model(String),
}

impl OwnPool {
    /// The models that it names.
    pub(crate) fn models(&self) -> &[String] {
        match self {
            Self::Account => &[],
            Self::Group { models, .. } => models,
            Self::Model(model) => std::slice::from_ref(model),
        }
    }

    /// Its name, where it has one.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Account => None,
            Self::Group { name, .. } | Self::Model(name) => Some(name),
        }
    }

    /// Whether calls of a model with these names draw from it.
    pub(crate) fn has(&self, names: &[String]) -> bool {
        matches!(self, Self::Account) || self.models().iter().any(|model| names.contains(model))
    }
}

impl From<Quota<'_>> for OwnLimit {
    fn from(quota: Quota<'_>) -> Self {
        let Quota { metric, amount, per, bound, calls, pool } = quota;
        let pool = match pool {
            PoolOf::Account => OwnPool::Account,
            PoolOf::Group(name, models) => OwnPool::Group {
                name: name.to_owned(),
                models: models.iter().map(|model| (*model).to_owned()).collect(),
            },
            PoolOf::Model(model) => OwnPool::Model(model.to_owned()),
        };
        Self { metric, amount, per, bound, calls, pool }
    }
}

impl fmt::Display for OwnLimit {
    /// `500 requests per minute of gpt-4o`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.amount, self.metric, self.per)?;
        match self.pool.name() {
            Some(name) => write!(f, " of `{name}`"),
            None => Ok(()),
        }
    }
}

/// Whether a metric can be counted over a window.
pub(crate) fn check_window(metric: Metric, per: Per) -> Result<(), InvalidLimit> {
    match (Dimension::of(metric), per.nanos()) {
        (None, _) => Err(InvalidLimit::NotCounted),
        (Some((Dimension::Concurrency, _)), None) => Ok(()),
        (Some((Dimension::Concurrency, _)), Some(_)) => Err(InvalidLimit::NeedsNoWindow),
        (Some(_), None) => Err(InvalidLimit::NeedsWindow),
        (Some(_), Some(Nanos::ZERO)) => Err(InvalidLimit::ZeroWindow),
        (Some(_), Some(nanos)) if nanos > Per::LONGEST => Err(InvalidLimit::LongWindow),
        (Some(_), Some(_)) => Ok(()),
    }
}

/// Checks limits of one's own, each alone and all together.
pub(crate) fn check(limits: &[OwnLimit]) -> Result<(), Error> {
    for (at, limit) in limits.iter().enumerate() {
        check_one(limit, &limits[..at]).map_err(|why| Error::InvalidLimit { limit: limit.to_string(), why })?;
    }
    Ok(())
}

fn check_one(limit: &OwnLimit, before: &[OwnLimit]) -> Result<(), InvalidLimit> {
    check_window(limit.metric, limit.per)?;
    if limit.pool.name().into_iter().chain(limit.pool.models().iter().map(String::as_str)).any(is_blank) {
        return Err(InvalidLimit::EmptyName);
    }
    if limit.pool.models().iter().any(|model| model == "*") {
        return Err(InvalidLimit::EveryModel);
    }
    if matches!(&limit.pool, OwnPool::Group { models, .. } if models.is_empty()) {
        return Err(InvalidLimit::NoModels);
    }
    for other in before {
        if let (OwnPool::Group { name, models }, OwnPool::Group { name: other, models: others }) =
            (&limit.pool, &other.pool)
            && name == other
            && !(models.iter().all(|model| others.contains(model)) && others.iter().all(|model| models.contains(model)))
        {
            return Err(InvalidLimit::OtherModels);
        }
        let same_pool = std::mem::discriminant(&limit.pool) == std::mem::discriminant(&other.pool)
            && limit.pool.name() == other.pool.name();
        let key = |limit: &OwnLimit| (limit.metric, limit.per, limit.bound, limit.calls);
        if same_pool && key(limit) == key(other) {
            return Err(InvalidLimit::Twice);
        }
    }
    Ok(())
}

pub(crate) fn is_blank(name: &str) -> bool {
    name.trim().is_empty()
}

//! Quotas: limits that the program describes.

use std::fmt;
use std::time::Duration;

use ratebook::{Bound, Invocation, Metric, Period};

use crate::cost::Dimension;
use crate::nanos::Nanos;
use crate::per::Per;
use crate::refusal::{Error, InvalidLimit};

/// A limit described in the program: an amount of a metric over a window, and the pool that shares it.
///
/// A new quota is a hard limit of the whole account without a window; each method changes one of these. All methods are
/// `const`, so a table of quotas may be a constant. [`AccountBuilder::build`](crate::AccountBuilder::build) returns an
/// error for an invalid one.
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
#[must_use = "a quota has no effect until it is given to an account"]
pub struct Quota<'a> {
    metric: Metric,
    amount: u64,
    per: Per,
    bound: Bound,
    calls: Invocation,
    pool: QuotaPool<'a>,
}

/// The pool that shares a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum QuotaPool<'a> {
    Account,
    Group(&'a str, &'a [&'a str]),
    Model(&'a str),
}

impl<'a> Quota<'a> {
    /// A quota of `amount` units of a metric. A metric counted over time needs a window, such as
    /// [`per_minute`](Self::per_minute). What calls hold until they end has none: concurrency, queued batch jobs. An
    /// amount of zero refuses every call that uses any.
    pub const fn new(metric: Metric, amount: u64) -> Self {
        Self { metric, amount, per: Per::AtOnce, bound: Bound::Hard, calls: Invocation::All, pool: QuotaPool::Account }
    }

    /// A quota of requests.
    pub const fn requests(amount: u64) -> Self {
        Self::new(Metric::Requests, amount)
    }

    /// A quota of tokens, input and output together.
    pub const fn tokens(amount: u64) -> Self {
        Self::new(Metric::Tokens, amount)
    }

    /// A quota of concurrent calls.
    pub const fn concurrent(amount: u64) -> Self {
        Self::new(Metric::ConcurrentTasks, amount)
    }

    /// A quota of images, generated or sent.
    pub const fn images(amount: u64) -> Self {
        Self::new(Metric::Images, amount)
    }

    /// A quota of characters of text.
    pub const fn characters(amount: u64) -> Self {
        Self::new(Metric::Characters, amount)
    }

    /// A quota of the requests of batch jobs that are not yet finished. It has no window: see
    /// [`Cost::queued`](crate::Cost::queued).
    pub const fn queued_requests(amount: u64) -> Self {
        Self::new(Metric::QueuedBatchRequests, amount)
    }

    /// A quota of the input tokens of batch jobs that are not yet finished. It has no window: see
    /// [`Cost::queued`](crate::Cost::queued).
    pub const fn queued_tokens(amount: u64) -> Self {
        Self::new(Metric::QueuedBatchTokens, amount)
    }

    /// Over one second, sliding.
    pub const fn per_second(self) -> Self {
        self.per_period(Period::Second)
    }

    /// Over one minute, sliding.
    pub const fn per_minute(self) -> Self {
        self.per_period(Period::Minute)
    }

    /// Over one hour, sliding.
    pub const fn per_hour(self) -> Self {
        self.per_period(Period::Hour)
    }

    /// Over one day: of the calendar if the [account's](crate::AccountBuilder::calendar) has a time zone, otherwise 24
    /// hours, sliding.
    pub const fn per_day(self) -> Self {
        self.per_period(Period::Day)
    }

    /// Over one week: from Monday if the [account's calendar](crate::AccountBuilder::calendar) has a time zone,
    /// otherwise seven days, sliding.
    pub const fn per_week(self) -> Self {
        self.per_period(Period::Week)
    }

    /// Over one month: of the calendar if the [account's](crate::AccountBuilder::calendar) has a time zone, otherwise
    /// 31 days, sliding.
    pub const fn per_month(self) -> Self {
        self.per_period(Period::Month)
    }

    /// Over a window of any length up to 31 days, sliding. 24 hours never follow the calendar;
    /// [`per_day`](Self::per_day) may.
    pub const fn per(self, window: Duration) -> Self {
        Self { per: Per::of(window), ..self }
    }

    /// Over a period of the catalog.
    pub const fn per_period(self, period: Period) -> Self {
        Self { per: Per::Period(period), ..self }
    }

    /// Without a window, for what calls hold until they end. Default.
    pub const fn at_once(self) -> Self {
        Self { per: Per::AtOnce, ..self }
    }

    /// For one model only, by the name given to [`Account::model`](crate::Account::model). Default: for the whole
    /// account.
    pub const fn of_model(self, model: &'a str) -> Self {
        Self { pool: QuotaPool::Model(model), ..self }
    }

    /// For a named group of models, which draw from it together. All quotas of a group must name the same models.
    pub const fn shared_by(self, group: &'a str, models: &'a [&'a str]) -> Self {
        Self { pool: QuotaPool::Group(group, models), ..self }
    }

    /// Makes the limit guaranteed: the vendor serves at least this much, and may serve more. See
    /// [`AccountBuilder::exceed_guarantees`](crate::AccountBuilder::exceed_guarantees). Default: hard.
    pub const fn guaranteed(self) -> Self {
        Self { bound: Bound::Guaranteed, ..self }
    }

    /// Makes the limit a ceiling: the vendor serves at most this much, and the limit in force may be lower. With a rule
    /// of [growth](crate::AccountBuilder::growth), it grows to the ceiling from the amount that responses state.
    /// Default: hard.
    pub const fn ceiling(self) -> Self {
        Self { bound: Bound::Ceiling, ..self }
    }

    /// Counts only calls of one form of the API: see [`ModelBuilder::synchronous`](crate::ModelBuilder::synchronous).
    /// Default: all calls.
    pub const fn of_calls(self, calls: Invocation) -> Self {
        Self { calls, ..self }
    }
}

/// A [`Quota`] that owns its names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnedQuota {
    pub(crate) metric: Metric,
    pub(crate) amount: u64,
    pub(crate) per: Per,
    pub(crate) bound: Bound,
    pub(crate) calls: Invocation,
    pub(crate) pool: OwnedPool,
}

/// The pool that shares a limit, with owned names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OwnedPool {
    Account,
    Group { name: String, models: Vec<String> },
    Model(String),
}

impl OwnedPool {
    /// Returns the models that the pool names.
    pub(crate) fn models(&self) -> &[String] {
        match self {
            Self::Account => &[],
            Self::Group { models, .. } => models,
            Self::Model(model) => std::slice::from_ref(model),
        }
    }

    /// Returns the pool's name; `None` for the account.
    pub(crate) fn name(&self) -> Option<&str> {
        match self {
            Self::Account => None,
            Self::Group { name, .. } | Self::Model(name) => Some(name),
        }
    }

    /// Returns whether calls of a model with these names draw from the pool.
    pub(crate) fn has(&self, names: &[String]) -> bool {
        matches!(self, Self::Account) || self.models().iter().any(|model| names.contains(model))
    }
}

impl From<Quota<'_>> for OwnedQuota {
    fn from(quota: Quota<'_>) -> Self {
        let Quota { metric, amount, per, bound, calls, pool } = quota;
        let pool = match pool {
            QuotaPool::Account => OwnedPool::Account,
            QuotaPool::Group(name, models) => OwnedPool::Group {
                name: name.to_owned(),
                models: models.iter().map(|model| (*model).to_owned()).collect(),
            },
            QuotaPool::Model(model) => OwnedPool::Model(model.to_owned()),
        };
        Self { metric, amount, per, bound, calls, pool }
    }
}

impl fmt::Display for OwnedQuota {
    /// ``500 requests per minute of `gpt-4o` ``
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.amount, self.metric, self.per)?;
        match self.pool.name() {
            Some(name) => write!(f, " of `{name}`"),
            None => Ok(()),
        }
    }
}

/// Checks that a metric can be counted over a window.
pub(crate) fn check_window(metric: Metric, per: Per) -> Result<(), InvalidLimit> {
    match (Dimension::of(metric), per.nanos()) {
        (None, _) => Err(InvalidLimit::NotCounted),
        (Some(dimension), per) if dimension.is_held() => match per {
            None => Ok(()),
            Some(_) => Err(InvalidLimit::NeedsNoWindow),
        },
        (Some(_), None) => Err(InvalidLimit::NeedsWindow),
        (Some(_), Some(Nanos::ZERO)) => Err(InvalidLimit::ZeroWindow),
        (Some(_), Some(nanos)) if nanos > Per::LONGEST => Err(InvalidLimit::LongWindow),
        (Some(_), Some(_)) => Ok(()),
    }
}

/// Checks quotas, each alone and against those before it.
pub(crate) fn check(limits: &[OwnedQuota]) -> Result<(), Error> {
    for (at, limit) in limits.iter().enumerate() {
        check_one(limit, &limits[..at]).map_err(|why| Error::InvalidLimit { limit: limit.to_string(), why })?;
    }
    Ok(())
}

/// Checks a quota against those given before it.
fn check_one(limit: &OwnedQuota, before: &[OwnedQuota]) -> Result<(), InvalidLimit> {
    check_window(limit.metric, limit.per)?;
    if limit.pool.name().into_iter().chain(limit.pool.models().iter().map(String::as_str)).any(is_blank) {
        return Err(InvalidLimit::EmptyName);
    }
    if limit.pool.models().iter().any(|model| model == "*") {
        return Err(InvalidLimit::EveryModel);
    }
    if matches!(&limit.pool, OwnedPool::Group { models, .. } if models.is_empty()) {
        return Err(InvalidLimit::NoModels);
    }
    for other in before {
        if let (OwnedPool::Group { name, models }, OwnedPool::Group { name: other, models: others }) =
            (&limit.pool, &other.pool)
            && name == other
            && !(models.iter().all(|model| others.contains(model)) && others.iter().all(|model| models.contains(model)))
        {
            return Err(InvalidLimit::OtherModels);
        }
        let same_pool = std::mem::discriminant(&limit.pool) == std::mem::discriminant(&other.pool)
            && limit.pool.name() == other.pool.name();
        let key = |limit: &OwnedQuota| (limit.metric, limit.per, limit.bound, limit.calls);
        if same_pool && key(limit) == key(other) {
            return Err(InvalidLimit::Twice);
        }
    }
    Ok(())
}

/// Returns whether a name is empty or only whitespace.
pub(crate) fn is_blank(name: &str) -> bool {
    name.trim().is_empty()
}

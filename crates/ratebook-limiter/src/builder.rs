//! What an account is told before its first call.

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Calendar, Metric, Period, Plan, Provider, Region};

use crate::account::Account;
use crate::clock::Clock;
use crate::meter::SlowStart;
use crate::nanos::Nanos;
use crate::refusal::Error;
use crate::telemetry::Named;

/// How much may be sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Burst {
    /// All that the limits leave: after a quiet minute, a minute's worth. Safe with vendors that count by fixed or
    /// sliding windows or by a bucket that holds the limit.
    #[default]
    Full,
    /// Within each second and minute at an even pace, with bursts of a 256th of the limit or of the largest call, b,
    /// and the rest evenly: of a limit L, L − b is used. Safe with vendors that estimate by a sliding counter, too, and
    /// with buckets that hold no more than a burst. Days and months are not paced.
    Smooth,
}

/// How much of its limits a new account takes for free: a process that restarts does not know what it used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartLevel {
    /// Everything.
    #[default]
    Full,
    /// Nothing: every window is taken for used up.
    Empty,
    /// So many percent.
    Percent(u8),
}

impl StartLevel {
    pub(crate) fn free_percent(self) -> u8 {
        match self {
            Self::Full => 100,
            Self::Empty => 0,
            Self::Percent(percent) => percent.min(100),
        }
    }
}

/// An amount that holds in the place of the published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    pub(crate) model: String,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    pub(crate) amount: u64,
}

/// A class of callers and its share of every limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) name: String,
    pub(crate) percent: u8,
}

/// Everything that an account is told.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) provider: Provider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) negotiated: Vec<Negotiated>,
    pub(crate) shares: Vec<(Option<Metric>, u8)>,
    pub(crate) classes: Vec<Class>,
    pub(crate) burst: Burst,
    pub(crate) jitter: Duration,
    pub(crate) start: StartLevel,
    /// Start levels of days and months.
    pub(crate) start_of: Vec<(Period, StartLevel)>,
    /// How a rate rises from a cold start, if slowly.
    pub(crate) slow_start: Option<SlowStart>,
    /// How long a call may leave its turn unclaimed.
    pub(crate) grace: Duration,
    /// The longest that `acquire` waits.
    pub(crate) longest_wait: Option<Duration>,
    pub(crate) calendar: Calendar,
    pub(crate) resolution: usize,
    pub(crate) exceeds_guarantees: bool,
    pub(crate) shadow: bool,
    /// The least percentage of a limit that is used, where others draw from it too.
    pub(crate) shared: Option<u8>,
    #[cfg(feature = "feedback")]
    pub(crate) hearing: crate::feedback::Hearing,
    pub(crate) clock: Clock,
    pub(crate) telemetry: Named,
}

/// The default of a slow start.
const SLOW_START: SlowStart = SlowStart { from_percent: 12, over: Nanos::MINUTE };

impl Settings {
    /// What a new window over a period has free.
    pub(crate) fn start_level(&self, per: Option<Period>) -> StartLevel {
        let of = self.start_of.iter().rev().find(|(of, _)| Some(*of) == per).map(|(_, level)| *level);
        of.unwrap_or(match per {
            Some(Period::Second | Period::Minute) => self.start,
            _ => StartLevel::Full,
        })
    }

    /// The percentages of limits on a metric that the account may use, one of the other.
    pub(crate) fn shares_of(&self, metric: Metric) -> Arc<[u8]> {
        let shares = self.shares.iter().filter(|(of, _)| of.is_none_or(|of| of == metric));
        shares.map(|(_, percent)| *percent).collect()
    }
}

/// Builds an [`Account`]; made by [`Account::builder`].
#[derive(Clone, Debug)]
pub struct AccountBuilder {
    settings: Settings,
    region: Option<String>,
    plan: Option<String>,
}

impl AccountBuilder {
    pub(crate) fn new(provider: Provider) -> Self {
        let settings = Settings {
            provider,
            region: None,
            plan: None,
            negotiated: Vec::new(),
            shares: Vec::new(),
            classes: Vec::new(),
            burst: Burst::default(),
            jitter: Duration::ZERO,
            start: StartLevel::default(),
            start_of: Vec::new(),
            slow_start: provider.policy().growth_protection.then_some(SLOW_START),
            grace: Duration::from_millis(20),
            longest_wait: None,
            calendar: provider.policy().calendar,
            resolution: 128,
            exceeds_guarantees: false,
            shadow: false,
            shared: None,
            #[cfg(feature = "feedback")]
            hearing: crate::feedback::Hearing::of(provider),
            clock: Clock::system(),
            telemetry: Named::default(),
        };
        Self { settings, region: None, plan: None }
    }

    /// The region of the account's endpoint, by its name in the catalog. Without one, a model has the limits of the
    /// region that allows it least.
    #[must_use]
    pub fn region(mut self, name: impl Into<String>) -> Self {
        self.region = Some(name.into());
        self
    }

    /// The account's plan or tier, by its name in the catalog. Without one, a model has the limits of the first plan
    /// on the vendor's page that serves it.
    #[must_use]
    pub fn plan(mut self, name: impl Into<String>) -> Self {
        self.plan = Some(name.into());
        self
    }

    /// The same as [`plan`](Self::plan), for vendors that speak of tiers.
    #[must_use]
    pub fn tier(self, name: impl Into<String>) -> Self {
        self.plan(name)
    }

    /// An amount agreed with the vendor, in units of the metric, in the place of the published one. `model` is a name
    /// of the model, or `*` for every limit on this metric and period. Where the catalog has no such limit, the model, or
    /// the account, has it from now on.
    #[must_use]
    pub fn negotiated(mut self, model: impl Into<String>, metric: Metric, per: Option<Period>, amount: u64) -> Self {
        self.settings.negotiated.push(Negotiated { model: model.into(), metric, per, amount });
        self
    }

    /// Uses at most so many percent (1 to 100) of every limit.
    #[must_use]
    pub fn share(mut self, percent: u8) -> Self {
        self.settings.shares.push((None, percent));
        self
    }

    /// Uses at most so many percent (1 to 100) of the limits on a metric.
    #[must_use]
    pub fn share_of(mut self, metric: Metric, percent: u8) -> Self {
        self.settings.shares.push((Some(metric), percent));
        self
    }

    /// A class of callers that together use at most so many percent (1 to 100) of every limit:
    /// [`ModelBuilder::class`](crate::ModelBuilder::class).
    #[must_use]
    pub fn class(mut self, name: impl Into<String>, percent: u8) -> Self {
        self.settings.classes.push(Class { name: name.into(), percent });
        self
    }

    /// How much may be sent at once; [`Burst::Full`] unless told.
    #[must_use]
    pub fn burst(mut self, burst: Burst) -> Self {
        self.settings.burst = burst;
        self
    }

    /// The spread of the network's delay, from the quickest call to the slowest: calls sent this much further apart
    /// than a window still arrive within it. Every window is lengthened by it, at a cost of jitter/(window + jitter) of
    /// the limit: 0.4 % of a minute for 250 ms. None unless told.
    #[must_use]
    pub fn jitter(mut self, spread: Duration) -> Self {
        self.settings.jitter = spread;
        self
    }

    /// What was used before the account was built, of limits over seconds and minutes: a process that restarts is safe after
    /// a minute. Limits over days and months begin with all that they allow, unless
    /// [`start_level_of`](Self::start_level_of) says otherwise. Default: [`StartLevel::Full`].
    #[must_use]
    pub fn start_level(mut self, level: StartLevel) -> Self {
        self.settings.start = level;
        self
    }

    /// Like [`start_level`](Self::start_level), but for the limits over one period. [`StartLevel::Empty`] of a day or a month
    /// admits nothing for as long.
    #[must_use]
    pub fn start_level_of(mut self, per: Period, level: StartLevel) -> Self {
        self.settings.start_of.push((per, level));
        self
    }

    /// How the rate of calls rises from a cold start, the first call in five minutes: in the shortest window of each limit on
    /// requests, `from_percent` (1 to 100) of it, ten calls at least, may be made at once, and the rest is set free evenly
    /// within `over`. Limits that grow by use are low at first anyway and rise by that. Default: 12 % and one minute where the provider's policy says that steep rises are refused
    /// below every limit, else all at once. `slow_start(100, Duration::ZERO)` turns it off.
    #[must_use]
    pub fn slow_start(mut self, from_percent: u8, over: Duration) -> Self {
        let over = Nanos::from(over);
        self.settings.slow_start = (from_percent < 100 && !over.is_zero()).then_some(SlowStart { from_percent, over });
        self
    }

    /// How long a call that waits may leave its turn unclaimed: its future unpolled after it was woken, its ticket not looked
    /// at after its time. It then keeps its place, but is passed over until it is polled, so any number of such calls delays
    /// the others by one grace. Default: 20 ms.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// The longest that [`Model::acquire`](crate::Model::acquire) waits: a call that would wait longer, since a vendor has
    /// asked for hours or a day is used up, fails at once with the wait as its reason. Default: none, it waits for as long as
    /// it takes.
    #[must_use]
    pub fn longest_wait(mut self, longest: Duration) -> Self {
        self.settings.longest_wait = Some(longest);
        self
    }

    /// Where days and months begin: as the provider's policy says, unless told. A vendor that does not say is taken to
    /// count the last 24 hours, or the last 31 days, at any moment, which no calendar counts more than.
    #[must_use]
    pub fn calendar(mut self, calendar: Calendar) -> Self {
        self.settings.calendar = calendar;
        self
    }

    /// Goes on beyond limits that are guaranteed rather than hard: such calls are served after others, and
    /// [`Permit::is_beyond_guarantee`](crate::Permit::is_beyond_guarantee) tells. Unless told, the account stays under.
    #[must_use]
    pub fn exceed_guarantees(mut self) -> Self {
        self.settings.exceeds_guarantees = true;
        self
    }

    /// Admits every call and only says what it would have done: [`Permit::held_back`](crate::Permit::held_back).
    #[must_use]
    pub fn shadow(mut self) -> Self {
        self.settings.shadow = true;
        self
    }

    /// How replies speak of limits; [`Dialect::of`](crate::feedback::Dialect::of) the provider unless told: for a gateway
    /// in between, or what a vendor sends beyond its page.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn dialect(mut self, dialect: crate::feedback::Dialect) -> Self {
        self.settings.hearing.dialect = dialect;
        self
    }

    /// Slows down when a reply says that its call was over a guaranteed limit and was served after others. Unless told,
    /// the reply's signals only tell it. On an account that is [shared with others](Self::shared_with_others) it gives way,
    /// as after a refusal. Handles that [go beyond guarantees](Self::exceed_guarantees) do so all the same.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn obey_over_limit(mut self) -> Self {
        self.settings.hearing.obeys_over_limit = true;
        self
    }

    /// Others draw from the account's limits, and nobody knows how much. Calls then keep an even pace, as by
    /// [`Burst::Smooth`]. A refusal lowers what is used of a limit to a sixteenth less than it was, and that rises again:
    /// by a 24th of the limit in its next window, twice as much in the one after, and so on, between the floor, in percent
    /// of the limit (1 to 100), and all of it. Needs replies to be observed.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn shared_with_others(mut self, floor_percent: u8) -> Self {
        self.settings.shared = Some(floor_percent);
        self
    }

    /// The seed of the random backoff after refusals that name no time, for tests and simulations; random unless told.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn backoff_seed(mut self, seed: u64) -> Self {
        self.settings.hearing.seed = Some(seed);
        self
    }

    /// How many moments a window remembers apart, 128 unless told, 2 at least; each takes 24 bytes. A limit of fewer
    /// units takes fewer.
    #[must_use]
    pub fn resolution(mut self, moments: usize) -> Self {
        self.settings.resolution = moments.max(2);
        self
    }

    /// Where time comes from; the system's monotonic clock unless told.
    #[must_use]
    pub fn clock(mut self, clock: Clock) -> Self {
        self.settings.clock = clock;
        self
    }

    /// What metrics and events call the account, to tell it from others at the same provider: its label `account`. None
    /// unless told. A name that comes with each call would make series without end.
    #[cfg(any(feature = "metrics", feature = "tracing"))]
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.telemetry.name = Some(name.into().into());
        self
    }

    /// Checks what was told.
    ///
    /// # Errors
    /// A region or plan that the provider does not have, or a share that is none.
    pub fn build(self) -> Result<Account, Error> {
        Ok(Account::new(Arc::new(self.settings()?)))
    }

    pub(crate) fn settings(self) -> Result<Settings, Error> {
        let Self { mut settings, region, plan } = self;
        let provider = settings.provider;
        if let Some(name) = region {
            let known = Region::from_name(&name).filter(|region| provider.regions().any(|known| known == *region));
            settings.region = Some(known.ok_or(Error::UnknownRegion { provider, name })?);
        }
        if let Some(name) = plan {
            let known = Plan::from_name(&name).filter(|plan| provider.plans().any(|known| known == *plan));
            settings.plan = Some(known.ok_or(Error::UnknownPlan { provider, name })?);
        }
        let shares = settings.shares.iter().map(|(_, percent)| *percent);
        let shares = shares.chain(settings.classes.iter().map(|class| class.percent));
        let shares = shares.chain(settings.slow_start.map(|slow_start| slow_start.from_percent));
        let mut shares = shares.chain(settings.shared);
        match shares.find(|percent| !(1..=100).contains(percent)) {
            Some(percent) => Err(Error::Share(percent)),
            None => Ok(settings),
        }
    }
}

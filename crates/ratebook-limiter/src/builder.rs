//! What an account is told before its first call.

mod check;

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Calendar, Metric, Period, Provider};

use crate::account::Account;
use crate::clock::Clock;
use crate::meter::SlowStart;
use crate::nanos::Nanos;
use crate::quota::Quota;
use crate::refusal::Error;
use crate::settings::{Burst, Class, Negotiated, Settings, StartLevel};
use crate::telemetry::Label;
use crate::vendor::Vendor;

impl Account {
    /// Begins to build an account; from nothing but a provider, one that keeps to the published limits.
    pub fn builder(provider: Provider) -> AccountBuilder {
        AccountBuilder::new(Vendor::of_catalog(provider))
    }

    /// Begins to build an account at a provider that the catalog does not have: a gateway, a server of one's own, a
    /// vendor whose page nobody has read. Its limits are given with [`AccountBuilder::limit`], at least one. Everything
    /// else is as for a provider of the catalog.
    ///
    /// The name stands in refusals, errors, metrics and events in the place of a provider's. Each distinct name, and
    /// those of the pools, take memory until the program ends, once.
    ///
    /// [`Account::model`] takes any name where a limit holds for the whole account. Where limits name models alone,
    /// another model is an error.
    ///
    /// ```
    /// use ratebook_limiter::{Account, Cost, Quota, Refused};
    ///
    /// // OpenAI: 500 requests and 30,000 tokens a minute.
    /// let account = Account::custom("openai")
    ///     .limit(Quota::requests(500).per_minute())
    ///     .limit(Quota::tokens(30_000).per_minute())
    ///     .build()?;
    /// let gpt = account.model("gpt-4o")?;
    /// let permit = gpt.try_acquire(Cost::request().input(1_200).output(400)).unwrap();
    /// let Err(Refused::Wait(wait)) = gpt.try_acquire(Cost::request().input(29_000)) else { panic!() };
    /// assert!(wait.to_string().starts_with("30000 tokens per 60s (openai, as configured) is used up"));
    /// # drop(permit);
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// With the feature `feedback`, name the dialect of its replies: `.dialect(Dialect::OPENAI)`. Without one, the
    /// statuses 429, 402, 413 and 503 and `Retry-After` are read.
    pub fn custom(name: impl AsRef<str>) -> AccountBuilder {
        AccountBuilder::new(Vendor::custom(name.as_ref()))
    }
}

/// Builds an [`Account`]; made by [`Account::builder`] and [`Account::custom`].
#[derive(Clone, Debug)]
pub struct AccountBuilder {
    settings: Settings,
    region: Option<String>,
    plan: Option<String>,
    sub_window: Option<Duration>,
}

impl AccountBuilder {
    pub(crate) fn new(provider: Vendor) -> Self {
        let settings = Settings {
            provider,
            region: None,
            plan: None,
            negotiated: Vec::new(),
            shares: Vec::new(),
            classes: Vec::new(),
            burst: Burst::default(),
            jitter: None,
            start: StartLevel::default(),
            start_of: Vec::new(),
            slow_start: None,
            grace: Duration::from_millis(20),
            longest_wait: None,
            calendar: provider.policy().calendar,
            resolution: 128,
            exceeds_guarantees: false,
            shadow: false,
            shared: None,
            #[cfg(feature = "feedback")]
            feedback: crate::feedback::FeedbackSettings::of(&provider),
            clock: Clock::system(),
            label: Label::default(),
            limits: Vec::new(),
            strict: false,
        };
        Self { settings, region: None, plan: None, sub_window: None }
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

    /// An amount agreed with the vendor, in units of the metric, in the place of the published one. Zero refuses every
    /// call that uses any.
    ///
    /// `model` is a name of a model that the catalog leads to limits without a task, or `*` for every limit on this metric
    /// and period. For a model it replaces the limit of its own; where it has none, that of its group; where that has none,
    /// the account's. **A limit that models share is one limit**: the amount holds for all of them, whichever of them it was
    /// negotiated for. Of two amounts for one limit the last word counts, and one for a model before one for `*`. Where the
    /// catalog has no such limit, the model, or the account, has it from now on, as a hard one.
    ///
    /// The limit goes on meaning what it does at its edge, hard or guaranteed, and does not grow with use. Where the page
    /// states both for one pool (Fireworks guarantees 60 requests a minute, and refuses above 6,000), the amount replaces the
    /// hard one. The guarantee then stays, and grows as published, where it is not above the amount: calls keep to it
    /// unless they [exceed guarantees](Self::exceed_guarantees). Where it is above, it says nothing more and is dropped.
    ///
    /// Refusals cite such a limit as negotiated, without a line of the page. What is wrong is an error of
    /// [`build`](Self::build): a model that the catalog does not have, a metric that is counted over time without a period,
    /// one that is held at one time with a period, and one that calls use nothing of.
    ///
    /// ```
    /// use ratebook::{Metric, Period, Provider};
    /// use ratebook_limiter::Account;
    ///
    /// let minute = Some(Period::Minute);
    /// let account = Account::builder(Provider::Castai).plan("growth");
    /// let account = account.negotiated("Qwen 3 32B", Metric::Tokens, minute, 900_000).build()?;
    /// // Both are of the size class medium, whose models share their limits.
    /// for model in ["Gemma 3 27B", "Qwen 3 32B"] {
    ///     assert!(account.model(model)?.limits().any(|limit| limit.amount == 900_000 && limit.is_negotiated()));
    /// }
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
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
    /// [`ModelBuilder::class`](crate::ModelBuilder::class). For names that the program knows, and that metrics tell apart;
    /// for those that come at run time, such as customers', see [`Account::tenant`], and where each has an account or a limit
    /// of its own, [`Keyed`](crate::Keyed).
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
    /// than a window still arrive within it. Every window is lengthened by it, but for days and months of a calendar, at a
    /// cost of jitter/(window + jitter) of the limit: 0.4 % of a minute for 250 ms. **Where seconds are enforced**, also as
    /// parts of a minute, that is jitter/(1 s + jitter): 4.8 % for 50 ms, 9.1 % for 100 ms, 20 % for 250 ms.
    ///
    /// Default: a twentieth of each window, 250 ms at most, on the system's clock, and none on any other, which simulates
    /// calls that arrive when they leave. The second of a minute so has 50 ms, enough for connections that are open already
    /// and for a busy machine; say more where new ones come from far away, and nothing (`Duration::ZERO`) where a refusal
    /// costs less than 4.8 % of a second's part. A limit that is itself of a second or less has none unless told: there it
    /// would cost more than many networks do.
    #[must_use]
    pub fn jitter(mut self, spread: Duration) -> Self {
        self.settings.jitter = Some(spread);
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
    /// within `over`. Limits that grow by use are low at first anyway and rise by that. Default: 12 % and one minute where the
    /// provider's policy says that steep rises are refused below every limit, else all at once.
    /// `slow_start(100, Duration::ZERO)` turns it off.
    #[must_use]
    pub fn slow_start(mut self, from_percent: u8, over: Duration) -> Self {
        let over = Nanos::from(over);
        let is_slow = from_percent < 100 && !over.is_zero();
        self.settings.slow_start = Some(is_slow.then_some(SlowStart { from_percent, over }));
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

    /// The longest that `Model::acquire`, [`Model::acquire_blocking`](crate::Model::acquire_blocking) and
    /// `Fallback::acquire` wait: a call that would wait longer, since a vendor has
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

    /// Admits every call and only says what it would have done: [`Permit::would_have_waited`](crate::Permit::would_have_waited).
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
        self.settings.feedback.dialect = dialect;
        self
    }

    /// Slows down when a reply says that its call was over a guaranteed limit and was served after others. Unless told,
    /// the reply's signals only tell it. On an account that is [shared with others](Self::shared_with_others) it gives way,
    /// as after a refusal. A limit of which the same reply leaves enough is not slowed down. Handles that
    /// [go beyond guarantees](Self::exceed_guarantees) do so all the same.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn obey_over_limit(mut self) -> Self {
        self.settings.feedback.obeys_over_limit = true;
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
        self.settings.feedback.seed = Some(seed);
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
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.settings.label.name = Some(name.into().into());
        self
    }

    /// A limit of the user's own, beside those of the catalog where there are any, none of which it replaces
    /// ([`negotiated`](Self::negotiated) does). See [`Account::custom`] and [`Quota`].
    #[must_use]
    pub fn limit(mut self, quota: Quota<'_>) -> Self {
        self.settings.limits.push(quota.into());
        self
    }

    /// Enforces the limits of a minute over a shorter window too, in proportion, as some vendors do: a sixtieth of the
    /// minute's in each second. Default: as the provider's policy says; none for a [custom account](Account::custom). It has
    /// to divide a minute.
    #[must_use]
    pub fn sub_window(mut self, window: Duration) -> Self {
        self.sub_window = Some(window);
        self
    }

    /// Whether the vendor refuses a steep rise even below every limit. Default: as the provider's policy says; `false` for
    /// a [custom account](Account::custom).
    #[must_use]
    pub fn growth_protection(mut self, is_enforced: bool) -> Self {
        self.settings.provider.policy_mut().growth_protection = is_enforced;
        self
    }

    /// Seconds after which a refusal that names no time is typically over: the longest backoff. Default: as the provider's
    /// policy says, else 60.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn recovery_seconds(mut self, seconds: u32) -> Self {
        self.settings.provider.policy_mut().recovery_seconds = Some(seconds);
        self
    }

    /// Makes it an error of [`Account::model`], with near names, that nothing is found of the model itself: only what holds
    /// for every model of the account, or the strictest size class for want of a size in the name
    /// ([`LimitsBy::is_default`](crate::LimitsBy::is_default)). A model that the catalog has in another plan is none. Models
    /// that limits were [negotiated](Self::negotiated) or [given](Self::limit) for have to be known, too. Default: such a
    /// model is limited by what was found, and [`Model::rule`](crate::Model::rule) says so.
    ///
    /// ```
    /// use ratebook::{Provider, Rule};
    /// use ratebook_limiter::{Account, Error, LimitsBy};
    ///
    /// let fireworks = Account::builder(Provider::Fireworks).plan("tier-2");
    /// let kimi = fireworks.clone().build()?.model("accounts/fireworks/models/kimi-k2-instruct")?;
    /// assert_eq!(kimi.rule(), LimitsBy::Catalog(Rule::UnknownSize { class: "over-100b" }));
    /// let error = fireworks.strict().build()?.model("accounts/fireworks/models/kimi-k2-instruct").unwrap_err();
    /// assert!(matches!(error, Error::OnlyDefault { .. }));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.settings.strict = true;
        self
    }

    /// Checks what was told.
    ///
    /// # Errors
    /// A region or plan that the provider does not have, a share that is none, a limit that makes no sense or is of a model
    /// that the catalog does not have; on a [custom account](Account::custom) no name, no limit, and what only a provider of
    /// the catalog has.
    pub fn build(self) -> Result<Account, Error> {
        Ok(Account::new(Arc::new(self.settings()?)))
    }
}

//! An account at a provider: the pools that its calls draw from.

use std::fmt;
use std::sync::Arc;

use ratebook::{Metric, Period, Provider};

use crate::limit_state::LimitState;
use crate::settings::Settings;
use crate::snapshot::PoolSnapshot;
use crate::state::Inner;

/// An account at a provider, which owns the pools that all its calls draw from. Clones share them.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_limiter::{Account, Cost, Refused};
///
/// let account = Account::builder(Provider::Castai).plan("growth").build()?;
/// let (coder, instruct) = (account.model("Qwen 3 32B")?, account.model("Gemma 3 27B")?);
/// // Both are medium, and draw from one pool of 200,000 tokens a minute.
/// let first = coder.try_acquire(Cost::tokens(150_000)).unwrap();
/// let Err(Refused::Wait(wait)) = instruct.try_acquire(Cost::tokens(60_000)) else { panic!() };
/// assert_eq!(wait.limit.stated().unwrap().to_string(), "200000 tokens per minute");
/// drop(first);
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone)]
pub struct Account(pub(crate) Arc<Inner>);

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let settings = self.0.settings();
        let (provider, name) = (settings.provider.name(), &settings.label.name);
        f.debug_struct("Account").field("provider", &provider).field("name", name).finish_non_exhaustive()
    }
}

impl Account {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        Self(Arc::new(Inner::new(settings)))
    }

    /// The provider of the catalog; `None` for a [custom account](Self::custom).
    pub fn provider(&self) -> Option<Provider> {
        self.0.settings().provider.catalog()
    }

    /// The name of the provider, or the one that a [custom account](Self::custom) was given.
    pub fn provider_name(&self) -> &'static str {
        self.0.settings().provider.name()
    }

    /// Sets the amount of every limit on a metric and period, in units of the metric, in the place of the published or
    /// negotiated one, also of models that are asked for later. The account's shares of it, shorter windows, paces and
    /// classes' shares follow from it, and a limit that grows stays at it. A limit set by [`Model::set_limit`](crate::Model::set_limit) stays as set.
    ///
    /// It holds from the next decision on: what was admitted before is not taken back, so a lower limit may be over for a
    /// while, and nothing is admitted until it is not. A waiting call above it is refused. Returns how many amounts in force
    /// have changed, parts and shares counted each; the vendor's word may keep one lower.
    /// [`reset_limit`](Self::reset_limit) takes it back.
    pub fn set_limit(&self, metric: Metric, per: Option<Period>, amount: u64) -> usize {
        self.0.with(|state| {
            state.set_for_all.retain(|(of, over, _)| (*of, *over) != (metric, per));
            state.set_for_all.push((metric, per, amount));
        });
        let set = |state: &mut LimitState, scale: u64| state.set_for_all = Some(amount.saturating_mul(scale));
        self.0.change_limits(|_, meter| meter.counts(metric, per), set)
    }

    /// Takes back what [`set_limit`](Self::set_limit) has set on a metric and period: the published or negotiated amounts
    /// are in force again, as if nothing had been set. Returns how many amounts in force have changed.
    pub fn reset_limit(&self, metric: Metric, per: Option<Period>) -> usize {
        self.0.with(|state| state.set_for_all.retain(|(of, over, _)| (*of, *over) != (metric, per)));
        self.0.change_limits(|_, meter| meter.counts(metric, per), |state, _| state.set_for_all = None)
    }

    /// Lifts every pause that a reply has asked for, and returns how many limits were paused. What replies have said
    /// otherwise stays.
    pub fn resume(&self) -> usize {
        self.0.lift_account_pause();
        self.0.change_meters(|meter, now| usize::from(meter.resume(now)))
    }

    /// Drops all that replies have said: pauses, lower and higher limits, what is withheld, what was given way to others.
    /// Limits are as published, negotiated or [set](Self::set_limit) again; what was used stays used.
    pub fn forget(&self) {
        self.0.lift_account_pause();
        self.0.change_meters(|meter, _| {
            meter.forget_replies();
            0
        });
    }

    /// Where every pool stands.
    pub fn snapshot(&self) -> Vec<PoolSnapshot> {
        let mut pools = Vec::new();
        self.snapshot_into(&mut pools);
        pools
    }

    /// Where every pool stands, into a buffer that is emptied first: without allocation where it is large enough.
    pub fn snapshot_into(&self, pools: &mut Vec<PoolSnapshot>) {
        pools.clear();
        let reading = self.0.read();
        self.0.with(|state| {
            state.schedule.at(reading).refresh_all(&self.0.fast_lock);
            let now = state.schedule.now().earliest;
            pools.extend(state.schedule.queue().meters().map(|(_, meter)| PoolSnapshot::of(meter, now)));
        });
    }

    /// Brings the gauges of every pool up to now. Decisions do so for the pools that they look at; what no call touches
    /// any more empties unseen: call this before each scrape. See [`telemetry`](crate::telemetry).
    ///
    /// ```
    /// use metrics_exporter_prometheus::PrometheusBuilder;
    /// use ratebook::Provider;
    /// use ratebook_limiter::Account;
    ///
    /// let prometheus = PrometheusBuilder::new().install_recorder()?;
    /// let account = Account::builder(Provider::Alibaba).region("international").build()?;
    /// let qwen = account.model("qwen-plus")?;
    /// let scrape = || {
    ///     account.update_gauges();
    ///     prometheus.render()
    /// };
    /// assert!(scrape().contains("ratebook_used_share"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[cfg(feature = "metrics")]
    pub fn update_gauges(&self) {
        let reading = self.0.read();
        self.0.with(|state| {
            state.schedule.at(reading).refresh_all(&self.0.fast_lock);
            state.schedule.show_all();
        });
    }

    /// How many calls are waiting.
    pub fn waiting(&self) -> usize {
        self.0.with(|state| state.schedule.waiting())
    }

    /// Whether the account remembers nothing: no call is waiting or holds a place, and every window is empty. A new one
    /// in its place would decide the same.
    pub fn is_idle(&self) -> bool {
        let reading = self.0.read();
        self.0.with(|state| {
            state.schedule.at(reading).refresh_all(&self.0.fast_lock);
            let now = state.schedule.now().earliest;
            state.schedule.queue().meters().all(|(_, meter)| meter.is_idle(now))
        })
    }

    /// Bytes of memory that the account takes, without what it shares with others.
    pub fn memory_bytes(&self) -> usize {
        2 * size_of::<usize>() + self.0.memory_bytes()
    }
}

//! The account: the pools that its calls draw from.

use std::fmt;
use std::sync::Arc;

use ratebook::{Metric, Period, Provider};

use crate::limit_state::LimitState;
use crate::settings::Settings;
use crate::snapshot::PoolSnapshot;
use crate::state::Inner;

/// An account at a provider. It owns the pools that all of its calls draw from. Clones share the pools.
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

    /// Returns the provider in the catalog in force; `None` for a [custom account](Self::custom).
    pub fn provider(&self) -> Option<Provider> {
        self.0.current_settings().provider.catalog()
    }

    /// Returns the name of the provider, or the name given to a [custom account](Self::custom).
    pub fn provider_name(&self) -> &'static str {
        self.0.settings().provider.name()
    }

    /// Sets the amount of every limit on a metric and period, in units of the metric. Overrides the published or
    /// negotiated amount, also for models that are requested later. Returns the number of amounts in force that
    /// changed. A limit has more than one amount in force if the vendor also enforces it by the second, if calls are
    /// paced, or if a class or a tenant has a share of it; each of these counts.
    ///
    /// The account's shares, sub-windows, paces and class shares follow from the new amount. A limit that grows with
    /// use stays at it. A limit set by [`Model::set_limit`](crate::Model::set_limit) keeps that amount, and responses
    /// may keep a limit below the new amount.
    ///
    /// The amount applies from the next decision on. Earlier charges stay, so a lowered limit may be exceeded for a
    /// while; nothing is admitted until it no longer is. A waiting call that costs more than the new amount is refused.
    /// [`reset_limit`](Self::reset_limit) removes the override.
    pub fn set_limit(&self, metric: Metric, per: Option<Period>, amount: u64) -> usize {
        self.0.with(|state| {
            state.set_for_all.retain(|(set_metric, set_per, _)| (*set_metric, *set_per) != (metric, per));
            state.set_for_all.push((metric, per, amount));
        });
        let set_amount = |state: &mut LimitState, scale: u64| state.set_for_all = Some(amount.saturating_mul(scale));
        self.0.change_limits(|_, meter| meter.counts(metric, per), set_amount)
    }

    /// Removes the amount set by [`set_limit`](Self::set_limit) on a metric and period: the published or negotiated
    /// amounts apply again. Returns the number of amounts in force that changed.
    pub fn reset_limit(&self, metric: Metric, per: Option<Period>) -> usize {
        self.0.with(|state| {
            state.set_for_all.retain(|(set_metric, set_per, _)| (*set_metric, *set_per) != (metric, per))
        });
        self.0.change_limits(|_, meter| meter.counts(metric, per), |state, _| state.set_for_all = None)
    }

    /// Ends every pause that a response caused. Other effects of responses stay. Returns the number of limits that were
    /// paused.
    pub fn resume(&self) -> usize {
        self.0.change_feedback(|meter, now| usize::from(meter.resume(now)))
    }

    /// Discards everything learned from responses: pauses, lowered and raised limits, withheld amounts, and reductions
    /// on an account shared with others. Limits are as published, negotiated or [set](Self::set_limit) again. Usage
    /// stays charged.
    pub fn forget(&self) {
        self.0.change_feedback(|meter, _| {
            meter.forget_responses();
            0
        });
        #[cfg(feature = "feedback")]
        self.0.with(|state| state.penalties.forget());
    }

    /// Returns the state of every pool.
    pub fn snapshot(&self) -> Vec<PoolSnapshot> {
        let mut pools = Vec::new();
        self.snapshot_into(&mut pools);
        pools
    }

    /// Writes the state of every pool into `pools`, which is cleared first. Allocates only if the buffer is too small.
    pub fn snapshot_into(&self, pools: &mut Vec<PoolSnapshot>) {
        pools.clear();
        let reading = self.0.read();
        self.0.with(|state| {
            state.schedule.advance_to(reading).refresh_all(&self.0.fast_lock);
            let now = state.schedule.now().earliest;
            pools.extend(state.schedule.queue().meters().map(|(_, meter)| PoolSnapshot::of(meter, now)));
        });
    }

    /// Updates the gauges of every pool to the current time. A decision updates only the pools it draws from, so the
    /// gauges of unused pools go stale: call this before each scrape. See [`telemetry`](crate::telemetry).
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
            state.schedule.advance_to(reading).refresh_all(&self.0.fast_lock);
            state.schedule.update_all_gauges();
        });
    }

    /// Returns the number of waiting calls.
    pub fn waiting(&self) -> usize {
        self.0.with(|state| state.schedule.waiting())
    }

    /// Returns whether the account holds no state: no call waits or holds a concurrency slot, and every window is
    /// empty. A new account would decide the same.
    pub fn is_idle(&self) -> bool {
        let reading = self.0.read();
        self.0.with(|state| {
            state.schedule.advance_to(reading).refresh_all(&self.0.fast_lock);
            let now = state.schedule.now().earliest;
            #[cfg(feature = "feedback")]
            if !state.penalties.is_idle(now) {
                return false;
            }
            state.schedule.queue().meters().all(|(_, meter)| meter.is_idle(now))
        })
    }

    /// Returns the memory that the account takes, in bytes, without what it shares with other accounts.
    pub fn memory_bytes(&self) -> usize {
        2 * size_of::<usize>() + self.0.memory_bytes()
    }
}

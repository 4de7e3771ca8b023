//! An account at a provider: the pools that its calls draw from.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use ratebook::{Calendar, Entry, Metric, Period, Provider};

use crate::builder::{AccountBuilder, Settings};
use crate::clock::{Clock, Reading};
use crate::hot::{self, Latch, Quick, Tap};
use crate::learn::Outputs;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::LimitState;
use crate::meter::{Meter, MeterId};
use crate::model::{Model, ModelBuilder};
use crate::nanos::{Nanos, When};
use crate::queue::Denied;
use crate::refusal::{Error, Never, Refused, Wait};
use crate::route::{Draw, Order, Route};
use crate::rules::{self, PoolKey, Rule};
use crate::schedule::Schedule;
use crate::snapshot::PoolSnapshot;
use crate::telemetry::{Gauges, Teller};
use crate::vendor::Vendor;
#[cfg(feature = "tokio")]
use crate::watch::Watches;

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
#[derive(Clone, Debug)]
pub struct Account(pub(crate) Arc<Inner>);

#[derive(Debug)]
pub(crate) struct Inner {
    pub(crate) clock: Clock,
    pub(crate) latch: Latch,
    state: Mutex<State>,
    settings: Arc<Settings>,
}

/// What the mutex guards.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) schedule: Schedule,
    /// The pools of a tenant's account, whose names all tenants share.
    shared_pools: Arc<Pools>,
    pub(crate) pools: Pools,
    /// Percentages that tenants may use of each limit.
    pub(crate) tenants: BTreeMap<Arc<str>, u8>,
    routes: HashMap<(Vec<MeterId>, Order), Arc<Route>>,
    /// Limits set for the whole account, for pools to come.
    set_for_all: Vec<(Metric, Option<Period>, u64)>,
    #[cfg(feature = "tokio")]
    pub(crate) watches: Watches,
    /// Until when a reply has paused the whole account, for pools to come.
    #[cfg(feature = "feedback")]
    pub(crate) paused_until: Nanos,
    /// Where backoffs come from.
    #[cfg(feature = "feedback")]
    pub(crate) rng: fastrand::Rng,
}

/// Pools by what makes them the same.
pub(crate) type Pools = HashMap<PoolKey, MeterId>;

impl Account {
    /// Begins to build an account; from nothing but a provider, one that keeps to the published limits.
    pub fn builder(provider: Provider) -> AccountBuilder {
        AccountBuilder::new(Vendor::of_catalog(provider))
    }

    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        let clock = settings.clock.clone();
        let state = State {
            schedule: Schedule::new(settings.grace.into()),
            shared_pools: Arc::default(),
            pools: Pools::new(),
            tenants: BTreeMap::new(),
            routes: HashMap::new(),
            set_for_all: Vec::new(),
            #[cfg(feature = "tokio")]
            watches: Watches::default(),
            #[cfg(feature = "feedback")]
            paused_until: Nanos::ZERO,
            #[cfg(feature = "feedback")]
            rng: settings.hearing.rng(),
        };
        Self(Arc::new(Inner { clock, latch: Latch::new(), state: Mutex::new(state), settings }))
    }

    /// The handle that calls of a model go through, by any of its names. Models of one pool share it.
    ///
    /// # Errors
    /// A model that the catalog, or the limits of a [custom account](Self::custom), have no limits for, or that is retired;
    /// a limit that is by agreement and was not given; on a [strict](AccountBuilder::strict) account a model of which only
    /// a default is found.
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        self.model_builder(name).build()
    }

    /// The same for an entry of the catalog, in the entry's region and plan.
    ///
    /// ```
    /// use ratebook::{Provider, alibaba::international::QWEN_PLUS};
    /// use ratebook_limiter::Account;
    ///
    /// let qwen = Account::builder(Provider::Alibaba).build()?.entry(QWEN_PLUS)?;
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`model`](Self::model), and an entry of another provider.
    pub fn entry(&self, entry: Entry) -> Result<Model, Error> {
        ModelBuilder::of_entry(self.clone(), entry).build()
    }

    /// Begins to build the handle of a model whose calls are of a task, a form of the API, a class of callers or a
    /// priority.
    pub fn model_builder(&self, name: &str) -> ModelBuilder {
        ModelBuilder::new(self.clone(), name)
    }

    /// The provider of the catalog; `None` for a [custom account](Self::custom).
    pub fn provider(&self) -> Option<Provider> {
        self.0.settings.provider.catalog()
    }

    /// The name of the provider, or the one that a [custom account](Self::custom) was given.
    pub fn provider_name(&self) -> &'static str {
        self.0.settings.provider.name()
    }

    /// Sets the amount of every limit on a metric and period, in units of the metric, in the place of the published or
    /// negotiated one, also of models that are asked for later. The account's shares of it, shorter windows, paces and
    /// classes' shares follow from it, and a limit that grows stays at it. A limit set by [`Model::set_limit`] stays as set.
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
            state.schedule.at(reading).refresh_all(&self.0.latch);
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
            state.schedule.at(reading).refresh_all(&self.0.latch);
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
            state.schedule.at(reading).refresh_all(&self.0.latch);
            let now = state.schedule.now().earliest;
            state.schedule.queue().meters().all(|(_, meter)| meter.is_idle(now))
        })
    }

    /// Bytes of memory that the account takes, without what it shares with others.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Inner>() + 2 * size_of::<usize>() + self.0.with(|state| state.memory())
    }

    /// Takes the names of pools from those of an account that was made alike, when its first model has been asked for: less
    /// memory.
    pub(crate) fn share_names(&self, names: &Arc<Pools>) {
        self.0.with(|state| {
            state.shared_pools = Arc::clone(names);
            state.pools = Pools::new();
            state.routes = HashMap::new();
            state.schedule.shrink();
        });
    }

    /// The pools that the account has made.
    pub(crate) fn pools(&self) -> Pools {
        self.0.with(|state| state.pools.clone())
    }
}

impl State {
    fn memory(&self) -> usize {
        let pools = self.pools.capacity() * (size_of::<PoolKey>() + size_of::<usize>() + 1);
        let routes = self.routes.capacity() * (size_of::<(Vec<MeterId>, Order)>() + size_of::<usize>() + 1);
        self.schedule.memory() + pools + routes
    }

    fn pool(&self, key: &PoolKey) -> Option<MeterId> {
        self.pools.get(key).or_else(|| self.shared_pools.get(key)).copied()
    }

    pub(crate) fn refused(&self, denied: Denied) -> Refused {
        match denied {
            Denied::Never { meter } => Refused::Never(Never { limit: self.limit(meter) }),
            Denied::Wait { meter, until } => Refused::Wait(self.wait(meter, until)),
        }
    }

    pub(crate) fn limit(&self, meter: MeterId) -> LimitInForce {
        self.schedule.meter(meter).in_force()
    }

    pub(crate) fn wait(&self, meter: MeterId, until: When) -> Wait {
        Wait::foreseen_as(self.until(until), self.limit(meter))
    }

    /// How long until a moment; `None` where another call has to end.
    pub(crate) fn until(&self, when: When) -> Option<Nanos> {
        when.moment().map(|at| at - self.schedule.now().earliest)
    }
}

impl Inner {
    /// An exact reading of the clock.
    pub(crate) fn read(&self) -> Reading {
        self.clock.read(self.settings.calendar == Calendar::Utc)
    }

    /// Runs something on the account's state, and wakes who was admitted by it.
    pub(crate) fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = run(&mut state);
        #[cfg(feature = "tokio")]
        if !state.watches.is_empty() {
            let next_event = state.schedule.next_event();
            let State { schedule, watches, .. } = &mut *state;
            schedule.wakers.extend(watches.late(next_event));
        }
        let mut panicked = None;
        // A waker may drop what it wakes, and so come back here: it is woken, and dropped, without the lock. One that
        // panics loses nobody's wake-up: the panic goes on when all are woken.
        while !(state.schedule.wakers.is_empty() && state.schedule.discarded.is_empty()) {
            let (mut woken, mut dropped): ([Option<Waker>; 16], [Option<Waker>; 4]) = Default::default();
            woken.iter_mut().for_each(|slot| *slot = state.schedule.wakers.pop_front());
            dropped.iter_mut().for_each(|slot| *slot = state.schedule.discarded.pop());
            drop(state);
            for waker in woken.into_iter().flatten() {
                panicked = catch_unwind(AssertUnwindSafe(|| waker.wake())).err().or(panicked);
            }
            for waker in dropped.into_iter().flatten() {
                panicked = catch_unwind(AssertUnwindSafe(|| drop(waker))).err().or(panicked);
            }
            state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        }
        drop(state);
        match panicked {
            // A second panic while one unwinds would end the process.
            Some(panicked) if !std::thread::panicking() => resume_unwind(panicked),
            _ => result,
        }
    }

    /// Changes what is said of the whole limits that are meant, given the units in one unit of their metric; how many
    /// amounts have changed.
    pub(crate) fn change_limits(
        &self,
        is_meant: impl Fn(MeterId, &Meter) -> bool,
        change: impl Fn(&mut LimitState, u64),
    ) -> usize {
        let reading = self.read();
        self.with(|state| {
            let queue = state.schedule.at(reading).change(&self.latch);
            let meant = queue.meters().filter(|(id, meter)| meter.is_whole() && is_meant(*id, meter));
            let meant: Vec<_> = meant.map(|(id, meter)| (id, meter.scale())).collect();
            let changed =
                meant.into_iter().map(|(whole, scale)| queue.change(whole, |state| change(state, scale))).sum();
            state.schedule.look(&self.latch, None);
            state.schedule.show_all();
            changed
        })
    }

    /// Changes every meter at a moment; the sum of what that returns.
    fn change_meters(&self, change: impl Fn(&mut Meter, Nanos) -> usize) -> usize {
        let reading = self.read();
        self.with(|state| {
            let queue = state.schedule.at(reading).change(&self.latch);
            let now = queue.now().earliest;
            let sum = queue.meters_mut().map(|meter| change(meter, now)).sum();
            let wholes: Vec<_> = queue.meters().filter(|(_, meter)| meter.is_whole()).map(|(id, _)| id).collect();
            wholes.into_iter().for_each(|whole| {
                queue.fit(whole);
            });
            state.schedule.look(&self.latch, None);
            state.schedule.show_all();
            sum
        })
    }

    /// Lets pools to come begin without the pause of the whole account.
    fn lift_account_pause(&self) {
        #[cfg(feature = "feedback")]
        self.with(|state| state.paused_until = Nanos::ZERO);
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The route of calls under some rules, made where it is new, with the meters that are new; told of by a teller, or
    /// by one of its own.
    pub(crate) fn route(&self, rules: &[Rule], order: Order, teller: Option<&Teller>) -> Arc<Route> {
        let reading = self.read();
        self.with(|state| {
            state.schedule.at(reading);
            let mut meters = Vec::with_capacity(rules.len());
            for rule in rules {
                meters.extend(state.pool(&rule.key).or_else(|| self.make_meter(state, rule)));
            }
            meters.sort_unstable();
            meters.dedup();
            if let Some(route) = state.routes.get(&(meters.clone(), order)) {
                return Arc::clone(route);
            }
            let schedule = &mut state.schedule;
            let draws = meters.iter().map(|&meter| {
                let of = schedule.meter(meter);
                Draw { meter, dimension: of.dimension, limit: of.in_force() }
            });
            let draws: Arc<[Draw]> = draws.collect();
            let taps: Box<[Tap]> = meters.iter().map(|&meter| schedule.tap(meter)).collect();
            let holds_places = meters.iter().any(|&meter| schedule.meter(meter).is_of_place());
            let lane = schedule.add_lane(Arc::clone(&draws), order.exceeds_guarantees);
            let quick = Quick::of(&taps);
            let (refused, outputs) = (hot::Refused::new(), Outputs::new());
            let teller = teller.cloned().unwrap_or_else(|| {
                let key =
                    |meter: &MeterId| rules.iter().map(|rule| &rule.key).find(|key| state.pool(key) == Some(*meter));
                Teller::new(&self.settings, &meters.iter().filter_map(key).collect::<Vec<_>>())
            });
            let shadow = order.shadow;
            let route = Arc::new(Route { draws, taps, quick, refused, lane, shadow, holds_places, outputs, teller });
            state.routes.insert((meters, order), Arc::clone(&route));
            route
        })
    }

    /// Makes the meter of a rule whose pool is new.
    fn make_meter(&self, state: &mut State, rule: &Rule) -> Option<MeterId> {
        // The tenant may have been asked for with another share since the rule was made.
        let tenant_share = rule.key.tenant().and_then(|name| state.tenants.get(name));
        let share_percent = tenant_share.copied().unwrap_or(rule.share_percent);
        let rule = &Rule { share_percent, ..rule.clone() };
        let make = rules::make(&self.settings, rule, state.schedule.now())?;
        let whole = state.pool(&rule.key.whole()).unwrap_or_else(|| state.schedule.queue().next_meter());
        let id = state.schedule.add_meter(Meter::new(whole, make), Gauges::new(&self.settings, &rule.key));
        state.pools.insert(rule.key.clone(), id);
        let set = state.set_for_all.iter().find(|(metric, per, _)| state.schedule.meter(id).counts(*metric, *per));
        let set = set.map(|(_, _, amount)| *amount);
        let level = self.settings.start_level(rule.key.per);
        let now = state.schedule.now();
        let queue = state.schedule.change(&self.latch);
        if let (true, Some(amount)) = (rule.key.part == Part::Whole, set) {
            let amount = amount.saturating_mul(queue.meter(id).scale());
            queue.change(id, |state| state.set_for_all = Some(amount));
        }
        // A tenant that comes later has used nothing: what the vendor may have counted before, its limit holds.
        if rule.key.tenant().is_none() {
            queue.meter_mut(id).start_at(level.free_percent(), now);
        }
        #[cfg(feature = "feedback")]
        if rule.key.part == Part::Whole {
            queue.meter_mut(id).pause(state.paused_until, now.earliest);
        }
        Some(id)
    }
}

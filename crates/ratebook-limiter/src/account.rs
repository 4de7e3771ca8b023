//! An account at a provider: the pools that its calls draw from.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use ratebook::{Entry, Metric, Period, Provider};

use crate::builder::{AccountBuilder, Settings, StartLevel};
use crate::clock::{Clock, Reading};
use crate::hot::{self, Latch, Quick, Tap};
use crate::learn::Outputs;
use crate::limit::{LimitInForce, Part};
use crate::meter::{Meter, WHEN_RELEASED};
use crate::model::{Model, ModelBuilder};
use crate::refusal::{Error, Never, Refused, Wait};
use crate::route::{Draw, Order, Route};
use crate::rules::{self, PoolKey, Rule};
use crate::schedule::{Decision, Schedule};
use crate::snapshot::PoolSnapshot;
use crate::telemetry::Teller;
use crate::vendor::Vendor;

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
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) schedule: Schedule,
    pools: HashMap<PoolKey, usize>,
    routes: HashMap<(Vec<usize>, Order), Arc<Route>>,
    /// Where backoffs come from.
    #[cfg(feature = "feedback")]
    pub(crate) rng: fastrand::Rng,
}

impl Account {
    /// Begins to build an account; from nothing but a provider, one that keeps to the published limits.
    pub fn builder(provider: Provider) -> AccountBuilder {
        AccountBuilder::new(Vendor::of_catalog(provider))
    }

    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        let clock = settings.clock.clone();
        let state = State {
            #[cfg(feature = "feedback")]
            rng: settings.hearing.rng(),
            ..State::default()
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

    /// Changes the amount of every limit on a metric and period that is in force, in units of the metric; a shorter
    /// window, a pace or a class's share of it changes in proportion. It holds from the next decision on: what was
    /// admitted before is not taken back, so a lower limit may be over for a while, and nothing is admitted until it is
    /// not. Says how many limits changed; models that are asked for later have the amount they would have had.
    pub fn set_limit(&self, metric: Metric, per: Option<Period>, amount: u64) -> usize {
        let reading = self.0.clock.precise();
        self.0.with(|state| {
            let schedule = state.schedule.at(reading);
            schedule.refresh_all(&self.0.latch);
            let mut changed = 0;
            for whole in 0..schedule.meters.len() {
                let meter = &schedule.meters[whole];
                if meter.is_whole() && meter.counts(metric, per) {
                    let amount = amount.saturating_mul(meter.scale());
                    changed += schedule.of_whole(whole, amount, |meter, part| meter.configure(part));
                }
            }
            state.schedule.admit_waiting(&self.0.latch);
            state.schedule.show_all();
            changed
        })
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
        let reading = self.0.clock.precise();
        self.0.with(|state| {
            state.schedule.at(reading).refresh_all(&self.0.latch);
            let now = state.schedule.now();
            pools.extend(state.schedule.meters.iter().map(|meter| PoolSnapshot::of(meter, now)));
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
        let reading = self.0.clock.precise();
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
        let reading = self.0.clock.precise();
        self.0.with(|state| {
            state.schedule.at(reading).refresh_all(&self.0.latch);
            let now = state.schedule.now();
            state.schedule.meters.iter().all(|meter| meter.is_idle(now))
        })
    }

    /// Bytes of memory that the account takes, without what it shares with others.
    pub fn memory_bytes(&self) -> usize {
        size_of::<Inner>() + 2 * size_of::<usize>() + self.0.with(|state| state.memory())
    }

    /// Forgets the names of pools and routes, when no further model will be asked for: less memory.
    pub(crate) fn seal(&self) {
        self.0.with(|state| {
            state.pools = HashMap::new();
            state.routes = HashMap::new();
            state.schedule.shrink();
        });
    }
}

impl State {
    fn memory(&self) -> usize {
        let pools = self.pools.capacity() * (size_of::<PoolKey>() + size_of::<usize>() + 1);
        let routes = self.routes.capacity() * (size_of::<(Vec<usize>, Order)>() + size_of::<usize>() + 1);
        self.schedule.memory() + pools + routes
    }

    pub(crate) fn refused(&self, decision: Decision) -> Refused {
        match decision {
            Decision::Never { meter } => Refused::Never(Never { limit: self.limit(meter) }),
            Decision::Wait { meter, at } => Refused::Wait(self.wait(meter, at)),
            Decision::Admit { .. } => Refused::Wait(self.wait(0, self.schedule.now())),
        }
    }

    pub(crate) fn limit(&self, meter: usize) -> LimitInForce {
        self.schedule.meters[meter].in_force()
    }

    pub(crate) fn wait(&self, meter: usize, at: u64) -> Wait {
        Wait { delay: delay(at, self.schedule.reading()), limit: self.limit(meter) }
    }
}

impl Inner {
    /// Runs something on the account's state, and wakes who was admitted by it.
    pub(crate) fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = run(&mut state);
        // A waker may drop what it wakes, and so come back here: it is woken, and dropped, without the lock.
        while !(state.schedule.wakers.is_empty() && state.schedule.discarded.is_empty()) {
            let (mut woken, mut dropped): ([Option<Waker>; 16], [Option<Waker>; 4]) = Default::default();
            woken.iter_mut().for_each(|slot| *slot = state.schedule.wakers.pop_front());
            dropped.iter_mut().for_each(|slot| *slot = state.schedule.discarded.pop());
            drop(state);
            woken.into_iter().flatten().for_each(Waker::wake);
            drop(dropped);
            state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        }
        result
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The route of calls under some rules, made where it is new, with the meters that are new; told of by a teller, or
    /// by one of its own.
    pub(crate) fn route(&self, rules: &[Rule], order: Order, teller: Option<&Teller>) -> Arc<Route> {
        let (reading, unix_at_zero) = (self.clock.precise(), self.clock.unix_at_zero());
        self.with(|state| {
            let State { schedule, pools, routes, .. } = state;
            schedule.at(reading);
            let mut meters = Vec::with_capacity(rules.len());
            for rule in rules {
                if let Some(meter) = pools.get(&rule.key) {
                    meters.push(*meter);
                } else if let Some(make) = rules::make(&self.settings, rule, unix_at_zero) {
                    let number = schedule.meters.len();
                    let whole = pools.get(&rule.key.whole()).copied().unwrap_or(number);
                    let mut meter = Meter::new(number, whole, make);
                    meter.expire(schedule.now());
                    let free = match self.settings.start {
                        StartLevel::Full => 100,
                        StartLevel::Empty => 0,
                        StartLevel::Percent(percent) => u128::from(percent.min(100)),
                    };
                    let free = (u128::from(meter.limit()) * free / 100) as u64;
                    if !meter.is_of_place() && free < meter.limit() && rule.key.part != Part::Pace {
                        meter.charge(meter.limit() - free, reading.latest);
                    }
                    schedule.meters.push(meter);
                    pools.insert(rule.key.clone(), schedule.meters.len() - 1);
                    meters.push(schedule.meters.len() - 1);
                }
            }
            meters.sort_unstable();
            meters.dedup();
            let route = routes.entry((meters.clone(), order)).or_insert_with(|| {
                let draws = meters.iter().map(|&meter| {
                    let of = &schedule.meters[meter];
                    Draw { meter, dimension: of.dimension, limit: of.in_force() }
                });
                let draws: Box<[Draw]> = draws.collect();
                let taps = meters.iter().map(|&meter| {
                    let of = &schedule.meters[meter];
                    Tap::new(&of.cell, of.dimension)
                });
                let taps: Box<[Tap]> = taps.collect();
                let holds_places = meters.iter().any(|&meter| schedule.meters[meter].is_of_place());
                let lane = schedule.add_lane();
                let quick = Quick::of(&taps);
                let (refused, outputs) = (hot::Refused::new(), Outputs::new());
                let teller = teller.cloned().unwrap_or_else(|| {
                    let key =
                        |meter: &usize| rules.iter().map(|rule| &rule.key).find(|key| pools.get(key) == Some(meter));
                    Teller::new(&self.settings, &meters.iter().filter_map(key).collect::<Vec<_>>())
                });
                Arc::new(Route { draws, taps, quick, refused, lane, order, holds_places, outputs, teller })
            });
            Arc::clone(route)
        })
    }
}

/// Nanoseconds until a moment, enough that a coarse clock has surely reached it; [`WHEN_RELEASED`] stays itself.
pub(crate) fn delay(at: u64, now: Reading) -> u64 {
    if at == WHEN_RELEASED {
        return at;
    }
    at.saturating_sub(now.earliest).saturating_add(now.latest - now.earliest).min(WHEN_RELEASED - 1)
}

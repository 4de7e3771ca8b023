//! The shared state of an account, and how it is changed.

use std::collections::{BTreeMap, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use ratebook::{Entry, MaxOutput, Metric, Period};

use crate::clock::{Clock, ClockReading};
use crate::cost::{Dimension, Measure};
use crate::draw::Draw;
use crate::fast_path::{self, CreditRef, FastLock, InlineCredits};
use crate::in_use::InUse;
use crate::limit::{LimitInForce, Part};
use crate::limit_state::LimitState;
use crate::meter::{Meter, MeterId};
use crate::meter_spec::meter_spec;
use crate::nanos::{Nanos, When};
use crate::output_sizes::OutputSizes;
use crate::pause::AccountPause;
#[cfg(feature = "feedback")]
use crate::penalties::Penalties;
use crate::pool::PoolKey;
use crate::queue::Denied;
use crate::refusal::{Never, Refused, Wait};
use crate::resolved_limit::{ResolvedLimit, Target};
use crate::route::{AdmissionPolicy, Route};
use crate::schedule::Schedule;
use crate::settings::Settings;
use crate::telemetry::{Gauges, Recorder};
#[cfg(feature = "tokio")]
use crate::timers::Timers;
use crate::zone::Zone;

/// The shared part of an account.
pub(crate) struct Inner {
    pub(crate) clock: Clock,
    pub(crate) fast_lock: FastLock,
    state: Mutex<State>,
    settings: Arc<Settings>,
}

/// What the mutex guards.
pub(crate) struct State {
    pub(crate) schedule: Schedule,
    /// Pools of a keyed account, shared by all accounts of the same keyed limiter.
    shared_pools: Arc<Pools>,
    pub(crate) pools: Pools,
    /// The percentage of each limit that a tenant may use.
    pub(crate) tenants: BTreeMap<Arc<str>, u8>,
    routes: HashMap<RouteKey, Arc<Route>>,
    /// The settings in force, and the models in use.
    pub(crate) in_use: InUse,
    /// Limits set for the whole account. They also apply to pools made later.
    pub(crate) set_for_all: Vec<(Metric, Option<Period>, u64)>,
    #[cfg(feature = "tokio")]
    pub(crate) timers: Timers,
    #[cfg(feature = "feedback")]
    pub(crate) penalties: Penalties,
    /// The source of randomized backoffs.
    #[cfg(feature = "feedback")]
    pub(crate) rng: fastrand::Rng,
}

/// What the calls of a route draw from, and how they are decided. Models of one pool may take different amounts of it.
type RouteKey = (Vec<(MeterId, Measure)>, AdmissionPolicy);

/// Pools by their identity.
pub(crate) type Pools = HashMap<PoolKey, MeterId>;

impl State {
    fn memory(&self) -> usize {
        let pools = self.pools.capacity() * (size_of::<PoolKey>() + size_of::<usize>() + 1);
        let routes = self.routes.capacity() * (size_of::<RouteKey>() + size_of::<usize>() + 1);
        self.schedule.memory() + pools + routes + self.in_use.memory()
    }

    pub(crate) fn pool(&self, key: &PoolKey) -> Option<MeterId> {
        self.pools.get(key).or_else(|| self.shared_pools.get(key)).copied()
    }

    pub(crate) fn refused(&self, route: &Route, denied: Denied) -> Refused {
        match denied {
            Denied::Never { meter } => Refused::Never(Never { limit: self.limit(route, meter) }),
            Denied::Wait { meter, until } => Refused::Wait(self.wait(route, meter, until)),
        }
    }

    /// Returns a limit in force, with its weight for the calls of a route and the reason of its pause.
    pub(crate) fn limit(&self, route: &Route, meter: MeterId) -> LimitInForce {
        let drawn = route.draws.iter().find(|draw| draw.meter == meter);
        let (now, account) = (self.schedule.now().earliest, self.schedule.queue().account_pause);
        let meter = self.schedule.meter(meter);
        let is_longer = account.is_on(now) && account.until > meter.paused_until();
        let pause = if is_longer { Some(account.reason) } else { meter.pause_reason(now) };
        let limit = meter.in_force();
        LimitInForce { weight: drawn.map_or(limit.weight, |draw| draw.limit.weight), pause, ..limit }
    }

    pub(crate) fn wait(&self, route: &Route, meter: MeterId, until: When) -> Wait {
        Wait::foreseen_as(self.until(until), self.limit(route, meter))
    }

    /// The time until `when`, or `None` if another call has to end first.
    pub(crate) fn until(&self, when: When) -> Option<Nanos> {
        when.moment().map(|at| at - self.schedule.now().earliest)
    }
}

impl Inner {
    pub(crate) fn new(settings: Arc<Settings>) -> Self {
        let state = State {
            schedule: Schedule::new(settings.grace.into()),
            shared_pools: Arc::default(),
            pools: Pools::new(),
            tenants: BTreeMap::new(),
            routes: HashMap::new(),
            in_use: InUse::new(&settings),
            set_for_all: Vec::new(),
            #[cfg(feature = "tokio")]
            timers: Timers::default(),
            #[cfg(feature = "feedback")]
            penalties: Penalties::new(&settings),
            #[cfg(feature = "feedback")]
            rng: settings.feedback.rng(),
        };
        Self { clock: settings.clock.clone(), fast_lock: FastLock::new(), state: Mutex::new(state), settings }
    }

    /// Takes the pools' names from an account that was built alike, once its first model was made. Saves memory.
    pub(crate) fn share_pools(&self, names: &Arc<Pools>) {
        self.with(|state| {
            state.shared_pools = Arc::clone(names);
            state.pools = Pools::new();
            state.routes = HashMap::new();
            state.schedule.shrink();
        });
    }

    /// Returns the pools made so far.
    pub(crate) fn pools(&self) -> Pools {
        self.with(|state| state.pools.clone())
    }

    /// Memory in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        size_of::<Self>() + self.with(|state| state.memory())
    }

    /// Returns a precise reading of the clock.
    pub(crate) fn read(&self) -> ClockReading {
        self.clock.read(Zone::of(self.settings.calendar).is_some())
    }

    /// Runs `run` on the state, and wakes the callers whose turn has come.
    pub(crate) fn with<R>(&self, run: impl FnOnce(&mut State) -> R) -> R {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let result = run(&mut state);
        #[cfg(feature = "tokio")]
        if !state.timers.is_empty() {
            let next_event = state.schedule.next_event();
            let State { schedule, timers, .. } = &mut *state;
            schedule.wakers.extend(timers.late(next_event));
        }
        let mut panicked = None;
        // A waker may drop the task that it wakes, which may enter the account again, so wakers are called and dropped
        // without the lock. A waker that panics costs no other its wake-up: the panic is resumed after all have been
        // called.
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
            // A second panic during unwinding would abort the process.
            Some(panicked) if !std::thread::panicking() => resume_unwind(panicked),
            _ => result,
        }
    }

    /// Changes the state of the selected whole limits. `change` also gets the units per unit of the metric. Returns how
    /// many amounts have changed.
    pub(crate) fn change_limits(
        &self,
        is_selected: impl Fn(MeterId, &Meter) -> bool,
        change: impl Fn(&mut LimitState, u64),
    ) -> usize {
        let reading = self.read();
        self.with(|state| {
            let queue = state.schedule.advance_to(reading).change(&self.fast_lock);
            let selected = queue.meters().filter(|(id, meter)| meter.is_whole() && is_selected(*id, meter));
            let selected: Vec<_> = selected.map(|(id, meter)| (id, meter.scale())).collect();
            let changed = selected
                .into_iter()
                .map(|(whole_meter, scale)| queue.change(whole_meter, |state| change(state, scale)))
                .sum();
            state.schedule.admission_pass(&self.fast_lock, None);
            state.schedule.update_all_gauges();
            changed
        })
    }

    /// Changes what responses have made of every meter, and ends the pause of the whole account for pools made later.
    /// Returns the sum of the results.
    pub(crate) fn change_feedback(&self, change: impl Fn(&mut Meter, Nanos) -> usize) -> usize {
        let reading = self.read();
        self.with(|state| {
            #[cfg(feature = "feedback")]
            {
                state.penalties.resume();
            }
            let queue = state.schedule.advance_to(reading).change(&self.fast_lock);
            queue.account_pause = AccountPause::default();
            let now = queue.now().earliest;
            let sum = queue.meters_mut().map(|meter| change(meter, now)).sum();
            let wholes: Vec<_> = queue.meters().filter(|(_, meter)| meter.is_whole()).map(|(id, _)| id).collect();
            wholes.into_iter().for_each(|whole| {
                queue.recompute(whole);
            });
            state.schedule.admission_pass(&self.fast_lock, None);
            state.schedule.update_all_gauges();
            sum
        })
    }

    /// Returns the settings of the builder. The catalog in force may be another: see
    /// [`current_settings`](Self::current_settings).
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the settings in force.
    pub(crate) fn current_settings(&self) -> Arc<Settings> {
        self.with(|state| state.in_use.settings(&self.settings))
    }

    /// Like [`route`](Self::route), and keeps the target. Returns `None` if `settings`, under which the limits were
    /// found, are no longer in force.
    pub(crate) fn route_in_use(
        &self,
        settings: &Arc<Settings>,
        (target, entry): (&Target<'_>, Option<Entry>),
        limits: &[ResolvedLimit],
        policy: AdmissionPolicy,
    ) -> Option<Arc<Route>> {
        let reading = self.read();
        self.with(|state| {
            state.schedule.advance_to(reading);
            let is_current = state.in_use.register(settings, target, entry);
            is_current.then(|| self.route_of(state, limits, policy, None))
        })
    }

    /// Returns the route of calls under `limits`, and makes it, and missing meters, if needed. Its admissions are
    /// recorded by `recorder`, or by a new one if `None`.
    pub(crate) fn route(
        &self,
        limits: &[ResolvedLimit],
        policy: AdmissionPolicy,
        recorder: Option<&Recorder>,
    ) -> Arc<Route> {
        let reading = self.read();
        self.with(|state| {
            state.schedule.advance_to(reading);
            self.route_of(state, limits, policy, recorder)
        })
    }

    fn route_of(
        &self,
        state: &mut State,
        limits: &[ResolvedLimit],
        policy: AdmissionPolicy,
        recorder: Option<&Recorder>,
    ) -> Arc<Route> {
        let mut drawn: Vec<(MeterId, Measure)> = Vec::with_capacity(limits.len());
        for limit in limits {
            let Some(dimension) = Dimension::of(limit.key.metric) else { continue };
            let meter = state.pool(&limit.key).or_else(|| self.make_meter(state, limit));
            drawn.extend(meter.map(|meter| (meter, Measure::new(dimension, limit.weight))));
        }
        // Of two weights in one pool, the first is of the most specific entry.
        drawn.sort_by_key(|(meter, _)| *meter);
        drawn.dedup_by_key(|(meter, _)| *meter);
        if let Some(route) = state.routes.get(&(drawn.clone(), policy)) {
            return Arc::clone(route);
        }
        let schedule = &mut state.schedule;
        let draws = drawn.iter().map(|&(meter, measure)| {
            let limit = schedule.meter(meter).in_force();
            Draw { meter, measure, limit: LimitInForce { weight: measure.weight(), ..limit } }
        });
        let draws: Arc<[Draw]> = draws.collect();
        let credits: Box<[CreditRef]> =
            drawn.iter().map(|&(meter, measure)| schedule.credit_ref(meter, measure)).collect();
        let holds_slots = drawn.iter().any(|&(meter, _)| schedule.meter(meter).is_concurrency());
        let route_queue = schedule.add_route_queue(Arc::clone(&draws), policy.exceeds_guarantees);
        let inline = InlineCredits::of(&credits);
        let (refusal_cache, outputs) = (fast_path::RefusalCache::new(), OutputSizes::new());
        let recorder = recorder.cloned().unwrap_or_else(|| {
            let key = |(meter, _): &(MeterId, Measure)| {
                limits.iter().map(|limit| &limit.key).find(|key| state.pool(key) == Some(*meter))
            };
            Recorder::new(&self.settings, Arc::clone(&draws), &drawn.iter().filter_map(key).collect::<Vec<_>>())
        });
        let shadow = policy.shadow;
        let charges_max_output = self.settings.provider.policy().max_output == MaxOutput::Charged;
        let route = Arc::new(Route {
            draws,
            credits,
            inline,
            refusal_cache,
            route_queue,
            shadow,
            holds_slots,
            charges_max_output,
            outputs,
            recorder,
        });
        state.routes.insert((drawn, policy), Arc::clone(&route));
        route
    }

    /// Makes the meter of a limit whose pool is new.
    fn make_meter(&self, state: &mut State, limit: &ResolvedLimit) -> Option<MeterId> {
        // The tenant's share may have changed since the limit was resolved.
        let tenant_share = limit.key.tenant().and_then(|name| state.tenants.get(name));
        let share_percent = tenant_share.copied().unwrap_or(limit.share_percent);
        let limit = &ResolvedLimit { share_percent, ..limit.clone() };
        let spec = meter_spec(&self.settings, limit, state.schedule.now())?;
        let whole_meter = state.pool(&limit.key.whole()).unwrap_or_else(|| state.schedule.queue().next_meter());
        let id = state.schedule.add_meter(Meter::new(whole_meter, spec), Gauges::new(&self.settings, &limit.key));
        state.pools.insert(limit.key.clone(), id);
        let set = state.set_for_all.iter().find(|(metric, per, _)| state.schedule.meter(id).counts(*metric, *per));
        let set = set.map(|(_, _, amount)| *amount);
        let level = self.settings.start_level(limit.key.per);
        let now = state.schedule.now();
        let queue = state.schedule.change(&self.fast_lock);
        if let (true, Some(amount)) = (limit.key.part == Part::Whole, set) {
            let amount = amount.saturating_mul(queue.meter(id).scale());
            queue.change(id, |state| state.set_for_all = Some(amount));
        }
        // A later tenant has used nothing. What the vendor may have counted before is in its whole limit.
        if limit.key.tenant().is_none() {
            queue.meter_mut(id).assume_usage(level.free_percent(), now);
        }
        #[cfg(feature = "feedback")]
        if limit.key.part == Part::Whole {
            let AccountPause { until, reason } = queue.account_pause;
            queue.meter_mut(id).pause(until, reason, now.earliest);
        }
        Some(id)
    }
}

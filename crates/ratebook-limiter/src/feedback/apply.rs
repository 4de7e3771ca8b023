//! What is done when a reply says something of limits.

use std::time::Duration;

use fastrand::Rng;
use ratebook::{Metric, Remedy};

use super::{Counted, Dialect, Headers, InvalidValue, Refusal, Signal, Signals};
use crate::cost::Cost;
use crate::meter::{Meter, MeterId};
use crate::model::Model;
use crate::nanos::Nanos;
use crate::queue::Queue;
use crate::route::Route;
use crate::settings::Settings;
use crate::telemetry::FeedbackRecord;
use crate::vendor::Vendor;

const HOUR: Nanos = Nanos::new(3_600_000_000_000);

/// Within this time at least, a rate rises that rose too quickly.
const SLOW_START_SPAN: Nanos = Nanos::MINUTE;

/// Where the status of a reply stands.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Status {
    /// It is the reply's own.
    Http(u16),
    /// The reply's is 200, and an error inside it has another, where the stream says so.
    Inside(Option<u16>),
}

/// The cost of a call of which nothing is known.
const UNKNOWN: Cost = Cost::request().requests(0);

/// The status of a vendor that is overloaded.
const OVERLOADED: u16 = 529;

/// A guaranteed limit is widened by the vendor's word to so many times what it was set to, at most.
const MAX_WIDENING: u64 = 100;

/// How an account hears replies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FeedbackSettings {
    pub(crate) dialect: Dialect,
    pub(crate) obeys_over_limit: bool,
    pub(crate) seed: Option<u64>,
    /// The longest backoff after refusals that name neither a time nor a window.
    longest_backoff: Nanos,
}

impl FeedbackSettings {
    pub(crate) fn of(provider: &Vendor) -> Self {
        let dialect = provider.catalog().map_or(Dialect::PLAIN, Dialect::of);
        let mut feedback = Self { dialect, obeys_over_limit: false, seed: None, longest_backoff: Nanos::ZERO };
        feedback.recover_as(provider);
        feedback
    }

    /// Backs off for as long as refusals of a provider typically last, at most.
    pub(crate) fn recover_as(&mut self, provider: &Vendor) {
        let recovery = provider.policy().recovery_seconds.unwrap_or(60);
        self.longest_backoff = Nanos::SECOND.times(recovery.into());
    }

    /// Where backoffs come from.
    pub(crate) fn rng(&self) -> Rng {
        self.seed.map_or_else(Rng::new, Rng::with_seed)
    }

    /// A backoff after so many refusals, capped and with full jitter (Brooker 2015).
    ///
    /// What a window of more than an hour refuses, no short wait cures: it is a sixtieth of the window at first, and the
    /// window at most, of which half is not left to chance.
    fn backoff(&self, refusals: u32, window: Option<Duration>, rng: &mut Rng) -> Nanos {
        let long = window.map(Nanos::from).filter(|window| *window > HOUR);
        let (first, longest) =
            long.map_or((Nanos::SECOND, self.longest_backoff), |window| (window.scaled(1, 60), window));
        let most = first.times(1 << refusals.saturating_sub(1).min(32)).min(longest).get();
        Nanos::new(rng.u64(if long.is_some() { most / 2 } else { 0 }..=most))
    }
}

impl Model {
    /// Hears what a reply says of limits, by the account's dialect, and obeys it:
    ///
    /// - a refusal pauses the pool that it names, or else the one that the fewest other calls draw from, until the time
    ///   that it names, or with capped exponential backoff and full jitter; then the pool comes back at the limit's own
    ///   rate, and calls that wait go on in their order. Of several windows that it names the longest is paused. With a
    ///   window of more than an hour and no time, the backoff is from a 120th of the window up to the window; a time of less
    ///   than an hour is doubled with each refusal in a row. A refusal of the whole account pauses all its pools;
    /// - a vendor that is busy ([`Remedy::Elsewhere`]) is left alone for as long as it on_refusal, by `Retry-After` or in the
    ///   body, as after a refusal. Without a time nothing pauses, but for an overload of status 529, after which there is
    ///   a backoff. No limit is given way in;
    /// - less left than was believed: others draw on the account. The pool shrinks to it, less what was charged after the
    ///   call, and what others have used comes back evenly within a window;
    /// - a lower limit narrows the pool, until the vendor says otherwise or has said nothing for ten windows, ten minutes
    ///   at least; a higher one widens it only where the limit is guaranteed rather than hard, and to no more than a
    ///   hundred times what was published or agreed;
    /// - what a header says without a window is of the account's limit on its metric. Of several, it is of the one whose
    ///   amount the header names, or whose window the time until it is full fits; where neither shows, of none;
    /// - a rate that rose too quickly goes on rising slowly, after the time that the refusal names, if it names one;
    /// - what waiting does not cure, and what makes no sense, is only told.
    ///
    /// [`Permit::observe`](crate::Permit::observe) does the same and knows when the call was made. The limits of a user's
    /// own making (shares of classes, an even pace) are not the vendor's, and replies do not change them.
    pub fn observe<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8]) -> Signals {
        self.apply_response(self.account.clock.now(), &UNKNOWN, Status::Http(status), headers, body)
    }

    /// Like [`observe`](Self::observe), for an error that stands inside a reply of status 200: an `error` event of a
    /// stream, or an error object as the body. See [`Dialect::read_error`] for `status`, and for how the error's own status
    /// is found where that is `None`. The headers are those of the reply, or `()` where they were observed before.
    pub fn observe_error<H: Headers + ?Sized>(&self, status: Option<u16>, headers: &H, body: &[u8]) -> Signals {
        self.apply_response(self.account.clock.now(), &UNKNOWN, Status::Inside(status), headers, body)
    }

    /// Hears the reply to a call that was charged at a moment.
    pub(crate) fn apply_response<H: Headers + ?Sized>(
        &self,
        charged_at: Nanos,
        cost: &Cost,
        status: Status,
        headers: &H,
        body: &[u8],
    ) -> Signals {
        let (account, settings) = (&self.account, self.account.settings());
        let reading = account.read();
        let unix_nanos = account.clock.unix_at_zero(reading.earliest) + i128::from(reading.earliest.get());
        let dialect = settings.feedback.dialect;
        let (mut signals, is_served) = match status {
            Status::Http(status) => (dialect.read(status, headers, body, unix_nanos), (200..300).contains(&status)),
            Status::Inside(status) => (dialect.read_error(status, headers, body, unix_nanos), false),
        };
        let mut record = FeedbackRecord::default();
        account.with(|state| {
            let queue = state.schedule.at(reading).change(&account.fast_lock);
            let (route, rng, record) = (&*self.route, &mut state.rng, &mut record);
            let paused_until = &mut state.paused_until;
            let mut applier = FeedbackApplier {
                queue,
                route,
                settings,
                charged_at,
                cost,
                rng,
                record,
                paused_until,
                far_above: None,
            };
            match status {
                _ if is_served => applier.served(),
                Status::Inside(_) if signals.refusal().is_some() => applier.not_served(),
                Status::Inside(_) | Status::Http(_) => {}
            }
            signals.iter().for_each(|signal| applier.apply(signal, &signals));
            if let Some(of) = applier.far_above {
                signals.push(Signal::Invalid { at: dialect.name_of_limit(of), why: InvalidValue::FarAbove });
            }
            state.schedule.admission_pass(&account.fast_lock, None);
            state.schedule.show_all();
        });
        record.record(&self.route.recorder, &signals);
        signals
    }
}

/// The time to pause after so many refusals, of one that is named. A short one is doubled each time where a long window
/// refuses, up to the window: it is often that of a shorter window.
fn grown(time: Duration, window: Option<Duration>, refusals: Option<u32>) -> Duration {
    match window.filter(|window| Nanos::from(*window) > HOUR && Nanos::from(time) < HOUR) {
        Some(window) => time.saturating_mul(1 << refusals.unwrap_or(1).saturating_sub(1).min(31)).min(window).max(time),
        None => time,
    }
}

/// A reply to a call of a route, while it is obeyed.
pub(super) struct FeedbackApplier<'a> {
    pub(super) queue: &'a mut Queue,
    route: &'a Route,
    settings: &'a Settings,
    charged_at: Nanos,
    cost: &'a Cost,
    rng: &'a mut Rng,
    record: &'a mut FeedbackRecord,
    /// Until when the whole account is paused.
    paused_until: &'a mut Nanos,
    /// A limit that was told to be far more than it is.
    far_above: Option<Counted>,
}

impl FeedbackApplier<'_> {
    fn now(&self) -> Nanos {
        self.queue.now().earliest
    }

    pub(super) fn meters(&self) -> impl Iterator<Item = MeterId> {
        self.route.draws.iter().map(|draw| draw.meter)
    }

    fn served(&mut self) {
        for draw in &*self.route.draws {
            self.queue.meter_mut(draw.meter).record_served(self.charged_at);
        }
    }

    /// The call was believed to be served when its reply began.
    fn not_served(&mut self) {
        for draw in &*self.route.draws {
            self.queue.meter_mut(draw.meter).undo_served(self.charged_at);
        }
    }

    fn apply(&mut self, signal: Signal, all: &Signals) {
        let (now, reading) = (self.now(), self.queue.now());
        match signal {
            Signal::Limit { of, amount } if amount > 0 => {
                let Some(whole) = self.whole(of, all) else { return };
                let meter = self.queue.meter(whole);
                let (widens, before, amount) =
                    (meter.is_guaranteed(), meter.in_force(), amount.saturating_mul(meter.scale()));
                if widens && amount > meter.granted().saturating_mul(MAX_WIDENING) {
                    self.far_above = Some(of);
                    return;
                }
                self.queue.apply_limit(whole, amount, widens);
                self.record.limit(before, self.queue.meter(whole));
            }
            Signal::Remaining { of, amount } => {
                let Some(whole) = self.whole(of, all) else { return };
                let meter = self.queue.meter_mut(whole);
                let before = meter.headroom(now);
                meter.keep_left(amount.saturating_mul(meter.scale()), self.charged_at, reading);
                self.record.left(before, meter, now);
            }
            Signal::OverLimit(true) if self.settings.feedback.obeys_over_limit => self.slow_down(all),
            Signal::Refused(refusal) => self.apply_refusal(refusal, all),
            _ => {}
        }
    }

    /// Lowers the share of each guaranteed limit that a call may have exceeded, then pauses that limit for a sixteenth of
    /// its window; once for all calls in flight.
    ///
    /// The share is lowered first: a pause withholds part of the limit then in force. Part of a larger one could be more
    /// than all of the lower limit, and would stop every call until it has come back.
    fn slow_down(&mut self, all: &Signals) {
        let now = self.now();
        for id in self.may_be_exceeded(all) {
            let meter = self.queue.meter_mut(id);
            if meter.count_refusal(self.charged_at, now).is_none() {
                continue;
            }
            let before = meter.headroom(now);
            self.back_off(id);
            let meter = self.queue.meter_mut(id);
            meter.pause(now + meter.width().scaled(1, 16), now);
            self.record.left(before, meter, now);
        }
    }

    /// The guaranteed limits that a call over a limit may have exceeded. Limits of which the reply leaves the call's cost
    /// are not among them, unless that is true of all.
    fn may_be_exceeded(&self, all: &Signals) -> Vec<MeterId> {
        let draws = self.route.draws.iter();
        let guaranteed = draws.map(|draw| (draw.meter, self.cost.of(draw.dimension).max(1))).filter(|(id, _)| {
            let meter = self.queue.meter(*id);
            meter.is_guaranteed() && meter.is_whole()
        });
        let (with_room, exceeded): (Vec<_>, Vec<_>) = guaranteed.partition(|(id, needed)| {
            let scale = self.queue.meter(*id).scale();
            all.iter().any(|signal| match signal {
                Signal::Remaining { of, amount } => {
                    self.whole(of, all) == Some(*id) && amount.saturating_mul(scale) >= *needed
                }
                _ => false,
            })
        });
        let limits = if exceeded.is_empty() { with_room } else { exceeded };
        limits.into_iter().map(|(id, _)| id).collect()
    }

    /// Gives way to others who use a limit, in all its parts.
    fn back_off(&mut self, whole: MeterId) {
        let (now, used) = (self.now(), self.queue.meter(whole).used());
        self.queue.change(whole, |state| {
            let ours = state.ours();
            state.sharing.iter_mut().for_each(|sharing| **sharing = sharing.after_refusal(now, used, ours));
        });
    }

    fn apply_refusal(&mut self, refusal: Refusal, all: &Signals) {
        let named = self.named(refusal, all);
        let (slowed, pause) = match refusal.remedy {
            Remedy::Wait | Remedy::Elsewhere => match self.pool(named) {
                Some(pool) => (Some(pool), self.pause(pool, named, refusal, all)),
                None => (None, None),
            },
            Remedy::Smooth => {
                let slowed = self.start_slowly(named.metric);
                (slowed, slowed.and_then(|pool| self.pause_slow_start(pool, refusal)))
            }
            _ => (None, None),
        };
        self.record.refused(refusal, slowed.map(|meter| self.queue.meter(meter)), pause);
    }

    /// Pauses a pool; for how long, or not where the refusal says nothing new.
    fn pause(&mut self, pool: MeterId, named: Counted, refusal: Refusal, all: &Signals) -> Option<Nanos> {
        let (now, feedback) = (self.now(), &self.settings.feedback);
        let is_busy = refusal.remedy == Remedy::Elsewhere;
        let until_room = all.iter().find_map(|signal| match signal {
            Signal::UntilRoom { of, after } if named.metric.is_none() || of.metric == named.metric => Some(after),
            _ => None,
        });
        // No time at all is none that is named: to try again at once is what was refused.
        let some = |time: Option<Duration>| time.filter(|time| !time.is_zero());
        let first = some(refusal.retry_after).or(some(until_room).filter(|_| !is_busy));
        let lasts = some(refusal.lasts);
        if is_busy && refusal.status != OVERLOADED && first.or(lasts).is_none() {
            return None;
        }
        let refusals = self.queue.meter_mut(pool).count_refusal(self.charged_at, now);
        let time = match (first, lasts) {
            // A body that names the window, too, says why it is so long.
            (Some(first), Some(lasts)) if refusal.window.is_some_and(|window| lasts <= window) => {
                Some(first.max(lasts))
            }
            // The body may name far more than a header asks to wait: that is believed by and by.
            (Some(first), Some(lasts)) => {
                let more = first.saturating_mul(1 << refusals.unwrap_or(1).saturating_sub(1).min(31));
                Some(more.min(lasts).max(first))
            }
            (first, lasts) => first.or(lasts).map(|time| grown(time, refusal.window, refusals)),
        };
        let pause = match (time.map(Nanos::from), refusals) {
            (Some(time), _) => time,
            (None, Some(refusals)) => feedback.backoff(refusals, refusal.window, self.rng),
            (None, None) => return None,
        };
        if refusals.is_some() && !is_busy {
            self.back_off(pool);
        }
        let until = now + pause;
        if refusal.account_wide {
            *self.paused_until = until.max(*self.paused_until);
            let all = self.queue.meters_mut().filter(|meter| meter.is_whole());
            all.for_each(|meter| meter.pause(until, now));
        } else {
            self.queue.meter_mut(pool).pause(until, now);
        }
        Some(pause)
    }

    /// Pauses a pool whose rate is to rise slowly, for the time that the refusal names.
    fn pause_slow_start(&mut self, pool: MeterId, refusal: Refusal) -> Option<Nanos> {
        let some = |time: Option<Duration>| time.filter(|time| !time.is_zero()).map(Nanos::from);
        let (now, pause) = (self.now(), some(refusal.retry_after).or(some(refusal.lasts))?);
        self.queue.meter_mut(pool).pause(now + pause, now);
        Some(pause)
    }

    /// Has the rate of what rose too quickly rise slowly from what was served, in its shortest window, and slower each
    /// time; of which limit.
    fn start_slowly(&mut self, metric: Option<Metric>) -> Option<MeterId> {
        let now = self.now();
        let is_meant = |meter: &Meter| {
            meter.is_vendors() && !meter.is_concurrency() && metric.is_none_or(|metric| metric == meter.metric())
        };
        let meant = self.meters().filter(|meter| is_meant(self.queue.meter(*meter)));
        let slowed = meant.min_by_key(|meter| self.queue.meter(*meter).width())?;
        let width = self.queue.meter(slowed).width();
        for draw in &*self.route.draws {
            let (meter, refused) = (self.queue.meter(draw.meter), self.cost.of(draw.dimension));
            if !is_meant(meter) || meter.width() != width {
                continue;
            }
            let is_new = self.queue.meter_mut(draw.meter).count_refusal(self.charged_at, now);
            let refusals = self.queue.meter(draw.meter).refusals();
            let floor = self.served_share(draw.meter, refused.saturating_mul(u64::from(refusals)));
            let over = SLOW_START_SPAN.max(width.times(10)).times(1 << (refusals.max(1) - 1).min(4));
            let over = is_new.map(|_| over);
            self.queue.meter_mut(draw.meter).start_slowly(refused, floor, over, now);
        }
        Some(slowed)
    }

    /// What of a shorter window was served by the whole limit's reckoning, where calls are rarer than the window is long.
    fn served_share(&self, meter: MeterId, refused: u64) -> u64 {
        let part = self.queue.meter(meter);
        if part.is_whole() {
            return 0;
        }
        let whole = self.queue.meter(part.whole());
        let served = u128::from(whole.used_by_calls(self.now()).saturating_sub(refused).min(whole.limit()));
        (served * u128::from(part.limit())).div_ceil(u128::from(whole.limit().max(1))) as u64
    }
}

//! What is done when a reply says something of limits.

use std::time::Duration;

use fastrand::Rng;
use ratebook::{Metric, Remedy};

use super::{Counted, Dialect, Headers, Refusal, Signal, Signals};
use crate::builder::Settings;
use crate::cost::Cost;
use crate::meter::{Meter, MeterId};
use crate::model::Model;
use crate::nanos::Nanos;
use crate::queue::Queue;
use crate::route::Route;
use crate::telemetry::Heard;
use crate::vendor::Vendor;

/// Within this time at least, a rate rises that rose too quickly.
const RISE: Nanos = Nanos::MINUTE;

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

/// How an account hears replies.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hearing {
    pub(crate) dialect: Dialect,
    pub(crate) obeys_over_limit: bool,
    pub(crate) seed: Option<u64>,
    /// The longest backoff after refusals that name no time.
    longest_backoff: Nanos,
}

impl Hearing {
    pub(crate) fn of(provider: &Vendor) -> Self {
        let dialect = provider.catalog().map_or(Dialect::PLAIN, Dialect::of);
        let mut hearing = Self { dialect, obeys_over_limit: false, seed: None, longest_backoff: Nanos::ZERO };
        hearing.recover_as(provider);
        hearing
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
    fn backoff(&self, refusals: u32, rng: &mut Rng) -> Nanos {
        let most = Nanos::SECOND.times(1 << refusals.saturating_sub(1).min(32)).min(self.longest_backoff);
        Nanos::new(rng.u64(0..=most.get()))
    }
}

impl Model {
    /// Hears what a reply says of limits, by the account's dialect, and obeys it:
    ///
    /// - a refusal pauses the pool that it names, or else the one that the fewest other calls draw from, until the time
    ///   that it names, or with capped exponential backoff and full jitter; then the pool comes back at the limit's own
    ///   rate, and calls that wait go on in their order;
    /// - less left than was believed: others draw on the account. The pool shrinks to it, and comes back likewise;
    /// - a lower limit narrows the pool, until the vendor says otherwise or has said nothing for ten windows, ten minutes
    ///   at least; a higher one widens it only where the limit is guaranteed rather than hard;
    /// - a rate that rose too quickly goes on rising slowly;
    /// - what waiting does not cure, and what makes no sense, is only told.
    ///
    /// [`Permit::observe`](crate::Permit::observe) does the same and knows when the call was made. The limits of a user's
    /// own making (shares of classes, an even pace) are not the vendor's, and replies do not change them.
    pub fn observe<H: Headers + ?Sized>(&self, status: u16, headers: &H, body: &[u8]) -> Signals {
        self.hear(self.account.clock.now(), &UNKNOWN, Status::Http(status), headers, body)
    }

    /// Like [`observe`](Self::observe), for an error that stands inside a reply of status 200: an `error` event of a
    /// stream, or an error object as the body. See [`Dialect::read_error`] for `status`, and for how the error's own status
    /// is found where that is `None`. The headers are those of the reply, or `()` where they were observed before.
    pub fn observe_error<H: Headers + ?Sized>(&self, status: Option<u16>, headers: &H, body: &[u8]) -> Signals {
        self.hear(self.account.clock.now(), &UNKNOWN, Status::Inside(status), headers, body)
    }

    /// Hears the reply to a call that was charged at a moment.
    pub(crate) fn hear<H: Headers + ?Sized>(
        &self,
        charged_at: Nanos,
        cost: &Cost,
        status: Status,
        headers: &H,
        body: &[u8],
    ) -> Signals {
        let (account, settings) = (&self.account, self.account.settings());
        let reading = account.clock.read();
        let unix_nanos = reading.unix(reading.earliest);
        let dialect = settings.hearing.dialect;
        let (signals, is_served) = match status {
            Status::Http(status) => (dialect.read(status, headers, body, unix_nanos), (200..300).contains(&status)),
            Status::Inside(status) => (dialect.read_error(status, headers, body, unix_nanos), false),
        };
        let mut heard = Heard::default();
        account.with(|state| {
            let queue = state.schedule.at(reading).change(&account.latch);
            let (route, rng, heard) = (&*self.route, &mut state.rng, &mut heard);
            let mut listener = Listener { queue, route, settings, charged_at, cost, rng, heard };
            if is_served {
                listener.served();
            }
            signals.iter().for_each(|signal| listener.obey(signal, &signals));
            state.schedule.look(&account.latch, None);
            state.schedule.show_all();
        });
        heard.tell(&self.route, &signals);
        signals
    }
}

/// A reply to a call of a route, while it is obeyed.
struct Listener<'a> {
    queue: &'a mut Queue,
    route: &'a Route,
    settings: &'a Settings,
    charged_at: Nanos,
    cost: &'a Cost,
    rng: &'a mut Rng,
    heard: &'a mut Heard,
}

impl Listener<'_> {
    fn now(&self) -> Nanos {
        self.queue.now().earliest
    }

    fn meters(&self) -> impl Iterator<Item = MeterId> {
        self.route.draws.iter().map(|draw| draw.meter)
    }

    fn served(&mut self) {
        for draw in &*self.route.draws {
            self.queue.meter_mut(draw.meter).hear_served(self.charged_at);
        }
    }

    fn obey(&mut self, signal: Signal, all: &Signals) {
        let (now, reading) = (self.now(), self.queue.now());
        match signal {
            Signal::Limit { of, amount } if amount > 0 => {
                let Some(whole) = self.whole(of) else { return };
                let meter = self.queue.meter(whole);
                let (scale, widens, before) = (meter.scale(), meter.is_guaranteed(), meter.in_force());
                self.queue.hear_limit(whole, amount.saturating_mul(scale), widens);
                self.heard.limit(before, self.queue.meter(whole));
            }
            Signal::Remaining { of, amount } => {
                let Some(whole) = self.whole(of) else { return };
                let meter = self.queue.meter_mut(whole);
                let before = meter.headroom(now);
                meter.keep_left(amount.saturating_mul(meter.scale()), self.charged_at, reading);
                self.heard.left(before, meter, now);
            }
            Signal::OverLimit(true) if self.settings.hearing.obeys_over_limit => self.slow_down(),
            Signal::Refused(refusal) => self.obey_refusal(refusal, all),
            _ => {}
        }
    }

    /// Lets guaranteed limits rest for a sixteenth of their windows, and gives way to others, once for all calls on their
    /// way.
    fn slow_down(&mut self) {
        let now = self.now();
        for draw in &*self.route.draws {
            let meter = self.queue.meter_mut(draw.meter);
            if !meter.is_guaranteed() || !meter.is_whole() || meter.count_refusal(self.charged_at, now).is_none() {
                continue;
            }
            let before = meter.headroom(now);
            meter.pause(now + meter.width().scaled(1, 16), now);
            self.heard.left(before, meter, now);
            self.give_way(draw.meter);
        }
    }

    /// Gives way to others who use a limit, in all its parts.
    fn give_way(&mut self, whole: MeterId) {
        let (now, used) = (self.now(), self.queue.meter(whole).used());
        self.queue.change(whole, |state| {
            let ours = state.ours();
            state.sharing.iter_mut().for_each(|sharing| **sharing = sharing.fallen(now, used, ours));
        });
    }

    fn obey_refusal(&mut self, refusal: Refusal, all: &Signals) {
        let named = named(refusal, all);
        let (slowed, pause) = match refusal.remedy {
            Remedy::Wait => match self.pool(named) {
                Some(pool) => (Some(pool), self.pause(pool, named.metric, refusal, all)),
                None => (None, None),
            },
            Remedy::Smooth => (self.slow_rise(named.metric), None),
            _ => (None, None),
        };
        self.heard.refused(refusal, slowed.map(|meter| self.queue.meter(meter)), pause);
    }

    /// Pauses a pool; for how long, or not where the refusal says nothing new.
    fn pause(&mut self, pool: MeterId, metric: Option<Metric>, refusal: Refusal, all: &Signals) -> Option<Nanos> {
        let (now, hearing) = (self.now(), &self.settings.hearing);
        let until_room = all.iter().find_map(|signal| match signal {
            Signal::UntilRoom { of, after } if metric.is_none() || of.metric == metric => Some(after),
            _ => None,
        });
        let refusals = self.queue.meter_mut(pool).count_refusal(self.charged_at, now);
        // No time at all is none that is named: to try again at once is what was refused.
        let some = |time: Option<Duration>| time.filter(|time| !time.is_zero());
        let named = match (some(refusal.retry_after).or(some(until_room)), some(refusal.lasts)) {
            // The body may name far more than a header asks to wait: that is believed by and by.
            (Some(first), Some(lasts)) => {
                let more = first.saturating_mul(1 << refusals.unwrap_or(1).saturating_sub(1).min(31));
                Some(more.min(lasts).max(first))
            }
            (first, lasts) => first.or(lasts),
        };
        let pause = match (named.map(Nanos::from), refusals) {
            (Some(named), _) => named,
            (None, Some(refusals)) => hearing.backoff(refusals, self.rng),
            (None, None) => return None,
        };
        if refusals.is_some() {
            self.give_way(pool);
        }
        self.queue.meter_mut(pool).pause(now + pause, now);
        Some(pause)
    }

    /// Has the rate of what rose too quickly rise slowly from what was served, in its shortest window, and slower each
    /// time; of which limit.
    fn slow_rise(&mut self, metric: Option<Metric>) -> Option<MeterId> {
        let now = self.now();
        let is_meant = |meter: &Meter| {
            meter.is_vendors() && !meter.is_of_place() && metric.is_none_or(|metric| metric == meter.metric())
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
            let over = RISE.max(width.times(10)).times(1 << (refusals.max(1) - 1).min(4));
            let over = is_new.map(|_| over);
            self.queue.meter_mut(draw.meter).slow_rise(refused, floor, over, now);
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

    /// The limit that a header speaks of: of its metric and window, or of the shortest window; a guaranteed one before a
    /// hard one, for over that a reply is a refusal.
    fn whole(&self, of: Counted) -> Option<MeterId> {
        let metric = of.metric?;
        let wholes = self.meters().filter(|meter| {
            let meter = self.queue.meter(*meter);
            meter.is_whole() && meter.metric() == metric && of.window.is_none_or(|window| fits(window, meter.width()))
        });
        wholes.min_by_key(|meter| {
            let meter = self.queue.meter(*meter);
            (meter.width(), !meter.is_guaranteed())
        })
    }

    /// The limit that a refusal pauses: of its metric and window, or where there is none of its metric, or of any; a hard
    /// one before a guaranteed one, that which the fewest other calls draw from, over the shortest window, that on requests
    /// before others, since every call is one.
    fn pool(&self, named: Counted) -> Option<MeterId> {
        let of = |named: Counted| {
            let wholes = self.meters().filter(move |meter| {
                let meter = self.queue.meter(*meter);
                meter.is_whole()
                    && named.metric.is_none_or(|metric| meter.metric() == metric)
                    && named.window.is_none_or(|window| fits(window, meter.width()))
            });
            wholes.min_by_key(|meter| {
                let meter = self.queue.meter(*meter);
                // What is held at one time is free again by itself.
                let is_of_all = meter.metric() == Metric::Requests;
                (meter.is_guaranteed(), meter.reach(), meter.is_of_place(), meter.width(), !is_of_all)
            })
        };
        of(named).or_else(|| of(Counted { window: None, ..named })).or_else(|| of(Counted::default()))
    }
}

/// The limit that a refusal names: by its metric, or that of what is used up; over the window that a limit of that metric
/// is named with, where it is one.
fn named(refusal: Refusal, all: &Signals) -> Counted {
    let used_up = all.iter().find_map(|signal| match signal {
        Signal::Remaining { of, amount: 0 } => Some(of),
        _ => None,
    });
    let metric = refusal.metric.or(used_up.and_then(|of| of.metric));
    if refusal.window.is_some() {
        return Counted { metric, window: refusal.window };
    }
    if let Some(of) = used_up.filter(|of| of.metric == metric) {
        return of;
    }
    let mut windows = all.iter().filter_map(|signal| match signal {
        Signal::Limit { of, .. } if metric.is_some() && of.metric == metric => of.window,
        _ => None,
    });
    let first = windows.next();
    Counted { metric, window: first.filter(|first| windows.all(|window| window == *first)) }
}

/// Whether a window of a header is that of a limit, which may be longer by the network's jitter, and a month by some days.
fn fits(window: Duration, width: Nanos) -> bool {
    let window = Nanos::from(window).get();
    width.get().abs_diff(window) <= window / 8
}

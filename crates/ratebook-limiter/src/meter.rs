//! One limit in force: what it counts, how much is used, when more fits.

mod heard;
mod when;

use std::sync::Arc;

use ratebook::{Bound, Metric, Period};

use heard::{Heard, Told};

use crate::calendar::CalendarWindow;
use crate::cost::Dimension;
use crate::hot::{Cell, Latched};
use crate::limit::{LimitInForce, Part};
use crate::log::Log;
use crate::pace::Pace;
use crate::per::Per;
use crate::ramp::RampState;
use crate::sharing::Sharing;
use crate::telemetry::Gauges;

/// A moment that no passing of time brings: something has to be released.
pub(crate) const WHEN_RELEASED: u64 = u64::MAX - 1;

/// How use is measured.
#[derive(Debug)]
pub(crate) enum Gauge {
    Sliding(Log),
    Even(Pace),
    Calendar(CalendarWindow),
    /// Places held now.
    Places(u64),
}

/// A limit with its use and those who wait for it.
#[derive(Debug)]
pub(crate) struct Meter {
    pub(crate) cell: Arc<Cell>,
    /// What the cell was lent, and as when to charge what was taken of it.
    lent: Option<(u64, u64)>,
    /// Whether it has changed since it last lent, by more than time.
    has_changed: bool,
    stated: LimitInForce,
    /// Units of the dimension in one unit of the metric.
    scale: u64,
    pub(crate) dimension: Dimension,
    per: Per,
    /// The number of the meter of the whole limit that this one is, or is a part of.
    whole: usize,
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies ask"))]
    reach: Reach,
    /// The amount in force, in units of the dimension.
    limit: u64,
    /// What the limit may grow to.
    most: u64,
    /// The limit as it was set, of which what is in force may be less by the vendor's word.
    configured: u64,
    gauge: Gauge,
    ramp: Option<RampState>,
    sharing: Option<Sharing>,
    heard: Option<Box<Heard>>,
    /// Whether an amount above the limit may pass alone, held for longer in proportion.
    oversize: bool,
    /// What the waiting calls need of it, in units of the dimension.
    queued: u128,
    pub(crate) waiting: u32,
    /// What older waiting calls will take, and when.
    plans: Vec<(u64, u64)>,
    /// Whether one of them waits for this limit: then no younger call that needs of it passes.
    is_waited_for: bool,
    gauges: Gauges,
}

/// Which calls draw from a limit, the fewest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reach {
    Model,
    Group,
    Account,
}

/// What a meter is made of.
#[derive(Debug)]
pub(crate) struct Make {
    pub(crate) per: Per,
    pub(crate) reach: Reach,
    pub(crate) sharing: Option<Sharing>,
    pub(crate) stated: LimitInForce,
    pub(crate) dimension: Dimension,
    pub(crate) scale: u64,
    pub(crate) limit: u64,
    pub(crate) gauge: Gauge,
    pub(crate) ramp: Option<(RampState, u64)>,
    pub(crate) oversize: bool,
    pub(crate) gauges: Gauges,
}

impl Meter {
    /// A meter with a number, counted within its account, of a limit or of a part of the limit of another meter.
    pub(crate) fn new(number: usize, whole: usize, make: Make) -> Self {
        let Make { per, reach, sharing, stated, dimension, scale, limit, gauge, ramp, oversize, gauges } = make;
        let (ramp, most) = match ramp {
            Some((ramp, most)) => (Some(ramp), most),
            None => (None, limit),
        };
        Self {
            cell: Arc::new(Cell::new(number)),
            lent: None,
            has_changed: true,
            stated,
            scale,
            dimension,
            per,
            whole,
            reach,
            limit,
            most,
            configured: limit,
            gauge,
            ramp,
            sharing,
            heard: None,
            oversize,
            queued: 0,
            waiting: 0,
            plans: Vec::new(),
            is_waited_for: false,
            gauges,
        }
    }

    /// The limit with the amount now in force.
    pub(crate) fn in_force(&self) -> LimitInForce {
        LimitInForce { amount: self.limit / self.scale, ..self.stated }
    }

    pub(crate) fn is_guaranteed(&self) -> bool {
        self.stated.bound == Bound::Guaranteed
    }

    pub(crate) fn is_of_place(&self) -> bool {
        matches!(self.gauge, Gauge::Places(_))
    }

    pub(crate) fn limit(&self) -> u64 {
        self.limit
    }

    pub(crate) fn scale(&self) -> u64 {
        self.scale
    }

    /// Whether it is a limit itself, not a part or a share of one.
    pub(crate) fn is_whole(&self) -> bool {
        self.stated.part == Part::Whole
    }

    pub(crate) fn whole(&self) -> usize {
        self.whole
    }

    pub(crate) fn counts(&self, metric: Metric, per: Option<Period>) -> bool {
        self.stated.metric == metric && self.per.is(per)
    }

    /// Nanoseconds; none for what is held at one time.
    pub(crate) fn width(&self) -> u64 {
        self.stated.window
    }

    /// The limit as it was set, in units of the dimension.
    pub(crate) fn configured(&self) -> u64 {
        self.configured
    }

    /// Sets the limit, which takes effect with the next decision.
    pub(crate) fn configure(&mut self, limit: u64) {
        self.configured = limit;
        self.most = limit;
        self.ramp = None;
        self.reckon();
    }

    /// What is withheld at a moment; all ones while it is everything.
    pub(crate) fn withheld(&self, time: u64) -> u64 {
        self.heard.as_ref().map_or(0, |heard| heard.withheld.at(time))
    }

    /// Until when everything is withheld.
    pub(crate) fn paused_until(&self) -> u64 {
        self.heard.as_ref().map_or(0, |heard| heard.withheld.until())
    }

    /// The limit as it has grown by use, without the vendor's word.
    fn grown(&self) -> u64 {
        self.ramp.as_ref().map_or(self.configured, RampState::in_force)
    }

    /// What the vendor has told of the limit.
    fn told(&self) -> Option<Told> {
        self.heard.as_ref()?.told
    }

    /// The limit with the vendor's word, of which others may have a share.
    fn undivided(&self) -> u64 {
        let grown = self.grown();
        self.told().map_or(grown, |told| told.of(grown))
    }

    /// Works out the limit in force.
    fn reckon(&mut self) {
        let undivided = self.undivided();
        let limit = self.sharing.as_ref().map_or(undivided, |sharing| sharing.of(undivided));
        if limit != self.limit {
            self.limit = limit;
            self.fit_gauge();
        }
    }

    fn fit_gauge(&mut self) {
        self.has_changed = true;
        match &mut self.gauge {
            Gauge::Sliding(log) => log.set_limit(self.limit),
            Gauge::Even(pace) => pace.set_limit(self.limit),
            Gauge::Calendar(_) | Gauge::Places(_) => {}
        }
    }

    /// Takes back what the cell was lent and charges what was taken of it.
    pub(crate) fn take_back(&mut self, latched: &Latched<'_>) {
        let Some((lent, charged_at)) = self.lent.take() else { return };
        let left = latched.take_back(&self.cell);
        if let Gauge::Places(used) = &mut self.gauge {
            *used = used.saturating_add(lent).saturating_sub(left);
        } else if left < lent {
            self.charge(lent - left, charged_at);
        } else if left > lent {
            self.refund(left - lent, charged_at);
        }
    }

    /// Lends the headroom for the present tick.
    pub(crate) fn lend(&mut self, latched: &Latched<'_>, now: u64, charged_at: u64) {
        if self.lent.is_none() {
            let headroom = self.headroom(now);
            latched.lend(&self.cell, headroom, self.used() > self.limit);
            if std::mem::take(&mut self.has_changed) {
                latched.change();
            }
            self.lent = Some((headroom, charged_at));
        }
    }

    /// Lets go of what is over at a moment.
    pub(crate) fn expire(&mut self, now: u64) {
        let mut may_change = self.ramp.is_some() || self.sharing.is_some();
        if let Some(heard) = &mut self.heard {
            may_change |= heard.told.take_if(|told| now >= told.until).is_some();
            heard.floor = heard.floor.filter(|_| !heard.withheld.is_over(now));
        }
        if may_change {
            self.ramp.iter_mut().for_each(|ramp| ramp.advance(now));
            self.sharing.iter_mut().for_each(|sharing| sharing.advance(now));
            self.reckon();
        }
        match &mut self.gauge {
            Gauge::Sliding(log) => log.expire(now),
            Gauge::Calendar(window) => window.expire(now, self.limit),
            Gauge::Even(_) | Gauge::Places(_) => {}
        }
    }

    /// Whether no amount of waiting brings so much.
    pub(crate) fn never_fits(&self, amount: u64) -> bool {
        let most = self.told().map_or(self.most, |told| told.most_of(self.most));
        amount > most && !(self.oversize && most > 0) && !matches!(self.gauge, Gauge::Even(_))
    }

    /// The headroom that an amount needs.
    fn needed(&self, amount: u64) -> u64 {
        match &self.gauge {
            Gauge::Even(pace) => pace.needed(amount),
            _ if self.oversize => {
                let floor = self.heard.as_ref().and_then(|heard| heard.floor);
                amount.min(self.limit).min(floor.unwrap_or(u64::MAX))
            }
            _ => amount,
        }
    }

    pub(crate) fn headroom(&self, now: u64) -> u64 {
        let headroom = match &self.gauge {
            Gauge::Even(pace) => pace.headroom(now),
            _ => self.limit.saturating_sub(self.used()),
        };
        headroom.saturating_sub(self.withheld(now))
    }

    /// What is used, more than the limit where something is owed; of an even pace, nothing.
    pub(crate) fn used(&self) -> u64 {
        match &self.gauge {
            Gauge::Sliding(log) => log.used(),
            Gauge::Even(_) => 0,
            Gauge::Calendar(window) => window.used(),
            Gauge::Places(used) => *used,
        }
    }

    /// The headroom at a moment to come, if nothing more is charged.
    fn headroom_at(&self, time: u64) -> u64 {
        let headroom = match &self.gauge {
            Gauge::Sliding(log) => self.limit.saturating_sub(log.used() - log.freed_by(time)),
            Gauge::Even(pace) => pace.headroom(time),
            Gauge::Calendar(window) if time >= window.ends() => self.limit,
            Gauge::Calendar(_) | Gauge::Places(_) => self.limit.saturating_sub(self.used()),
        };
        headroom.saturating_sub(self.withheld(time))
    }

    /// When what is charged now no longer counts.
    fn forgets(&self, now: u64) -> u64 {
        match &self.gauge {
            Gauge::Sliding(log) => now.saturating_add(log.width()),
            Gauge::Even(pace) => now.saturating_add(pace.width()),
            Gauge::Calendar(window) => window.ends(),
            Gauge::Places(_) => WHEN_RELEASED,
        }
    }

    /// Whether an amount fits now without passing a call that waits for this limit, or delaying one that is planned.
    pub(crate) fn fits(&self, amount: u64, now: u64) -> bool {
        let needed = self.needed(amount);
        if self.is_waited_for || needed > self.headroom(now) {
            return false;
        }
        let forgets = self.forgets(now);
        let mut taken = needed;
        for &(at, planned) in self.plans.iter().take_while(|(at, _)| *at < forgets || self.is_of_place()) {
            taken = taken.saturating_add(planned);
            let room = if at == WHEN_RELEASED { self.headroom(now) } else { self.headroom_at(at) };
            if taken > room {
                return false;
            }
        }
        true
    }

    /// Charges an amount as of a moment.
    pub(crate) fn charge(&mut self, amount: u64, at: u64) {
        self.has_changed = true;
        if let Some(ramp) = &mut self.ramp {
            ramp.charge(amount);
        }
        match &mut self.gauge {
            Gauge::Sliding(log) => {
                let hold = if self.oversize && amount > self.limit {
                    let hold = u128::from(log.width()) * u128::from(amount) / u128::from(self.limit.max(1));
                    u64::try_from(hold + 1).unwrap_or(u64::MAX)
                } else {
                    log.width()
                };
                log.charge(at, amount, hold);
            }
            Gauge::Even(pace) => pace.charge(at, amount),
            Gauge::Calendar(window) => window.charge(amount),
            Gauge::Places(used) => *used = used.saturating_add(amount),
        }
    }

    /// Gives back an amount that was charged as of a moment.
    pub(crate) fn refund(&mut self, amount: u64, charged_at: u64) {
        self.has_changed = true;
        if let Some(ramp) = &mut self.ramp {
            ramp.refund(amount);
        }
        match &mut self.gauge {
            Gauge::Sliding(log) => log.refund(charged_at, amount),
            Gauge::Even(pace) => pace.refund(amount),
            Gauge::Calendar(window) => window.refund(charged_at, amount),
            Gauge::Places(used) => *used = used.saturating_sub(amount),
        }
    }

    /// An even pace makes room for its largest call.
    pub(crate) fn make_room(&mut self, amount: u64) {
        if let Gauge::Even(pace) = &mut self.gauge {
            pace.make_room(amount);
        }
    }

    pub(crate) fn clear_plans(&mut self) {
        self.plans.clear();
        self.is_waited_for = false;
    }

    /// Notes that an older call will take an amount at a moment, for want of it now or of something else.
    pub(crate) fn plan(&mut self, at: u64, amount: u64, now: u64) {
        let needed = self.needed(amount);
        self.is_waited_for |= needed > self.headroom(now);
        let place = self.plans.partition_point(|(other, _)| *other <= at);
        self.plans.insert(place, (at, needed));
    }

    pub(crate) fn queue(&mut self, amount: u64) {
        self.queued += u128::from(self.needed(amount));
        self.waiting += 1;
    }

    pub(crate) fn unqueue(&mut self, amount: u64) {
        self.queued = self.queued.saturating_sub(u128::from(self.needed(amount)));
        self.waiting -= 1;
        if self.waiting == 0 {
            self.queued = 0;
        }
    }

    /// Shows how full it is to whoever looks from outside.
    pub(crate) fn show(&self, now: u64) {
        self.gauges.show(self.used(), self.withheld(now), self.limit);
    }

    /// Whether it remembers nothing: a new meter would decide the same.
    pub(crate) fn is_idle(&self, now: u64) -> bool {
        let paid = !matches!(&self.gauge, Gauge::Even(pace) if pace.when(u64::MAX) > now);
        self.used() == 0
            && self.waiting == 0
            && paid
            && self.ramp.as_ref().is_none_or(RampState::is_at_start)
            && self.sharing.as_ref().is_none_or(|sharing| sharing.next_change().is_none())
            && self.heard.as_ref().is_none_or(|heard| heard.told.is_none() && heard.withheld.is_over(now))
    }

    /// Bytes it takes.
    pub(crate) fn memory(&self) -> usize {
        let slots = if let Gauge::Sliding(log) = &self.gauge { log.memory() } else { 0 };
        let heard = if self.heard.is_some() { size_of::<Heard>() } else { 0 };
        heard + size_of::<Self>() + size_of::<Cell>() + 2 * size_of::<usize>() + slots + self.plans.capacity() * 16
    }
}

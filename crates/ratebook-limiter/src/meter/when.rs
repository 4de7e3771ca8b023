//! Times at which a limit has room, as far as they are known.

use crate::meter::{Counter, Meter};
use crate::nanos::{Nanos, When};

impl Meter {
    /// The headroom at a later time, if nothing more is charged.
    pub(super) fn headroom_at(&self, time: Nanos) -> u64 {
        let headroom = match &self.counter {
            Counter::Sliding(window) => self.limit.saturating_sub(window.used() - window.freed_by(time)),
            Counter::Gcra(gcra) => gcra.headroom(time),
            Counter::Calendar(window) if time >= window.ends() => self.limit,
            Counter::Calendar(_) | Counter::Concurrency(_) => self.limit.saturating_sub(self.used()),
        };
        self.unwithheld(headroom, time)
    }

    /// Returns the earliest time, not before `now`, at which an amount has room if nothing more is charged.
    pub(crate) fn when_room(&self, amount: u64, now: Nanos) -> When {
        if self.has_room(amount, now) {
            return When::At(now);
        }
        let when = self.when_free(self.needed(amount), now);
        let when = match &self.counter {
            // A call that passes alone waits until the window is empty.
            Counter::Sliding(window) if self.passes_alone(amount) => {
                when.max(When::At(window.when_freed(window.used()).unwrap_or(now)))
            }
            _ => when,
        };
        // The limit itself may change before that.
        match self.state().and_then(crate::limit_state::LimitState::next_change) {
            Some(change) if !matches!(self.counter, Counter::Concurrency(_)) => {
                when.min(When::At(change.max(self.paused_until())))
            }
            _ => when,
        }
    }

    /// Returns when `needed` units are neither used nor withheld.
    fn when_free(&self, needed: u64, now: Nanos) -> When {
        let over = self.used().saturating_add(needed).saturating_sub(self.limit);
        let unused = match &self.counter {
            Counter::Sliding(window) => When::At(if over == 0 { now } else { window.when_freed(over).unwrap_or(now) }),
            Counter::Gcra(gcra) => When::At(gcra.when(needed)),
            Counter::Calendar(window) => When::At(if over == 0 { now } else { window.ends() }),
            Counter::Concurrency(_) if over > 0 => return When::OnRelease,
            Counter::Concurrency(_) => When::At(now),
        };
        let Some(at) = unused.moment() else { return unused };
        let at = at.max(now).max(self.paused_until());
        if self.headroom_at(at) >= needed {
            return When::At(at);
        }
        // Some units are still withheld. At the end of that, everything that time frees is free, so the time lies
        // between.
        let ends = self.vendor_state.as_ref().map_or(at, |vendor_state| vendor_state.withheld.ends());
        let (mut early, mut late) = (at, ends.max(at));
        while late > early + Nanos::new(1) {
            let middle = early + Nanos::new((late - early).get() / 2);
            if self.headroom_at(middle) >= needed { late = middle } else { early = middle }
        }
        When::At(late)
    }

    /// Estimates when an amount has room behind all waiting calls: the window admits its limit once, and again each
    /// time that its width has passed.
    pub(crate) fn when_behind_queue(&self, amount: u64, now: Nanos) -> When {
        let before = self.queued_amount;
        let alone = self.when_room(amount, now);
        if before == 0 {
            return alone;
        }
        let total = before.saturating_add(self.needed(amount));
        if self.is_concurrency() {
            return if total > self.headroom(now) { When::OnRelease } else { alone };
        }
        let windows = total.div_ceil(self.limit.max(1)).saturating_sub(1);
        let rest = total - windows.saturating_mul(self.limit.max(1)).min(total);
        match alone.max(self.when_free(rest.clamp(1, self.limit.max(1)), now)) {
            When::At(at) => When::At(at + self.width().times(windows)),
            When::OnRelease => When::OnRelease,
        }
    }

    /// When some of the usage next expires. `None` if nothing is used, or only a release frees it.
    pub(crate) fn next_free(&self, now: Nanos) -> Option<Nanos> {
        match &self.counter {
            Counter::Sliding(window) => window.when_freed(1),
            Counter::Gcra(gcra) => Some(gcra.when(1)).filter(|at| *at > now),
            Counter::Calendar(window) => (window.used() > 0).then(|| window.ends()),
            Counter::Concurrency(_) => None,
        }
    }
}

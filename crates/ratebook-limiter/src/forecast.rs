//! Forecasts of admissions: a clone of the queue runs ahead by its own rules, from one time with room to the next. A
//! forecast is exact as long as nothing is settled, dropped or changed, and no other call arrives.

use std::ops::ControlFlow;

use crate::clock::ClockReading;
use crate::meter::MeterId;
use crate::nanos::When;
use crate::queue::{FrontDecision, OrderKey, Queue, QueuedCall};

/// When a call will be admitted, and the limit it waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forecast {
    pub(crate) meter: MeterId,
    pub(crate) until: When,
}

/// The most passes per waiting call. A limit that changes often may need many passes that admit nothing; after these,
/// the rest is estimated.
const PASSES_PER_CALL: usize = 64;

impl Queue {
    /// Forecasts a call that would begin to wait now, at the place of its key. Returns `None` if it would never be
    /// admitted.
    pub(crate) fn forecast(&self, route_queue: usize, entry: QueuedCall) -> Option<Forecast> {
        let mut ahead = self.clone();
        ahead.push(route_queue, entry);
        let (meter, estimate) = ahead.estimate(route_queue, &entry.cost);
        let mut forecast = None;
        ahead.run(|decision, at| {
            let (waiter, outcome) = match decision {
                FrontDecision::Admitted { waiter, waited_for, .. } => {
                    (waiter, Some(Forecast { meter: waited_for.unwrap_or(meter), until: When::At(at.earliest) }))
                }
                FrontDecision::Never { waiter, .. } => (waiter, None),
            };
            if waiter != entry.waiter {
                return ControlFlow::Continue(());
            }
            forecast = Some(outcome);
            ControlFlow::Break(())
        });
        let until = if ahead.waits_for_release(route_queue) { When::OnRelease } else { estimate };
        forecast.unwrap_or(Some(Forecast { meter, until }))
    }

    /// Forecasts all waiting calls.
    pub(crate) fn forecast_all(&self, mut visit: impl FnMut(usize, Forecast)) {
        let mut ahead = self.clone();
        ahead.run(|decision, at| {
            if let FrontDecision::Admitted { waiter, waited_for, .. } = decision {
                let meter = waited_for.unwrap_or(MeterId::new(0));
                visit(waiter, Forecast { meter, until: When::At(at.earliest) });
            }
            ControlFlow::Continue(())
        });
    }

    /// Returns the queue after all calls that wait now have been admitted, as far as the passage of time admits them.
    pub(crate) fn drained(&self) -> Self {
        let mut ahead = self.clone();
        ahead.run(|_, _| ControlFlow::Continue(()));
        ahead
    }

    /// Runs ahead until no call waits, or the passage of time admits no other.
    fn run(&mut self, mut on_decision: impl FnMut(FrontDecision, ClockReading) -> ControlFlow<()>) {
        let mut passes = PASSES_PER_CALL.saturating_mul(self.len().saturating_add(1));
        loop {
            while let Some(decision) = self.admission_pass() {
                if on_decision(decision, self.now()).is_break() {
                    return;
                }
            }
            let Some(at) = self.next_event().filter(|_| passes > 0) else { return };
            passes -= 1;
            let unix_at_zero = self.now().unix_at_zero;
            self.advance_to(ClockReading { unix_at_zero, ..ClockReading::exact(at) });
        }
    }
}

/// Returns a key behind all calls that have arrived by `arrived`.
pub(crate) fn last_key(arrived: crate::nanos::Nanos) -> OrderKey {
    OrderKey { arrived, arrival: u64::MAX }
}

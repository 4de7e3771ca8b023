//! When calls that wait will be admitted, if nothing is settled, dropped or changed and nobody else comes: a copy of the
//! queue goes on by its own rules, from one moment at which there is room to the next.

use std::ops::ControlFlow;

use crate::clock::ClockReading;
use crate::meter::MeterId;
use crate::nanos::When;
use crate::queue::{FrontDecision, OrderKey, Queue, QueuedCall};

/// When a call is admitted, and the limit that it waits for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Forecast {
    pub(crate) meter: MeterId,
    pub(crate) until: When,
}

/// A limit that changes often may bring many looks that admit nobody: after so many for each call, the rest is estimated.
const LOOKS_PER_CALL: usize = 64;

impl Queue {
    /// When a call would be admitted that begins to wait now, after all that wait: `None` where it never would be.
    pub(crate) fn forecast(&self, route_queue: usize, entry: QueuedCall) -> Option<Forecast> {
        let mut ahead = self.clone();
        ahead.push(route_queue, entry);
        let (meter, about) = ahead.about(route_queue, &entry.cost);
        let mut forecast = None;
        ahead.run(|found, at| {
            let (waiter, admitted) = match found {
                FrontDecision::Admitted { waiter, waited_for, .. } => {
                    (waiter, Some(Forecast { meter: waited_for.unwrap_or(meter), until: When::At(at.earliest) }))
                }
                FrontDecision::Never { waiter, .. } => (waiter, None),
            };
            if waiter != entry.waiter {
                return ControlFlow::Continue(());
            }
            forecast = Some(admitted);
            ControlFlow::Break(())
        });
        let until = if ahead.waits_for_release(route_queue) { When::OnRelease } else { about };
        forecast.unwrap_or(Some(Forecast { meter, until }))
    }

    /// When each call that waits will be admitted.
    pub(crate) fn forecast_all(&self, mut note: impl FnMut(usize, Forecast)) {
        let mut ahead = self.clone();
        ahead.run(|found, at| {
            if let FrontDecision::Admitted { waiter, waited_for, .. } = found {
                let meter = waited_for.unwrap_or(MeterId::new(0));
                note(waiter, Forecast { meter, until: When::At(at.earliest) });
            }
            ControlFlow::Continue(())
        });
    }

    /// The queue as it will be when all that wait now have been admitted, as far as time alone brings that.
    pub(crate) fn drained(&self) -> Self {
        let mut ahead = self.clone();
        ahead.run(|_, _| ControlFlow::Continue(()));
        ahead
    }

    /// Goes on until nobody waits, or time alone admits nobody else.
    fn run(&mut self, mut seen: impl FnMut(FrontDecision, ClockReading) -> ControlFlow<()>) {
        let mut looks = LOOKS_PER_CALL.saturating_mul(self.len().saturating_add(1));
        loop {
            while let Some(found) = self.admission_pass() {
                if seen(found, self.now()).is_break() {
                    return;
                }
            }
            let Some(at) = self.next_event().filter(|_| looks > 0) else { return };
            looks -= 1;
            let unix_at_zero = self.now().unix_at_zero;
            self.at(ClockReading { unix_at_zero, ..ClockReading::exact(at) });
        }
    }
}

/// The key of a call that comes after all that wait.
pub(crate) fn last_key(arrived: crate::nanos::Nanos) -> OrderKey {
    OrderKey { arrived, number: u64::MAX }
}

//! What a meter lends to its credit.
//!
//! A credit stands in for its meter within one tick: it holds the headroom of the tick's beginning, less what calls
//! have taken since. Taking it back charges the meter with the difference. Charges of the tick are dated by the latest
//! time at which one of them can have been made.

use std::sync::Arc;

use crate::clock::ClockReading;
use crate::fast_path::{Credit, FastGuard};
use crate::meter::Meter;
use crate::nanos::Nanos;
use crate::telemetry::Gauges;

/// A meter's credit, and what the meter has lent to it.
#[derive(Debug)]
pub(crate) struct Lending {
    pub(crate) credit: Arc<Credit>,
    lent: Option<Lent>,
    gauges: Gauges,
}

/// Headroom lent for a tick.
#[derive(Clone, Copy, Debug)]
struct Lent {
    amount: u64,
    tick: Nanos,
    /// The latest time at which any of it can have been taken.
    latest: Nanos,
}

impl Lending {
    /// Bytes of one lending, its credit included.
    pub(crate) const BYTES: usize = size_of::<Self>() + size_of::<Credit>() + 2 * size_of::<usize>();

    pub(crate) fn new(number: usize, gauges: Gauges) -> Self {
        Self { credit: Arc::new(Credit::new(number)), lent: None, gauges }
    }

    /// Takes back the lent headroom, and charges the meter with what calls have taken. Returns whether the meter has
    /// changed.
    pub(crate) fn take_back(&mut self, meter: &mut Meter, guard: &FastGuard<'_>, now: ClockReading) -> bool {
        let Some(lent) = self.lent.take() else { return false };
        let left = guard.take_back(&self.credit);
        let latest = lent.latest.min(now.latest).max(lent.tick);
        if left < lent.amount {
            let reading = ClockReading { tick: lent.tick, latest, ..now };
            meter.charge(lent.amount - left, reading);
            meter.record_use(lent.amount - left, reading);
        } else if left > lent.amount {
            meter.refund(left - lent.amount, lent.tick, now.earliest);
            meter.undo_use(left - lent.amount);
        }
        left != lent.amount
    }

    /// Lends the headroom for a tick, whose last charge is made at `latest` or earlier. Does nothing if headroom is
    /// already lent.
    pub(crate) fn lend(&mut self, meter: &Meter, guard: &FastGuard<'_>, now: Nanos, tick: Nanos, latest: Nanos) {
        if self.lent.is_none() {
            let amount = meter.headroom(now);
            guard.lend(&self.credit, amount, meter.used() > meter.limit());
            self.lent = Some(Lent { amount, tick, latest });
        }
    }

    /// Updates the gauges of the meter.
    pub(crate) fn update_gauges(&self, meter: &Meter, now: Nanos) {
        self.gauges.update_gauges(meter.used(), meter.withheld(now), meter.limit());
    }
}

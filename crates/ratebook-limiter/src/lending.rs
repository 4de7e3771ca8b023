//! What meters lend to the cells that callers take from.

use std::sync::Arc;

use crate::clock::ClockReading;
use crate::fast_path::{Cell, FastGuard};
use crate::meter::Meter;
use crate::nanos::Nanos;
use crate::telemetry::Gauges;

/// A meter's cell, and what the meter has lent to it.
#[derive(Debug)]
pub(crate) struct Lending {
    pub(crate) cell: Arc<Cell>,
    lent: Option<Lent>,
    gauges: Gauges,
}

/// A headroom lent for a tick.
#[derive(Clone, Copy, Debug)]
struct Lent {
    amount: u64,
    tick: Nanos,
    /// When what was taken of it was taken, at the latest.
    latest: Nanos,
}

impl Lending {
    /// Bytes that one takes, with its cell.
    pub(crate) const BYTES: usize = size_of::<Self>() + size_of::<Cell>() + 2 * size_of::<usize>();

    pub(crate) fn new(number: usize, gauges: Gauges) -> Self {
        Self { cell: Arc::new(Cell::new(number)), lent: None, gauges }
    }

    /// Takes back what the cell was lent, and charges the meter with what was taken of it; whether something was.
    pub(crate) fn take_back(&mut self, meter: &mut Meter, guard: &FastGuard<'_>, now: ClockReading) -> bool {
        let Some(lent) = self.lent.take() else { return false };
        let left = guard.take_back(&self.cell);
        let latest = lent.latest.min(now.latest).max(lent.tick);
        if left < lent.amount {
            meter.charge(lent.amount - left, ClockReading { tick: lent.tick, latest, ..now });
        } else if left > lent.amount {
            meter.refund(left - lent.amount, lent.tick, now.earliest);
        }
        left != lent.amount
    }

    /// Lends the headroom for a tick, in which the last moment to take of it is `latest`.
    pub(crate) fn lend(&mut self, meter: &Meter, guard: &FastGuard<'_>, now: Nanos, tick: Nanos, latest: Nanos) {
        if self.lent.is_none() {
            let amount = meter.headroom(now);
            guard.lend(&self.cell, amount, meter.used() > meter.limit());
            self.lent = Some(Lent { amount, tick, latest });
        }
    }

    /// Shows how full its meter is to whoever looks from outside.
    pub(crate) fn show(&self, meter: &Meter, now: Nanos) {
        self.gauges.show(meter.used(), meter.withheld(now), meter.limit());
    }
}

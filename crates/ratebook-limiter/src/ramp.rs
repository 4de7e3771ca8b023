//! Limits that grow with sustained use.
//!
//! Vendors do not define sustained use, so this model uses the most cautious reading. A minute in which at least
//! half of the limit in force was used adds one minute of sustained use. A minute without use subtracts one. Any other
//! minute changes nothing. The limit after t minutes of sustained use lies on the line through the stated points.
//! Before the second point it is the first amount or the line from 0, whichever is larger: 60 at first and 120 after 10
//! minutes stays 60 until minute 5.

use std::sync::Arc;

use ratebook::RampPoint;

use crate::nanos::Nanos;

/// The state of a limit that grows.
#[derive(Clone, Debug)]
pub(crate) struct RampState {
    /// In units of the dimension and in order of time; the first at minute 0.
    points: Arc<[RampPoint]>,
    sustained_minutes: u32,
    /// The end of the current minute; `None` before the first reading of the clock.
    minute_ends: Option<Nanos>,
    used_in_minute: u64,
}

impl RampState {
    pub(crate) fn new(points: Arc<[RampPoint]>) -> Self {
        Self { points, sustained_minutes: 0, minute_ends: None, used_in_minute: 0 }
    }

    pub(crate) fn charge(&mut self, amount: u64) {
        self.used_in_minute = self.used_in_minute.saturating_add(amount);
    }

    pub(crate) fn refund(&mut self, amount: u64) {
        self.used_in_minute = self.used_in_minute.saturating_sub(amount);
    }

    /// Counts the minutes that have ended.
    pub(crate) fn advance(&mut self, now: Nanos) {
        let ends = *self.minute_ends.get_or_insert(now + Nanos::MINUTE);
        if now < ends {
            return;
        }
        let limit = self.in_force();
        if self.used_in_minute >= limit.div_ceil(2) {
            let last = self.points.last().map_or(0, |point| point.after_minutes);
            self.sustained_minutes = self.sustained_minutes.saturating_add(1).min(last);
        } else if self.used_in_minute == 0 {
            self.sustained_minutes = self.sustained_minutes.saturating_sub(1);
        }
        self.used_in_minute = 0;
        // All later minutes were idle.
        let idle = (now - ends).get() / Nanos::MINUTE.get();
        self.sustained_minutes = self.sustained_minutes.saturating_sub(u32::try_from(idle).unwrap_or(u32::MAX));
        self.minute_ends = Some(ends + Nanos::MINUTE.times(idle.saturating_add(1)));
    }

    /// The next time at which the passage of time may change the limit.
    pub(crate) fn next_change(&self) -> Option<Nanos> {
        self.minute_ends
    }

    /// Whether the limit is where it started.
    pub(crate) fn is_at_start(&self) -> bool {
        self.sustained_minutes == 0 && self.used_in_minute == 0
    }

    /// The limit in force, in units of the dimension.
    pub(crate) fn in_force(&self) -> u64 {
        let at = u128::from(self.sustained_minutes);
        let mut limit = self.points.first().map_or(0, |point| point.amount);
        for pair in self.points.windows(2) {
            let (from, to) = (pair[0], pair[1]);
            if self.sustained_minutes >= to.after_minutes {
                limit = to.amount;
                continue;
            }
            // The first segment rises from 0 at minute 0. Amounts never decrease.
            let (x, y) = if from.after_minutes == 0 { (0, 0) } else { (from.after_minutes, from.amount) };
            if self.sustained_minutes > x {
                let run = u128::from(to.after_minutes - x);
                let rise = u128::from(to.amount.saturating_sub(y)) * (at - u128::from(x)) / run;
                limit = limit.max(y.saturating_add(u64::try_from(rise).unwrap_or(u64::MAX)));
            }
            break;
        }
        limit
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl RampState {
        fn limit_at(&mut self, now: u64) -> u64 {
            self.advance(Nanos::MINUTE.times(now));
            self.in_force()
        }
    }

    fn ramp() -> RampState {
        let points = [(0, 60), (10, 120), (60, 720), (120, 1440)];
        RampState::new(points.map(|(after_minutes, amount)| RampPoint { after_minutes, amount }).into())
    }

    #[test]
    fn each_five_minutes_of_sustained_use_add_one_starting_amount() {
        let mut ramp = ramp();
        let mut limits = vec![ramp.limit_at(0)];
        for minute in 1..=150 {
            ramp.charge(ramp.in_force());
            limits.push(ramp.limit_at(minute));
        }
        assert_eq!([limits[0], limits[4], limits[5], limits[10]], [60, 60, 60, 120]);
        assert_eq!([limits[15], limits[60], limits[65], limits[120], limits[150]], [180, 720, 780, 1440, 1440]);
    }

    #[test]
    fn little_use_holds_the_limit_and_idle_minutes_lower_it() {
        let mut ramp = ramp();
        ramp.limit_at(0);
        for minute in 1..=60 {
            ramp.charge(ramp.in_force());
            ramp.limit_at(minute);
        }
        ramp.charge(1);
        assert_eq!(ramp.limit_at(61), 720);
        assert_eq!(ramp.limit_at(62), 708);
        assert_eq!(ramp.limit_at(300), 60);
    }
}

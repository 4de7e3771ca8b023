//! Jitter: how much windows are lengthened for the spread of the network's delay.

use super::Settings;
use crate::nanos::Nanos;

/// By default, a window is lengthened by one part of this many: 50 ms of a second, which costs 4.8 % of its limit.
const DEFAULT_PART_OF: u64 = 20;

/// The largest default, in milliseconds. It covers the setup of a new connection.
const MAX_MILLIS: u64 = 250;

impl Settings {
    /// Returns how much `window` is lengthened. `limit_window` is the window of the limit, of which `window` may be a
    /// part. By default, limits over a second or less are not lengthened: it would cost more than the spread of many
    /// networks.
    pub(crate) fn jitter_of(&self, limit_window: Nanos, window: Nanos) -> Nanos {
        match self.jitter {
            Some(spread) => spread.into(),
            None if self.clock.is_system() && limit_window > Nanos::SECOND => {
                window.scaled(1, DEFAULT_PART_OF).min(Nanos::MILLISECOND.times(MAX_MILLIS))
            }
            None => Nanos::ZERO,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ratebook::Provider;

    use crate::{Account, AccountBuilder, ManualClock, Quota};

    /// Returns the lengthened windows of a custom account, in milliseconds.
    fn widths(builder: AccountBuilder) -> Vec<u64> {
        let quotas = [
            Quota::requests(1).per(Duration::from_millis(100)),
            Quota::requests(10).per_second(),
            Quota::requests(100).per_minute(),
            Quota::requests(9_000).per_day(),
            Quota::concurrent(5),
        ];
        let account = quotas.into_iter().fold(builder, AccountBuilder::limit).build().unwrap();
        let _model = account.model("m").unwrap();
        account.0.with(|state| {
            let meters = state.schedule.queue().meters();
            meters.map(|(_, meter)| meter.width().get() / 1_000_000).collect()
        })
    }

    #[test]
    fn by_default_windows_above_a_second_are_lengthened_only_on_the_systems_clock() {
        let day = 86_400_000;
        assert_eq!(widths(Account::custom("a")), [100, 1_000, 60_250, day + 250, 0]);
        let simulated = Account::custom("a").clock(ManualClock::new().clock());
        assert_eq!(widths(simulated.clone()), [100, 1_000, 60_000, day, 0]);
        assert_eq!(widths(Account::custom("a").jitter(Duration::ZERO)), [100, 1_000, 60_000, day, 0]);
        let set = simulated.jitter(Duration::from_millis(80));
        assert_eq!(widths(set), [180, 1_080, 60_080, day + 80, 0]);
    }

    #[test]
    fn a_sub_window_of_a_second_has_the_jitter_of_a_second() {
        let account = Account::builder(Provider::Alibaba).region("international").build().unwrap();
        let _model = account.model("qwen-plus").unwrap();
        let widths = account.0.with(|state| {
            let meters = state.schedule.queue().meters();
            meters
                .map(|(_, meter)| (meter.stated_window().get() / 1_000_000, meter.width().get() / 1_000_000))
                .collect::<Vec<_>>()
        });
        assert!(widths.iter().any(|(_, width)| *width == 1_050), "{widths:?}");
        assert!(widths.iter().all(|(_, width)| [1_050, 60_250].contains(width)), "{widths:?}");
    }
}

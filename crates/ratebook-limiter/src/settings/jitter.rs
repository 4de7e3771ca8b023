//! By how much windows are lengthened for the network's sake.

use super::Settings;
use crate::nanos::Nanos;

/// Of a window, the part by which it is lengthened by default: 50 ms of a second, at a cost of 4.8 %.
const PARTS: u64 = 20;

/// The most that it is lengthened by default, in milliseconds: a long window can afford what a new connection takes.
const MAX_MILLIS: u64 = 250;

impl Settings {
    /// By how much a window is lengthened, given that of the limit whose part it may be. A limit that is itself of a second
    /// or less is taken at its word by default.
    pub(crate) fn jitter_of(&self, limit_window: Nanos, window: Nanos) -> Nanos {
        match self.jitter {
            Some(spread) => spread.into(),
            None if self.clock.is_system() && limit_window > Nanos::SECOND => {
                window.scaled(1, PARTS).min(Nanos::MILLISECOND.times(MAX_MILLIS))
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

    /// The lengths in milliseconds to which a custom account's windows are lengthened.
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
    fn by_default_windows_above_a_second_are_lengthened_on_the_systems_clock_alone() {
        let day = 86_400_000;
        assert_eq!(widths(Account::custom("a")), [100, 1_000, 60_250, day + 250, 0]);
        let simulated = Account::custom("a").clock(ManualClock::new().clock());
        assert_eq!(widths(simulated.clone()), [100, 1_000, 60_000, day, 0]);
        assert_eq!(widths(Account::custom("a").jitter(Duration::ZERO)), [100, 1_000, 60_000, day, 0]);
        let set = simulated.jitter(Duration::from_millis(80));
        assert_eq!(widths(set), [180, 1_080, 60_080, day + 80, 0]);
    }

    #[test]
    fn the_second_of_a_minute_has_the_jitter_of_a_second() {
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

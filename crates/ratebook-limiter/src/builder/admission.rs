//! Settings of how calls are admitted: bursts, the network's delay, the start of an account, waiting, and other clients.

use std::time::Duration;

use ratebook::Period;

use super::AccountBuilder;
use crate::meter::SlowStart;
use crate::nanos::Nanos;
use crate::settings::{Burst, StartLevel};

impl AccountBuilder {
    /// Sets how much may be sent at once. Default: [`Burst::Full`].
    #[must_use]
    pub fn burst(mut self, burst: Burst) -> Self {
        self.settings.burst = burst;
        self
    }

    /// Sets the spread of the network's delay, from the fastest call to the slowest. Every window is lengthened by it,
    /// except days, weeks and months of a calendar: calls sent a lengthened window apart arrive at least a window
    /// apart.
    ///
    /// The cost is jitter/(window + jitter) of the limit: 0.4 % of a limit per minute at 250 ms. **Where a vendor
    /// enforces seconds**, also as parts of a minute, it is jitter/(1 s + jitter): 4.8 % at 50 ms, 9.1 % at 100 ms,
    /// 20 % at 250 ms.
    ///
    /// Default on the system's clock: a twentieth of each window, at most 250 ms, and none for limits over a second or
    /// less. On other clocks: none, because simulated calls arrive when they are sent. The per-second part of a limit
    /// per minute has 50 ms by default, enough for open connections and a busy machine. Set more if new connections are
    /// opened over long distances, and `Duration::ZERO` if a refusal costs less than 4.8 % of that part.
    ///
    /// A limit of 600 calls per minute, of which the vendor enforces ten per second, in ten runs of 300 calls
    /// (`zero_config` of `ratebook-client`), beside release builds that kept both cores busy:
    ///
    /// | jitter | refused, of 3,000 calls | median seconds per run | relative to no jitter |
    /// |---:|---:|---:|---:|
    /// | 0 ms | 57 | 29.2 | 1.00 |
    /// | default | 0 | 30.6 | 1.05 |
    /// | 100 ms | 0 | 32.0 | 1.10 |
    /// | 250 ms | 0 | 36.4 | 1.25 |
    #[must_use]
    pub fn jitter(mut self, spread: Duration) -> Self {
        self.settings.jitter = Some(spread);
        self
    }

    /// Sets how much of its limits over less than a day a new account assumes is still unused: a process that restarts
    /// does not know what it used before. Longer limits start full, unless [`start_level_of`](Self::start_level_of)
    /// sets them. Default: [`StartLevel::Full`].
    #[must_use]
    pub fn start_level(mut self, level: StartLevel) -> Self {
        self.settings.start = level;
        self
    }

    /// Like [`start_level`](Self::start_level), but for the limits over one period. [`StartLevel::Empty`] for a day or
    /// a month admits nothing for that long.
    #[must_use]
    pub fn start_level_of(mut self, per: Period, level: StartLevel) -> Self {
        self.settings.start_levels.push((per, level));
        self
    }

    /// Sets the slow start of limits on requests after a cold start: the first call in five minutes. In the shortest
    /// window of each, `from_percent` (1 to 100) of the limit, but at least ten calls, are available at once; the rest
    /// becomes available evenly within `over`. Limits that grow with use start low and are not slowed further.
    ///
    /// Default: 12 % and one minute if the provider's policy refuses steep rises below its limits, otherwise none.
    /// `slow_start(100, Duration::ZERO)` turns it off.
    #[must_use]
    pub fn slow_start(mut self, from_percent: u8, over: Duration) -> Self {
        let over = Nanos::from(over);
        let is_slow = from_percent < 100 && !over.is_zero();
        self.settings.slow_start = Some(is_slow.then_some(SlowStart { from_percent, over }));
        self
    }

    /// Sets how long a waiting call may leave its turn unclaimed: its future is not polled after it was woken, or its
    /// ticket is not polled in time. The call then keeps its place, but is passed over until it is polled. Any number
    /// of such calls delays the others by one grace. Default: 20 ms.
    #[must_use]
    pub fn grace(mut self, grace: Duration) -> Self {
        self.settings.grace = grace;
        self
    }

    /// Sets the longest wait of `Model::acquire`, [`Model::acquire_blocking`](crate::Model::acquire_blocking) and
    /// `Fallback::acquire`. A call that is forecast to wait longer, for example because a day's limit is used up, fails
    /// at once with the wait. Default: no bound.
    #[must_use]
    pub fn longest_wait(mut self, longest: Duration) -> Self {
        self.settings.longest_wait = Some(longest);
        self
    }

    /// Admits calls beyond limits that are guaranteed rather than hard. The vendor serves such calls after others, and
    /// [`Permit::is_beyond_guarantee`](crate::Permit::is_beyond_guarantee) is `true` for them. Default: the account
    /// stays within guarantees.
    #[must_use]
    pub fn exceed_guarantees(mut self) -> Self {
        self.settings.exceeds_guarantees = true;
        self
    }

    /// Turns on shadow mode: every call is admitted, and its permit states how long it would have waited:
    /// [`Permit::would_have_waited`](crate::Permit::would_have_waited). Default: off.
    #[must_use]
    pub fn shadow(mut self) -> Self {
        self.settings.shadow = true;
        self
    }

    /// Slows down after a response that reports its call as over a guaranteed limit and served after others. On an
    /// account [shared with others](Self::shared_with_others), the share is reduced as after a refusal. A limit of
    /// which the same response states enough remaining is not slowed down. Applies to handles that [exceed
    /// guarantees](Self::exceed_guarantees) too. Default: such responses are only reported in the returned signals.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn slow_down_over_limit(mut self) -> Self {
        self.settings.feedback.slows_down_over_limit = true;
        self
    }

    /// Marks the account as shared with clients whose usage is unknown. Calls keep an even pace, as with
    /// [`Burst::Smooth`], and the usable share of each limit follows additive increase and multiplicative decrease
    /// (AIMD). A refusal reduces the share by a sixteenth. It then rises by a 24th of the limit in the next window, by
    /// twice as much in the one after, and so on, up to the whole limit. It never falls below `floor_percent` (1 to
    /// 100). Requires that responses are observed. Default: not shared.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn shared_with_others(mut self, floor_percent: u8) -> Self {
        self.settings.shared = Some(floor_percent);
        self
    }

    /// Sets the seed of the random backoff after refusals that state no time, for tests and simulations. Default:
    /// random.
    #[cfg(feature = "feedback")]
    #[must_use]
    pub fn backoff_seed(mut self, seed: u64) -> Self {
        self.settings.feedback.seed = Some(seed);
        self
    }

    /// Sets the number of slots per window: charges within one slot expire together. A limit of fewer units takes fewer
    /// slots. Default: 128. Minimum: 2. Each takes 24 bytes.
    #[must_use]
    pub fn resolution(mut self, moments: usize) -> Self {
        self.settings.resolution = moments.max(2);
        self
    }
}

//! Where time comes from: the system's monotonic clock, a clock moved by hand, or tokio's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Where an account takes its time from.
///
/// Rates are measured on a monotonic clock alone: no step of the wall clock moves them. The wall clock is read once,
/// when an account is built, to find where UTC days and months begin, for providers that count by them.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System {
        /// Nanoseconds by which the coarse clock may lag.
        lag: u64,
    },
    Manual {
        nanos: Arc<AtomicU64>,
        unix_at_zero: u64,
    },
    #[cfg(feature = "tokio")]
    Tokio(tokio::time::Instant),
}

/// A reading of the clock, in nanoseconds since its beginning: the true time lies between the two.
///
/// The coarse clock lags, by a tick of the kernel as a rule. What is admitted now may be admitted as late as `latest`;
/// what expires has surely expired only at `earliest`. Reading both ways keeps the promise with a clock that is not
/// exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) earliest: u64,
    pub(crate) latest: u64,
}

impl Clock {
    /// The system's monotonic clock; where the system has a coarse one (Linux), admissions read that.
    pub fn system() -> Self {
        Self(Source::System { lag: system::lag() })
    }

    /// tokio's clock, which stands still and jumps where a test has paused it.
    ///
    /// # Panics
    /// Never; outside of a runtime it is the system's clock.
    #[cfg(feature = "tokio")]
    pub fn tokio() -> Self {
        Self(Source::Tokio(tokio::time::Instant::now()))
    }

    /// A cheap reading, for decisions.
    #[inline]
    pub(crate) fn coarse(&self) -> Reading {
        match &self.0 {
            Source::System { lag } => {
                let earliest = system::coarse();
                Reading { earliest, latest: earliest + lag }
            }
            _ => self.precise(),
        }
    }

    /// An exact reading, to compute waits and to judge whether they are over.
    #[inline]
    pub(crate) fn precise(&self) -> Reading {
        let nanos = match &self.0 {
            Source::System { .. } => system::precise(),
            Source::Manual { nanos, .. } => nanos.load(Ordering::Acquire),
            #[cfg(feature = "tokio")]
            Source::Tokio(origin) => nanos_of(tokio::time::Instant::now().duration_since(*origin)),
        };
        Reading { earliest: nanos, latest: nanos }
    }

    /// Nanoseconds since 1970 in UTC at the beginning of this clock; negative where it began before.
    pub(crate) fn unix_at_zero(&self) -> i128 {
        match &self.0 {
            Source::Manual { unix_at_zero, .. } => i128::from(*unix_at_zero) * 1_000_000_000,
            _ => {
                let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
                unix.as_nanos() as i128 - i128::from(self.precise().earliest)
            }
        }
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::system()
    }
}

/// A clock that stands still until it is moved, for tests and simulations.
///
/// ```
/// use std::time::Duration;
/// use ratebook_limiter::{Account, Cost, ManualClock};
/// use ratebook::Provider;
///
/// let clock = ManualClock::new();
/// let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).build()?;
/// let qwen = account.model("qwen-plus")?;
/// // A sixtieth of 600 requests a minute in one second.
/// (0..10).for_each(|_| drop(qwen.try_acquire(Cost::tokens(100)).unwrap()));
/// assert!(qwen.try_acquire(Cost::tokens(100)).is_err());
/// clock.advance(Duration::from_secs(1));
/// assert!(qwen.try_acquire(Cost::tokens(100)).is_ok());
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    nanos: Arc<AtomicU64>,
    unix_at_zero: u64,
}

impl ManualClock {
    /// A clock that begins at 1970-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::beginning_at(0)
    }

    /// A clock that begins at a number of seconds since 1970 in UTC.
    pub fn beginning_at(unix_seconds: u64) -> Self {
        Self { nanos: Arc::default(), unix_at_zero: unix_seconds }
    }

    /// The clock as an account takes it.
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual { nanos: Arc::clone(&self.nanos), unix_at_zero: self.unix_at_zero })
    }

    /// The time since the clock's beginning.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.nanos.load(Ordering::Acquire))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let by = nanos_of(by);
        let _ = self.nanos.fetch_update(Ordering::AcqRel, Ordering::Acquire, |nanos| Some(nanos.saturating_add(by)));
    }

    /// Moves the clock to a time since its beginning; an account takes a step back as standing still.
    pub fn set(&self, elapsed: Duration) {
        self.nanos.store(nanos_of(elapsed), Ordering::Release);
    }
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

/// Whole nanoseconds, at most what 64 bits hold (584 years).
pub(crate) fn nanos_of(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

    #[inline]
    fn nanos(time: Timespec) -> u64 {
        (time.tv_sec as u64) * 1_000_000_000 + time.tv_nsec as u64
    }

    #[inline]
    pub(super) fn coarse() -> u64 {
        nanos(clock_gettime(ClockId::MonotonicCoarse))
    }

    #[inline]
    pub(super) fn precise() -> u64 {
        nanos(clock_gettime(ClockId::Monotonic))
    }

    /// Four ticks: on a machine that is shared, a tick may be late (seen here: by a third of one).
    pub(super) fn lag() -> u64 {
        4 * nanos(clock_getres(ClockId::MonotonicCoarse))
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::LazyLock;
    use std::time::Instant;

    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn coarse() -> u64 {
        precise()
    }

    pub(super) fn precise() -> u64 {
        super::nanos_of(ORIGIN.elapsed())
    }

    pub(super) fn lag() -> u64 {
        0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_true_time_lies_within_a_coarse_reading() {
        let clock = Clock::system();
        let mut outside = 0;
        for _ in 0..10_000 {
            let before = clock.precise();
            let coarse = clock.coarse();
            let after = clock.precise();
            assert!(coarse.earliest <= after.latest, "{coarse:?} {after:?}");
            outside += u32::from(coarse.latest < before.earliest);
        }
        // The kernel may lose its processor for longer than that.
        assert!(outside < 100, "{outside} of 10,000 readings lag by more than they say");
    }
}

//! Clocks: the system's monotonic clock, a manual clock, or tokio's.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::nanos::Nanos;

/// The source of an account's time.
///
/// Sliding windows are measured on a monotonic clock, so a step of the wall clock does not move them. Days, weeks and
/// months of a calendar follow the wall clock, which also advances while a machine sleeps.
///
/// Default: [`Clock::system`].
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System {
        /// The most by which the coarse clock lags.
        lag: Nanos,
    },
    Manual(Arc<ManualTime>),
    #[cfg(feature = "tokio")]
    Tokio(TokioTime),
}

/// The state of a manual clock.
#[derive(Debug)]
struct ManualTime {
    nanos: AtomicU64,
    /// Nanoseconds from 1970 to the clock's zero, plus all time slept since.
    unix_at_zero: AtomicU64,
}

/// tokio's clock and its offset to the wall clock. tokio's clock may be paused and then jumps, so the offset is
/// measured on the system's clocks.
#[cfg(feature = "tokio")]
#[derive(Clone, Copy, Debug)]
struct TokioTime {
    origin: tokio::time::Instant,
    system_origin: std::time::Instant,
}

/// A cheap reading of the clock, for the fast path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// The coarse clock's reading. Charges are identified by it.
    pub(crate) tick: Nanos,
    /// The latest time that it can be.
    pub(crate) latest: Nanos,
}

/// A reading of the clock: the true time lies between `earliest` and `latest`.
///
/// The coarse clock lags, usually by one tick of the kernel. Charges are dated by `latest` and expiry by `earliest`, so
/// the time between the two is never overestimated, and the promise holds on an inexact clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ClockReading {
    pub(crate) tick: Nanos,
    pub(crate) earliest: Nanos,
    pub(crate) latest: Nanos,
    /// Nanoseconds from 1970 to the clock's zero, in UTC, by the wall clock. 0 if no limit of the account follows the
    /// calendar.
    pub(crate) unix_at_zero: i128,
}

impl ClockReading {
    /// Returns an exact reading of a clock whose zero is 1970.
    pub(crate) fn exact(now: Nanos) -> Self {
        Self { tick: now, earliest: now, latest: now, unix_at_zero: 0 }
    }

    /// Returns a time of the clock in nanoseconds since 1970.
    pub(crate) fn unix(&self, at: Nanos) -> i128 {
        self.unix_at_zero + i128::from(at.get())
    }
}

impl Clock {
    /// Returns the system's monotonic clock. Where the system has a coarse one (Linux), admissions read that.
    pub fn system() -> Self {
        Self(Source::System { lag: system::lag() })
    }

    /// Returns tokio's clock, which a test may pause. Outside of a tokio runtime it is the system's clock.
    ///
    /// # Panics
    /// Never.
    #[cfg(feature = "tokio")]
    pub fn tokio() -> Self {
        Self(Source::Tokio(TokioTime { origin: tokio::time::Instant::now(), system_origin: std::time::Instant::now() }))
    }

    /// Whether it advances in real time, in which calls go over a network.
    pub(crate) fn is_system(&self) -> bool {
        match &self.0 {
            Source::System { .. } => true,
            Source::Manual(_) => false,
            // A test may have paused it.
            #[cfg(feature = "tokio")]
            Source::Tokio(_) => false,
        }
    }

    /// A cheap reading, for the fast path.
    // Not inlined, the call takes a tenth of a decision's time.
    #[inline(always)]
    pub(crate) fn tick(&self) -> Tick {
        match &self.0 {
            Source::System { lag } => {
                let tick = system::coarse();
                Tick { tick, latest: tick + *lag }
            }
            _ => {
                let now = self.now();
                Tick { tick: now, latest: now }
            }
        }
    }

    /// The most by which the coarse clock lags.
    pub(crate) fn lag(&self) -> Nanos {
        match &self.0 {
            Source::System { lag } => *lag,
            Source::Manual(_) => Nanos::ZERO,
            #[cfg(feature = "tokio")]
            Source::Tokio(_) => Nanos::ZERO,
        }
    }

    /// The precise time.
    #[inline]
    pub(crate) fn now(&self) -> Nanos {
        match &self.0 {
            Source::System { .. } => system::precise(),
            Source::Manual(time) => Nanos::new(time.nanos.load(Ordering::Acquire)),
            #[cfg(feature = "tokio")]
            Source::Tokio(time) => tokio::time::Instant::now().duration_since(time.origin).into(),
        }
    }

    /// A precise reading, with the tick in which it was made. Reads the wall clock only if asked to.
    pub(crate) fn read(&self, with_wall_clock: bool) -> ClockReading {
        let (tick, now) = match &self.0 {
            Source::System { .. } => {
                let tick = system::coarse();
                (tick, system::precise().max(tick))
            }
            _ => {
                let now = self.now();
                (now, now)
            }
        };
        let unix_at_zero = if with_wall_clock { self.unix_at_zero(now) } else { 0 };
        ClockReading { tick, earliest: now, latest: now, unix_at_zero }
    }

    /// Nanoseconds from 1970 to the clock's zero, in UTC, by the wall clock.
    /// Returns the time by the wall clock, in nanoseconds since 1970.
    pub(crate) fn unix_nanos(&self) -> i128 {
        let now = self.now();
        self.unix_at_zero(now) + i128::from(now.get())
    }

    pub(crate) fn unix_at_zero(&self, now: Nanos) -> i128 {
        match &self.0 {
            Source::System { .. } => unix(SystemTime::now()) - i128::from(now.get()),
            Source::Manual(time) => i128::from(time.unix_at_zero.load(Ordering::Acquire)),
            #[cfg(feature = "tokio")]
            Source::Tokio(time) => {
                let (wall, elapsed) = (SystemTime::now(), time.system_origin.elapsed());
                unix(wall) - elapsed.as_nanos() as i128
            }
        }
    }
}

/// Nanoseconds since 1970; negative before.
fn unix(time: SystemTime) -> i128 {
    match time.duration_since(UNIX_EPOCH) {
        Ok(since) => since.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
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
/// // Alibaba also enforces a sixtieth of 600 requests per minute in each second.
/// (0..10).for_each(|_| drop(qwen.try_acquire(Cost::tokens(100)).unwrap()));
/// assert!(qwen.try_acquire(Cost::tokens(100)).is_err());
/// clock.advance(Duration::from_secs(1));
/// assert!(qwen.try_acquire(Cost::tokens(100)).is_ok());
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ManualClock {
    time: Arc<ManualTime>,
}

impl ManualClock {
    /// Returns a clock that starts at 1970-01-01T00:00:00Z.
    pub fn new() -> Self {
        Self::beginning_at(0)
    }

    /// Returns a clock that starts at a number of seconds since 1970, in UTC. At most 584 years.
    pub fn beginning_at(unix_seconds: u64) -> Self {
        let unix_at_zero = AtomicU64::new(Nanos::SECOND.times(unix_seconds).get());
        Self { time: Arc::new(ManualTime { nanos: AtomicU64::new(0), unix_at_zero }) }
    }

    /// Returns the clock for [`AccountBuilder::clock`](crate::AccountBuilder::clock).
    pub fn clock(&self) -> Clock {
        Clock(Source::Manual(Arc::clone(&self.time)))
    }

    /// The time since the clock's start, without sleep.
    pub fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.time.nanos.load(Ordering::Acquire))
    }

    /// Advances the clock.
    pub fn advance(&self, by: Duration) {
        add(&self.time.nanos, by);
    }

    /// Advances the wall clock only, as the sleep of a machine does.
    pub fn sleep(&self, by: Duration) {
        add(&self.time.unix_at_zero, by);
    }

    /// Sets the time since the clock's start. To an account, a step back looks as if the clock stood still.
    pub fn set(&self, elapsed: Duration) {
        self.time.nanos.store(Nanos::from(elapsed).get(), Ordering::Release);
    }
}

fn add(nanos: &AtomicU64, by: Duration) {
    let by = Nanos::from(by);
    let _ = nanos.fetch_update(Ordering::AcqRel, Ordering::Acquire, |nanos| Some((Nanos::new(nanos) + by).get()));
}

impl Default for ManualClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(target_os = "linux")]
mod system {
    use rustix::time::{ClockId, Timespec, clock_getres, clock_gettime};

    use crate::nanos::Nanos;

    #[inline]
    fn nanos(time: Timespec) -> Nanos {
        Nanos::new((time.tv_sec as u64) * 1_000_000_000 + time.tv_nsec as u64)
    }

    #[inline]
    pub(super) fn coarse() -> Nanos {
        nanos(clock_gettime(ClockId::MonotonicCoarse))
    }

    #[inline]
    pub(super) fn precise() -> Nanos {
        nanos(clock_gettime(ClockId::Monotonic))
    }

    /// Four ticks. On a shared machine a tick may be late; a third of a tick was observed.
    pub(super) fn lag() -> Nanos {
        nanos(clock_getres(ClockId::MonotonicCoarse)).times(4)
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use std::sync::LazyLock;
    use std::time::Instant;

    use crate::nanos::Nanos;

    static ORIGIN: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn coarse() -> Nanos {
        precise()
    }

    pub(super) fn precise() -> Nanos {
        ORIGIN.elapsed().into()
    }

    pub(super) fn lag() -> Nanos {
        Nanos::ZERO
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
            let before = clock.now();
            let coarse = clock.tick();
            let after = clock.now();
            assert!(coarse.tick <= after, "{coarse:?} {after:?}");
            outside += u32::from(coarse.latest < before);
        }
        // The kernel may be descheduled for longer than that.
        assert!(outside < 100, "{outside} of 10,000 readings lag by more than stated");
    }
}

//! How a server measures usage.

/// The algorithm by which a server measures usage within a window.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Enforcement {
    /// A counter that resets at fixed times.
    FixedWindow {
        /// Time of the first reset after the start of the simulation, in nanoseconds.
        offset: u64,
    },
    /// A log of all calls within the last window.
    SlidingLog,
    /// The counter of the current fixed window, plus the share of the previous one that the sliding window still covers.
    SlidingCounter {
        /// Time of the first reset after the start of the simulation, in nanoseconds.
        offset: u64,
    },
    /// A token bucket, refilled at the rate of the limit.
    TokenBucket {
        /// Size of the bucket, in percent of the limit.
        holds_percent: u64,
    },
}

//! How a server counts usage within a window: fixed windows, calendar windows, a log, a sliding counter, a token
//! bucket, calls in flight, or the acceleration from window to window.
//!
//! The state does not know the limit: [`SimRule`](super::SimRule) passes the limit in force, because a limit may grow.
//! All times and widths are nanoseconds.

use std::collections::VecDeque;

use crate::algorithm::Algorithm;
use crate::calendar::{CalendarUnit, LocalTime, end_of_window};

/// Number of windows that a limit on acceleration looks back.
pub(super) const ACCELERATION_WINDOWS: u64 = 10;

/// The usage that a server has counted.
#[derive(Clone, Debug)]
pub(super) enum WindowState {
    /// The usage of one fixed window.
    FixedWindow { offset: u64, window: u64, used: u64 },
    /// Every charge of the last window in order of time, and the sum of all charges.
    Log { entries: VecDeque<LogEntry>, charged: u64 },
    /// The usage of the current and the previous fixed window.
    SlidingCounter { offset: u64, window: u64, used: u64, previous: u64 },
    /// The level of a bucket in units × width, at the time `at`.
    TokenBucket { holds_percent: u64, level: u128, at: u64 },
    /// The usage of one calendar window, and its end, if it has one.
    Calendar { unit: CalendarUnit, local: LocalTime, epoch: u128, ends: Option<u64>, used: u64 },
    /// What calls in flight hold.
    Concurrency { used: u64 },
    /// The usage of the current and the last [`ACCELERATION_WINDOWS`] windows, as window number and amount.
    Acceleration { windows: VecDeque<(u64, u64)> },
}

/// A charge in a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogEntry {
    /// When it was charged.
    at: u64,
    /// The sum of all earlier charges.
    before: u64,
}

impl WindowState {
    pub(super) fn new(algorithm: Algorithm, limit: u64, width: u64) -> Self {
        match algorithm {
            Algorithm::FixedWindow { offset } => Self::FixedWindow { offset, window: 0, used: 0 },
            Algorithm::SlidingLog => Self::Log { entries: VecDeque::new(), charged: 0 },
            Algorithm::SlidingCounter { offset } => Self::SlidingCounter { offset, window: 0, used: 0, previous: 0 },
            Algorithm::TokenBucket { holds_percent } => {
                Self::TokenBucket { holds_percent, level: bucket_size(limit, holds_percent) * u128::from(width), at: 0 }
            }
            Algorithm::Calendar { unit, local } => {
                let ends = end_after(unit, local, 0, 0);
                Self::Calendar { unit, local, epoch: 0, ends, used: 0 }
            }
        }
    }

    /// Sets the Unix time of the start of the simulation, before anything is charged. Only the calendar depends on it.
    pub(super) fn start_at(&mut self, unix: u128) {
        if let Self::Calendar { unit, local, epoch, ends, .. } = self {
            (*epoch, *ends) = (unix, end_after(*unit, *local, unix, 0));
        }
    }

    /// Drops usage that has expired.
    pub(super) fn advance(&mut self, now: u64, limit: u64, width: u64) {
        match self {
            Self::FixedWindow { offset, window, used } => {
                let current = window_at(now, width, *offset);
                if current != *window {
                    (*window, *used) = (current, 0);
                }
            }
            Self::Log { entries, .. } => {
                while entries.front().is_some_and(|entry| entry.at + width <= now) {
                    entries.pop_front();
                }
            }
            Self::SlidingCounter { offset, window, used, previous } => {
                let current = window_at(now, width, *offset);
                if current != *window {
                    *previous = if current == *window + 1 { *used } else { 0 };
                    (*window, *used) = (current, 0);
                }
            }
            Self::TokenBucket { holds_percent, level, at } => {
                *level = refilled(*level, now.saturating_sub(*at), limit, width, *holds_percent);
                *at = now;
            }
            Self::Acceleration { windows } => {
                let oldest = window_at(now, width, 0).saturating_sub(ACCELERATION_WINDOWS);
                while windows.front().is_some_and(|(window, _)| *window < oldest) {
                    windows.pop_front();
                }
            }
            Self::Calendar { unit, local, epoch, ends, used } => {
                if ends.is_some_and(|ends| ends <= now) {
                    (*ends, *used) = (end_after(*unit, *local, *epoch, now), 0);
                }
            }
            Self::Concurrency { .. } => {}
        }
    }

    /// Returns what fits at a time when nothing is used, if nothing more is charged until then.
    pub(super) fn capacity_at(&self, time: u64, limit: u64, width: u64) -> u128 {
        match self {
            Self::TokenBucket { holds_percent, .. } => bucket_size(limit, *holds_percent),
            Self::Acceleration { windows } => {
                let current = window_at(time, width, 0);
                let before = windows
                    .iter()
                    .filter(|(window, _)| (1..=ACCELERATION_WINDOWS).contains(&current.saturating_sub(*window)));
                let fullest = before.map(|(_, used)| *used).max().unwrap_or(0);
                u128::from(limit.max(fullest.saturating_mul(3) / 2))
            }
            Self::FixedWindow { .. }
            | Self::Log { .. }
            | Self::SlidingCounter { .. }
            | Self::Calendar { .. }
            | Self::Concurrency { .. } => u128::from(limit),
        }
    }

    /// Returns what counts as used at a time, if nothing more is charged until then.
    pub(super) fn used_at(&self, time: u64, limit: u64, width: u64) -> u128 {
        match self {
            Self::FixedWindow { offset, window, used } => {
                let is_current = window_at(time, width, *offset) == *window;
                if is_current { u128::from(*used) } else { 0 }
            }
            Self::Log { entries, charged } => {
                let expired = entries.partition_point(|entry| entry.at + width <= time);
                u128::from(entries.get(expired).map_or(0, |oldest| charged - oldest.before))
            }
            Self::SlidingCounter { offset, window, used, previous } => {
                let current = window_at(time, width, *offset);
                let (used, previous) = match current.saturating_sub(*window) {
                    0 => (*used, *previous),
                    1 => (0, *used),
                    _ => (0, 0),
                };
                let rest = width - (time.saturating_add(width - *offset % width)) % width;
                u128::from(used) + (u128::from(previous) * u128::from(rest)).div_ceil(u128::from(width))
            }
            Self::TokenBucket { holds_percent, level, at } => {
                let level = refilled(*level, time.saturating_sub(*at), limit, width, *holds_percent);
                bucket_size(limit, *holds_percent).saturating_sub(level / u128::from(width))
            }
            Self::Calendar { ends, used, .. } => {
                let is_current = ends.is_none_or(|ends| time < ends);
                if is_current { u128::from(*used) } else { 0 }
            }
            Self::Concurrency { used } => u128::from(*used),
            Self::Acceleration { windows } => {
                let current = window_at(time, width, 0);
                let used = windows.iter().find(|(window, _)| *window == current);
                used.map_or(0, |(_, used)| u128::from(*used))
            }
        }
    }

    pub(super) fn charge(&mut self, now: u64, amount: u64, width: u64) {
        match self {
            Self::FixedWindow { used, .. }
            | Self::SlidingCounter { used, .. }
            | Self::Calendar { used, .. }
            | Self::Concurrency { used } => *used += amount,
            Self::Log { entries, charged } => {
                entries.push_back(LogEntry { at: now, before: *charged });
                *charged += amount;
            }
            Self::TokenBucket { level, .. } => {
                *level = level.saturating_sub(u128::from(amount) * u128::from(width));
            }
            Self::Acceleration { windows } => {
                let current = window_at(now, width, 0);
                match windows.back_mut() {
                    Some((window, used)) if *window == current => *used += amount,
                    _ => windows.push_back((current, amount)),
                }
            }
        }
    }

    /// Ends a call in flight. Does nothing for other states.
    pub(super) fn release(&mut self, amount: u64) {
        if let Self::Concurrency { used } = self {
            *used -= amount;
        }
    }
}

/// Returns the number of the fixed window that contains a time.
pub(super) fn window_at(time: u64, width: u64, offset: u64) -> u64 {
    time.saturating_add(width - offset % width) / width
}

/// Returns the end of the calendar window that contains a time, in nanoseconds since the start of the simulation at the
/// Unix time `epoch`.
fn end_after(unit: CalendarUnit, local: LocalTime, epoch: u128, time: u64) -> Option<u64> {
    let end = end_of_window(unit, local, epoch + u128::from(time))?;
    u64::try_from(end.saturating_sub(epoch)).ok()
}

/// Returns the level of a bucket after some time, in units × width.
fn refilled(level: u128, after: u64, limit: u64, width: u64, holds_percent: u64) -> u128 {
    let full = bucket_size(limit, holds_percent) * u128::from(width);
    (level + u128::from(after) * u128::from(limit)).min(full)
}

/// Returns the size of a bucket in units: at least 1, unless the limit is 0.
pub(super) fn bucket_size(limit: u64, holds_percent: u64) -> u128 {
    (u128::from(limit) * u128::from(holds_percent) / 100).max(u128::from(limit.min(1)))
}

//! A waiting caller and its state.

use std::sync::Arc;
use std::task::Waker;

use crate::charge::Charge;
use crate::cost::Cost;
use crate::forecast::Forecast;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};
use crate::queue::OrderKey;
use crate::route::Route;

/// The index of a waiter. A ticket refers to its waiter by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaiterId(pub(super) usize);

/// A waiting caller.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) route: Arc<Route>,
    pub(super) cost: Cost,
    pub(super) key: OrderKey,
    pub(super) state: WaiterState,
    pub(super) waker: Option<Waker>,
    /// When its caller polls by its own timer; `None` if the account's timer task wakes it.
    pub(super) polls_at: Option<When>,
    /// Whether its caller is a parked thread, which polls as soon as it is woken.
    pub(super) is_thread: bool,
    /// When it was last polled.
    pub(super) polled_at: Nanos,
    /// When it was probed; `None` once it was polled since.
    pub(super) probed_at: Option<Nanos>,
    /// When a turn began that an older caller has taken back; `None` once it was polled since.
    pub(super) turn_began: Option<Nanos>,
    pub(super) forecast: Option<Forecast>,
}

impl Waiter {
    /// Whether it was not polled within half a grace of its probe, or of the end of its own timer.
    pub(super) fn is_late(&self, now: Nanos, half_grace: Nanos) -> bool {
        let due = self.probed_at.into_iter().chain(self.polls_at.and_then(When::moment)).min();
        due.is_some_and(|at| at + half_grace <= now)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum WaiterState {
    /// Its call waits in its route queue.
    Queued,
    /// It has been its turn since `since`.
    Offered { charge: Charge, since: Nanos },
    /// It was not polled in its turn, and is passed over until it is.
    PassedOver,
    /// Its call is above a limit that was lowered.
    Never { meter: MeterId },
}

/// What makes a caller poll again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PollTrigger {
    /// Its waker only: the account's timer task runs on its runtime.
    #[cfg(feature = "tokio")]
    Woken,
    /// Its own timer or its waker.
    OwnTimer,
    /// Like [`OwnTimer`](Self::OwnTimer), by a parked thread, which nothing else keeps busy.
    ParkedThread,
}

/// The result of polling a waiter.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PollOutcome {
    Granted(Charge),
    Never {
        meter: MeterId,
    },
    Wait {
        forecast: Forecast,
        /// When to poll again, so that the caller is not passed over, and ends the grace of others on time.
        poll_again_at: When,
    },
}

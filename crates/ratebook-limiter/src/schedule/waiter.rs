//! A caller that waits, and where it stands.

use std::sync::Arc;
use std::task::Waker;

use crate::charge::Charge;
use crate::cost::Cost;
use crate::forecast::Forecast;
use crate::meter::MeterId;
use crate::nanos::{Nanos, When};
use crate::queue::OrderKey;
use crate::route::Route;

/// The number of a waiter, by which its ticket knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WaiterId(pub(super) usize);

/// A caller that waits.
#[derive(Debug)]
pub(super) struct Waiter {
    pub(super) route: Arc<Route>,
    pub(super) cost: Cost,
    pub(super) key: OrderKey,
    pub(super) state: WaiterState,
    pub(super) waker: Option<Waker>,
    /// When it was told to look again by itself, where it does.
    pub(super) looks_at: Option<When>,
    /// Whether it is a thread, which looks when it is woken.
    pub(super) is_prompt: bool,
    /// When it last looked.
    pub(super) looked_at: Nanos,
    /// When it was woken to show that it looks, where it has not looked since.
    pub(super) probed_at: Option<Nanos>,
    pub(super) forecast: Option<Forecast>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum WaiterState {
    /// It waits in its route_queue.
    Queued,
    /// It is its turn, since a moment.
    Offered { charge: Charge, since: Nanos },
    /// It did not look in its turn, and is passed over until it looks.
    PassedOver,
    /// A limit has sunk below its cost.
    Never { meter: MeterId },
}

/// What makes a caller look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LooksAgain {
    /// It is woken: the account's timer serves its runtime.
    #[cfg(feature = "tokio")]
    WhenWoken,
    /// The time has come that it was told, or it is woken.
    ByItself,
    /// Like `ByItself`, and nothing keeps it from that: it is a thread that is parked.
    Promptly,
}

/// Where a waiting call stands when its caller looks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PollOutcome {
    Granted(Charge),
    Never {
        meter: MeterId,
    },
    Wait {
        forecast: Forecast,
        /// When to look again, to be passed over by nobody and to pass over others in time.
        look_again: When,
    },
}

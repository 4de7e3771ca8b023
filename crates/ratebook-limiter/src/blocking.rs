//! Waiting on the caller's thread.
//!
//! A thread that waits has a ticket, as any other caller: it is woken in its turn by whoever notices, and looks by itself at
//! the time it was given. Between the two, it is parked.

use std::borrow::Borrow;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use crate::cost::Cost;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::permit::Permit;
use crate::refusal::Refused;
use crate::schedule::LooksAgain;
use crate::telemetry::OnRefusal;
use crate::ticket::{Admission, Ticket};

impl Model {
    /// Like `acquire`, but blocks the thread, without a runtime: calls of threads and of tasks wait in one queue, in order.
    ///
    /// **Not for async code**, where it blocks all tasks of its thread: `acquire` waits there, or
    /// [`enqueue`](Self::enqueue) without tokio.
    ///
    /// On a clock that is not the system's, the thread cannot know when it moves: it looks each 10 ms of real time, and
    /// another thread has to move a [`ManualClock`](crate::ManualClock), or tokio's where it is paused.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ratebook_limiter::{Account, Cost, Quota, Usage};
    ///
    /// let account = Account::custom("ours").limit(Quota::requests(2).per(Duration::from_millis(50))).build()?;
    /// let model = account.model("ours")?;
    /// std::thread::scope(|scope| {
    ///     for _ in 0..4 {
    ///         scope.spawn(|| {
    ///             let permit = model.acquire_blocking(Cost::tokens(1_200)).unwrap(); // the last two after 50 ms
    ///             // … the call …
    ///             permit.settle(Usage::new().input(310).output(402));
    ///         });
    ///     }
    /// });
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Refused::Never`], with the limit that the call's cost exceeds; [`Refused::Wait`], at once, where the account has a
    /// [longest wait](crate::AccountBuilder::longest_wait) and the wait would be longer.
    pub fn acquire_blocking(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        match self.decide(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => block(self, cost, self.longest_wait()),
            decided => decided,
        }
    }

    /// Like [`acquire_blocking`](Self::acquire_blocking), but returns an owned permit.
    ///
    /// # Errors
    /// As [`acquire_blocking`](Self::acquire_blocking).
    pub fn acquire_blocking_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        match self.decide_owned(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => block(self.clone(), cost, self.longest_wait()),
            decided => decided,
        }
    }

    /// Like [`acquire_blocking`](Self::acquire_blocking), but waits no longer than a time, of the system's clock. Refuses at
    /// once where the wait, as far as is known, would be longer.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the wait that there would have been, or [`Refused::Never`].
    pub fn acquire_blocking_within(&self, cost: Cost, within: Duration) -> Result<Permit<&Self>, Refused> {
        match self.decide(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => block(self, cost, Some(within)),
            decided => decided,
        }
    }
}

/// How long a thread is parked at most, where it cannot know when the account's clock moves.
const LOOK: Duration = Duration::from_millis(10);

/// Parks the thread until its call is admitted.
fn block<M: Borrow<Model>>(model: M, cost: Cost, within: Option<Duration>) -> Result<Permit<M>, Refused> {
    let runs_by_itself = model.borrow().account.clock.is_system();
    // A time beyond all clocks is none.
    let deadline = within.and_then(|within| Instant::now().checked_add(within));
    let waker = Waker::from(Arc::new(Parked(thread::current())));
    let mut ticket = Ticket::new(model, cost, within.map(Nanos::from))?;
    loop {
        let (wait, waiting) = match ticket.look(Some(&waker), LooksAgain::Promptly) {
            Admission::Wait(wait, waiting) => (wait, waiting),
            decided => return decided.granted(),
        };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return Admission::Wait(wait, waiting).granted();
        }
        let look = (!runs_by_itself).then_some(LOOK);
        match wait.delay().into_iter().chain(left).chain(look).min() {
            Some(time) => thread::park_timeout(time),
            None => thread::park(),
        }
        ticket = waiting;
    }
}

/// A thread that waits.
struct Parked(Thread);

impl Wake for Parked {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

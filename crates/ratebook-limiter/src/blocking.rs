//! Waiting on the caller's thread.
//!
//! The thread holds a ticket, as any other caller that waits. It is parked until it is woken or until the time at which
//! the ticket has to be polled again, whichever comes first.

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
use crate::schedule::PollTrigger;
use crate::telemetry::OnRefusal;
use crate::ticket::Ticket;

impl Model {
    /// Like `acquire`, but blocks the thread and needs no runtime. Threads and tasks wait in one queue, in order of
    /// arrival.
    ///
    /// **Not for async code**: it blocks all tasks of its thread. Use `acquire` there, or [`enqueue`](Self::enqueue)
    /// without tokio.
    ///
    /// On a clock other than the system's, the thread polls every 10 ms of real time, because it cannot know when the
    /// clock advances. Another thread has to advance a [`ManualClock`](crate::ManualClock) or a paused tokio clock.
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
    /// [`Refused::Never`], if the call costs more than a limit in force, also while it waits. [`Refused::Wait`], at
    /// once, if the account has a [longest wait](crate::AccountBuilder::longest_wait) and the forecast wait is longer.
    pub fn acquire_blocking(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        match self.decide(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => block(self, cost, self.longest_wait()),
            decided => decided,
        }
    }

    /// Like [`acquire_blocking`](Self::acquire_blocking), but returns an owned permit.
    ///
    /// # Errors
    /// Those of [`acquire_blocking`](Self::acquire_blocking).
    pub fn acquire_blocking_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        match self.decide_owned(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => block(self.clone(), cost, self.longest_wait()),
            decided => decided,
        }
    }

    /// Like [`acquire_blocking`](Self::acquire_blocking), but waits at most `within`, on the system's clock, whatever
    /// the account's longest wait. Fails at once if the forecast wait is longer.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the forecast wait, if the call is not admitted in time; [`Refused::Never`], if it costs
    /// more than a limit in force.
    pub fn acquire_blocking_within(&self, cost: Cost, within: Duration) -> Result<Permit<&Self>, Refused> {
        match self.decide(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => block(self, cost, Some(within)),
            decided => decided,
        }
    }
}

/// The longest time for which a thread is parked on a clock other than the system's.
const POLL_INTERVAL: Duration = Duration::from_millis(10);

/// Parks the thread until its call is admitted.
fn block<M: Borrow<Model>>(model: M, cost: Cost, within: Option<Duration>) -> Result<Permit<M>, Refused> {
    let is_real_time = model.borrow().account.clock.is_system();
    // A deadline that `Instant` cannot represent never comes.
    let deadline = within.and_then(|within| Instant::now().checked_add(within));
    let waker = Waker::from(Arc::new(ThreadWaker(thread::current())));
    let mut ticket = Ticket::new(model, cost, within.map(Nanos::from))?;
    loop {
        let decided = ticket.poll(Some(&waker), PollTrigger::ParkedThread);
        let Err(Refused::Wait(wait)) = decided else { return ticket.into_admission(decided).granted() };
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        if left.is_some_and(|left| left.is_zero()) {
            return ticket.into_admission(decided).granted();
        }
        let poll_again = (!is_real_time).then_some(POLL_INTERVAL);
        match wait.delay().into_iter().chain(left).chain(poll_again).min() {
            Some(time) => thread::park_timeout(time),
            None => thread::park(),
        }
    }
}

/// Wakes a waiting call by unparking its thread.
struct ThreadWaker(Thread);

impl Wake for ThreadWaker {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.0.unpark();
    }
}

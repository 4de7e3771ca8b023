//! Waiting on tokio's timer.

use std::borrow::Borrow;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::cost::Cost;
use crate::model::Model;
use crate::nanos::Nanos;
use crate::permit::Permit;
use crate::refusal::Refused;
use crate::schedule::PollTrigger;
use crate::telemetry::OnRefusal;
use crate::ticket::{Admission, Ticket};
use crate::timer_task;

impl Model {
    /// Waits until a call is admitted. Calls are admitted in order of arrival, and small calls do not starve a large
    /// one. Dropping the future leaves the queue. Allocates only when the queue grows, and once per account and runtime
    /// for a timer task.
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_limiter::{Account, Cost, Usage};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let account = Account::builder(Provider::Alibaba).region("international").build()?;
    /// let qwen = account.model("qwen-plus")?;
    /// let permit = qwen.acquire(Cost::tokens(1_200)).await?;
    /// // … the call …
    /// permit.settle(Usage::new().input(310).output(402));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Refused::Never`], if the call costs more than a limit in force, also while it waits. [`Refused::Wait`], at
    /// once, if the account has a [longest wait](crate::AccountBuilder::longest_wait) and the forecast wait is longer.
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        match self.decide(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self, cost, self.longest_wait()).await,
            decided => decided,
        }
    }

    /// Like [`acquire`](Self::acquire), but returns an owned permit.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        match self.decide_owned(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self.clone(), cost, self.longest_wait()).await,
            decided => decided,
        }
    }

    /// Like [`acquire`](Self::acquire), but waits at most `within`, whatever the account's longest wait. Fails at once
    /// if the forecast wait is longer. `within` bounds the wait, not the call.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the forecast wait, if the call is not admitted in time; [`Refused::Never`], if it costs
    /// more than a limit in force.
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire_within(&self, cost: Cost, within: Duration) -> Result<Permit<&Self>, Refused> {
        match self.decide(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self, cost, Some(within)).await,
            decided => decided,
        }
    }

    /// Like [`acquire_within`](Self::acquire_within), but returns an owned permit.
    ///
    /// # Errors
    /// Those of [`acquire_within`](Self::acquire_within).
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire_owned_within(&self, cost: Cost, within: Duration) -> Result<Permit<Self>, Refused> {
        match self.decide_owned(&cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self.clone(), cost, Some(within)).await,
            decided => decided,
        }
    }
}

async fn wait_within<M: Borrow<Model>>(model: M, cost: Cost, within: Option<Duration>) -> Result<Permit<M>, Refused> {
    // A deadline that `Instant` cannot represent never comes.
    let deadline = within.and_then(|within| Instant::now().checked_add(within));
    wait(Ticket::new(model, cost, within.map(Nanos::from))?, deadline).await.granted()
}

/// Waits until the call is admitted, is refused for good, or the deadline passes. After the deadline, the call is still
/// in the queue and the ticket is returned.
///
/// The account's timer task wakes the future at the times that the schedule needs. The future has a timer of its own
/// only for the deadline.
pub(crate) async fn wait<M: Borrow<Model>>(mut ticket: Ticket<M>, deadline: Option<Instant>) -> Admission<M> {
    let mut timer = pin!(deadline.map(sleep_until));
    let decided = poll_fn(|context| {
        let decided = ticket.poll(Some(context.waker()), PollTrigger::Woken);
        let mut is_over = || timer.as_mut().as_pin_mut().is_some_and(|timer| timer.poll(context).is_ready());
        if matches!(decided, Err(Refused::Wait(_))) && !is_over() {
            timer_task::ensure(ticket.account());
            return Poll::Pending;
        }
        Poll::Ready(decided)
    });
    let decided = decided.await;
    ticket.into_admission(decided)
}

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
use crate::schedule::LooksAgain;
use crate::telemetry::OnRefusal;
use crate::ticket::{Admission, Ticket};
use crate::timer_task;

impl Model {
    /// Waits until a call is admitted: first come, first served, and a large call is not starved by small ones.
    /// Dropping the future gives the place back. Allocates nothing but the queue's growth.
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
    /// [`Refused::Never`], with the limit that the call's cost exceeds; [`Refused::Wait`], at once, where the account has a
    /// [longest wait](crate::AccountBuilder::longest_wait) and the wait would be longer.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        match self.decide(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self, cost, self.longest_wait()).await,
            decided => decided,
        }
    }

    /// Like [`acquire`](Self::acquire), but returns an owned permit.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        match self.decide_owned(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self.clone(), cost, self.longest_wait()).await,
            decided => decided,
        }
    }

    /// Waits no longer than a time. Refuses at once where the wait, as far as is known, would be longer; the time
    /// bounds the waiting alone, not the call.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the wait that there would have been, or [`Refused::Never`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_within(&self, cost: Cost, within: Duration) -> Result<Permit<&Self>, Refused> {
        match self.decide(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self, cost, Some(within)).await,
            decided => decided,
        }
    }

    /// The same, with a permit that borrows nothing.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the wait that there would have been, or [`Refused::Never`].
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_owned_within(&self, cost: Cost, within: Duration) -> Result<Permit<Self>, Refused> {
        match self.decide_owned(cost, OnRefusal::Wait) {
            Err(Refused::Wait(_)) => wait_within(self.clone(), cost, Some(within)).await,
            decided => decided,
        }
    }
}

async fn wait_within<M: Borrow<Model>>(model: M, cost: Cost, within: Option<Duration>) -> Result<Permit<M>, Refused> {
    // A time beyond all clocks is none.
    let deadline = within.and_then(|within| Instant::now().checked_add(within));
    wait(Ticket::new(model, cost, within.map(Nanos::from))?, deadline).await.granted()
}

/// Waits until a call is admitted, can never be, or a moment has come: then it still waits.
pub(crate) async fn wait<M: Borrow<Model>>(ticket: Ticket<M>, deadline: Option<Instant>) -> Admission<M> {
    let mut ticket = Some(ticket);
    let mut timer = pin!(deadline.map(sleep_until));
    poll_fn(|context| {
        let Some(waiting) = ticket.take() else { unreachable!("polled after it was ready") };
        let (wait, waiting) = match waiting.look(Some(context.waker()), LooksAgain::WhenWoken) {
            Admission::Wait(wait, waiting) => (wait, waiting),
            decided => return Poll::Ready(decided),
        };
        if let Some(timer) = timer.as_mut().as_pin_mut()
            && timer.poll(context).is_ready()
        {
            return Poll::Ready(Admission::Wait(wait, waiting));
        }
        if let Some(model) = waiting.model() {
            timer_task::ensure(&model.account);
        }
        ticket = Some(waiting);
        Poll::Pending
    })
    .await
}

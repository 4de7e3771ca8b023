//! Waiting on tokio's timer.

use std::borrow::Borrow;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::clock::nanos_of;
use crate::cost::Cost;
use crate::model::Model;
use crate::permit::Permit;
use crate::refusal::{Never, Refused};
use crate::telemetry::Asks;
use crate::ticket::{Admission, Ticket};

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
    /// [`Never`], with the limit that the call's cost exceeds.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire(&self, cost: Cost) -> Result<Permit<&Self>, Never> {
        match self.decide(cost, Asks::TO_WAIT) {
            Ok(permit) => Ok(permit),
            Err(Refused::Never(never)) => Err(never),
            Err(Refused::Wait(_)) => wait(self.enqueue(cost)?, None).await.granted().map_err(Refused::into_never),
        }
    }

    /// The same, with a permit that borrows nothing.
    ///
    /// # Errors
    /// [`Never`], with the limit that the call's cost exceeds.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_owned(&self, cost: Cost) -> Result<Permit<Self>, Never> {
        match self.decide_owned(cost, Asks::TO_WAIT) {
            Ok(permit) => Ok(permit),
            Err(Refused::Never(never)) => Err(never),
            Err(Refused::Wait(_)) => wait(self.enqueue_owned(cost)?, None).await.granted().map_err(Refused::into_never),
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
        match self.decide(cost, Asks::TO_WAIT) {
            Err(Refused::Wait(_)) => wait_within(self, cost, within).await,
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
        match self.decide_owned(cost, Asks::TO_WAIT) {
            Err(Refused::Wait(_)) => wait_within(self.clone(), cost, within).await,
            decided => decided,
        }
    }
}

async fn wait_within<M: Borrow<Model>>(model: M, cost: Cost, within: Duration) -> Result<Permit<M>, Refused> {
    // A time beyond all clocks is none.
    let deadline = Instant::now().checked_add(within);
    wait(Ticket::new(model, cost, Some(nanos_of(within)))?, deadline).await.granted()
}

/// Waits until a call is admitted, can never be, or a moment has come: then it still waits.
pub(crate) async fn wait<M: Borrow<Model>>(ticket: Ticket<M>, deadline: Option<Instant>) -> Admission<M> {
    // A time that never comes: the timer is set before it is first polled.
    let mut timer = pin!(sleep_until(Instant::now()));
    let mut ticket = Some(ticket);
    poll_fn(|context| {
        loop {
            let Some(waiting) = ticket.take() else { unreachable!("polled after it was ready") };
            let (wait, waiting) = match waiting.poll_admission(Some(context.waker())) {
                Admission::Wait(wait, waiting) => (wait, waiting),
                decided => return Poll::Ready(decided),
            };
            let now = Instant::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Poll::Ready(Admission::Wait(wait, waiting));
            }
            ticket = Some(waiting);
            let until = match (wait.delay().and_then(|delay| now.checked_add(delay)), deadline) {
                (Some(until), Some(deadline)) => until.min(deadline),
                (Some(until), None) | (None, Some(until)) => until,
                (None, None) => return Poll::Pending,
            };
            timer.as_mut().reset(until);
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await
}

impl<M: Borrow<Model>> Admission<M> {
    fn granted(self) -> Result<Permit<M>, Refused> {
        match self {
            Self::Granted(permit) => Ok(permit),
            Self::Wait(wait, ticket) => {
                ticket.refuse(wait);
                Err(wait.into())
            }
            Self::Never(never) => Err(never.into()),
        }
    }
}

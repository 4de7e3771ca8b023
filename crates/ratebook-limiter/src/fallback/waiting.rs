//! Waiting at the model with the shortest wait.
//!
//! The call queues at one model. After the forecast wait, but no sooner than 100 ms and no later than 5 s, it checks
//! the other models, because a response may have paused its own. It moves to the one with the shortest wait only if
//! that is less than half of its own wait, or if its own model no longer admits it in time. Otherwise it keeps its
//! place in the queue, so small changes of a forecast do not cost it the place. It joins the new queue before it leaves
//! the old one.

use std::time::Duration;

use tokio::time::Instant;

use super::{AllRefused, Choice, Fallback, expected_wait};
use crate::cost::Cost;
use crate::model::Model;
use crate::refusal::{Refused, Wait};
use crate::telemetry::OnRefusal;
use crate::ticket::Admission;
use crate::wait::wait;

/// The shortest and the longest time before the other models are checked again.
const RECHECK_AFTER: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(5);

impl Fallback {
    /// Admits a call at the first model that has room now, or waits at the one with the shortest wait. While it waits,
    /// it checks the other models at least every five seconds, and moves to one with less than half of the remaining
    /// wait. At each model it waits at most the [longest wait](crate::AccountBuilder::longest_wait) of that account.
    ///
    /// # Errors
    /// [`AllRefused`], if no model can ever admit the call, or none within the longest wait of its account.
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire(&self, cost: Cost) -> Result<Choice, AllRefused> {
        self.acquire_with(|_| cost, None).await
    }

    /// Like [`acquire`](Self::acquire), but waits at most `within`, whatever the accounts' longest waits. Fails at once
    /// if no model is forecast to admit the call in time. `within` bounds the wait, not the call.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ratebook_limiter::{Account, Cost, Fallback, Quota};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let hourly = |calls| Account::custom("ours").limit(Quota::requests(calls).per_hour()).build()?.model("ours");
    /// let either = Fallback::first(hourly(1)?).then(hourly(2)?);
    /// for position in [0, 1, 1] {
    ///     let choice = either.acquire_within(Cost::request(), Duration::from_secs(5)).await?;
    ///     assert_eq!(choice.position, position);
    /// }
    /// let none = either.acquire_within(Cost::request(), Duration::from_secs(5)).await.unwrap_err();
    /// assert_eq!(none.skipped.len(), 2); // the reason at each model
    /// assert!(none.soonest().unwrap().1.delay() > Some(Duration::from_secs(3_500)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`AllRefused`], with the reason at each model, if none admits the call in time.
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire_within(&self, cost: Cost, within: Duration) -> Result<Choice, AllRefused> {
        self.acquire_with(|_| cost, Some(within)).await
    }

    /// Like [`acquire`](Self::acquire), but with a cost for each model: see
    /// [`try_acquire_each`](Self::try_acquire_each). Each cost is computed once, before the wait.
    ///
    /// # Errors
    /// Those of [`acquire`](Self::acquire).
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire_each(&self, cost: impl FnMut(usize, &Model) -> Cost) -> Result<Choice, AllRefused> {
        let costs = self.costs(cost);
        self.acquire_with(|position| costs[position], None).await
    }

    /// Like [`acquire_within`](Self::acquire_within), but with a cost for each model, as in
    /// [`acquire_each`](Self::acquire_each).
    ///
    /// # Errors
    /// Those of [`acquire_within`](Self::acquire_within).
    ///
    /// # Panics
    /// If it has to wait outside of a tokio runtime with its timer enabled.
    pub async fn acquire_each_within(
        &self,
        cost: impl FnMut(usize, &Model) -> Cost,
        within: Duration,
    ) -> Result<Choice, AllRefused> {
        let costs = self.costs(cost);
        self.acquire_with(|position| costs[position], Some(within)).await
    }

    async fn acquire_with(&self, cost: impl Fn(usize) -> Cost, within: Option<Duration>) -> Result<Choice, AllRefused> {
        let mut none = match self.try_acquire_with(&cost, None) {
            Ok(choice) => return Ok(choice),
            Err(none) => none,
        };
        let deadlines = Deadlines { began: Instant::now(), within, models: &self.models };
        let Some((mut position, mut expected)) = deadlines.soonest(&none) else {
            // If no model can ever admit the call, that refusal is recorded already.
            if none.soonest().is_some() {
                self.record_refused(&none, OnRefusal::GiveUpAtDeadline);
            }
            return Err(none);
        };
        let mut ticket = self.models[position].enqueue_owned(cost(position));
        loop {
            let admission = match ticket {
                Ok(ticket) => {
                    let until = expected_wait(&expected).clamp(*RECHECK_AFTER.start(), *RECHECK_AFTER.end());
                    let until = deadlines.left(position).map_or(until, |left| left.min(until));
                    wait(ticket, Some(Instant::now() + until)).await
                }
                Err(never) => Admission::Never(never),
            };
            let (forecast, queued) = match admission {
                Admission::Granted(permit) => {
                    return Ok(Choice { position, permit, skipped: none.skipped, has_waited: true });
                }
                Admission::Never(never) => {
                    none.skipped[position].why = never.into();
                    let Some(soonest) = deadlines.soonest(&none) else { return Err(none) };
                    (position, expected) = soonest;
                    ticket = self.models[position].enqueue_owned(cost(position));
                    continue;
                }
                Admission::Wait(forecast, queued) => (forecast, queued),
            };
            none.skipped[position].why = forecast.into();
            let mut others = Vec::with_capacity(self.models.len());
            for (other, model) in self.models.iter().enumerate().filter(|(other, _)| *other != position) {
                match model.estimate_wait(cost(other)) {
                    Ok(()) => others.push((other, Duration::ZERO)),
                    Err(why) => {
                        none.skipped[other].why = why;
                        if let Refused::Wait(wait) = why
                            && deadlines.has_time_for(other, &wait)
                        {
                            others.push((other, expected_wait(&wait)));
                        }
                    }
                }
            }
            let soonest = others.into_iter().min_by_key(|(_, wait)| *wait);
            // Behind other calls, a ticket may have no forecast. A new ticket at this model would be no sooner, so its
            // forecast is a bound.
            let own = match (forecast.foreseen(), self.models[position].estimate_wait(cost(position))) {
                (None, Err(Refused::Wait(wait))) => expected_wait(&wait),
                _ => expected_wait(&forecast),
            };
            let left = deadlines.left(position);
            let is_over = left.is_some_and(|left| left.is_zero());
            let is_too_late = is_over || left.is_some_and(|left| own > left);
            ticket = match soonest {
                Some((other, sooner)) if is_too_late || sooner < own / 2 => {
                    match self.models[other].enqueue_owned(cost(other)) {
                        Ok(elsewhere) => {
                            position = other;
                            drop(queued);
                            Ok(elsewhere)
                        }
                        Err(_) => Ok(queued),
                    }
                }
                _ if is_over => {
                    queued.refuse(forecast);
                    return Err(none);
                }
                _ => Ok(queued),
            };
            expected = forecast;
        }
    }
}

/// How long a call may wait at each model.
struct Deadlines<'a> {
    /// When the wait began.
    began: Instant,
    /// The bound on the whole wait. Takes precedence over the accounts' longest waits.
    within: Option<Duration>,
    models: &'a [Model],
}

impl Deadlines<'_> {
    /// Returns how long the call may still wait at a model; `None` if the wait is not bounded.
    fn left(&self, position: usize) -> Option<Duration> {
        let longest = self.within.or_else(|| self.models[position].longest_wait());
        longest.map(|longest| longest.saturating_sub(self.began.elapsed()))
    }

    /// Returns whether a wait at a model may end in time. A wait without a forecast may, unless no time is left.
    fn has_time_for(&self, position: usize, wait: &Wait) -> bool {
        self.left(position).is_none_or(|left| wait.foreseen().map_or(!left.is_zero(), |wait| wait <= left))
    }

    /// Returns the model with the shortest wait among those that end in time, and that wait.
    fn soonest(&self, none: &AllRefused) -> Option<(usize, Wait)> {
        none.soonest_of(|position, wait| self.has_time_for(position, wait))
    }
}

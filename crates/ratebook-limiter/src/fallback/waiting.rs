//! Waiting for the model that is to have room first.

use std::time::Duration;

use tokio::time::Instant;

use super::{AllRefused, Choice, Fallback, foreseen};
use crate::cost::Cost;
use crate::model::Model;
use crate::refusal::{Refused, Wait};
use crate::telemetry::OnRefusal;
use crate::ticket::Admission;
use crate::wait::wait;

/// As long is waited at least, and at most, until others are looked at.
const PATIENCE: std::ops::RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_secs(5);

impl Fallback {
    /// Admits a call at the first model that can take it now, or else waits for the one that will have room first. Every
    /// five seconds, and where that takes longer than foreseen, since its vendor has refused others, it goes to another
    /// that is to have room in half of the time; else it keeps its place. At no model does it wait longer than the
    /// [longest wait](crate::AccountBuilder::longest_wait) of its account.
    ///
    /// # Errors
    /// Where no model ever admits it, or none within the longest wait of its account.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire(&self, cost: Cost) -> Result<Choice, AllRefused> {
        self.acquire_by(|_| cost, None).await
    }

    /// Like [`acquire`](Self::acquire), but waits no longer than a time, whatever the accounts' longest waits. Refuses at once
    /// where no model, as far as is known, would admit the call by then; the time bounds the waiting alone, not the call.
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
    /// assert_eq!(none.skipped.len(), 2); // what is in the way at each
    /// assert!(none.soonest().unwrap().1.delay() > Some(Duration::from_secs(3_500)));
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where no model admits it in time, with what was in the way at each.
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_within(&self, cost: Cost, within: Duration) -> Result<Choice, AllRefused> {
        self.acquire_by(|_| cost, Some(within)).await
    }

    /// Like [`acquire`](Self::acquire), but with a cost for each model: see [`try_acquire_each`](Self::try_acquire_each). Each
    /// is asked for once, when the call comes.
    ///
    /// # Errors
    /// As [`acquire`](Self::acquire).
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_each(&self, cost: impl FnMut(usize, &Model) -> Cost) -> Result<Choice, AllRefused> {
        let costs = self.costs(cost);
        self.acquire_by(|position| costs[position], None).await
    }

    /// Like [`acquire_within`](Self::acquire_within), but with a cost for each model, as
    /// [`acquire_each`](Self::acquire_each).
    ///
    /// # Errors
    /// As [`acquire_within`](Self::acquire_within).
    ///
    /// # Panics
    /// Outside of a tokio runtime with its timer enabled, where it has to wait.
    pub async fn acquire_each_within(
        &self,
        cost: impl FnMut(usize, &Model) -> Cost,
        within: Duration,
    ) -> Result<Choice, AllRefused> {
        let costs = self.costs(cost);
        self.acquire_by(|position| costs[position], Some(within)).await
    }

    async fn acquire_by(&self, cost: impl Fn(usize) -> Cost, within: Option<Duration>) -> Result<Choice, AllRefused> {
        let mut none = match self.try_acquire_told(&cost, None) {
            Ok(choice) => return Ok(choice),
            Err(none) => none,
        };
        let deadlines = Deadlines { began: Instant::now(), within, models: &self.models };
        let Some((mut position, mut expected)) = deadlines.soonest(&none) else {
            // That none ever admits it was told.
            if none.soonest().is_some() {
                self.tell_refused(&none, OnRefusal::GiveUpAtDeadline);
            }
            return Err(none);
        };
        let mut place = self.models[position].enqueue_owned(cost(position));
        loop {
            let admission = match place {
                Ok(ticket) => {
                    let until = foreseen(&expected).clamp(*PATIENCE.start(), *PATIENCE.end());
                    let until = deadlines.left(position).map_or(until, |left| left.min(until));
                    wait(ticket, Some(Instant::now() + until)).await
                }
                Err(never) => Admission::Never(never),
            };
            let (still, ticket) = match admission {
                Admission::Granted(permit) => {
                    return Ok(Choice { position, permit, skipped: none.skipped, has_waited: true });
                }
                Admission::Never(never) => {
                    none.skipped[position].why = never.into();
                    let Some(soonest) = deadlines.soonest(&none) else { return Err(none) };
                    (position, expected) = soonest;
                    place = self.models[position].enqueue_owned(cost(position));
                    continue;
                }
                Admission::Wait(still, ticket) => (still, ticket),
            };
            none.skipped[position].why = still.into();
            let mut others = Vec::with_capacity(self.models.len());
            for (other, model) in self.models.iter().enumerate().filter(|(other, _)| *other != position) {
                match model.estimate_wait(cost(other)) {
                    Ok(()) => others.push((other, Duration::ZERO)),
                    Err(why) => {
                        none.skipped[other].why = why;
                        if let Refused::Wait(wait) = why
                            && deadlines.has_time_for(other, &wait)
                        {
                            others.push((other, foreseen(&wait)));
                        }
                    }
                }
            }
            let soonest = others.into_iter().min_by_key(|(_, wait)| *wait);
            // Behind others, a place does not know its time: a new one there would be no sooner.
            let own = match (still.foreseen(), self.models[position].estimate_wait(cost(position))) {
                (None, Err(Refused::Wait(wait))) => foreseen(&wait),
                _ => foreseen(&still),
            };
            let left = deadlines.left(position);
            let is_over = left.is_some_and(|left| left.is_zero());
            let is_too_late = is_over || left.is_some_and(|left| own > left);
            place = match soonest {
                Some((other, sooner)) if is_too_late || sooner < own / 2 => {
                    match self.models[other].enqueue_owned(cost(other)) {
                        Ok(elsewhere) => {
                            position = other;
                            drop(ticket);
                            Ok(elsewhere)
                        }
                        Err(_) => Ok(ticket),
                    }
                }
                _ if is_over => {
                    ticket.refuse(still);
                    return Err(none);
                }
                _ => Ok(ticket),
            };
            expected = still;
        }
    }
}

/// Until when a call waits at each model.
struct Deadlines<'a> {
    began: Instant,
    /// For the call, whatever the accounts' longest waits.
    within: Option<Duration>,
    models: &'a [Model],
}

impl Deadlines<'_> {
    /// For how long it may still wait at a model; `None` for as long as it takes.
    fn left(&self, position: usize) -> Option<Duration> {
        let most = self.within.or_else(|| self.models[position].longest_wait());
        most.map(|most| most.saturating_sub(self.began.elapsed()))
    }

    /// Whether a wait at a model may end in time. How long another call takes, nobody knows.
    fn has_time_for(&self, position: usize, wait: &Wait) -> bool {
        self.left(position).is_none_or(|left| wait.foreseen().map_or(!left.is_zero(), |wait| wait <= left))
    }

    /// The model that is to have room first, in time.
    fn soonest(&self, none: &AllRefused) -> Option<(usize, Wait)> {
        none.soonest_of(|position, wait| self.has_time_for(position, wait))
    }
}

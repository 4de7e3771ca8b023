//! Several models for one job: the first that admits a call now, or else the one with the shortest wait.

#[cfg(feature = "tokio")]
mod waiting;

use std::fmt;
use std::time::Duration;

use crate::cost::Cost;
use crate::model::Model;
use crate::permit::OwnedPermit;
use crate::refusal::{Never, Refused, Wait};
use crate::telemetry::OnRefusal;

/// Models that can do the same job, of one account or of several, in order of preference: a vendor's stable alias for a
/// dated snapshot, the same model at other providers.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_limiter::{Account, Cost, Fallback};
///
/// let account = Account::builder(Provider::Alibaba).region("international").build()?;
/// let (snapshot, alias) = (account.model("qwen-plus-2025-01-25")?, account.model("qwen-plus")?);
/// let either = Fallback::first(snapshot).then(alias);
/// // 60 requests a minute are one a second: the second call goes to the alias.
/// let one = either.try_acquire(Cost::tokens(900)).unwrap();
/// let two = either.try_acquire(Cost::tokens(900)).unwrap();
/// assert_eq!((one.position, two.position), (0, 1));
/// assert!(two.to_string().starts_with("model 2 admits the call; model 1: 1 requests per 1s"));
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Fallback {
    models: Vec<Model>,
}

/// The model that a call goes to, and why.
#[derive(Debug)]
#[must_use = "the permit in it frees its place when dropped"]
#[non_exhaustive]
pub struct Choice {
    /// Which of the models it is, counted from zero.
    pub position: usize,
    /// The right to make the call.
    pub permit: OwnedPermit,
    /// The models that did not admit the call when it came, in order, with what was in the way: those before the chosen
    /// one, or all of them where the call has waited.
    pub skipped: Vec<Skipped>,
    /// Whether the call has waited, for the model that was then to have room first.
    pub has_waited: bool,
}

/// A model that did not admit a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// Which of the models it is, counted from zero.
    pub position: usize,
    /// What was in the way.
    pub why: Refused,
}

/// None of the models admits a call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Explained(skipped))]
#[non_exhaustive]
pub struct AllRefused {
    /// What is in the way, of each model in order.
    pub skipped: Vec<Skipped>,
}

impl AllRefused {
    /// The model that will have room first, and its wait; `None` where none ever will. A wait without a time, for another
    /// call to end, is taken for a second.
    pub fn soonest(&self) -> Option<(usize, Wait)> {
        self.soonest_of(|_, _| true)
    }

    /// The model, of those that are meant, that will have room first.
    fn soonest_of(&self, is_meant: impl Fn(usize, &Wait) -> bool) -> Option<(usize, Wait)> {
        let waits = self.skipped.iter().filter_map(|skipped| match skipped.why {
            Refused::Wait(wait) => Some((skipped.position, wait)),
            Refused::Never(_) => None,
        });
        // Of those as soon, the one that is preferred.
        let meant = waits.filter(|(position, wait)| is_meant(*position, wait));
        meant.min_by_key(|(position, wait)| (foreseen(wait), *position))
    }
}

/// How long another call takes whose end is waited for, nobody knows.
const UNKNOWN: Duration = Duration::from_secs(1);

fn foreseen(wait: &Wait) -> Duration {
    wait.foreseen().unwrap_or(UNKNOWN)
}

impl Fallback {
    /// The model that is preferred.
    pub fn first(model: Model) -> Self {
        Self { models: vec![model] }
    }

    /// The model that is next in preference.
    #[must_use]
    pub fn then(mut self, model: Model) -> Self {
        self.models.push(model);
        self
    }

    /// The models, in order of preference.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// The models behind a position, for a call that the vendor has refused there with a remedy that asks to go
    /// elsewhere; `None` where there are no more.
    pub fn behind(&self, position: usize) -> Option<Self> {
        let models = self.models.get(position.saturating_add(1)..)?;
        (!models.is_empty()).then(|| Self { models: models.to_vec() })
    }

    /// Admits a call at the first model that can take it now.
    ///
    /// # Errors
    /// What is in the way at each of them, with how long a call that begins to wait now would wait.
    pub fn try_acquire(&self, cost: Cost) -> Result<Choice, AllRefused> {
        self.try_acquire_told(|_| cost, Some(OnRefusal::GiveUp))
    }

    /// Like [`try_acquire`](Self::try_acquire), but with a cost for each model, given its position and handle: models count
    /// tokens differently, or charge for the most that might be generated where others charge for what was.
    ///
    /// ```
    /// use ratebook_limiter::{Account, Cost, Fallback, Quota};
    ///
    /// let minute = |tokens| Account::custom("ours").limit(Quota::tokens(tokens).per_minute()).build()?.model("ours");
    /// let either = Fallback::first(minute(1_000)?).then(minute(9_000)?);
    /// // The first charges for the most output that is asked for, the second for what replies are like.
    /// let choice = either.try_acquire_each(|position, model| match position {
    ///     0 => Cost::request().input(300).output(4_000),
    ///     _ => Cost::request().input(330).output(model.expected_output(4_000)),
    /// });
    /// assert_eq!(choice.unwrap().position, 1);
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_each(&self, cost: impl FnMut(usize, &Model) -> Cost) -> Result<Choice, AllRefused> {
        let costs = self.costs(cost);
        self.try_acquire_told(|position| costs[position], Some(OnRefusal::GiveUp))
    }

    /// What the call costs at each model.
    fn costs(&self, mut cost: impl FnMut(usize, &Model) -> Cost) -> Vec<Cost> {
        self.models.iter().enumerate().map(|(position, model)| cost(position, model)).collect()
    }

    /// Admits a call now, or else tells of it as refused: where it waits, only if none ever admits it.
    fn try_acquire_told(
        &self,
        cost: impl Fn(usize) -> Cost,
        on_refusal: Option<OnRefusal>,
    ) -> Result<Choice, AllRefused> {
        let mut skipped = Vec::new();
        for (position, model) in self.models.iter().enumerate() {
            match model.decide_owned(cost(position), OnRefusal::AskElsewhere) {
                Ok(permit) => return Ok(Choice { position, permit, skipped, has_waited: false }),
                Err(why) => skipped.push(Skipped { position, why }),
            }
        }
        for (skipped, model) in skipped.iter_mut().zip(&self.models) {
            if let Err(Refused::Wait(queued)) = model.estimate_wait(cost(skipped.position)) {
                skipped.why = Refused::Wait(queued);
            }
        }
        let none = AllRefused { skipped };
        match on_refusal {
            Some(on_refusal) => self.tell_refused(&none, on_refusal),
            None if none.soonest().is_none() => self.tell_refused(&none, OnRefusal::GiveUp),
            None => {}
        }
        Err(none)
    }

    /// It is one refusal: by the model that would be the soonest, or by the one that is preferred.
    fn tell_refused(&self, none: &AllRefused, on_refusal: OnRefusal) {
        let told = none.soonest().map_or(0, |(position, _)| position);
        self.models[told].route.recorder.record_refused(&none.skipped[told].why, on_refusal);
    }
}

impl Model {
    /// How long a call that began to wait now would wait, as far as is known: nothing is charged.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the wait, or [`Refused::Never`]; no error where it would be admitted at once.
    pub fn estimate_wait(&self, cost: Cost) -> Result<(), Refused> {
        let (account, route) = (&self.account, &self.route);
        let reading = account.read();
        account.with(|state| {
            let schedule = state.schedule.at(reading);
            schedule
                .estimate_wait(&account.fast_lock, route, &cost, self.handle.later_by)
                .map_err(|denied| state.refused(denied))
        })
    }
}

/// What was in the way, model by model.
struct Explained<'a>(&'a [Skipped]);

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Skipped { position, why }) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(f, "{between}model {}: ", position + 1)?;
            match why {
                Refused::Wait(wait) => write!(f, "{wait}")?,
                Refused::Never(Never { limit, .. }) => write!(f, "the call costs more than {limit} ever allows")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Choice {
    /// `model 2 admits the call; model 1: 600 requests per 60s (…) is used up for 12s`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.has_waited { "had room first" } else { "admits the call" };
        write!(f, "model {} {how}", self.position + 1)?;
        if !self.skipped.is_empty() {
            write!(f, "; {}", Explained(&self.skipped))?;
        }
        Ok(())
    }
}

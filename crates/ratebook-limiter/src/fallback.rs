//! Fallback over several models: the first that admits a call now, or else the one with the shortest wait.

#[cfg(feature = "tokio")]
mod waiting;

use std::fmt;
use std::time::Duration;

use crate::cost::Cost;
use crate::model::Model;
use crate::permit::OwnedPermit;
use crate::refusal::{Never, Refused, Wait};
use crate::telemetry::OnRefusal;

/// Models that can do the same job, of one account or of several, in order of preference. Examples: a vendor's stable
/// alias after a dated snapshot, or the same model at other providers.
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

/// The model that a call was admitted at, and why.
#[derive(Debug)]
#[must_use = "a dropped choice frees the concurrency slots of its permit"]
#[non_exhaustive]
pub struct Choice {
    /// The position of the model, from zero.
    pub position: usize,
    /// The permit for the call.
    pub permit: OwnedPermit,
    /// The models that did not admit the call when it came, in order, with the reason: those before the chosen one, or
    /// all of them if the call waited.
    pub skipped: Vec<Skipped>,
    /// Whether the call waited.
    pub has_waited: bool,
}

/// A model that did not admit a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Skipped {
    /// The position of the model, from zero.
    pub position: usize,
    /// Why it did not admit the call.
    pub why: Refused,
}

/// No model admits the call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", Reasons(skipped))]
#[non_exhaustive]
pub struct AllRefused {
    /// The reason of each model, in order.
    pub skipped: Vec<Skipped>,
}

impl AllRefused {
    /// Returns the position of the model with the shortest wait, and that wait; `None` if no model can ever admit the
    /// call. The wait for another call to end has no forecast, and is assumed to be a second. Of equal waits, the
    /// preferred model's.
    pub fn soonest(&self) -> Option<(usize, Wait)> {
        self.soonest_of(|_, _| true)
    }

    /// Like [`soonest`](Self::soonest), but only among the waits that `accept` accepts.
    fn soonest_of(&self, accept: impl Fn(usize, &Wait) -> bool) -> Option<(usize, Wait)> {
        let waits = self.skipped.iter().filter_map(|skipped| match skipped.why {
            Refused::Wait(wait) => Some((skipped.position, wait)),
            Refused::Never(_) => None,
        });
        let accepted = waits.filter(|(position, wait)| accept(*position, wait));
        accepted.min_by_key(|(position, wait)| (expected_wait(wait), *position))
    }
}

/// The assumed wait for another call to end.
const ASSUMED_WAIT: Duration = Duration::from_secs(1);

/// Returns the forecast of a wait, or the assumption where it has none.
fn expected_wait(wait: &Wait) -> Duration {
    wait.foreseen().unwrap_or(ASSUMED_WAIT)
}

impl Fallback {
    /// A fallback with its preferred model.
    pub fn first(model: Model) -> Self {
        Self { models: vec![model] }
    }

    /// Adds the next model in order of preference.
    #[must_use]
    pub fn then(mut self, model: Model) -> Self {
        self.models.push(model);
        self
    }

    /// Returns the models, in order of preference.
    pub fn models(&self) -> &[Model] {
        &self.models
    }

    /// Returns the models after a position, for a call that was refused there by the vendor and should go elsewhere;
    /// `None` if there are no more.
    pub fn after(&self, position: usize) -> Option<Self> {
        let models = self.models.get(position.saturating_add(1)..)?;
        (!models.is_empty()).then(|| Self { models: models.to_vec() })
    }

    /// Admits a call at the first model that has room now.
    ///
    /// # Errors
    /// [`AllRefused`], with the reason at each model, and the wait of a call that joins the queue now.
    pub fn try_acquire(&self, cost: Cost) -> Result<Choice, AllRefused> {
        self.try_acquire_with(|_| cost, Some(OnRefusal::GiveUp))
    }

    /// Like [`try_acquire`](Self::try_acquire), but with a cost for each model, computed from its position and handle.
    /// Models count tokens differently, and some vendors charge the requested maximum where others charge what was
    /// generated.
    ///
    /// ```
    /// use ratebook_limiter::{Account, Cost, Fallback, Quota};
    ///
    /// let minute = |tokens| Account::custom("ours").limit(Quota::tokens(tokens).per_minute()).build()?.model("ours");
    /// let either = Fallback::first(minute(1_000)?).then(minute(9_000)?);
    /// // The first vendor charges the requested maximum, the second what was generated.
    /// let choice = either.try_acquire_each(|position, model| match position {
    ///     0 => Cost::request().input(300).output(4_000),
    ///     _ => Cost::request().input(330).output(model.expected_output(4_000)),
    /// });
    /// assert_eq!(choice.unwrap().position, 1);
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`try_acquire`](Self::try_acquire).
    pub fn try_acquire_each(&self, cost: impl FnMut(usize, &Model) -> Cost) -> Result<Choice, AllRefused> {
        let costs = self.costs(cost);
        self.try_acquire_with(|position| costs[position], Some(OnRefusal::GiveUp))
    }

    /// Returns the call's cost at each model.
    fn costs(&self, mut cost: impl FnMut(usize, &Model) -> Cost) -> Vec<Cost> {
        self.models.iter().enumerate().map(|(position, model)| cost(position, model)).collect()
    }

    /// Admits a call at the first model that has room now, or returns the reason of each. Records the refusal with
    /// `on_refusal`. With `None`, the caller waits, and the refusal is recorded only if no model can ever admit the
    /// call.
    fn try_acquire_with(
        &self,
        cost: impl Fn(usize) -> Cost,
        on_refusal: Option<OnRefusal>,
    ) -> Result<Choice, AllRefused> {
        let mut skipped = Vec::new();
        for (position, model) in self.models.iter().enumerate() {
            match model.decide_owned(&cost(position), OnRefusal::AskElsewhere) {
                Ok(permit) => return Ok(Choice { position, permit, skipped, has_waited: false }),
                Err(why) => skipped.push(Skipped { position, why }),
            }
        }
        for (skipped, model) in skipped.iter_mut().zip(&self.models) {
            if let Err(Refused::Wait(forecast)) = model.estimate_wait(cost(skipped.position)) {
                skipped.why = Refused::Wait(forecast);
            }
        }
        let none = AllRefused { skipped };
        match on_refusal {
            Some(on_refusal) => self.record_refused(&none, on_refusal),
            None if none.soonest().is_none() => self.record_refused(&none, OnRefusal::GiveUp),
            None => {}
        }
        Err(none)
    }

    /// Records one refusal: that of the model with the shortest wait, or else that of the preferred model.
    fn record_refused(&self, none: &AllRefused, on_refusal: OnRefusal) {
        let position = none.soonest().map_or(0, |(position, _)| position);
        self.models[position].route.recorder.record_refused(&none.skipped[position].why, on_refusal);
    }
}

impl Model {
    /// Forecasts the wait of a call that joins the queue now. Charges nothing.
    ///
    /// # Errors
    /// [`Refused::Wait`] with the forecast, or [`Refused::Never`]. `Ok` if the call would be admitted now.
    pub fn estimate_wait(&self, cost: Cost) -> Result<(), Refused> {
        let (account, route) = (&self.account, &self.route);
        let reading = account.read();
        account.with(|state| {
            let schedule = state.schedule.advance_to(reading);
            schedule
                .estimate_wait(&account.fast_lock, route, &cost, self.handle.priority_delay)
                .map_err(|denied| state.refused(route, denied))
        })
    }
}

/// The reasons, model by model.
struct Reasons<'a>(&'a [Skipped]);

impl fmt::Display for Reasons<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, Skipped { position, why }) in self.0.iter().enumerate() {
            let between = if number == 0 { "" } else { "; " };
            write!(f, "{between}model {}: ", position + 1)?;
            match why {
                Refused::Wait(wait) => write!(f, "{wait}")?,
                Refused::Never(Never { limit, .. }) => write!(f, "the call costs more than {limit} allows")?,
            }
        }
        Ok(())
    }
}

impl fmt::Display for Choice {
    /// `model 2 admits the call; model 1: 600 requests per 60s (…) has no room for the call, retry in 12s`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let how = if self.has_waited { "had room first" } else { "admits the call" };
        write!(f, "model {} {how}", self.position + 1)?;
        if !self.skipped.is_empty() {
            write!(f, "; {}", Reasons(&self.skipped))?;
        }
        Ok(())
    }
}

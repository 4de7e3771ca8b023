//! The handle of a model: what calls are admitted through.

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Calls, Entry};

use crate::account::{Account, Inner};
use crate::charge::Charge;
use crate::clock::Reading;
use crate::cost::Cost;
use crate::found::LimitsBy;
use crate::hot::Latched;
use crate::limit::LimitInForce;
use crate::permit::Permit;
use crate::refusal::{Error, Never, Refused, Wait};
use crate::route::{Order, Route};
use crate::rules::{self, Found, Target};
use crate::telemetry::{Asks, Teller};
use crate::ticket::Ticket;

/// How urgent the calls of a handle are.
///
/// A call of lower priority counts as arrived later than it did, by so much and no more: under interactive calls without
/// end, a batch call is admitted as if it had come ten seconds later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// First come, first served.
    #[default]
    Interactive,
    /// After interactive calls that come within the next ten seconds.
    Batch,
    /// After calls that come within a time to come.
    After(Duration),
}

impl Priority {
    fn later_by(self) -> u64 {
        match self {
            Self::Interactive => 0,
            Self::Batch => 10_000_000_000,
            Self::After(time) => crate::clock::nanos_of(time),
        }
    }
}

/// Calls of one model, or of one task, size class or entry, on an account. Clones are the same handle.
#[derive(Clone, Debug)]
pub struct Model {
    pub(crate) account: Arc<Inner>,
    pub(crate) route: Arc<Route>,
    rule: LimitsBy,
}

impl Model {
    /// Told of by a teller, or by one of its own.
    pub(crate) fn of_rules(account: &Account, found: &Found, order: Order, teller: Option<&Teller>) -> Self {
        let route = account.0.route(&found.rules, order, teller);
        Self { account: Arc::clone(&account.0), route, rule: found.by }
    }

    /// Admits a call now, or says until when it has to wait, or that it can never be. Allocates nothing. A call never
    /// passes one that waits for the same limits.
    ///
    /// # Errors
    /// [`Refused`], with the limit that is in the way.
    #[inline(always)]
    pub fn try_acquire(&self, cost: Cost) -> Result<Permit<&Self>, Refused> {
        self.decide(cost, Asks::NOW)
    }

    #[inline(always)]
    pub(crate) fn decide(&self, cost: Cost, asks: Asks) -> Result<Permit<&Self>, Refused> {
        let reading = self.account.clock.coarse();
        if let Some(wait) = self.known_wait(reading, &cost, asks) {
            return Err(Refused::Wait(wait));
        }
        let latched = self.account.latch.hold();
        if self.route.take(&latched, reading.earliest, &cost) {
            drop(latched);
            self.route.teller.admitted();
            return Ok(Permit::new(self, cost, Charge::at(reading)));
        }
        match self.ask_schedule(latched, cost, reading, asks) {
            Ok(charge) => Ok(Permit::new(self, cost, charge)),
            Err(refused) => Err(refused),
        }
    }

    /// The same, with a permit that borrows nothing.
    ///
    /// # Errors
    /// [`Refused`], with the limit that is in the way.
    pub fn try_acquire_owned(&self, cost: Cost) -> Result<Permit<Self>, Refused> {
        self.decide_owned(cost, Asks::NOW)
    }

    #[inline(always)]
    pub(crate) fn decide_owned(&self, cost: Cost, asks: Asks) -> Result<Permit<Self>, Refused> {
        let reading = self.account.clock.coarse();
        if let Some(wait) = self.known_wait(reading, &cost, asks) {
            return Err(Refused::Wait(wait));
        }
        let latched = self.account.latch.hold();
        if self.route.take(&latched, reading.earliest, &cost) {
            drop(latched);
            self.route.teller.admitted();
            return Ok(Permit::new(self.clone(), cost, Charge::at(reading)));
        }
        self.ask_schedule(latched, cost, reading, asks).map(|charge| Permit::new(self.clone(), cost, charge))
    }

    /// The wait of a call that was refused before in this tick.
    #[inline(always)]
    fn known_wait(&self, reading: Reading, cost: &Cost, asks: Asks) -> Option<Wait> {
        let quick = self.route.quick.as_ref()?;
        let (position, delay) = self.route.refused.tell(&self.account.latch, reading.earliest, quick, cost)?;
        self.route.teller.told_to_wait(position, asks);
        Some(Wait { delay, limit: self.route.draws[position].limit })
    }

    #[cold]
    #[inline(never)]
    fn ask_schedule(&self, latched: Latched<'_>, cost: Cost, reading: Reading, asks: Asks) -> Result<Charge, Refused> {
        drop(latched);
        let decided = self.account.with(|state| {
            let admitted = state.schedule.at(reading).try_admit(&self.account.latch, &self.route, &cost);
            state.schedule.show(&self.route);
            state.schedule.lend(&self.account.latch, &self.route, reading);
            if let Err(refused) = admitted {
                state.schedule.note_refused(&self.account.latch, &self.route, &cost, refused);
            }
            admitted.map_err(|decision| state.refused(decision))
        });
        match &decided {
            Ok(charge) => self.route.tell_admitted(charge),
            Err(refused) => self.route.tell_refused(refused, asks),
        }
        decided
    }

    /// Takes a place in the queue for a caller that waits by its own means; [`acquire`](Self::acquire) waits on tokio's
    /// timer. The ticket is admitted in its turn, whoever notices, and gives its place back when dropped.
    ///
    /// # Errors
    /// [`Never`], with the limit that the call's cost exceeds.
    pub fn enqueue(&self, cost: Cost) -> Result<Ticket<&Self>, Never> {
        Ticket::new(self, cost, None).map_err(Refused::into_never)
    }

    /// The same, with a ticket that borrows nothing.
    ///
    /// # Errors
    /// [`Never`], with the limit that the call's cost exceeds.
    pub fn enqueue_owned(&self, cost: Cost) -> Result<Ticket<Self>, Never> {
        Ticket::new(self.clone(), cost, None).map_err(Refused::into_never)
    }

    /// How many tokens a reply will have at most, with 95 % confidence: by the last 64 settled replies, and never above
    /// `most`, what the call asks for. `most` while fewer than 20 are known. For vendors that charge what was generated;
    /// where the most that might be is charged, use that.
    pub fn expected_output(&self, most: u64) -> u64 {
        self.route.outputs.p95().map_or(most, |p95| p95.min(most))
    }

    /// The limits that the handle's calls draw from.
    pub fn limits(&self) -> impl Iterator<Item = LimitInForce> {
        self.route.draws.iter().map(|draw| draw.limit)
    }

    /// How these limits were found: by the model's own name, or only by a default, which may be for want of a model that
    /// is spelt right ([`LimitsBy::is_default`]). [`AccountBuilder::strict`](crate::AccountBuilder::strict) makes a default
    /// an error.
    ///
    /// ```
    /// use ratebook::{Provider, Rule};
    /// use ratebook_limiter::{Account, LimitsBy};
    ///
    /// let account = Account::builder(Provider::Castai).plan("growth").build()?;
    /// assert_eq!(account.model("GPT-OSS 120B")?.rule(), LimitsBy::Catalog(Rule::Member { class: "large" }));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    pub fn rule(&self) -> LimitsBy {
        self.rule
    }

    /// The account.
    pub fn account(&self) -> Account {
        Account(Arc::clone(&self.account))
    }

    /// Bytes of memory that the handle and its account take.
    pub(crate) fn memory_bytes(&self) -> usize {
        let route = size_of::<Route>()
            + 2 * size_of::<usize>()
            + size_of_val(&*self.route.draws)
            + size_of_val(&*self.route.taps);
        self.account().memory_bytes() + route
    }
}

impl Refused {
    pub(crate) fn into_never(self) -> Never {
        match self {
            Self::Never(never) => never,
            Self::Wait(wait) => Never { limit: wait.limit },
        }
    }
}

/// Builds a [`Model`]; made by [`Account::model_builder`].
#[derive(Clone, Debug)]
#[must_use]
pub struct ModelBuilder {
    account: Account,
    model: String,
    entry: Option<Entry>,
    task: Option<String>,
    calls: Calls,
    class: Option<String>,
    priority: Priority,
    exceeds_guarantees: bool,
}

impl ModelBuilder {
    pub(crate) fn new(account: Account, model: &str) -> Self {
        let exceeds_guarantees = account.0.settings().exceeds_guarantees;
        Self {
            account,
            model: model.to_owned(),
            entry: None,
            task: None,
            calls: Calls::All,
            class: None,
            priority: Priority::default(),
            exceeds_guarantees,
        }
    }

    pub(crate) fn of_entry(account: Account, entry: Entry) -> Self {
        Self { entry: Some(entry), ..Self::new(account, entry.name()) }
    }

    /// The task of the calls, as the catalog names it, for models without limits of their own. Where no limit depends on
    /// tasks, it says nothing.
    pub fn task(self, task: &str) -> Self {
        Self { task: Some(task.to_owned()), ..self }
    }

    /// The calls' replies carry their results: limits on tasks in the background do not count them.
    pub fn synchronous(self) -> Self {
        Self { calls: Calls::Sync, ..self }
    }

    /// The calls start tasks in the background: limits on direct calls do not count them.
    pub fn asynchronous(self) -> Self {
        Self { calls: Calls::Async, ..self }
    }

    /// The class of callers, which has a share of each limit.
    pub fn class(self, class: &str) -> Self {
        Self { class: Some(class.to_owned()), ..self }
    }

    /// How urgent the calls are.
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Goes on beyond limits that are guaranteed rather than hard, whatever the account does.
    pub fn exceed_guarantees(self) -> Self {
        Self { exceeds_guarantees: true, ..self }
    }

    /// Finds the limits and makes the handle.
    ///
    /// # Errors
    /// As [`Account::model`].
    pub fn build(self) -> Result<Model, Error> {
        let inner = &self.account.0;
        let target =
            Target { model: &self.model, task: self.task.as_deref(), calls: self.calls, class: self.class.as_deref() };
        let found = match self.entry {
            Some(entry) => rules::rules_of_entry(inner.settings(), &target, entry)?,
            None => rules::rules(inner.settings(), &target)?,
        };
        let order = Order {
            later_by: self.priority.later_by(),
            exceeds_guarantees: self.exceeds_guarantees,
            shadow: inner.settings().shadow,
        };
        Ok(Model::of_rules(&self.account, &found, order, None))
    }
}

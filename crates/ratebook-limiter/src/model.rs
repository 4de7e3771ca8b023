//! The handle of a model: what calls are admitted through.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use ratebook::{Calls, Entry, Metric, Period};

use crate::account::Account;
use crate::enforced_limit::{FoundLimits, Target};
use crate::find_limits;
use crate::limit::LimitInForce;
use crate::limit_state::LimitState;
use crate::limits_by::LimitsBy;
use crate::meter::{Meter, MeterId};
use crate::nanos::Nanos;
use crate::refusal::{Error, Never, Refused};
use crate::route::{AdmissionPolicy, Route};
use crate::state::Inner;
use crate::telemetry::Recorder;

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
    fn later_by(self) -> Nanos {
        match self {
            Self::Interactive => Nanos::ZERO,
            Self::Batch => Nanos::SECOND.times(10),
            Self::After(time) => time.into(),
        }
    }
}

/// Calls of one model, or of one task, size class or entry, on an account. Clones are the same handle.
///
/// Two handles are equal where their calls are decided alike: on one account, under the very same limits, at one priority.
/// Models that share all their limits are equal, and models of two accounts never are, however alike. Comparing and hashing
/// look at addresses alone.
///
/// ```
/// use ratebook::Provider;
/// use ratebook_limiter::Account;
///
/// let castai = Account::builder(Provider::Castai).plan("growth");
/// let account = castai.clone().build()?;
/// // Both are medium, and draw from the limits of that size class; the third is large.
/// assert_eq!(account.model("Qwen 3 32B")?, account.model("Gemma 3 27B")?);
/// assert_ne!(account.model("Qwen 3 32B")?, account.model("GPT-OSS 120B")?);
/// assert_ne!(account.model("Qwen 3 32B")?, castai.build()?.model("Qwen 3 32B")?);
/// # Ok::<(), ratebook_limiter::Error>(())
/// ```
#[derive(Clone)]
pub struct Model {
    pub(crate) account: Arc<Inner>,
    pub(crate) route: Arc<Route>,
    /// What a decision at once does not ask for.
    pub(crate) handle: Arc<Handle>,
}

/// What is a handle's own.
#[derive(Debug)]
pub(crate) struct Handle {
    /// By how much its calls count as arrived later than they did.
    pub(crate) later_by: Nanos,
    rule: LimitsBy,
}

impl Model {
    /// Told of by a recorder, or by one of its own.
    pub(crate) fn of_rules(
        account: &Account,
        found: &FoundLimits,
        policy: AdmissionPolicy,
        recorder: Option<&Recorder>,
    ) -> Self {
        let (account, route) = (Arc::clone(&account.0), account.0.route(&found.rules, policy, recorder));
        Self { account, route, handle: Arc::new(Handle { later_by: Nanos::ZERO, rule: found.by }) }
    }

    /// How many tokens a reply will have at most, with 95 % confidence: by the last 64 settled replies, and never above
    /// `most`, what the call asks for. `most` while fewer than 20 are known. For vendors that charge what was generated;
    /// where the most that might be is charged, use that.
    pub fn expected_output(&self, most: u64) -> u64 {
        self.route.outputs.p95().map_or(most, |p95| p95.min(most))
    }

    /// The limits that the handle's calls draw from, as they are in force now.
    pub fn limits(&self) -> impl Iterator<Item = LimitInForce> {
        let limits: Vec<_> = self.account.with(|state| {
            let draws = self.route.draws.iter();
            draws.map(|draw| state.limit(draw.meter)).collect()
        });
        limits.into_iter()
    }

    /// Like [`Account::set_limit`], but sets the limits that the handle's calls draw from, and goes before it. A limit that
    /// models share is one limit: it is set for all of them.
    pub fn set_limit(&self, metric: Metric, per: Option<Period>, amount: u64) -> usize {
        let set = |state: &mut LimitState, scale: u64| state.set = Some(amount.saturating_mul(scale));
        self.account.change_limits(|id, meter| self.draws_from(id) && meter.counts(metric, per), set)
    }

    /// Takes back what [`set_limit`](Self::set_limit) has set: what [`Account::set_limit`] says is in force again, or the
    /// published or negotiated amount. Returns how many amounts in force have changed.
    pub fn reset_limit(&self, metric: Metric, per: Option<Period>) -> usize {
        let is_meant = |id: MeterId, meter: &Meter| self.draws_from(id) && meter.counts(metric, per);
        self.account.change_limits(is_meant, |state, _| state.set = None)
    }

    fn draws_from(&self, meter: MeterId) -> bool {
        self.route.draws.iter().any(|draw| draw.meter == meter)
    }

    /// The account's longest wait.
    pub(crate) fn longest_wait(&self) -> Option<Duration> {
        self.account.settings().longest_wait
    }

    /// How these limits were found: by the model's own name, or only by a default, which may be for want of a model that
    /// is spelt right ([`LimitsBy::is_default`]). [`AccountBuilder::strict`](crate::AccountBuilder::strict) makes a default
    /// an error.
    ///
    /// ```
    /// use ratebook::{Provider, EnforcedLimit};
    /// use ratebook_limiter::{Account, LimitsBy};
    ///
    /// let account = Account::builder(Provider::Castai).plan("growth").build()?;
    /// assert_eq!(account.model("GPT-OSS 120B")?.rule(), LimitsBy::Catalog(EnforcedLimit::Member { class: "large" }));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    pub fn rule(&self) -> LimitsBy {
        self.handle.rule
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
            + size_of_val(&*self.route.cells);
        self.account().memory_bytes() + route
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (provider, limits) = (self.account.settings().provider.name(), self.route.draws.len());
        let rule = &self.handle.rule;
        f.debug_struct("Model").field("provider", &provider).field("limits", &limits).field("rule", rule).finish()
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.account, &other.account)
            && Arc::ptr_eq(&self.route, &other.route)
            && self.handle.later_by == other.handle.later_by
    }
}

impl Eq for Model {}

impl Hash for Model {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // An account has many routes, and a route one account.
        (Arc::as_ptr(&self.route), self.handle.later_by).hash(state);
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

impl Account {
    /// The handle that calls of a model go through, by any of its names. Models of one pool share it.
    ///
    /// # Errors
    /// A model that the catalog, or the limits of a [custom account](Self::custom), have no limits for, or that is retired;
    /// a limit that is by agreement and was not given; on a [strict](crate::AccountBuilder::strict) account a model of which only
    /// a default is found.
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        self.model_builder(name).build()
    }

    /// The same for an entry of the catalog, in the entry's region and plan.
    ///
    /// ```
    /// use ratebook::{Provider, alibaba::international::QWEN_PLUS};
    /// use ratebook_limiter::Account;
    ///
    /// let qwen = Account::builder(Provider::Alibaba).build()?.entry(QWEN_PLUS)?;
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`model`](Self::model), and an entry of another provider.
    pub fn entry(&self, entry: Entry) -> Result<Model, Error> {
        ModelBuilder::of_entry(self.clone(), entry).build()
    }

    /// Begins to build the handle of a model whose calls are of a task, a form of the API, a class of callers or a
    /// priority.
    pub fn model_builder(&self, name: &str) -> ModelBuilder {
        ModelBuilder::new(self.clone(), name)
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
    tenant: Option<Arc<str>>,
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
            tenant: None,
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

    /// The class of callers, which has a share of each limit: see [`AccountBuilder::class`](crate::AccountBuilder::class).
    pub fn class(self, class: &str) -> Self {
        Self { class: Some(class.to_owned()), ..self }
    }

    pub(crate) fn of_tenant(self, tenant: Arc<str>) -> Self {
        Self { tenant: Some(tenant), ..self }
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
        let tenant = self.tenant.as_deref().map(|name| (name, inner.tenant_share(name)));
        let (task, class) = (self.task.as_deref(), self.class.as_deref());
        let target = Target { model: &self.model, task, calls: self.calls, class, tenant };
        let found = match self.entry {
            Some(entry) => find_limits::limits_of_entry(inner.settings(), &target, entry)?,
            None => find_limits::limits(inner.settings(), &target)?,
        };
        let policy = AdmissionPolicy { exceeds_guarantees: self.exceeds_guarantees, shadow: inner.settings().shadow };
        let handle = Arc::new(Handle { later_by: self.priority.later_by(), rule: found.by });
        Ok(Model { handle, ..Model::of_rules(&self.account, &found, policy, None) })
    }
}

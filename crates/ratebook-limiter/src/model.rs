//! The model handle: what calls are admitted through.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use ratebook::{Context, Entry, Invocation, Metric, Mode, Period, Provider};

use crate::account::Account;
use crate::find_limits;
use crate::limit::LimitInForce;
use crate::limit_state::LimitState;
use crate::limits_by::LimitsBy;
use crate::meter::{Meter, MeterId};
use crate::nanos::Nanos;
use crate::refusal::{Error, Never, Refused};
use crate::resolved_limit::{FoundLimits, Target};
use crate::route::{AdmissionPolicy, Route};
use crate::settings::Settings;
use crate::state::Inner;
use crate::telemetry::Recorder;
use crate::unenforced::Unenforced;

/// The priority of a handle's calls.
///
/// Calls are ordered by arrival plus a delay that depends on the priority. The delay is finite, so no priority starves:
/// under endless interactive traffic, a batch call is admitted as if it had arrived ten seconds later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Priority {
    /// No delay: in order of arrival. The default.
    #[default]
    Interactive,
    /// After interactive calls that arrive within the next ten seconds.
    Batch,
    /// After interactive calls that arrive within this time.
    After(Duration),
}

impl Priority {
    fn priority_delay(self) -> Nanos {
        match self {
            Self::Interactive => Nanos::ZERO,
            Self::Batch => Nanos::SECOND.times(10),
            Self::After(time) => time.into(),
        }
    }
}

/// A handle for the calls of one model, task, size class or entry on an account. Clones are the same handle.
///
/// Two handles are equal if their calls are decided alike: on one account, under the same limits, at one priority.
/// Models that share all their limits are equal. Models of two accounts never are. Comparison and hashing use addresses
/// only.
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
    /// What only waiting calls and introspection use.
    pub(crate) handle: Arc<Handle>,
}

/// The part of a handle that is not shared by all handles of its route.
#[derive(Debug)]
pub(crate) struct Handle {
    /// How much later than they arrive the calls are ordered in the queue.
    pub(crate) priority_delay: Nanos,
    /// How the limits were found.
    found_by: LimitsBy,
    unenforced: Box<[Unenforced]>,
}

/// Returns the mode of a provider with a name.
fn mode_of(provider: Provider, name: &str) -> Result<Mode, Error> {
    provider.mode_named(name).ok_or_else(|| Error::UnknownMode { provider, name: name.to_owned() })
}

/// Returns the class of context lengths of a provider with a name.
fn context_of(provider: Provider, name: &str) -> Result<Context, Error> {
    provider.context_named(name).ok_or_else(|| Error::UnknownContext { provider, name: name.to_owned() })
}

impl Model {
    /// A handle under the limits found, at no delay. It reports to `recorder`, or to one of its own.
    pub(crate) fn with_limits(
        account: &Account,
        found: &FoundLimits,
        policy: AdmissionPolicy,
        recorder: Option<&Recorder>,
    ) -> Self {
        let unenforced = found.unenforced.as_slice().into();
        let (account, route) = (Arc::clone(&account.0), account.0.route(&found.limits, policy, recorder));
        Self {
            account,
            route,
            handle: Arc::new(Handle { priority_delay: Nanos::ZERO, found_by: found.by, unenforced }),
        }
    }

    /// Returns an estimate of a response's output tokens: the 95th percentile of the last 64 settled responses, and at
    /// most `most`, the number that the call asks for. Returns `most` while fewer than 20 responses are known.
    ///
    /// Use it with vendors that charge what was generated. With vendors that charge the requested maximum, use that
    /// maximum.
    pub fn expected_output(&self, most: u64) -> u64 {
        self.route.outputs.p95().map_or(most, |p95| p95.min(most))
    }

    /// Returns the limits that the handle's calls draw from, as they are in force now.
    pub fn limits(&self) -> impl Iterator<Item = LimitInForce> {
        let reading = self.account.read();
        let limits: Vec<_> = self.account.with(|state| {
            state.schedule.advance_to(reading).refresh(&self.account.fast_lock, &self.route);
            let draws = self.route.draws.iter();
            draws.map(|draw| state.limit(&self.route, draw.meter)).collect()
        });
        limits.into_iter()
    }

    /// Returns the limits that govern the handle's calls and that no decision before a call enforces, as of when the
    /// handle was built, with the reason. Empty for most models. Not listed: what the page states to be unlimited, and
    /// limits that do not govern such calls.
    ///
    /// ```
    /// use ratebook::Provider;
    /// use ratebook_limiter::Account;
    ///
    /// let qwen = Account::builder(Provider::Alibaba).region("international").build()?.model("qwen-plus")?;
    /// assert!(qwen.unenforced().is_empty());
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    pub fn unenforced(&self) -> &[Unenforced] {
        &self.handle.unenforced
    }

    /// Like [`Account::set_limit`], but sets only the limits that the handle's calls draw from, and takes precedence
    /// over it. A limit shared by several models is one limit: it is set for all of them.
    pub fn set_limit(&self, metric: Metric, per: Option<Period>, amount: u64) -> usize {
        let set = |state: &mut LimitState, scale: u64| state.set = Some(amount.saturating_mul(scale));
        self.account.change_limits(|id, meter| self.draws_from(id) && meter.counts(metric, per), set)
    }

    /// Removes the amount set by [`set_limit`](Self::set_limit): that of [`Account::set_limit`] applies again, or else
    /// the published or negotiated one. Returns the number of amounts in force that changed.
    pub fn reset_limit(&self, metric: Metric, per: Option<Period>) -> usize {
        let is_drawn = |id: MeterId, meter: &Meter| self.draws_from(id) && meter.counts(metric, per);
        self.account.change_limits(is_drawn, |state, _| state.set = None)
    }

    fn draws_from(&self, meter: MeterId) -> bool {
        self.route.draws.iter().any(|draw| draw.meter == meter)
    }

    /// Returns the account's longest wait.
    pub(crate) fn longest_wait(&self) -> Option<Duration> {
        self.account.settings().longest_wait
    }

    /// Returns how the limits were found: by the model's own name, or only by a default ([`LimitsBy::is_default`]), in
    /// which case the name may be misspelt. [`AccountBuilder::strict`](crate::AccountBuilder::strict) makes a default
    /// an error.
    ///
    /// ```
    /// use ratebook::{Provider, Rule};
    /// use ratebook_limiter::{Account, LimitsBy};
    ///
    /// let account = Account::builder(Provider::Castai).plan("growth").build()?;
    /// assert_eq!(account.model("GPT-OSS 120B")?.found_by(), LimitsBy::Catalog(Rule::Member { class: "large" }));
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    pub fn found_by(&self) -> LimitsBy {
        self.handle.found_by
    }

    /// Returns the account.
    pub fn account(&self) -> Account {
        Account(Arc::clone(&self.account))
    }

    /// Returns the memory that the handle and its account take, in bytes.
    pub(crate) fn memory_bytes(&self) -> usize {
        let route = size_of::<Route>()
            + 2 * size_of::<usize>()
            + size_of_val(&*self.route.draws)
            + size_of_val(&*self.route.credits);
        self.account().memory_bytes() + route
    }
}

impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (provider, limits) = (self.account.settings().provider.name(), self.route.draws.len());
        let found_by = &self.handle.found_by;
        f.debug_struct("Model")
            .field("provider", &provider)
            .field("limits", &limits)
            .field("found_by", found_by)
            .finish()
    }
}

impl PartialEq for Model {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.account, &other.account)
            && Arc::ptr_eq(&self.route, &other.route)
            && self.handle.priority_delay == other.handle.priority_delay
    }
}

impl Eq for Model {}

impl Hash for Model {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // A route belongs to one account, so its address identifies the account too.
        (Arc::as_ptr(&self.route), self.handle.priority_delay).hash(state);
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
    /// Returns the handle for calls of a model, given any of its names, or an [alias](crate::AccountBuilder::alias) of
    /// the account. Handles of models in one pool draw from that pool.
    ///
    /// # Errors
    /// - [`Error::UnknownModel`], [`Error::NoLimitsForModel`]: neither the catalog nor the limits of a [custom
    ///   account](Self::custom) have limits for the model.
    /// - [`Error::Retired`]: the vendor no longer serves it.
    /// - [`Error::NotOffered`]: the vendor does not offer such calls.
    /// - [`Error::Custom`]: a limit is agreed with the vendor, and was not given.
    /// - [`Error::OnlyDefault`]: the account is [strict](crate::AccountBuilder::strict), and only a default was found.
    pub fn model(&self, name: &str) -> Result<Model, Error> {
        self.model_builder(name).build()
    }

    /// Like [`model`](Self::model), but for an entry of the catalog, in the entry's region and plan.
    ///
    /// ```
    /// use ratebook::{Provider, providers::alibaba::international::QWEN_PLUS};
    /// use ratebook_limiter::Account;
    ///
    /// let qwen = Account::builder(Provider::Alibaba).build()?.entry(QWEN_PLUS)?;
    /// # Ok::<(), ratebook_limiter::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`model`](Self::model), [`Error::OtherProvider`] for an entry of another provider, and
    /// [`Error::Removed`] for one that the vendor's pages no longer state, unless other limits apply to it, such as
    /// those of its family.
    pub fn entry(&self, entry: Entry) -> Result<Model, Error> {
        ModelBuilder::of_entry(self.clone(), entry).build()
    }

    /// Returns a builder for a model handle with a task, a form of the API, a class of callers or a priority.
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
    mode: Option<String>,
    context: Option<String>,
    endpoint: Option<String>,
    calls: Invocation,
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
            mode: None,
            context: None,
            endpoint: None,
            calls: Invocation::All,
            class: None,
            tenant: None,
            priority: Priority::default(),
            exceeds_guarantees,
        }
    }

    pub(crate) fn of_entry(account: Account, entry: Entry) -> Self {
        Self { entry: Some(entry), ..Self::new(account, entry.name()) }
    }

    /// The task of the calls, by its name in the catalog, for models without limits of their own. Ignored where no
    /// limit depends on the task. Default: none.
    pub fn task(self, task: &str) -> Self {
        Self { task: Some(task.to_owned()), ..self }
    }

    /// The mode of the calls, by its name in the catalog: `batch`, `streaming`. Ignored on a
    /// [custom account](Account::custom). Default: the usual mode.
    pub fn mode(self, mode: &str) -> Self {
        Self { mode: Some(mode.to_owned()), ..self }
    }

    /// The class of context lengths of the calls, by its name in the catalog: `above-272k-input`. Ignored on a
    /// [custom account](Account::custom). Default: none.
    pub fn context(self, context: &str) -> Self {
        Self { context: Some(context.to_owned()), ..self }
    }

    /// The endpoint of the calls, by its name in the catalog: `POST /v1/embeddings`. An endpoint without limits of its
    /// own has no effect. Default: none.
    pub fn endpoint(self, endpoint: &str) -> Self {
        Self { endpoint: Some(endpoint.to_owned()), ..self }
    }

    /// The calls are synchronous: limits on background tasks do not count them. Default: limits of both forms count
    /// them.
    pub fn synchronous(self) -> Self {
        Self { calls: Invocation::Sync, ..self }
    }

    /// The calls start background tasks: limits on synchronous calls do not count them. Default: limits of both forms
    /// count them.
    pub fn asynchronous(self) -> Self {
        Self { calls: Invocation::Async, ..self }
    }

    /// The class of callers, which has a share of each limit: see
    /// [`AccountBuilder::class`](crate::AccountBuilder::class). Default: none.
    pub fn class(self, class: &str) -> Self {
        Self { class: Some(class.to_owned()), ..self }
    }

    pub(crate) fn of_tenant(self, tenant: Arc<str>) -> Self {
        Self { tenant: Some(tenant), ..self }
    }

    /// The priority of the calls. Default: [`Priority::Interactive`].
    pub fn priority(self, priority: Priority) -> Self {
        Self { priority, ..self }
    }

    /// Admits calls beyond limits that are guaranteed rather than hard. Default: as set by
    /// [`AccountBuilder::exceed_guarantees`](crate::AccountBuilder::exceed_guarantees).
    pub fn exceed_guarantees(self) -> Self {
        Self { exceeds_guarantees: true, ..self }
    }

    /// Looks up the limits and returns the handle.
    ///
    /// # Errors
    /// Those of [`Account::model`], [`Error::UnknownClass`] for a class that the account does not have, and
    /// [`Error::UnknownMode`] and [`Error::UnknownContext`] for names that the provider does not have.
    pub fn build(self) -> Result<Model, Error> {
        let inner = &self.account.0;
        let policy = AdmissionPolicy { exceeds_guarantees: self.exceeds_guarantees, shadow: inner.settings().shadow };
        loop {
            let settings = inner.current_settings();
            let target = self.target(&settings)?;
            let found = match self.entry {
                Some(entry) => find_limits::limits_of_entry(&settings, &target, entry)?,
                None => find_limits::limits(&settings, &target)?,
            };
            // `None` if another catalog came into force in the meantime.
            let in_use = (&target, self.entry);
            if let Some(route) = inner.route_in_use(&settings, in_use, &found.limits, policy) {
                let handle = Handle {
                    priority_delay: self.priority.priority_delay(),
                    found_by: found.by,
                    unenforced: found.unenforced.as_slice().into(),
                };
                return Ok(Model { account: Arc::clone(inner), route, handle: Arc::new(handle) });
            }
        }
    }

    /// Returns the properties of the calls on which their limits depend.
    fn target<'a>(&'a self, settings: &'a Settings) -> Result<Target<'a>, Error> {
        let inner = &self.account.0;
        let tenant = self.tenant.as_deref().map(|name| (name, inner.tenant_share(name)));
        let (task, class) = (self.task.as_deref(), self.class.as_deref());
        let (provider, endpoint) = (settings.provider.catalog(), self.endpoint.as_deref());
        let mode = provider.zip(self.mode.as_deref()).map(|(provider, name)| mode_of(provider, name)).transpose()?;
        let context =
            provider.zip(self.context.as_deref()).map(|(provider, name)| context_of(provider, name)).transpose()?;
        let model = match self.entry {
            Some(_) => &self.model,
            None => settings.model_called(&self.model),
        };
        let of_model = Target::new(model, inner.clock.unix_nanos());
        Ok(Target { task, mode, context, endpoint, calls: self.calls, class, tenant, ..of_model })
    }
}

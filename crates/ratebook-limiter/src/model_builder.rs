//! The builder of a model handle: which calls it is for, and where their limits are looked up.

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Context, Entry, Invocation, Mode, Provider};

use crate::account::Account;
use crate::find_limits;
use crate::model::{Handle, Model};
use crate::nanos::Nanos;
use crate::refusal::Error;
use crate::resolved_limit::Target;
use crate::route::AdmissionPolicy;
use crate::settings::Settings;

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

/// Returns the mode of a provider with a name.
fn mode_of(provider: Provider, name: &str) -> Result<Mode, Error> {
    provider.mode_named(name).ok_or_else(|| Error::UnknownMode { provider, name: name.to_owned() })
}

/// Returns the class of context lengths of a provider with a name.
fn context_of(provider: Provider, name: &str) -> Result<Context, Error> {
    provider.context_named(name).ok_or_else(|| Error::UnknownContext { provider, name: name.to_owned() })
}

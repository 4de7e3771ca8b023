//! The model handle: what calls are admitted through.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use ratebook::{Metric, Period};

use crate::account::Account;
use crate::limit::LimitInForce;
use crate::limit_state::LimitState;
use crate::limits_by::LimitsBy;
use crate::meter::{Meter, MeterId};
use crate::nanos::Nanos;
use crate::refusal::{Never, Refused};
use crate::resolved_limit::FoundLimits;
use crate::route::{AdmissionPolicy, Route};
use crate::state::Inner;
use crate::telemetry::Recorder;
use crate::unenforced::Unenforced;

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
    pub(crate) found_by: LimitsBy,
    pub(crate) unenforced: Box<[Unenforced]>,
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

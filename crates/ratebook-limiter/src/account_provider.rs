//! The provider of an account, and how it enforces limits.

use ratebook::{Calendar, MaxOutput, Provider};

use crate::interned::interned;
use crate::nanos::Nanos;
use crate::per::period_nanos;

/// The provider of an account: one of the catalog, or one that the program describes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AccountProvider {
    /// `None` for a custom account.
    catalog: Option<Provider>,
    name: &'static str,
    policy: EnforcementPolicy,
}

/// How a provider enforces limits: the part of its policy that the limiter uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct EnforcementPolicy {
    /// A shorter window over which limits per minute are enforced too, in proportion.
    pub(crate) sub_window: Option<Nanos>,
    /// Whether a steep rise of the rate is refused even below every limit.
    pub(crate) acceleration_limit: bool,
    /// Seconds after which a refusal is typically over.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "read by feedback only"))]
    pub(crate) recovery_seconds: Option<u32>,
    /// Where days, weeks and months begin.
    pub(crate) calendar: Calendar,
    /// What the maximum output of a call counts.
    pub(crate) max_output: MaxOutput,
}

impl AccountProvider {
    /// A provider of the catalog, with its policy.
    pub(crate) fn of_catalog(provider: Provider) -> Self {
        let policy = provider.policy();
        let policy = EnforcementPolicy {
            sub_window: policy.sub_window.map(period_nanos),
            acceleration_limit: policy.acceleration_limit,
            recovery_seconds: policy.recovery_seconds,
            calendar: policy.calendar,
            max_output: policy.max_output,
        };
        Self { catalog: Some(provider), name: provider.name(), policy }
    }

    /// A provider that the program describes, without a policy.
    pub(crate) fn custom(name: &str) -> Self {
        let policy = EnforcementPolicy {
            sub_window: None,
            acceleration_limit: false,
            recovery_seconds: None,
            calendar: Calendar::Unstated,
            max_output: MaxOutput::Unstated,
        };
        Self { catalog: None, name: interned(name).as_str(), policy }
    }

    /// Returns the provider under the same policy, as another catalog has it.
    #[cfg(feature = "load")]
    pub(crate) fn at(self, provider: Provider) -> Self {
        Self { catalog: Some(provider), name: provider.name(), ..self }
    }

    /// Returns the provider of the catalog; `None` for a custom account.
    pub(crate) const fn catalog(&self) -> Option<Provider> {
        self.catalog
    }

    pub(crate) const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn policy(&self) -> &EnforcementPolicy {
        &self.policy
    }

    pub(crate) const fn policy_mut(&mut self) -> &mut EnforcementPolicy {
        &mut self.policy
    }
}

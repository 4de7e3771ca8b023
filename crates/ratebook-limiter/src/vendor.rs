//! The provider of an account, and how it enforces limits.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ratebook::{Calendar, MaxOutput, Provider};

use crate::nanos::Nanos;
use crate::per::period_nanos;

/// The provider of an account: one of the catalog, or one that the program describes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vendor {
    /// `None` for a custom account.
    catalog: Option<Provider>,
    name: &'static str,
    policy: Enforcement,
}

/// How a provider enforces limits: the part of its policy that the limiter uses.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enforcement {
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

impl Vendor {
    /// A provider of the catalog, with its policy.
    pub(crate) fn of_catalog(provider: Provider) -> Self {
        let policy = provider.policy();
        let policy = Enforcement {
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
        let policy = Enforcement {
            sub_window: None,
            acceleration_limit: false,
            recovery_seconds: None,
            calendar: Calendar::Unstated,
            max_output: MaxOutput::Unstated,
        };
        Self { catalog: None, name: *interned(name).0, policy }
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

    pub(crate) const fn policy(&self) -> &Enforcement {
        &self.policy
    }

    pub(crate) const fn policy_mut(&mut self) -> &mut Enforcement {
        &mut self.policy
    }
}

/// An interned string. One pointer wide, because limits and refusals are copied often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interned(&'static &'static str);

impl std::fmt::Display for Interned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// Interns a string: each distinct one is stored once and never freed.
///
/// Limits and refusals are `Copy` and cite names given by the program. They hold the name itself, so their `Display`
/// needs no account. Only names of accounts, pools and negotiated limits are interned. They come from the program's
/// configuration, never from calls, so the memory is bounded.
pub(crate) fn interned(text: &str) -> Interned {
    static STRINGS: Mutex<Option<HashMap<&'static str, Interned>>> = Mutex::new(None);
    let mut strings = STRINGS.lock().unwrap_or_else(PoisonError::into_inner);
    let strings = strings.get_or_insert_default();
    if let Some(known) = strings.get(text) {
        return *known;
    }
    let text: &'static str = Box::leak(text.into());
    let stored = Interned(Box::leak(Box::new(text)));
    strings.insert(text, stored);
    stored
}

#[cfg(test)]
mod tests {
    use super::interned;

    #[test]
    fn a_string_is_interned_once() {
        let address = |text: &str| std::ptr::from_ref(interned(text).0);
        let first = address("my-gateway");
        assert!((0..100).all(|_| address(&format!("my-{}", "gateway")) == first));
        assert_ne!(address("another"), first);
    }
}

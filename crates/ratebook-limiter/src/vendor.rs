//! Whose limits an account keeps to, and how they are enforced there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use ratebook::{Calendar, Provider};

use crate::nanos::Nanos;
use crate::per::period_nanos;

/// Who serves an account: a provider of the catalog, or one that the program describes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vendor {
    /// `None` for one that the program describes.
    catalog: Option<Provider>,
    name: &'static str,
    policy: Enforcement,
}

/// How limits are enforced, as far as the limiter asks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Enforcement {
    /// A shorter window over which a minute's limit is enforced too, in proportion.
    pub(crate) sub_window: Option<Nanos>,
    /// Whether a steep rise is refused even below every limit.
    pub(crate) growth_protection: bool,
    /// Seconds after which a refusal is typically over.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "only replies ask"))]
    pub(crate) recovery_seconds: Option<u32>,
    /// Where days and months begin.
    pub(crate) calendar: Calendar,
}

impl Vendor {
    pub(crate) fn of_catalog(provider: Provider) -> Self {
        let policy = provider.policy();
        let policy = Enforcement {
            sub_window: policy.sub_window.map(period_nanos),
            growth_protection: policy.growth_protection,
            recovery_seconds: policy.recovery_seconds,
            calendar: policy.calendar,
        };
        Self { catalog: Some(provider), name: provider.name(), policy }
    }

    pub(crate) fn custom(name: &str) -> Self {
        let policy = Enforcement {
            sub_window: None,
            growth_protection: false,
            recovery_seconds: None,
            calendar: Calendar::Unstated,
        };
        Self { catalog: None, name: *interned(name).0, policy }
    }

    /// The provider of the catalog; `None` for one that the program describes.
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

/// A text that lives as long as the program, behind one pointer: limits and refusals are copied often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Text(&'static &'static str);

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0)
    }
}

/// A text that lives as long as the program: each distinct one is stored once and never freed.
///
/// Refusals and limits are `Copy` and cite a name that the program gave. They hold the text itself, so that showing them
/// needs no account. Names of accounts, of their pools and of negotiated limits are stored here and nothing else: they
/// come from the program and its configuration, never from a call.
pub(crate) fn interned(text: &str) -> Text {
    static TEXTS: Mutex<Option<HashMap<&'static str, Text>>> = Mutex::new(None);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    let texts = texts.get_or_insert_default();
    if let Some(known) = texts.get(text) {
        return *known;
    }
    let text: &'static str = Box::leak(text.into());
    let stored = Text(Box::leak(Box::new(text)));
    texts.insert(text, stored);
    stored
}

#[cfg(test)]
mod tests {
    use super::interned;

    #[test]
    fn a_text_is_stored_once() {
        let address = |text: &str| std::ptr::from_ref(interned(text).0);
        let first = address("my-gateway");
        assert!((0..100).all(|_| address(&format!("my-{}", "gateway")) == first));
        assert_ne!(address("another"), first);
    }
}

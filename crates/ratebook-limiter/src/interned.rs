//! Interned strings, so that limits and refusals can cite names given by the program and be `Copy`.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// An interned string. One pointer wide, because limits and refusals are copied often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interned(&'static &'static str);

impl Interned {
    pub(crate) const fn as_str(self) -> &'static str {
        self.0
    }
}

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

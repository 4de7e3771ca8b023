//! From a [`Page`] to limits: one module per provider.

use crate::page::Page;
use crate::reading::Reading;
use crate::reviewed::Decisions;
use ratebook_source::ProviderSource;

/// An interpreter of one provider's page.
pub type Interpreter = fn(&Page, &Decisions) -> Reading;

/// The interpreter for a provider's name, where there is one.
pub fn interpreter(provider: &str) -> Option<Interpreter> {
    let _ = (provider, ProviderSource::new(""));
    None
}

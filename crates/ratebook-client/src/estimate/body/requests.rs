//! How many requests a provider counts a call as.

use ratebook::Provider;

/// The providers that count each completion as a request, as a note of their policy says. To all others a call is one
/// request, or one submitted task, however many results it asks for.
const EACH_COMPLETION: [Provider; 1] = [Provider::Fireworks];

/// Returns the number of requests that a call counts as, given its number of completions.
pub(super) fn at(provider: Provider, completions: u64) -> u64 {
    if EACH_COMPLETION.contains(&provider) { completions } else { 1 }
}

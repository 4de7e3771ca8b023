//! How a provider counts requests.

use ratebook::Provider;

/// Providers that count each completion as a request, according to a note in their policy. All others count a call as one
/// request or one submitted task.
const EACH_COMPLETION: [Provider; 1] = [Provider::Fireworks];

/// Returns the number of requests that a call counts as, given its number of completions.
pub(super) fn at(provider: Provider, completions: u64) -> u64 {
    if EACH_COMPLETION.contains(&provider) { completions } else { 1 }
}

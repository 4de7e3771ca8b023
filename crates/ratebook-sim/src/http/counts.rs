//! How a provider counts requests.

use ratebook::Provider;

/// Providers that count each completion as a request, according to a note in their policy. All others count a call as one
/// request.
const EACH_COMPLETION: [Provider; 1] = [Provider::Fireworks];

/// How a call with several completions counts against request limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RequestCounting {
    /// As one request.
    PerCall,
    /// As one request per completion.
    PerCompletion,
}

impl RequestCounting {
    pub(super) fn of(provider: Provider) -> Self {
        if EACH_COMPLETION.contains(&provider) { Self::PerCompletion } else { Self::PerCall }
    }

    /// Returns the number of requests that a call counts as.
    pub(super) fn requests(self, completions: u64) -> u64 {
        match self {
            Self::PerCall => 1,
            Self::PerCompletion => completions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_count_as_requests_if_the_policy_says_so() {
        for provider in Provider::ALL.iter().copied() {
            let says_so = provider.policy().notes.iter().any(|note| note.contains("counts n times as a request"));
            assert_eq!(RequestCounting::of(provider) == RequestCounting::PerCompletion, says_so, "{provider}");
        }
        assert_eq!(RequestCounting::of(Provider::Fireworks).requests(4), 4);
    }
}

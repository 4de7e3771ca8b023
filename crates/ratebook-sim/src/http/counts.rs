//! How many requests a provider counts a call as.

use ratebook::Provider;

/// The providers that count each completion as a request, as a note of their policy says. To all others a call is one
/// request, however many completions it asks for.
const EACH_COMPLETION: [Provider; 1] = [Provider::Fireworks];

/// What is counted of a call that asks for several completions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counts {
    Calls,
    Completions,
}

impl Counts {
    pub(super) fn of(provider: Provider) -> Self {
        if EACH_COMPLETION.contains(&provider) { Self::Completions } else { Self::Calls }
    }

    /// How many requests a call counts as, given the number of completions it asks for.
    pub(super) fn requests(self, completions: u64) -> u64 {
        match self {
            Self::Calls => 1,
            Self::Completions => completions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_are_requests_where_the_policy_says_so() {
        for provider in Provider::ALL.iter().copied() {
            let says_so = provider.policy().notes.iter().any(|note| note.contains("counts n times as a request"));
            assert_eq!(Counts::of(provider) == Counts::Completions, says_so, "{provider}");
        }
        assert_eq!(Counts::of(Provider::Fireworks).requests(4), 4);
    }
}

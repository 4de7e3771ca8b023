//! When an amount begins to hold: after a time of sustained use, or once an account has spent enough.

use crate::{duration, number};

/// What `{after}` matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum After {
    /// A length of time, in seconds. The amount is a point of the limit's ramp.
    Seconds(u32),
    /// An amount in US dollars, which an account must have paid for the plan of the amount.
    Usd(u64),
}

impl After {
    /// Parses `10 minutes`, `an hour` or `$50`. `None` if the text is another.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text.trim().strip_prefix('$') {
            Some(dollars) => number::count(dollars).ok().map(Self::Usd),
            None => duration::seconds(text).map(Self::Seconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_holds_after_a_time_or_a_payment() {
        assert_eq!(After::parse("10 minutes"), Some(After::Seconds(600)));
        assert_eq!(After::parse("$5,000"), Some(After::Usd(5_000)));
        assert_eq!(After::parse("50"), None);
        assert_eq!(After::parse("$ten"), None);
    }
}

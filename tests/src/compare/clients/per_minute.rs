//! Limits as other limiters are configured.

use ratebook::Metric;
use ratebook_sim::{Amounts, SECOND, SimRule};

/// Requests and tokens a minute, as a user of a limiter without a catalog would set them.
#[derive(Clone, Copy)]
pub struct PerMinute {
    pub requests: u64,
    pub tokens: u64,
}

impl PerMinute {
    /// The strictest requests and tokens per minute, for identical calls. A limit on another metric, such as audio, is
    /// converted to requests. Limits per day and longer are left out, as such a user would: spread over the minutes,
    /// they would leave most of a short run unused.
    pub fn of(rules: &[SimRule], each: &Amounts) -> Self {
        let mut rates = Self { requests: u64::MAX, tokens: u64::MAX };
        let tokens = u128::from(each.of(Metric::Tokens));
        let widths = SECOND..86_400 * SECOND;
        for rule in rules.iter().filter(|rule| widths.contains(&rule.width()) && each.of(rule.metric()) > 0) {
            let (amount, width) = (u128::from(each.of(rule.metric())), u128::from(rule.width()));
            let by_minute = |of_each: u128| {
                (u128::from(rule.limit()) * u128::from(60 * SECOND) * of_each / (amount * width)) as u64
            };
            match rule.metric() {
                Metric::Tokens | Metric::InputTokens | Metric::OutputTokens => {
                    rates.tokens = rates.tokens.min(by_minute(tokens));
                }
                _ => rates.requests = rates.requests.min(by_minute(1)),
            }
        }
        rates
    }
}

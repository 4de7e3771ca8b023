//! What callers want.

use fastrand::Rng;

use crate::SECOND;
use crate::call::{Amounts, Call};

/// How many tokens calls have.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Tokens {
    /// All the same.
    Each(u64),
    /// A Pareto distribution with shape 1.5: most calls are small, a few up to a hundred times as large.
    HeavyTailed {
        /// The least.
        least: u64,
    },
}

/// When calls come.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Arrivals {
    /// Each caller makes its next call when the last has ended: as many as the client lets.
    Saturating,
    /// Each caller makes a call every so many nanoseconds, from a moment of its own on.
    Steady {
        /// Nanoseconds.
        every: u64,
    },
    /// All callers make a call at once, every so many nanoseconds.
    Bursts {
        /// Nanoseconds.
        every: u64,
    },
}

/// How well callers know what a call will cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Estimates {
    /// To the token.
    Right,
    /// So many percent of it.
    Percent(u64),
    /// No tokens at all.
    None,
}

/// What callers want.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// How many callers there are.
    pub callers: usize,
    /// How many models they use in turn.
    pub models: usize,
    /// When calls come.
    pub arrivals: Arrivals,
    /// How many tokens they have, half of them input.
    pub tokens: Tokens,
    /// Milliseconds of audio in each call.
    pub audio_millis: u64,
    /// What each call costs, in millionths of a US dollar.
    pub micro_usd: u64,
    /// How well the tokens are known before.
    pub estimates: Estimates,
    /// How long a call is served, in nanoseconds.
    pub service: u64,
}

impl Default for Workload {
    /// 200 callers of one model who always want more, calls of 400 tokens that take half a second.
    fn default() -> Self {
        Self {
            callers: 200,
            models: 1,
            arrivals: Arrivals::Saturating,
            tokens: Tokens::Each(400),
            audio_millis: 0,
            micro_usd: 0,
            estimates: Estimates::Right,
            service: SECOND / 2,
        }
    }
}

impl Workload {
    /// The next call of a caller.
    pub(crate) fn call(&self, caller: usize, rng: &mut Rng) -> Call {
        let tokens = match self.tokens {
            Tokens::Each(tokens) => tokens,
            Tokens::HeavyTailed { least } => {
                let scale = (1.0 - rng.f64()).powf(-1.0 / 1.5);
                (least as f64 * scale.min(100.0)) as u64
            }
        };
        let mut exact = Call { model: caller % self.models.max(1), ..Call::of_tokens(caller, tokens) };
        exact.real = Amounts { audio_millis: self.audio_millis, micro_usd: self.micro_usd, ..exact.real };
        exact.estimate = exact.real;
        let percent = match self.estimates {
            Estimates::Right => return exact,
            Estimates::Percent(percent) => percent,
            Estimates::None => 0,
        };
        let estimate = Amounts {
            input: exact.real.input * percent / 100,
            output: exact.real.output * percent / 100,
            ..exact.real
        };
        Call { estimate, ..exact }
    }
}

//! Workloads: when calls are made, and how large they are.

use fastrand::Rng;

use crate::SECOND;
use crate::call::{Amounts, SimCall};

/// The distribution of tokens per call.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Tokens {
    /// A constant.
    Each(u64),
    /// A Pareto distribution with shape 1.5, cut at 100 times the minimum.
    HeavyTailed {
        /// The minimum.
        least: u64,
    },
}

/// When calls are made.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Arrivals {
    /// A closed loop: each caller makes its next call when the last one has ended.
    Saturating,
    /// An open loop: each caller makes calls at a fixed interval, from a random start.
    Steady {
        /// The interval in nanoseconds.
        every: u64,
    },
    /// All callers make a call at the same time, at a fixed interval.
    Bursts {
        /// The interval in nanoseconds.
        every: u64,
    },
}

/// The accuracy of estimates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Estimates {
    /// Exact.
    Right,
    /// A percentage of the real cost.
    Percent(u64),
    /// An estimate of zero tokens.
    None,
}

/// The calls that a simulation makes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Number of callers.
    pub callers: usize,
    /// Number of models. Callers are divided among them.
    pub models: usize,
    /// When calls are made.
    pub arrivals: Arrivals,
    /// Tokens per call, half of them input.
    pub tokens: Tokens,
    /// Milliseconds of audio per call.
    pub audio_millis: u64,
    /// Cost of each call in millionths of a US dollar.
    pub micro_usd: u64,
    /// Share of the input tokens that are read from a cache, in percent. Estimates know it.
    pub cached_percent: u64,
    /// Further amounts of each call, such as images or queued tokens. They are added to the others.
    pub further: Amounts,
    /// Share of the calls that fail at their first attempt although they are within the limits, in percent.
    pub failing_percent: u64,
    /// Accuracy of the token estimates.
    pub estimates: Estimates,
    /// Service time of a call in nanoseconds.
    pub service: u64,
}

impl Default for Workload {
    /// 200 callers of one model in a closed loop. A call has 400 tokens and takes half a second.
    fn default() -> Self {
        Self {
            callers: 200,
            models: 1,
            arrivals: Arrivals::Saturating,
            tokens: Tokens::Each(400),
            audio_millis: 0,
            micro_usd: 0,
            cached_percent: 0,
            further: Amounts::default(),
            failing_percent: 0,
            estimates: Estimates::Right,
            service: SECOND / 2,
        }
    }
}

impl Workload {
    /// Creates the next call of a caller.
    pub(crate) fn call(&self, caller: usize, rng: &mut Rng) -> SimCall {
        let tokens = match self.tokens {
            Tokens::Each(tokens) => tokens,
            Tokens::HeavyTailed { least } => {
                let scale = (1.0 - rng.f64()).powf(-1.0 / 1.5);
                (least as f64 * scale.min(100.0)) as u64
            }
        };
        let mut exact = SimCall { model: caller % self.models.max(1), ..SimCall::of_tokens(caller, tokens) };
        let cached_input = exact.real.input * self.cached_percent.min(100) / 100;
        let (audio_millis, micro_usd) = (self.audio_millis, self.micro_usd);
        exact.real = Amounts { cached_input, audio_millis, micro_usd, ..exact.real } + self.further;
        exact.estimate = exact.real;
        if self.failing_percent > 0 && rng.u64(0..100) < self.failing_percent {
            exact.real.failed_requests = 1;
        }
        let percent = match self.estimates {
            Estimates::Right => return exact,
            Estimates::Percent(percent) => percent,
            Estimates::None => 0,
        };
        let estimate = Amounts {
            input: exact.estimate.input * percent / 100,
            cached_input: exact.estimate.cached_input * percent / 100,
            cache_written_input: exact.estimate.cache_written_input * percent / 100,
            output: exact.estimate.output * percent / 100,
            ..exact.estimate
        };
        SimCall { estimate, ..exact }
    }
}

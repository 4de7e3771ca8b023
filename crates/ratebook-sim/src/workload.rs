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
///
/// ```
/// use ratebook_sim::{Arrivals, SECOND, Tokens, Workload};
///
/// // 50 callers, each with a call of 900 tokens every 20 seconds.
/// let workload = Workload::new()
///     .with_callers(50)
///     .with_arrivals(Arrivals::Steady { every: 20 * SECOND })
///     .with_tokens(Tokens::Each(900));
/// # let _ = workload;
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    callers: usize,
    models: usize,
    arrivals: Arrivals,
    tokens: Tokens,
    cached_percent: u64,
    further: Amounts,
    failing_percent: u64,
    estimates: Estimates,
    service: u64,
}

impl Default for Workload {
    fn default() -> Self {
        Self::new()
    }
}

impl Workload {
    /// Creates a workload of 200 callers of one model in a closed loop. A call has 400 tokens and takes half a second.
    pub const fn new() -> Self {
        Self {
            callers: 200,
            models: 1,
            arrivals: Arrivals::Saturating,
            tokens: Tokens::Each(400),
            cached_percent: 0,
            further: Amounts::none(),
            failing_percent: 0,
            estimates: Estimates::Right,
            service: SECOND / 2,
        }
    }

    /// Sets the number of callers. Default: 200.
    #[must_use]
    pub const fn with_callers(self, callers: usize) -> Self {
        Self { callers, ..self }
    }

    /// Sets the number of models. Callers are divided among them. Default: 1. 0 means 1.
    #[must_use]
    pub const fn with_models(self, models: usize) -> Self {
        Self { models, ..self }
    }

    /// Sets when calls are made. Default: [`Arrivals::Saturating`].
    #[must_use]
    pub const fn with_arrivals(self, arrivals: Arrivals) -> Self {
        Self { arrivals, ..self }
    }

    /// Sets the tokens of each call, half of them input. Default: 400.
    #[must_use]
    pub const fn with_tokens(self, tokens: Tokens) -> Self {
        Self { tokens, ..self }
    }

    /// Sets the share of the input tokens that are read from a cache, in percent. Estimates know it. Default: 0.
    #[must_use]
    pub const fn with_cached_percent(self, percent: u64) -> Self {
        Self { cached_percent: percent, ..self }
    }

    /// Sets further amounts of each call, such as audio, images or spend. They are added to the request and its tokens.
    /// Default: none.
    #[must_use]
    pub const fn with_further(self, further: Amounts) -> Self {
        Self { further, ..self }
    }

    /// Sets the share of the calls that fail at their first attempt although they are within the limits, in percent.
    /// Default: 0.
    #[must_use]
    pub const fn with_failing_percent(self, percent: u64) -> Self {
        Self { failing_percent: percent, ..self }
    }

    /// Sets the accuracy of the token estimates. Default: [`Estimates::Right`].
    #[must_use]
    pub const fn with_estimates(self, estimates: Estimates) -> Self {
        Self { estimates, ..self }
    }

    /// Sets the time that a call takes, in nanoseconds. Default: half a second.
    #[must_use]
    pub const fn with_service(self, nanos: u64) -> Self {
        Self { service: nanos, ..self }
    }

    pub(crate) const fn callers(&self) -> usize {
        self.callers
    }

    pub(crate) const fn arrivals(&self) -> Arrivals {
        self.arrivals
    }

    pub(crate) const fn service(&self) -> u64 {
        self.service
    }

    /// Creates the next call of a caller.
    pub(crate) fn call(&self, caller: usize, rng: &mut Rng) -> SimCall {
        let tokens = match self.tokens {
            Tokens::Each(tokens) => tokens,
            Tokens::HeavyTailed { least } => {
                let scale = (1.0 - rng.f64()).powf(-1.0 / 1.5);
                (least as f64 * scale.min(100.0)) as u64
            }
        };
        let tokens = Amounts::of_tokens(tokens);
        let amounts = tokens.with_cached_input(percent_of(tokens.input(), self.cached_percent.min(100))) + self.further;
        let is_failing = self.failing_percent > 0 && rng.u64(0..100) < self.failing_percent;
        let real = if is_failing { amounts.with_failed_requests(1) } else { amounts };
        let percent = match self.estimates {
            Estimates::Right => 100,
            Estimates::Percent(percent) => percent,
            Estimates::None => 0,
        };
        let estimate = amounts
            .with_input(percent_of(amounts.input(), percent))
            .with_cached_input(percent_of(amounts.cached_input(), percent))
            .with_cache_written_input(percent_of(amounts.cache_written_input(), percent))
            .with_output(percent_of(amounts.output(), percent));
        SimCall::of_caller(caller, real).with_model(caller % self.models.max(1)).with_estimate(estimate)
    }
}

/// Returns a percentage of an amount, at most the largest one.
fn percent_of(amount: u64, percent: u64) -> u64 {
    u64::try_from(u128::from(amount) * u128::from(percent) / 100).unwrap_or(u64::MAX)
}

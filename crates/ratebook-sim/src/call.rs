//! A simulated call and its cost.

use ratebook::{Metric, Quantity};

/// The cost of a call in the metrics of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// API calls, or submitted tasks.
    pub requests: u64,
    /// Input tokens.
    pub input: u64,
    /// Output tokens.
    pub output: u64,
    /// Milliseconds of audio.
    pub audio_millis: u64,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
}

/// Returns the counted units in one unit of a metric, or `None` for a metric that calls do not use.
pub(crate) fn units_of(metric: Metric) -> Option<u64> {
    (metric.quantity() != Quantity::Held).then(|| metric.unit())
}

impl Amounts {
    /// Returns the amount that counts against limits on a metric.
    pub fn of(&self, metric: Metric) -> u64 {
        match metric.quantity() {
            Quantity::Requests => self.requests,
            Quantity::Tokens => self.input + self.output,
            Quantity::UncachedTokens => self.input + self.output,
            Quantity::InputTokens | Quantity::UncachedInputTokens | Quantity::UncachedAndWrittenInputTokens => {
                self.input
            }
            Quantity::OutputTokens => self.output,
            Quantity::AudioMilliseconds => self.audio_millis,
            Quantity::MicroUsd => self.micro_usd,
            Quantity::Slots => 1,
            Quantity::Images
            | Quantity::Videos
            | Quantity::Characters
            | Quantity::Pages
            | Quantity::Inputs
            | Quantity::Chunks
            | Quantity::QueryUnits
            | Quantity::ComputeUnits
            | Quantity::Sessions
            | Quantity::FailedRequests
            | Quantity::QueuedRequests
            | Quantity::QueuedTokens
            | Quantity::Held => 0,
        }
    }
}

/// A simulated call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimCall {
    /// The caller's number.
    pub caller: usize,
    /// The number of the client's model.
    pub model: usize,
    /// The cost that the caller estimates.
    pub estimate: Amounts,
    /// The real cost.
    pub real: Amounts,
}

impl SimCall {
    /// Creates a call of some tokens, half of them input, with an exact estimate.
    pub fn of_tokens(caller: usize, tokens: u64) -> Self {
        let real = Amounts { requests: 1, input: tokens - tokens / 2, output: tokens / 2, ..Amounts::default() };
        Self { caller, model: 0, estimate: real, real }
    }
}

//! A simulated call, and what it costs.

use ratebook::{Metric, Quantity};

/// What a call costs, by what limits count.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Calls of the API, or tasks submitted.
    pub requests: u64,
    /// Tokens of the prompt.
    pub input: u64,
    /// Tokens of the reply.
    pub output: u64,
    /// Milliseconds of audio.
    pub audio_millis: u64,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
}

/// How many of the units that are counted one unit of a metric is; `None` for what no call uses.
pub(crate) fn units_of(metric: Metric) -> Option<u64> {
    (metric.quantity() != Quantity::Held).then(|| metric.unit())
}

impl Amounts {
    /// What counts against limits on a metric.
    pub fn of(&self, metric: Metric) -> u64 {
        match metric.quantity() {
            Quantity::Requests => self.requests,
            Quantity::Tokens => self.input + self.output,
            Quantity::InputTokens | Quantity::UncachedInputTokens => self.input,
            Quantity::OutputTokens => self.output,
            Quantity::AudioMilliseconds => self.audio_millis,
            Quantity::MicroUsd => self.micro_usd,
            Quantity::Slots => 1,
            Quantity::Held => 0,
        }
    }
}

/// A call that a caller wants to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// Who makes it.
    pub caller: usize,
    /// Which of the client's models it is of.
    pub model: usize,
    /// What the caller believes it will cost.
    pub estimate: Amounts,
    /// What it costs.
    pub real: Amounts,
}

impl Call {
    /// A call of so many tokens, half of them input, which its caller knows.
    pub fn of_tokens(caller: usize, tokens: u64) -> Self {
        let real = Amounts { requests: 1, input: tokens - tokens / 2, output: tokens / 2, ..Amounts::default() };
        Self { caller, model: 0, estimate: real, real }
    }
}

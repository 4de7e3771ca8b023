//! Cost and usage of a call: the estimate before it, and the real amounts after it.

use ratebook::{Metric, Quantity};

/// What the limiter counts, in whole units. The units are small enough that no amount of the catalog is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Dimension {
    Tokens,
    InputTokens,
    UncachedInputTokens,
    OutputTokens,
    /// Requests and submitted tasks. A call is one or the other.
    Requests,
    /// Milliseconds of audio.
    AudioMillis,
    /// Millionths of a US dollar.
    MicroUsd,
    /// Slots of concurrency limits.
    Concurrency,
}

const DIMENSIONS: usize = 8;

impl Dimension {
    pub(crate) const ALL: [Self; DIMENSIONS] = [
        Self::Tokens,
        Self::InputTokens,
        Self::UncachedInputTokens,
        Self::OutputTokens,
        Self::Requests,
        Self::AudioMillis,
        Self::MicroUsd,
        Self::Concurrency,
    ];

    /// Returns the dimension of a metric, and the number of its units in one unit of the metric. `None` for metrics
    /// that calls do not use: LoRAs, GPUs.
    pub(crate) fn of(metric: Metric) -> Option<(Self, u64)> {
        let dimension = match metric.quantity() {
            Quantity::Requests => Self::Requests,
            Quantity::Tokens => Self::Tokens,
            Quantity::InputTokens => Self::InputTokens,
            Quantity::UncachedInputTokens => Self::UncachedInputTokens,
            Quantity::OutputTokens => Self::OutputTokens,
            Quantity::AudioMilliseconds => Self::AudioMillis,
            Quantity::MicroUsd => Self::MicroUsd,
            Quantity::Slots => Self::Concurrency,
            // TODO13
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
            | Quantity::UncachedAndWrittenInputTokens
            | Quantity::UncachedTokens
            | Quantity::Held => return None,
        };
        Some((dimension, metric.unit()))
    }
}

/// The estimated cost of a call: one request, and the amounts added to it.
///
/// A limit is charged for its own metric. Tokens that are not divided into input and output count in full against
/// limits on either, because they may be of either kind. Sums saturate.
///
/// ```
/// use ratebook_limiter::Cost;
///
/// let chat = Cost::request().input(1_200).output(400);
/// assert_eq!((chat.input_tokens(), chat.output_tokens(), chat.total_tokens()), (1_200, 400, 1_600));
/// let transcription = Cost::request().audio_seconds(95).micro_usd(570);
/// assert_eq!((transcription.audio_milliseconds(), transcription.price_micro_usd()), (95_000, 570));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    amounts: [u64; DIMENSIONS],
}

impl Cost {
    /// One request, or one submitted task, and nothing else.
    #[inline]
    pub const fn request() -> Self {
        let mut amounts = [0; DIMENSIONS];
        amounts[Dimension::Requests as usize] = 1;
        amounts[Dimension::Concurrency as usize] = 1;
        Self { amounts }
    }

    /// One request of `count` tokens, input and output together, whose division is unknown.
    ///
    /// **It counts in full against limits on input and against those on output.** A prompt of 8,000 tokens therefore
    /// costs 8,000 tokens of output, and never fits under a limit of 6,000. State both parts where they are known:
    /// `Cost::request().input(7_600).output(400)`.
    ///
    /// ```
    /// use ratebook_limiter::Cost;
    ///
    /// let undivided = Cost::tokens(8_000);
    /// assert_eq!((undivided.input_tokens(), undivided.output_tokens(), undivided.total_tokens()), (8_000, 8_000, 8_000));
    /// ```
    #[inline]
    pub const fn tokens(count: u64) -> Self {
        Self::request()
            .add(Dimension::Tokens, count)
            .add(Dimension::InputTokens, count)
            .add(Dimension::UncachedInputTokens, count)
            .add(Dimension::OutputTokens, count)
    }

    /// Sets the number of requests or submitted tasks. Some vendors count a request for four completions as four.
    /// Default: 1.
    #[inline]
    #[must_use]
    pub const fn requests(mut self, count: u64) -> Self {
        self.amounts[Dimension::Requests as usize] = count;
        self
    }

    /// Adds prompt tokens that are not known to be cached.
    #[inline]
    #[must_use]
    pub const fn input(self, tokens: u64) -> Self {
        self.add(Dimension::Tokens, tokens)
            .add(Dimension::InputTokens, tokens)
            .add(Dimension::UncachedInputTokens, tokens)
    }

    /// Adds prompt tokens that the vendor's cache is known to hold.
    #[inline]
    #[must_use]
    pub const fn cached_input(self, tokens: u64) -> Self {
        self.add(Dimension::Tokens, tokens).add(Dimension::InputTokens, tokens)
    }

    /// Adds output tokens: the requested maximum, or an estimate such as
    /// [`Model::expected_output`](crate::Model::expected_output).
    #[inline]
    #[must_use]
    pub const fn output(self, tokens: u64) -> Self {
        self.add(Dimension::Tokens, tokens).add(Dimension::OutputTokens, tokens)
    }

    /// Adds seconds of audio.
    #[inline]
    #[must_use]
    pub const fn audio_seconds(self, seconds: u64) -> Self {
        self.audio_millis(seconds.saturating_mul(1_000))
    }

    /// Adds milliseconds of audio.
    #[inline]
    #[must_use]
    pub const fn audio_millis(self, millis: u64) -> Self {
        self.add(Dimension::AudioMillis, millis)
    }

    /// Adds a price in millionths of a US dollar.
    #[inline]
    #[must_use]
    pub const fn micro_usd(self, millionths: u64) -> Self {
        self.add(Dimension::MicroUsd, millionths)
    }

    /// Returns the number of requests or submitted tasks.
    #[inline]
    pub const fn request_count(&self) -> u64 {
        self.of(Dimension::Requests)
    }

    /// Returns the tokens, input and output together.
    #[inline]
    pub const fn total_tokens(&self) -> u64 {
        self.of(Dimension::Tokens)
    }

    /// Returns the prompt tokens, cached ones included.
    #[inline]
    pub const fn input_tokens(&self) -> u64 {
        self.of(Dimension::InputTokens)
    }

    /// Returns the prompt tokens that are not known to be cached.
    #[inline]
    pub const fn uncached_input_tokens(&self) -> u64 {
        self.of(Dimension::UncachedInputTokens)
    }

    /// Returns the output tokens.
    #[inline]
    pub const fn output_tokens(&self) -> u64 {
        self.of(Dimension::OutputTokens)
    }

    /// Returns the audio in milliseconds.
    #[inline]
    pub const fn audio_milliseconds(&self) -> u64 {
        self.of(Dimension::AudioMillis)
    }

    /// Returns the price in millionths of a US dollar.
    #[inline]
    pub const fn price_micro_usd(&self) -> u64 {
        self.of(Dimension::MicroUsd)
    }

    #[inline]
    const fn add(mut self, dimension: Dimension, amount: u64) -> Self {
        let at = dimension as usize;
        self.amounts[at] = self.amounts[at].saturating_add(amount);
        self
    }

    #[inline]
    pub(crate) const fn of(&self, dimension: Dimension) -> u64 {
        self.amounts[dimension as usize]
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::request()
    }
}

/// The real usage of a call, as its response states it. Amounts that are not set stay as estimated.
///
/// ```
/// use ratebook_limiter::Usage;
///
/// let usage = Usage::new().input(310).output(402);
/// assert_eq!(usage, Usage::new().input(310).tokens(712).output(402));
/// assert_eq!((usage.total_tokens(), usage.audio_milliseconds()), (Some(712), None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "usage has no effect until a permit is settled with it"]
pub struct Usage {
    requests: Option<u64>,
    tokens: Option<u64>,
    input: Option<u64>,
    cached_input: u64,
    output: Option<u64>,
    audio_millis: Option<u64>,
    micro_usd: Option<u64>,
}

impl Usage {
    /// No amounts: everything stays as estimated.
    #[inline]
    pub const fn new() -> Self {
        Self {
            requests: None,
            tokens: None,
            input: None,
            cached_input: 0,
            output: None,
            audio_millis: None,
            micro_usd: None,
        }
    }

    /// Sets the number of requests that the call counted as.
    #[inline]
    pub const fn requests(self, count: u64) -> Self {
        Self { requests: Some(count), ..self }
    }

    /// Sets the tokens, input and output together. If both parts are set, their sum is used.
    #[inline]
    pub const fn tokens(self, count: u64) -> Self {
        Self { tokens: Some(count), ..self }.with_sum()
    }

    /// Sets the prompt tokens, cached ones included.
    #[inline]
    pub const fn input(self, tokens: u64) -> Self {
        Self { input: Some(tokens), ..self }.with_sum()
    }

    /// Sets the number of prompt tokens that the vendor's cache held. Default: 0.
    #[inline]
    pub const fn cached_input(self, tokens: u64) -> Self {
        Self { cached_input: tokens, ..self }
    }

    /// Sets the output tokens.
    #[inline]
    pub const fn output(self, tokens: u64) -> Self {
        Self { output: Some(tokens), ..self }.with_sum()
    }

    /// Sets the audio in milliseconds.
    #[inline]
    pub const fn audio_millis(self, millis: u64) -> Self {
        Self { audio_millis: Some(millis), ..self }
    }

    /// Sets the price in millionths of a US dollar.
    #[inline]
    pub const fn micro_usd(self, millionths: u64) -> Self {
        Self { micro_usd: Some(millionths), ..self }
    }

    #[inline]
    const fn with_sum(mut self) -> Self {
        if let (Some(input), Some(output)) = (self.input, self.output) {
            self.tokens = Some(input.saturating_add(output));
        }
        self
    }

    /// Returns the number of requests that the call counted as; `None` if not set.
    #[inline]
    pub const fn request_count(&self) -> Option<u64> {
        self.requests
    }

    /// Returns the tokens, input and output together; `None` if neither they nor both parts are set.
    #[inline]
    pub const fn total_tokens(&self) -> Option<u64> {
        self.tokens
    }

    /// Returns the prompt tokens, cached ones included; `None` if not set.
    #[inline]
    pub const fn input_tokens(&self) -> Option<u64> {
        self.input
    }

    /// Returns the number of prompt tokens that the vendor's cache held; 0 if not set.
    #[inline]
    pub const fn cached_input_tokens(&self) -> u64 {
        self.cached_input
    }

    /// Returns the output tokens; `None` if not set.
    #[inline]
    pub const fn output_tokens(&self) -> Option<u64> {
        self.output
    }

    /// Returns the audio in milliseconds; `None` if not set.
    #[inline]
    pub const fn audio_milliseconds(&self) -> Option<u64> {
        self.audio_millis
    }

    /// Returns the price in millionths of a US dollar; `None` if not set.
    #[inline]
    pub const fn price_micro_usd(&self) -> Option<u64> {
        self.micro_usd
    }

    /// Returns the estimate with the usage in place of the estimated amounts. An estimated part of the tokens is
    /// bounded by a stated sum, and an estimated sum is at least each stated part.
    #[inline]
    pub(crate) fn applied_to(&self, estimate: &Cost) -> Cost {
        use Dimension::{AudioMillis, InputTokens, MicroUsd, OutputTokens, Requests, Tokens, UncachedInputTokens};
        let mut real = *estimate;
        let mut set = |dimension: Dimension, amount: u64| real.amounts[dimension as usize] = amount;
        if let Some(requests) = self.requests {
            set(Requests, requests);
        }
        // A part that is not stated is at most the sum.
        let sum = self.tokens.unwrap_or(u64::MAX);
        let input = self.input.unwrap_or(estimate.of(InputTokens).min(sum));
        let output = self.output.unwrap_or(estimate.of(OutputTokens).min(sum));
        set(InputTokens, input);
        set(OutputTokens, output);
        match self.input {
            Some(_) => set(UncachedInputTokens, input.saturating_sub(self.cached_input)),
            None => set(UncachedInputTokens, estimate.of(UncachedInputTokens).min(sum)),
        }
        let largest_part = self.input.max(self.output).unwrap_or(0);
        set(Tokens, self.tokens.unwrap_or(estimate.of(Tokens).max(largest_part)));
        if let Some(millis) = self.audio_millis {
            set(AudioMillis, millis);
        }
        if let Some(millionths) = self.micro_usd {
            set(MicroUsd, millionths);
        }
        real
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undivided_tokens_count_against_limits_on_either_kind() {
        let cost = Cost::tokens(1_200);
        for dimension in [Dimension::Tokens, Dimension::InputTokens, Dimension::OutputTokens] {
            assert_eq!(cost.of(dimension), 1_200);
        }
    }

    #[test]
    fn usage_replaces_stated_amounts_and_bounds_the_rest() {
        let real = Usage::new().tokens(700).applied_to(&Cost::tokens(1_200));
        assert_eq!((real.of(Dimension::Tokens), real.of(Dimension::InputTokens)), (700, 700));
        let real = Usage::new().input(310).cached_input(300).output(402).applied_to(&Cost::tokens(1_200));
        assert_eq!((real.of(Dimension::Tokens), real.of(Dimension::UncachedInputTokens)), (712, 10));
        assert_eq!(real.of(Dimension::Requests), 1);
    }

    #[test]
    fn sums_saturate() {
        let cost = Cost::request().input(u64::MAX).output(u64::MAX).audio_seconds(u64::MAX);
        assert_eq!(cost.of(Dimension::Tokens), u64::MAX);
        assert_eq!(cost.of(Dimension::AudioMillis), u64::MAX);
    }
}

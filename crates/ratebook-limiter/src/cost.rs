//! What a call costs, estimated before and reported after.

use ratebook::Metric;

/// What limits count, as the limiter counts it: in whole units, small enough that none is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Dimension {
    Tokens,
    InputTokens,
    UncachedInputTokens,
    OutputTokens,
    /// Requests, and submitted tasks: the same call is one of either.
    Requests,
    AudioMillis,
    MicroUsd,
    /// One place of a concurrency limit.
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

    /// The dimension that a metric is counted in, and how many of its units one unit of the metric is; `None` for what
    /// is held or deployed rather than called: LoRAs, GPUs.
    pub(crate) fn of(metric: Metric) -> Option<(Self, u64)> {
        Some(match metric {
            Metric::Requests | Metric::Tasks => (Self::Requests, 1),
            Metric::Tokens => (Self::Tokens, 1),
            Metric::InputTokens => (Self::InputTokens, 1),
            Metric::UncachedInputTokens => (Self::UncachedInputTokens, 1),
            Metric::OutputTokens => (Self::OutputTokens, 1),
            Metric::AudioMinutes => (Self::AudioMillis, 60_000),
            Metric::SpendUsd => (Self::MicroUsd, 1_000_000),
            Metric::ConcurrentTasks | Metric::ConcurrentConnections => (Self::Concurrency, 1),
            _ => return None,
        })
    }
}

/// What a call will cost, as far as the caller can tell: one request, and what is named.
///
/// A limit is charged for what it counts and ignores the rest. Tokens that are not divided into input and output count
/// in full against limits on either, since they may be of either kind. Sums saturate.
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

    /// One request of so many tokens, input and output together, of which nobody knows how they divide.
    ///
    /// **It counts in full against limits on output, too**, and against those on input: any of it may be either. A prompt of
    /// 8,000 tokens so costs 8,000 tokens of output, and never fits under a limit of 6,000. Name both parts where they are
    /// known: `Cost::request().input(7_600).output(400)`.
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

    /// Counts the call as so many requests or submitted tasks: a request for four completions is four at some vendors.
    #[inline]
    #[must_use]
    pub const fn requests(mut self, count: u64) -> Self {
        self.amounts[Dimension::Requests as usize] = count;
        self
    }

    /// Adds tokens of the prompt.
    #[inline]
    #[must_use]
    pub const fn input(self, tokens: u64) -> Self {
        self.add(Dimension::Tokens, tokens)
            .add(Dimension::InputTokens, tokens)
            .add(Dimension::UncachedInputTokens, tokens)
    }

    /// Adds tokens of the prompt that the vendor's cache is known to hold.
    #[inline]
    #[must_use]
    pub const fn cached_input(self, tokens: u64) -> Self {
        self.add(Dimension::Tokens, tokens).add(Dimension::InputTokens, tokens)
    }

    /// Adds tokens that the model will generate, at most or as [`Model::expected_output`](crate::Model) estimates.
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

    /// How many requests, or submitted tasks, the call counts as.
    #[inline]
    pub const fn request_count(&self) -> u64 {
        self.of(Dimension::Requests)
    }

    /// Tokens, input and output together.
    #[inline]
    pub const fn total_tokens(&self) -> u64 {
        self.of(Dimension::Tokens)
    }

    /// Tokens of the prompt, cached ones included.
    #[inline]
    pub const fn input_tokens(&self) -> u64 {
        self.of(Dimension::InputTokens)
    }

    /// Tokens of the prompt that no cache holds.
    #[inline]
    pub const fn uncached_input_tokens(&self) -> u64 {
        self.of(Dimension::UncachedInputTokens)
    }

    /// Tokens that the model will generate.
    #[inline]
    pub const fn output_tokens(&self) -> u64 {
        self.of(Dimension::OutputTokens)
    }

    /// Milliseconds of audio.
    #[inline]
    pub const fn audio_milliseconds(&self) -> u64 {
        self.of(Dimension::AudioMillis)
    }

    /// The price in millionths of a US dollar.
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

/// What a call has cost, as its reply says. What is not named stays as it was estimated.
///
/// ```
/// use ratebook_limiter::Usage;
///
/// let usage = Usage::new().input(310).output(402);
/// assert_eq!(usage, Usage::new().input(310).tokens(712).output(402));
/// assert_eq!((usage.total_tokens(), usage.audio_milliseconds()), (Some(712), None));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use = "usage counts when a permit is settled with it"]
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
    /// Nothing but what was estimated.
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

    /// The call counted as so many requests.
    #[inline]
    pub const fn requests(self, count: u64) -> Self {
        Self { requests: Some(count), ..self }
    }

    /// Input and output tokens together; with both of them named, their sum.
    #[inline]
    pub const fn tokens(self, count: u64) -> Self {
        Self { tokens: Some(count), ..self }.summed()
    }

    /// Tokens of the prompt, cached ones included.
    #[inline]
    pub const fn input(self, tokens: u64) -> Self {
        Self { input: Some(tokens), ..self }.summed()
    }

    /// How many of the prompt's tokens the vendor's cache held.
    #[inline]
    pub const fn cached_input(self, tokens: u64) -> Self {
        Self { cached_input: tokens, ..self }
    }

    /// Tokens that the model generated.
    #[inline]
    pub const fn output(self, tokens: u64) -> Self {
        Self { output: Some(tokens), ..self }.summed()
    }

    /// Milliseconds of audio.
    #[inline]
    pub const fn audio_millis(self, millis: u64) -> Self {
        Self { audio_millis: Some(millis), ..self }
    }

    /// The price in millionths of a US dollar.
    #[inline]
    pub const fn micro_usd(self, millionths: u64) -> Self {
        Self { micro_usd: Some(millionths), ..self }
    }

    #[inline]
    const fn summed(mut self) -> Self {
        if let (Some(input), Some(output)) = (self.input, self.output) {
            self.tokens = Some(input.saturating_add(output));
        }
        self
    }

    /// How many requests the call counted as; `None` where it is not named.
    #[inline]
    pub const fn request_count(&self) -> Option<u64> {
        self.requests
    }

    /// Tokens, input and output together; `None` where neither they nor both parts are named.
    #[inline]
    pub const fn total_tokens(&self) -> Option<u64> {
        self.tokens
    }

    /// Tokens of the prompt, cached ones included; `None` where they are not named.
    #[inline]
    pub const fn input_tokens(&self) -> Option<u64> {
        self.input
    }

    /// How many of the prompt's tokens the vendor's cache held; none where they are not named.
    #[inline]
    pub const fn cached_input_tokens(&self) -> u64 {
        self.cached_input
    }

    /// Tokens that the model generated; `None` where they are not named.
    #[inline]
    pub const fn output_tokens(&self) -> Option<u64> {
        self.output
    }

    /// Milliseconds of audio; `None` where they are not named.
    #[inline]
    pub const fn audio_milliseconds(&self) -> Option<u64> {
        self.audio_millis
    }

    /// The price in millionths of a US dollar; `None` where it is not named.
    #[inline]
    pub const fn price_micro_usd(&self) -> Option<u64> {
        self.micro_usd
    }

    /// The cost with what the reply says in the place of what was estimated.
    #[inline]
    pub(crate) fn applied_to(&self, estimate: &Cost) -> Cost {
        use Dimension::{AudioMillis, InputTokens, MicroUsd, OutputTokens, Requests, Tokens, UncachedInputTokens};
        let mut real = *estimate;
        let mut set = |dimension: Dimension, amount: u64| real.amounts[dimension as usize] = amount;
        if let Some(requests) = self.requests {
            set(Requests, requests);
        }
        // A part that is not named is at most the whole.
        let whole = self.tokens.unwrap_or(u64::MAX);
        let input = self.input.unwrap_or(estimate.of(InputTokens).min(whole));
        let output = self.output.unwrap_or(estimate.of(OutputTokens).min(whole));
        set(InputTokens, input);
        set(OutputTokens, output);
        match self.input {
            Some(_) => set(UncachedInputTokens, input.saturating_sub(self.cached_input)),
            None => set(UncachedInputTokens, estimate.of(UncachedInputTokens).min(whole)),
        }
        let named = self.input.max(self.output).unwrap_or(0);
        set(Tokens, self.tokens.unwrap_or(estimate.of(Tokens).max(named)));
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
    fn usage_replaces_what_it_names_and_bounds_the_rest() {
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

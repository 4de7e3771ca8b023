//! The real usage of a call.

use super::{Common, CommonAmounts, Cost, Rare, RareAmounts};

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
    /// As in [`Cost`], absent from most calls.
    rare: Option<[Option<u64>; Rare::COUNT]>,
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
            rare: None,
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

    /// Sets the prompt tokens, including those read from a cache and those written to one.
    #[inline]
    pub const fn input(self, tokens: u64) -> Self {
        Self { input: Some(tokens), ..self }.with_sum()
    }

    /// Sets the number of prompt tokens that the vendor's cache held. Default: 0.
    #[inline]
    pub const fn cached_input(self, tokens: u64) -> Self {
        Self { cached_input: tokens, ..self }
    }

    /// Sets the number of prompt tokens that were written to the vendor's cache. Default: 0.
    ///
    /// ```
    /// use ratebook_limiter::Usage;
    ///
    /// let usage = Usage::new().input(9_250).cached_input(9_000).cache_written_input(200).output(40);
    /// assert_eq!((usage.cached_input_tokens(), usage.cache_written_input_tokens()), (9_000, 200));
    /// ```
    #[inline]
    pub const fn cache_written_input(self, tokens: u64) -> Self {
        self.set_rare(Rare::WrittenInputTokens, tokens)
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

    /// States that the response was an error, for limits on failed requests. `Permit::observe` counts the error of a
    /// response that it reads: do not state it again.
    #[inline]
    pub const fn failed(self) -> Self {
        self.set_rare(Rare::FailedRequests, 1)
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

    /// Returns the prompt tokens, including those read from a cache and those written to one; `None` if not set.
    #[inline]
    pub const fn input_tokens(&self) -> Option<u64> {
        self.input
    }

    /// Returns the number of prompt tokens that the vendor's cache held; 0 if not set.
    #[inline]
    pub const fn cached_input_tokens(&self) -> u64 {
        self.cached_input
    }

    /// Returns the number of prompt tokens that were written to the vendor's cache; 0 if not set.
    #[inline]
    pub const fn cache_written_input_tokens(&self) -> u64 {
        match self.of_rare(Rare::WrittenInputTokens) {
            Some(tokens) => tokens,
            None => 0,
        }
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

    #[inline]
    pub(super) const fn set_rare(mut self, dimension: Rare, amount: u64) -> Self {
        let mut amounts = match self.rare {
            Some(amounts) => amounts,
            None => [None; Rare::COUNT],
        };
        amounts[dimension as usize] = Some(amount);
        self.rare = Some(amounts);
        self
    }

    #[inline]
    pub(super) const fn of_rare(&self, dimension: Rare) -> Option<u64> {
        match &self.rare {
            Some(amounts) => amounts[dimension as usize],
            None => None,
        }
    }

    /// Returns the usage with at least the output of the estimate, if any output is stated.
    #[cold]
    pub(crate) fn charging_max_output(self, estimate: &CommonAmounts) -> Self {
        let Some(output) = self.output.filter(|output| *output > 0) else { return self };
        // Of an estimate that is not divided, what is not input.
        let rest = estimate.of(Common::Tokens).saturating_sub(self.input.unwrap_or(0));
        self.output(output.max(estimate.of(Common::OutputTokens).min(rest)))
    }

    /// Returns the estimate with the usage in place of the estimated amounts.
    pub(crate) fn applied_to(&self, estimate: &Cost) -> Cost {
        Cost { common: self.applied_to_common(&estimate.common), rare: self.rare_applied_to(estimate) }
    }

    /// Like [`applied_to`](Self::applied_to), but for the common amounts. An estimated part of the tokens is bounded by
    /// a stated sum, and an estimated sum is at least each stated part.
    #[inline(always)]
    pub(crate) fn applied_to_common(&self, estimate: &CommonAmounts) -> CommonAmounts {
        let estimated = |dimension: Common| estimate.of(dimension);
        // A part that is not stated is at most the sum.
        let sum = self.tokens.unwrap_or(u64::MAX);
        let input = self.input.unwrap_or(estimated(Common::InputTokens).min(sum));
        let output = self.output.unwrap_or(estimated(Common::OutputTokens).min(sum));
        let largest_part = self.input.max(self.output).unwrap_or(0);
        let tokens = self.tokens.unwrap_or(estimated(Common::Tokens).max(largest_part));
        let uncached_and_written = match self.input {
            Some(input) => input.saturating_sub(self.cached_input),
            None => estimated(Common::UncachedAndWrittenInputTokens).min(sum),
        };
        let mut common = [0; Common::COUNT];
        common[Common::Tokens as usize] = tokens;
        common[Common::InputTokens as usize] = input;
        common[Common::UncachedAndWrittenInputTokens as usize] = uncached_and_written;
        common[Common::OutputTokens as usize] = output;
        common[Common::Requests as usize] = self.requests.unwrap_or(estimated(Common::Requests));
        common[Common::Slots as usize] = estimated(Common::Slots);
        common[Common::AudioMillis as usize] = self.audio_millis.unwrap_or(estimated(Common::AudioMillis));
        common[Common::MicroUsd as usize] = self.micro_usd.unwrap_or(estimated(Common::MicroUsd));
        CommonAmounts(common)
    }

    /// Returns the rare amounts of the estimate, with the usage in place of those that are set.
    #[inline]
    fn rare_applied_to(&self, estimate: &Cost) -> Option<RareAmounts> {
        if self.rare.is_none() && estimate.rare.is_none() {
            return None;
        }
        let mut amounts = estimate.rare_amounts();
        if self.input.is_some() {
            // The stated input says what was written, nothing by default.
            amounts[Rare::WrittenInputTokens as usize] = 0;
        }
        let set = self.rare.iter().flatten();
        for (amount, set) in amounts.iter_mut().zip(set) {
            *amount = set.unwrap_or(*amount);
        }
        Some(amounts)
    }
}

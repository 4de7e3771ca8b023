//! Cost and usage of a call: the estimate before it, and the real amounts after it.

mod dimension;
mod rare;
mod usage;

pub(crate) use dimension::{Common, Derived, Dimension, Measure, Rare};
pub use usage::Usage;

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
    common: CommonAmounts,
    /// Absent from most calls.
    rare: Option<RareAmounts>,
}

impl Cost {
    /// Nothing, not even a request.
    // Not a constant: each use of one would copy all of it, including the empty array of rare amounts.
    #[inline(always)]
    pub(crate) const fn nothing() -> Self {
        Self { common: CommonAmounts([0; Common::COUNT]), rare: None }
    }

    /// One request, or one submitted task, without tokens or other amounts. It holds one slot of limits on concurrent calls.
    #[inline]
    pub const fn request() -> Self {
        Self::nothing().add(Common::Requests, 1).add(Common::Slots, 1)
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
            .add(Common::Tokens, count)
            .add(Common::InputTokens, count)
            .add(Common::UncachedAndWrittenInputTokens, count)
            .add(Common::OutputTokens, count)
    }

    /// Sets the number of requests or submitted tasks. Some vendors count a request for four completions as four.
    /// Default: 1.
    #[inline]
    #[must_use]
    pub const fn requests(mut self, count: u64) -> Self {
        self.common.0[Common::Requests as usize] = count;
        self
    }

    /// Adds prompt tokens that are not known to be read from the vendor's cache or written to it.
    #[inline]
    #[must_use]
    pub const fn input(self, tokens: u64) -> Self {
        self.cached_input(tokens).add(Common::UncachedAndWrittenInputTokens, tokens)
    }

    /// Adds prompt tokens that the vendor's cache is known to hold.
    #[inline]
    #[must_use]
    pub const fn cached_input(self, tokens: u64) -> Self {
        self.add(Common::Tokens, tokens).add(Common::InputTokens, tokens)
    }

    /// Adds prompt tokens that the call is known to write to the vendor's cache. Limits on uncached and written input
    /// count them, and limits on uncached input do not.
    ///
    /// ```
    /// use ratebook_limiter::Cost;
    ///
    /// let cost = Cost::request().input(50).cache_written_input(200).cached_input(9_000);
    /// assert_eq!((cost.input_tokens(), cost.uncached_input_tokens()), (9_250, 50));
    /// assert_eq!(cost.uncached_and_written_input_tokens(), 250);
    /// ```
    #[inline]
    #[must_use]
    pub const fn cache_written_input(self, tokens: u64) -> Self {
        self.input(tokens).add_rare(Rare::WrittenInputTokens, tokens)
    }

    /// Adds output tokens: the requested maximum, or an estimate such as
    /// [`Model::expected_output`](crate::Model::expected_output).
    #[inline]
    #[must_use]
    pub const fn output(self, tokens: u64) -> Self {
        self.add(Common::Tokens, tokens).add(Common::OutputTokens, tokens)
    }

    /// Adds the requests and the input tokens of a batch job to what the call holds in the vendor's queue. The permit
    /// of the call that submits the job holds them until it is settled or dropped: keep it until the job ends.
    ///
    /// ```
    /// use ratebook_limiter::Cost;
    ///
    /// let job = Cost::request().queued(400, 90_000);
    /// assert_eq!((job.request_count(), job.queued_request_count(), job.queued_token_count()), (1, 400, 90_000));
    /// ```
    #[inline]
    #[must_use]
    pub const fn queued(self, requests: u64, tokens: u64) -> Self {
        self.add_rare(Rare::QueuedRequests, requests).add_rare(Rare::QueuedTokens, tokens)
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
        self.add(Common::AudioMillis, millis)
    }

    /// Adds a price in millionths of a US dollar.
    #[inline]
    #[must_use]
    pub const fn micro_usd(self, millionths: u64) -> Self {
        self.add(Common::MicroUsd, millionths)
    }

    /// Returns the number of requests or submitted tasks.
    #[inline]
    pub const fn request_count(&self) -> u64 {
        self.of_common(Common::Requests)
    }

    /// Returns the tokens, input and output together.
    #[inline]
    pub const fn total_tokens(&self) -> u64 {
        self.of_common(Common::Tokens)
    }

    /// Returns the prompt tokens, cached ones included.
    #[inline]
    pub const fn input_tokens(&self) -> u64 {
        self.of_common(Common::InputTokens)
    }

    /// Returns the prompt tokens that are not known to be read from a cache or written to one.
    #[inline]
    pub const fn uncached_input_tokens(&self) -> u64 {
        self.uncached_and_written_input_tokens().saturating_sub(self.of_rare(Rare::WrittenInputTokens))
    }

    /// Returns the prompt tokens that are not known to be read from a cache.
    #[inline]
    pub const fn uncached_and_written_input_tokens(&self) -> u64 {
        self.of_common(Common::UncachedAndWrittenInputTokens)
    }

    /// Returns the tokens, input and output together, without those that are known to be read from a cache.
    #[inline]
    pub const fn uncached_tokens(&self) -> u64 {
        let cached = self.input_tokens().saturating_sub(self.uncached_and_written_input_tokens());
        self.total_tokens().saturating_sub(cached)
    }

    /// Returns the output tokens.
    #[inline]
    pub const fn output_tokens(&self) -> u64 {
        self.of_common(Common::OutputTokens)
    }

    /// Returns the audio in milliseconds.
    #[inline]
    pub const fn audio_milliseconds(&self) -> u64 {
        self.of_common(Common::AudioMillis)
    }

    /// Returns the price in millionths of a US dollar.
    #[inline]
    pub const fn price_micro_usd(&self) -> u64 {
        self.of_common(Common::MicroUsd)
    }

    /// Returns the requests of a batch job that the call holds in the vendor's queue.
    #[inline]
    pub const fn queued_request_count(&self) -> u64 {
        self.of_rare(Rare::QueuedRequests)
    }

    /// Returns the input tokens of a batch job that the call holds in the vendor's queue.
    #[inline]
    pub const fn queued_token_count(&self) -> u64 {
        self.of_rare(Rare::QueuedTokens)
    }

    #[inline]
    const fn add(mut self, dimension: Common, amount: u64) -> Self {
        let at = dimension as usize;
        self.common.0[at] = self.common.0[at].saturating_add(amount);
        self
    }

    /// Adds a rare amount. Adding 0 changes nothing, so equal costs have equal forms.
    #[inline]
    const fn add_rare(mut self, dimension: Rare, amount: u64) -> Self {
        if amount > 0 {
            let mut amounts = self.rare_amounts();
            amounts[dimension as usize] = amounts[dimension as usize].saturating_add(amount);
            self.rare = Some(amounts);
        }
        self
    }

    #[inline]
    const fn rare_amounts(&self) -> RareAmounts {
        match self.rare {
            Some(amounts) => amounts,
            None => [0; Rare::COUNT],
        }
    }

    /// Nothing but a failed request.
    #[cfg(feature = "feedback")]
    pub(crate) const fn failed() -> Self {
        Self::nothing().add_rare(Rare::FailedRequests, 1)
    }

    #[inline(always)]
    pub(crate) const fn common(&self) -> &CommonAmounts {
        &self.common
    }

    #[inline]
    pub(crate) const fn of_common(&self, dimension: Common) -> u64 {
        self.common.of(dimension)
    }

    #[inline]
    const fn of_rare(&self, dimension: Rare) -> u64 {
        match &self.rare {
            Some(amounts) => amounts[dimension as usize],
            None => 0,
        }
    }

    #[inline]
    pub(crate) const fn of(&self, dimension: Dimension) -> u64 {
        match dimension {
            Dimension::Common(common) => self.of_common(common),
            Dimension::Rare(rare) => self.of_rare(rare),
            Dimension::Derived(Derived::UncachedInputTokens) => self.uncached_input_tokens(),
            Dimension::Derived(Derived::UncachedTokens) => self.uncached_tokens(),
        }
    }

    /// Returns the cost without what a call holds until it ends.
    #[inline]
    pub(crate) const fn released(mut self) -> Self {
        self.common = self.common.released();
        if let Some(amounts) = &mut self.rare {
            amounts[Rare::QueuedRequests as usize] = 0;
            amounts[Rare::QueuedTokens as usize] = 0;
        }
        self
    }
}

/// The amounts of the dimensions that every cost has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CommonAmounts([u64; Common::COUNT]);

impl CommonAmounts {
    #[inline]
    pub(crate) const fn of(&self, dimension: Common) -> u64 {
        self.0[dimension as usize]
    }

    /// Returns the amounts without the slots, which a call holds until it ends.
    #[inline]
    pub(crate) const fn released(mut self) -> Self {
        self.0[Common::Slots as usize] = 0;
        self
    }
}

/// The amounts of the dimensions that most costs do not have.
pub(crate) type RareAmounts = [u64; Rare::COUNT];

/// A cost as a permit stores it. Rare amounts are on the heap, so that a permit without them is small.
#[derive(Debug)]
pub(crate) struct CompactCost {
    common: CommonAmounts,
    rare: Option<Box<RareAmounts>>,
}

impl CompactCost {
    #[inline(always)]
    pub(crate) fn of(cost: &Cost) -> Self {
        Self { common: cost.common, rare: cost.rare.as_ref().map(|amounts| Box::new(*amounts)) }
    }

    #[inline(always)]
    pub(crate) fn common(&self) -> &CommonAmounts {
        &self.common
    }

    /// Returns one slot and the given rare amounts.
    pub(crate) fn holding_slot(rare: Option<Box<RareAmounts>>) -> Self {
        Self { common: Cost::nothing().add(Common::Slots, 1).common, rare }
    }

    /// Removes and returns the rare amounts.
    #[inline(always)]
    pub(crate) fn take_rare(&mut self) -> Option<Box<RareAmounts>> {
        self.rare.take()
    }

    #[inline]
    pub(crate) fn get(&self) -> Cost {
        Cost { common: self.common, rare: self.rare.as_deref().copied() }
    }
}

impl Default for Cost {
    fn default() -> Self {
        Self::request()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undivided_tokens_count_against_limits_on_either_kind() {
        let cost = Cost::tokens(1_200);
        let all = [Common::Tokens, Common::InputTokens, Common::UncachedAndWrittenInputTokens, Common::OutputTokens];
        assert!(all.into_iter().all(|dimension| cost.of_common(dimension) == 1_200));
        assert_eq!((cost.uncached_input_tokens(), cost.uncached_tokens()), (1_200, 1_200));
    }

    #[test]
    fn usage_replaces_stated_amounts_and_bounds_the_rest() {
        let real = Usage::new().tokens(700).applied_to(&Cost::tokens(1_200));
        assert_eq!((real.of_common(Common::Tokens), real.of_common(Common::InputTokens)), (700, 700));
        let real = Usage::new().input(310).cached_input(300).output(402).applied_to(&Cost::tokens(1_200));
        assert_eq!((real.of_common(Common::Tokens), real.uncached_input_tokens()), (712, 10));
        assert_eq!(real.of_common(Common::Requests), 1);
    }

    #[test]
    fn sums_saturate() {
        let cost = Cost::request().input(u64::MAX).output(u64::MAX).audio_seconds(u64::MAX);
        assert_eq!(cost.of_common(Common::Tokens), u64::MAX);
        assert_eq!(cost.audio_milliseconds(), u64::MAX);
    }
}

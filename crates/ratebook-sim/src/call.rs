//! A simulated call and its cost.

use std::ops::Add;

use ratebook::{Countable, Metric, Quantity, Weight};

/// The cost of a call in the metrics of limits.
///
/// A call holds one slot of concurrency and the queued amounts from its start to its end. It uses everything else at its
/// start.
///
/// ```
/// use ratebook::Metric;
/// use ratebook_sim::Amounts;
///
/// let call = Amounts { requests: 1, input: 1_000, cached_input: 700, cache_written_input: 200, ..Amounts::default() };
/// assert_eq!(call.of(Metric::InputTokens), 1_000);
/// assert_eq!(call.of(Metric::UncachedAndWrittenInputTokens), 300);
/// assert_eq!(call.of(Metric::UncachedInputTokens), 100);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts {
    /// API calls, or submitted tasks.
    pub requests: u64,
    /// Input tokens, cached or not.
    pub input: u64,
    /// The input tokens that are read from a cache, at most [`input`](Self::input).
    pub cached_input: u64,
    /// The input tokens that are written to a cache, at most the rest of [`input`](Self::input).
    pub cache_written_input: u64,
    /// Output tokens.
    pub output: u64,
    /// Milliseconds of audio.
    pub audio_millis: u64,
    /// Images generated or sent.
    pub images: u64,
    /// Videos generated or sent.
    pub videos: u64,
    /// Characters of text.
    pub characters: u64,
    /// Pages of documents.
    pub pages: u64,
    /// Inputs, such as the texts of an embeddings request.
    pub inputs: u64,
    /// Chunks of documents.
    pub chunks: u64,
    /// Units of search.
    pub query_units: u64,
    /// Units of computation.
    pub compute_units: u64,
    /// Sessions opened.
    pub sessions: u64,
    /// Calls that fail: 1 for a call that is answered with an error although it is within the limits.
    pub failed_requests: u64,
    /// Millionths of a US dollar.
    pub micro_usd: u64,
    /// Requests of a batch job, held until it ends.
    pub queued_requests: u64,
    /// Input tokens of a batch job, held until it ends.
    pub queued_tokens: u64,
}

/// Returns the counted units in one unit of a metric, or `None` for a metric that calls do not use.
pub(crate) fn units_of(metric: Metric) -> Option<u64> {
    match metric.quantity().countable() {
        Countable::Before | Countable::After => Some(metric.unit()),
        Countable::Never => None,
    }
}

impl Amounts {
    /// Creates the cost of one request of some tokens, half of them input. An odd token is input.
    pub fn of_tokens(tokens: u64) -> Self {
        Self { requests: 1, input: tokens - tokens / 2, output: tokens / 2, ..Self::default() }
    }

    /// Returns the amount that counts against limits on a metric. 0 for metrics that calls do not use: GPUs, files.
    pub fn of(&self, metric: Metric) -> u64 {
        self.of_quantity(metric.quantity(), 1)
    }

    /// Returns the amount that counts against a limit on a metric with a weight.
    ///
    /// ```
    /// use ratebook::{Metric, Weight};
    /// use ratebook_sim::Amounts;
    ///
    /// let call = Amounts { requests: 1, input: 60, output: 8, ..Amounts::default() };
    /// let weight = Weight { each: 4, output: 5 };
    /// assert_eq!(call.weighted(Metric::Tokens, weight), 4 * (60 + 5 * 8));
    /// assert_eq!(call.weighted(Metric::Requests, weight), 4);
    /// ```
    pub fn weighted(&self, metric: Metric, weight: Weight) -> u64 {
        self.of_quantity(metric.quantity(), weight.output.into()) * u64::from(weight.each)
    }

    /// Returns the amount of a quantity, if an output token counts as some tokens.
    fn of_quantity(&self, quantity: Quantity, output_weight: u64) -> u64 {
        let output = self.output * output_weight;
        let not_read = self.input.saturating_sub(self.cached_input);
        match quantity {
            Quantity::Requests => self.requests,
            Quantity::Tokens => self.input + output,
            Quantity::UncachedTokens => not_read + output,
            Quantity::InputTokens => self.input,
            Quantity::UncachedInputTokens => not_read.saturating_sub(self.cache_written_input),
            Quantity::UncachedAndWrittenInputTokens => not_read,
            Quantity::OutputTokens => output,
            Quantity::AudioMilliseconds => self.audio_millis,
            Quantity::Images => self.images,
            Quantity::Videos => self.videos,
            Quantity::Characters => self.characters,
            Quantity::Pages => self.pages,
            Quantity::Inputs => self.inputs,
            Quantity::Chunks => self.chunks,
            Quantity::QueryUnits => self.query_units,
            Quantity::ComputeUnits => self.compute_units,
            Quantity::Sessions => self.sessions,
            Quantity::FailedRequests => self.failed_requests,
            Quantity::MicroUsd => self.micro_usd,
            Quantity::Slots => 1,
            Quantity::QueuedRequests => self.queued_requests,
            Quantity::QueuedTokens => self.queued_tokens,
            // No call uses what an account holds.
            Quantity::Held => 0,
        }
    }
}

impl Add for Amounts {
    type Output = Self;

    /// Adds each amount.
    fn add(self, other: Self) -> Self {
        Self {
            requests: self.requests + other.requests,
            input: self.input + other.input,
            cached_input: self.cached_input + other.cached_input,
            cache_written_input: self.cache_written_input + other.cache_written_input,
            output: self.output + other.output,
            audio_millis: self.audio_millis + other.audio_millis,
            images: self.images + other.images,
            videos: self.videos + other.videos,
            characters: self.characters + other.characters,
            pages: self.pages + other.pages,
            inputs: self.inputs + other.inputs,
            chunks: self.chunks + other.chunks,
            query_units: self.query_units + other.query_units,
            compute_units: self.compute_units + other.compute_units,
            sessions: self.sessions + other.sessions,
            failed_requests: self.failed_requests + other.failed_requests,
            micro_usd: self.micro_usd + other.micro_usd,
            queued_requests: self.queued_requests + other.queued_requests,
            queued_tokens: self.queued_tokens + other.queued_tokens,
        }
    }
}

/// A simulated call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimCall {
    /// The caller's number. `None` for a call of another client.
    pub caller: Option<usize>,
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
        Self { caller: Some(caller), ..Self::of(Amounts::of_tokens(tokens)) }
    }

    /// Creates a call of model 0 without caller, with an exact estimate.
    pub fn of(amounts: Amounts) -> Self {
        Self { caller: None, model: 0, estimate: amounts, real: amounts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_quantity_that_calls_use_has_an_amount() {
        // Distinct powers of two, so that no two sums are equal by chance.
        let amounts = Amounts {
            requests: 1,
            input: 1 << 8,
            cached_input: 1 << 3,
            cache_written_input: 1 << 4,
            output: 1 << 9,
            audio_millis: 1 << 10,
            images: 1 << 11,
            videos: 1 << 12,
            characters: 1 << 13,
            pages: 1 << 14,
            inputs: 1 << 15,
            chunks: 1 << 16,
            query_units: 1 << 17,
            compute_units: 1 << 18,
            sessions: 1 << 19,
            failed_requests: 1 << 20,
            micro_usd: 1 << 21,
            queued_requests: 1 << 22,
            queued_tokens: 1 << 23,
        };
        let mut by_quantity = std::collections::HashMap::new();
        for metric in Metric::ALL {
            let amount = amounts.of(*metric);
            assert_eq!(amount > 0, units_of(*metric).is_some(), "{metric}");
            assert_eq!(*by_quantity.entry(metric.quantity()).or_insert(amount), amount, "{metric}");
            assert_eq!((amounts + amounts).of(*metric), 2 * amount - u64::from(metric.quantity() == Quantity::Slots));
        }
        let mut used: Vec<u64> = by_quantity.into_values().filter(|amount| *amount > 1).collect();
        let count = used.len();
        used.sort_unstable();
        used.dedup();
        assert_eq!(used.len(), count, "no two quantities count the same");
    }
}

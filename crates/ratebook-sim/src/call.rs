//! A simulated call and its cost.

use std::ops::Add;

use ratebook::{Metric, Quantity, UsageKnown, Weight};

/// Defines [`Amounts`]: a private field, an accessor and a setter for each amount, and their sum.
macro_rules! amounts {
    ($(#[$attribute:meta])* $($name:ident, $with:ident, $what:literal;)*) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct Amounts {
            $($name: u64,)*
        }

        impl Amounts {
            /// Creates the cost of nothing, not even a request.
            pub const fn none() -> Self {
                Self { $($name: 0,)* }
            }

            $(
                #[doc = concat!("Returns the number of ", $what, ".")]
                pub const fn $name(&self) -> u64 {
                    self.$name
                }

                #[doc = concat!("Sets the number of ", $what, ". Default: 0.")]
                #[must_use]
                pub const fn $with(self, $name: u64) -> Self {
                    Self { $name, ..self }
                }
            )*
        }

        impl Add for Amounts {
            type Output = Self;

            /// Adds each amount. Sums saturate.
            fn add(self, other: Self) -> Self {
                Self { $($name: self.$name.saturating_add(other.$name),)* }
            }
        }
    };
}

amounts! {
    /// The cost of a call in the metrics of limits.
    ///
    /// A call holds one slot of concurrency and the queued amounts from its start to its end. It uses everything else
    /// at its start. Each amount is 0 unless it is set.
    ///
    /// ```
    /// use ratebook::Metric;
    /// use ratebook_sim::Amounts;
    ///
    /// let call = Amounts::request().with_input(1_000).with_cached_input(700).with_cache_written_input(200);
    /// assert_eq!(call.of(Metric::InputTokens), 1_000);
    /// assert_eq!(call.of(Metric::UncachedAndWrittenInputTokens), 300);
    /// assert_eq!(call.of(Metric::UncachedInputTokens), 100);
    /// ```
    requests, with_requests, "API calls, or submitted tasks";
    input, with_input, "input tokens, cached or not";
    cached_input, with_cached_input, "input tokens that are read from a cache: at most [`input`](Self::input)";
    cache_written_input, with_cache_written_input, "input tokens that are written to a cache: at most the rest of [`input`](Self::input)";
    output, with_output, "output tokens";
    audio_millis, with_audio_millis, "milliseconds of audio";
    images, with_images, "images generated or sent";
    videos, with_videos, "videos generated or sent";
    characters, with_characters, "characters of text";
    pages, with_pages, "pages of documents";
    inputs, with_inputs, "inputs, such as the texts of an embeddings request";
    chunks, with_chunks, "chunks of documents";
    query_units, with_query_units, "units of search";
    compute_units, with_compute_units, "units of computation";
    sessions, with_sessions, "opened sessions";
    failed_requests, with_failed_requests, "failing calls: 1 for a call that is answered with an error although it is within the limits";
    micro_usd, with_micro_usd, "millionths of a US dollar";
    queued_requests, with_queued_requests, "requests of a batch job, which are held until it ends";
    queued_tokens, with_queued_tokens, "input tokens of a batch job, which are held until it ends";
}

/// Returns the counted units in one unit of a metric, or `None` for a metric that calls do not use.
pub(crate) fn units_of(metric: Metric) -> Option<u64> {
    match metric.quantity().usage_known() {
        UsageKnown::Before | UsageKnown::After => Some(metric.unit()),
        UsageKnown::Never => None,
    }
}

impl Amounts {
    /// Creates the cost of one request and nothing else.
    pub const fn request() -> Self {
        Self::none().with_requests(1)
    }

    /// Creates the cost of one request of some tokens, half of them input. An odd token is input.
    pub const fn of_tokens(tokens: u64) -> Self {
        Self::request().with_input(tokens - tokens / 2).with_output(tokens / 2)
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
    /// let call = Amounts::request().with_input(60).with_output(8);
    /// let weight = Weight { each: 4, output: 5 };
    /// assert_eq!(call.weighted(Metric::Tokens, weight), 4 * (60 + 5 * 8));
    /// assert_eq!(call.weighted(Metric::Requests, weight), 4);
    /// ```
    pub fn weighted(&self, metric: Metric, weight: Weight) -> u64 {
        self.of_quantity(metric.quantity(), weight.output.into()).saturating_mul(weight.each.into())
    }

    /// Returns the amount of a quantity, if an output token counts as some tokens.
    fn of_quantity(&self, quantity: Quantity, output_weight: u64) -> u64 {
        let output = self.output.saturating_mul(output_weight);
        let not_read = self.input.saturating_sub(self.cached_input);
        match quantity {
            Quantity::Requests => self.requests,
            Quantity::Tokens => self.input.saturating_add(output),
            Quantity::UncachedTokens => not_read.saturating_add(output),
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
            // No call uses a resource of the account.
            Quantity::Resource => 0,
        }
    }
}

/// A simulated call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SimCall {
    caller: Option<usize>,
    model: usize,
    estimate: Amounts,
    real: Amounts,
}

impl SimCall {
    /// Creates a caller's call of some tokens, half of them input, with an exact estimate.
    pub const fn of_tokens(caller: usize, tokens: u64) -> Self {
        Self::of_caller(caller, Amounts::of_tokens(tokens))
    }

    /// Creates a caller's call of model 0, with an exact estimate.
    pub(crate) const fn of_caller(caller: usize, amounts: Amounts) -> Self {
        Self { caller: Some(caller), ..Self::of(amounts) }
    }

    /// Creates a call of model 0 without caller, with an exact estimate.
    pub const fn of(amounts: Amounts) -> Self {
        Self { caller: None, model: 0, estimate: amounts, real: amounts }
    }

    /// Sets the number of the called model, among those of the client and of the server. Default: 0.
    #[must_use]
    pub const fn with_model(self, model: usize) -> Self {
        Self { model, ..self }
    }

    /// Sets the cost that the caller estimates. Default: the real cost.
    #[must_use]
    pub const fn with_estimate(self, estimate: Amounts) -> Self {
        Self { estimate, ..self }
    }

    /// Sets the real cost, and leaves the estimate as it is.
    #[must_use]
    pub(crate) const fn with_real(self, real: Amounts) -> Self {
        Self { real, ..self }
    }

    /// Returns the caller's number. `None` for a call of another client.
    pub const fn caller(&self) -> Option<usize> {
        self.caller
    }

    /// Returns the number of the called model.
    pub const fn model(&self) -> usize {
        self.model
    }

    /// Returns the cost that the caller estimates.
    pub const fn estimate(&self) -> &Amounts {
        &self.estimate
    }

    /// Returns the real cost.
    pub const fn real(&self) -> &Amounts {
        &self.real
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

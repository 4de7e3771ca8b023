//! Quantities of a call's usage.

/// A quantity of a call's usage that limits count. Several metrics may count the same quantity.
///
/// The enum is exhaustive: a program that counts usage must handle every quantity, so a new one is a compile error.
///
/// ```
/// use ratebook::{Metric, Quantity};
///
/// assert_eq!(Metric::AudioMinutes.quantity(), Quantity::AudioMilliseconds);
/// assert_eq!(Metric::AudioMinutes.unit(), 60_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Calls and submitted tasks, one each.
    Requests,
    /// Input and output tokens together.
    Tokens,
    /// Tokens of the prompt.
    InputTokens,
    /// Tokens of the prompt that were neither read from a cache nor written to one.
    UncachedInputTokens,
    /// Tokens of the prompt that were not read from a cache.
    UncachedAndWrittenInputTokens,
    /// Input and output tokens together, without those read from a cache.
    UncachedTokens,
    /// Tokens that the model generates.
    OutputTokens,
    /// Milliseconds of audio.
    AudioMilliseconds,
    /// Images generated or sent.
    Images,
    /// Videos generated or sent.
    Videos,
    /// Characters of text.
    Characters,
    /// Pages of documents.
    Pages,
    /// Inputs of a call, such as the texts of one embedding request.
    Inputs,
    /// Chunks of documents.
    Chunks,
    /// Units of search.
    QueryUnits,
    /// Units of computation, as the vendor meters them.
    ComputeUnits,
    /// Sessions opened.
    Sessions,
    /// Calls answered with an error, one each.
    FailedRequests,
    /// Millionths of a US dollar.
    MicroUsd,
    /// Slots of concurrency, which a call holds until it ends: tasks in flight, open connections.
    Slots,
    /// Requests of a batch job, which it holds in the vendor's queue until it ends.
    QueuedRequests,
    /// Input tokens of a batch job, which it holds in the vendor's queue until it ends.
    QueuedTokens,
    /// A resource of the account that no call uses: LoRAs, GPUs, stored files.
    Resource,
}

/// When a client can know how much of a quantity a call uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UsageKnown {
    /// Before the call, exactly or by an estimate: requests, tokens.
    Before,
    /// After the call, from its response: failed requests.
    After,
    /// Never, because calls do not use it: GPUs.
    Never,
}

impl Quantity {
    /// Returns when a client can know how much of the quantity a call uses.
    ///
    /// ```
    /// use ratebook::{UsageKnown, Metric};
    ///
    /// assert_eq!(Metric::Images.quantity().usage_known(), UsageKnown::Before);
    /// assert_eq!(Metric::FailedRequests.quantity().usage_known(), UsageKnown::After);
    /// assert_eq!(Metric::Loras.quantity().usage_known(), UsageKnown::Never);
    /// ```
    #[inline]
    pub const fn usage_known(self) -> UsageKnown {
        match self {
            Self::Requests
            | Self::Tokens
            | Self::InputTokens
            | Self::UncachedInputTokens
            | Self::UncachedAndWrittenInputTokens
            | Self::UncachedTokens
            | Self::OutputTokens
            | Self::AudioMilliseconds
            | Self::Images
            | Self::Videos
            | Self::Characters
            | Self::Pages
            | Self::Inputs
            | Self::Chunks
            | Self::QueryUnits
            | Self::Sessions
            | Self::MicroUsd
            | Self::Slots
            | Self::QueuedRequests
            | Self::QueuedTokens => UsageKnown::Before,
            Self::ComputeUnits | Self::FailedRequests => UsageKnown::After,
            Self::Resource => UsageKnown::Never,
        }
    }
}

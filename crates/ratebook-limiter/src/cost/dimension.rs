//! Dimensions of a cost: what the limiter counts.
//!
//! Four words, from the page to the meter. A [`Metric`] is what a limit states: `audio_minutes`. A [`Quantity`] is what
//! the catalog's metrics count, in whole units: milliseconds of audio. A [`Dimension`] is where a [`Cost`] has its
//! amount of a quantity: a field, or a sum of fields. A [`Measure`] is what a call takes of one limit: its amount in a
//! dimension, times the weights of its model.

use ratebook::{Metric, Quantity, Weight};

use super::Cost;

/// Where a cost has its amount of a quantity. The units are those of [`Quantity`], small enough that no amount of the
/// catalog is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Dimension {
    Common(Common),
    Rare(Rare),
    Derived(Derived),
}

/// The dimensions of most calls. Every cost has all of them, so the fast path reads them without a branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Common {
    Tokens,
    InputTokens,
    UncachedAndWrittenInputTokens,
    OutputTokens,
    /// Requests and submitted tasks. A call is one or the other.
    Requests,
    /// Slots of concurrency limits, held until the call ends.
    Slots,
    /// Milliseconds of audio.
    AudioMillis,
    /// Millionths of a US dollar.
    MicroUsd,
}

/// The dimensions that most calls do not use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Rare {
    /// Input tokens that are written to a cache.
    WrittenInputTokens,
    Images,
    Videos,
    Characters,
    Pages,
    Inputs,
    Chunks,
    QueryUnits,
    Sessions,
    /// Requests of a batch job, held until the job ends.
    QueuedRequests,
    /// Input tokens of a batch job, held until the job ends.
    QueuedTokens,
    /// Known after the call only.
    ComputeUnits,
    /// Known after the call only.
    FailedRequests,
}

impl Common {
    pub(super) const COUNT: usize = 8;
}

impl Rare {
    pub(super) const COUNT: usize = 13;
}

/// The dimensions that are computed from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Derived {
    /// Input tokens neither read from a cache nor written to one.
    UncachedInputTokens,
    /// Input and output tokens without those read from a cache.
    UncachedTokens,
}

impl Dimension {
    /// Returns the dimension of a metric. `None` for metrics that calls do not use: LoRAs, GPUs.
    pub(crate) const fn of(metric: Metric) -> Option<Self> {
        Some(match metric.quantity() {
            Quantity::Requests => Self::Common(Common::Requests),
            Quantity::Tokens => Self::Common(Common::Tokens),
            Quantity::InputTokens => Self::Common(Common::InputTokens),
            Quantity::UncachedInputTokens => Self::Derived(Derived::UncachedInputTokens),
            Quantity::UncachedAndWrittenInputTokens => Self::Common(Common::UncachedAndWrittenInputTokens),
            Quantity::UncachedTokens => Self::Derived(Derived::UncachedTokens),
            Quantity::OutputTokens => Self::Common(Common::OutputTokens),
            Quantity::Slots => Self::Common(Common::Slots),
            Quantity::AudioMilliseconds => Self::Common(Common::AudioMillis),
            Quantity::MicroUsd => Self::Common(Common::MicroUsd),
            Quantity::Images => Self::Rare(Rare::Images),
            Quantity::Videos => Self::Rare(Rare::Videos),
            Quantity::Characters => Self::Rare(Rare::Characters),
            Quantity::Pages => Self::Rare(Rare::Pages),
            Quantity::Inputs => Self::Rare(Rare::Inputs),
            Quantity::Chunks => Self::Rare(Rare::Chunks),
            Quantity::QueryUnits => Self::Rare(Rare::QueryUnits),
            Quantity::Sessions => Self::Rare(Rare::Sessions),
            Quantity::QueuedRequests => Self::Rare(Rare::QueuedRequests),
            Quantity::QueuedTokens => Self::Rare(Rare::QueuedTokens),
            Quantity::ComputeUnits => Self::Rare(Rare::ComputeUnits),
            Quantity::FailedRequests => Self::Rare(Rare::FailedRequests),
            Quantity::Resource => return None,
        })
    }

    const fn counting(self) -> Counting {
        match self {
            Self::Common(common) => match common {
                Common::Slots => Counting::Held,
                Common::Tokens
                | Common::InputTokens
                | Common::UncachedAndWrittenInputTokens
                | Common::OutputTokens
                | Common::Requests
                | Common::AudioMillis
                | Common::MicroUsd => Counting::Spent,
            },
            Self::Rare(rare) => match rare {
                Rare::QueuedRequests | Rare::QueuedTokens => Counting::Held,
                Rare::ComputeUnits | Rare::FailedRequests => Counting::After,
                Rare::WrittenInputTokens
                | Rare::Images
                | Rare::Videos
                | Rare::Characters
                | Rare::Pages
                | Rare::Inputs
                | Rare::Chunks
                | Rare::QueryUnits
                | Rare::Sessions => Counting::Spent,
            },
            Self::Derived(Derived::UncachedInputTokens | Derived::UncachedTokens) => Counting::Spent,
        }
    }

    /// Returns whether a call holds its amount until it ends. Limits on such a dimension have no window.
    pub(crate) fn is_held(self) -> bool {
        self.counting() == Counting::Held
    }

    /// Returns whether only the response of a call states its amount. A limit on such a dimension charges the amount as
    /// a debt, and admits calls while it has any room.
    pub(crate) fn is_counted_after(self) -> bool {
        self.counting() == Counting::After
    }

    /// Returns whether the dimension contains the output tokens of a call.
    const fn contains_output(self) -> bool {
        match self {
            Self::Common(Common::Tokens | Common::OutputTokens) | Self::Derived(Derived::UncachedTokens) => true,
            Self::Common(
                Common::InputTokens
                | Common::UncachedAndWrittenInputTokens
                | Common::Requests
                | Common::Slots
                | Common::AudioMillis
                | Common::MicroUsd,
            )
            | Self::Rare(_)
            | Self::Derived(Derived::UncachedInputTokens) => false,
        }
    }
}

/// How long an amount counts, and when it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Counting {
    /// Known before the call, and counted over a window.
    Spent,
    /// Known before the call, and held until it ends.
    Held,
    /// Known after the call, and counted over a window.
    After,
}

/// What a call takes of one limit: its amount in a dimension, times the weights of its model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Measure {
    dimension: Dimension,
    /// The units of the pool that one unit takes, and the number of tokens that an output token counts as.
    weight: (u16, u16),
}

impl Measure {
    pub(crate) const fn new(dimension: Dimension, weight: Weight) -> Self {
        // Only the output factor of a dimension with output has an effect.
        let output = if dimension.contains_output() { weight.output } else { 1 };
        Self { dimension, weight: (weight.each, output) }
    }

    #[cfg(feature = "feedback")]
    pub(crate) const fn dimension(self) -> Dimension {
        self.dimension
    }

    pub(crate) const fn weight(self) -> Weight {
        Weight { each: self.weight.0, output: self.weight.1 }
    }

    /// Returns the dimension, if it is a common one at weight one.
    pub(crate) fn common(self) -> Option<Common> {
        match self.dimension {
            Dimension::Common(common) if self.weight == (1, 1) => Some(common),
            Dimension::Common(_) | Dimension::Rare(_) | Dimension::Derived(_) => None,
        }
    }

    /// Returns the amount that a cost takes.
    #[inline]
    pub(crate) fn of(self, cost: &Cost) -> u64 {
        let amount = cost.of(self.dimension);
        match self.weight {
            (1, 1) => amount,
            (each, output) => {
                let more = cost.output_tokens().saturating_mul(u64::from(output.saturating_sub(1)));
                amount.saturating_add(more).saturating_mul(u64::from(each))
            }
        }
    }

    /// Returns the room that a cost needs: what it takes, or one unit of what is counted after the call.
    #[inline]
    pub(crate) fn needed(self, cost: &Cost) -> u64 {
        if self.dimension.is_counted_after() { 1 } else { self.of(cost) }
    }
}

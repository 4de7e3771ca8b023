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
    /// Tokens of the prompt that were not read from a cache.
    UncachedInputTokens,
    /// Tokens that the model generates.
    OutputTokens,
    /// Milliseconds of audio.
    AudioMilliseconds,
    /// Millionths of a US dollar.
    MicroUsd,
    /// Slots of concurrency, which a call holds until it ends: tasks in flight, open connections.
    Slots,
    /// Resources that an account holds and no call uses: LoRAs, GPUs.
    Held,
}

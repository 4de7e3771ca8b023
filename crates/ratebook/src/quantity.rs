//! What a call uses, as limits count it.

/// A quantity of a call's usage that limits count: several metrics may count the same one.
///
/// Exhaustive on purpose: a program that counts usage has to know every quantity, and stops building with a new one.
///
/// ```
/// use ratebook::{Metric, Quantity};
///
/// assert_eq!(Metric::AudioMinutes.quantity(), Quantity::AudioMilliseconds);
/// assert_eq!(Metric::AudioMinutes.unit(), 60_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Calls, or submitted tasks: one each.
    Requests,
    /// Tokens, input and output together.
    Tokens,
    /// Tokens of the prompt.
    InputTokens,
    /// Tokens of the prompt that no cache held.
    UncachedInputTokens,
    /// Tokens that the model generates.
    OutputTokens,
    /// Milliseconds of audio.
    AudioMilliseconds,
    /// Millionths of a US dollar.
    MicroUsd,
    /// Places that a call takes until it ends: tasks in flight, open connections.
    Slots,
    /// What an account holds or deploys, which no call uses: LoRAs, GPUs.
    Held,
}

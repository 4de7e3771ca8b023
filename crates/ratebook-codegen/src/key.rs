//! How names stand in the text of all names: the generator's and the lookup's, which is a link to this file.
//!
//! A name that leads to an entry stands at a multiple of four bytes, so that a lookup finds all it compares in one place:
//! four bytes that say its scope, four that say its entry, the name, a line break. Both numbers are written in bytes
//! below 128, so that the whole is text.

/// The bytes before a name.
pub(crate) const HEADER: usize = 8;

/// A provider, region, plan and kind in four bytes below 128. Kinds are below 8; none is numbered behind the last region
/// and plan.
#[inline]
pub(crate) const fn scope(provider: u8, region: u8, plan: u8, kind: u8) -> u32 {
    let numbers = u32::from_le_bytes([provider, region, plan, kind]);
    // The topmost bits of the first three go to the fourth.
    let high = numbers >> 7 & 1 | numbers >> 14 & 2 | numbers >> 21 & 4;
    numbers & 0x077F_7F7F | high << 27
}

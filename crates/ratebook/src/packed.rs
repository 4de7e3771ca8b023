//! Texts and lines of the packed tables.

use crate::NAMES;

/// Bytes that begin with a cache line.
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

/// A text of the tables.
#[inline]
pub(crate) const fn text(offset: u32, len: u16) -> &'static str {
    NAMES.split_at(offset as usize).1.split_at(len as usize).0
}

/// Whether two texts are the same; `==` is not to be had in constants.
#[inline]
pub(crate) const fn same(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

//! Access to the packed tables.

use crate::NAMES;

/// A value aligned to a cache line of 64 bytes.
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

/// Returns a text of the tables. `offset` and `len` are in bytes.
#[inline]
pub(crate) const fn text(offset: u32, len: u16) -> &'static str {
    NAMES.split_at(offset as usize).1.split_at(len as usize).0
}

/// Returns whether two byte strings are equal. Constants cannot use `==`.
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

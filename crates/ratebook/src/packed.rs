//! Fields of the packed tables. Their layout is written by `ratebook-codegen`'s `pack` module.

use crate::NAMES;

/// Bytes that begin with a cache line.
#[repr(align(64))]
pub(crate) struct Aligned<T>(pub(crate) T);

#[inline]
pub(crate) const fn u16_at<const N: usize>(record: &[u8; N], at: usize) -> u16 {
    u16::from_le_bytes([record[at], record[at + 1]])
}

#[inline]
pub(crate) const fn u32_at<const N: usize>(record: &[u8; N], at: usize) -> u32 {
    u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]])
}

#[inline]
pub(crate) const fn u64_at<const N: usize>(record: &[u8; N], at: usize) -> u64 {
    u32_at(record, at) as u64 | (u32_at(record, at + 4) as u64) << 32
}

/// A text of the tables.
#[inline]
pub(crate) const fn text(offset: u32, len: usize) -> &'static str {
    NAMES.split_at(offset as usize).1.split_at(len).0
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

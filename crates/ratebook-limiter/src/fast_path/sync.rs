//! The atomics of the fast path: loom's where loom explores it.

#[cfg(ratebook_loom)]
pub(super) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
#[cfg(not(ratebook_loom))]
pub(super) use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};

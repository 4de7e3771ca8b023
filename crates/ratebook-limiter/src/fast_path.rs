//! The fast path of an admission: a spin lock and one credit of headroom for each limit.
//!
//! The authoritative count of a limit is its meter, behind the account's mutex. Meters expire charges only between
//! ticks of the clock, so a meter can lend its headroom to a credit for one tick. While no call waits, an admission
//! locks the credits, subtracts its cost from the credits of all its limits, and unlocks; a settlement within the tick
//! adds to them. Everything else (the next tick, a credit that is short, a waiting call) goes to the schedule, which
//! first takes the headroom back and charges the meters with what is missing.
//!
//! *Atomicity.* All credits of an account are behind one lock, and a call is charged to all of its credits or to none
//! before the lock is released. No thread sees a partial charge.
//!
//! *Memory order.* Locking is an acquiring compare-exchange and unlocking a releasing store, so everything done under
//! the lock happens before the next holder's accesses. Accesses under the lock are therefore relaxed. Only
//! [`RefusalCache::get`] reads without the lock; see there.
//!
//! *Spinning.* The lock is held for a few instructions and never across a call into other code. Its holder may still be
//! descheduled, so a waiter spins 64 times at most and then yields.
//!
//! *Layout.* The lock, its tick, and the headrooms of the first [`INLINE_SLOTS`](credit::INLINE_SLOTS) meters share one
//! cache line of 64 bytes. A route with at most four limits, all of them inline, is admitted without a loop over `Arc`s
//! ([`InlineCredits`]).

mod credit;
mod lock;
mod refusal_cache;
mod sync;
#[cfg(test)]
mod tests;

pub(crate) use credit::{Credit, CreditRef, InlineCredits};
pub(crate) use lock::{FastGuard, FastLock};
pub(crate) use refusal_cache::{CachedRefusal, RefusalCache};

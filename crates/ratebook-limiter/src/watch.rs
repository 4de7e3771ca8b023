//! The timer of an account while calls wait on tokio.
//!
//! Callers that wait are woken in their turn, so they need no timers; but who wakes the first? A task on their runtime,
//! which sleeps until the next moment at which time alone admits a call or ends a grace, and then has the schedule give
//! everybody their turns. One such task serves an account on each runtime on which calls wait, begins with the first of
//! them and ends with the last. It is polled by its runtime whatever the callers' own tasks do.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::{Poll, Waker};

use tokio::runtime::{Handle, Id};
use tokio::time::{Instant, sleep_until};

use crate::account::Inner;
use crate::nanos::Nanos;

/// The tasks that hold an account's timers.
#[derive(Debug, Default)]
pub(crate) struct Watches {
    watches: Vec<Watch>,
    /// Watches that there have been.
    count: u64,
}

#[derive(Debug)]
struct Watch {
    runtime: Id,
    /// It is told from others of its runtime, which end while it begins.
    number: u64,
    /// To wake it before its time.
    waker: Option<Waker>,
    /// Until when it sleeps; `None` where only a waking ends that.
    until: Option<Nanos>,
}

impl Watches {
    /// Whoever has to be woken since something happens earlier than it sleeps.
    pub(crate) fn late(&mut self, next_event: Option<Nanos>) -> impl Iterator<Item = Waker> {
        let late = self.watches.iter_mut().filter(move |watch| match (next_event, watch.until) {
            (Some(event), Some(until)) => event < until,
            (Some(_), None) => true,
            (None, _) => false,
        });
        late.filter_map(|watch| watch.waker.take())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.watches.is_empty()
    }

    /// Registers a watch on a runtime, where there is none: its number.
    fn register(&mut self, runtime: Id) -> Option<u64> {
        if self.watches.iter().any(|watch| watch.runtime == runtime) {
            return None;
        }
        self.count += 1;
        self.watches.push(Watch { runtime, number: self.count, waker: None, until: Some(Nanos::ZERO) });
        Some(self.count)
    }

    fn remove(&mut self, number: u64) {
        self.watches.retain(|watch| watch.number != number);
    }

    /// Notes until when a watch sleeps.
    fn sleep(&mut self, number: u64, until: Option<Nanos>, waker: &Waker) {
        let Some(watch) = self.watches.iter_mut().find(|watch| watch.number == number) else { return };
        watch.until = until;
        if !watch.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            watch.waker = Some(waker.clone());
        }
    }
}

/// Has a task of the caller's runtime hold the account's timer, where none does.
///
/// # Panics
/// Outside of a tokio runtime.
pub(crate) fn ensure(account: &Arc<Inner>) {
    let runtime = Handle::current();
    let number = account.with(|state| state.watches.register(runtime.id()));
    if let Some(number) = number {
        runtime.spawn(watch(Registered { account: Arc::downgrade(account), number }));
    }
}

/// A watch's entry, removed when its task ends or its runtime is dropped.
struct Registered {
    account: Weak<Inner>,
    number: u64,
}

impl Drop for Registered {
    fn drop(&mut self) {
        if let Some(account) = self.account.upgrade() {
            account.with(|state| state.watches.remove(self.number));
        }
    }
}

/// Sleeps until something happens by time alone, and gives everybody their turns; until nobody waits.
async fn watch(registered: Registered) {
    let mut timer = pin!(sleep_until(Instant::now()));
    std::future::poll_fn(|context| {
        loop {
            let Some(account) = registered.account.upgrade() else { return Poll::Ready(()) };
            let reading = account.read();
            let next = account.with(|state| {
                state.schedule.at(reading).look(&account.latch, None);
                let next_event = state.schedule.next_event();
                if state.schedule.waiting() == 0 && next_event.is_none() {
                    // Whoever waits from now on begins another.
                    state.watches.remove(registered.number);
                    return None;
                }
                state.watches.sleep(registered.number, next_event, context.waker());
                Some(next_event)
            });
            let Some(next_event) = next else { return Poll::Ready(()) };
            let Some(at) = next_event else { return Poll::Pending };
            // A time beyond all clocks never comes.
            let Some(until) = Instant::now().checked_add((at - reading.earliest).into()) else { return Poll::Pending };
            timer.as_mut().reset(until);
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

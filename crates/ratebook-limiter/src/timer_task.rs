//! The timer of an account while calls wait on tokio.
//!
//! Callers that wait are woken in their turn, so they need no timers; but who wakes the first? A task on their runtime,
//! which sleeps until the next moment at which time alone admits a call or ends a grace, and then has the schedule give
//! everybody their turns. One such task serves an account on each runtime on which calls wait, begins with the first of
//! them and ends with the last. It is polled by its runtime whatever the callers' own tasks do.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

use crate::state::Inner;

/// Has a task of the caller's runtime hold the account's timer, where none does.
///
/// # Panics
/// Outside of a tokio runtime.
pub(crate) fn ensure(account: &Arc<Inner>) {
    let runtime = Handle::current();
    let number = account.with(|state| state.timers.register(runtime.id()));
    if let Some(number) = number {
        runtime.spawn(watch(Registration { account: Arc::downgrade(account), number }));
    }
}

/// A watch's entry, removed when its task ends or its runtime is dropped.
struct Registration {
    account: Weak<Inner>,
    number: u64,
}

impl Drop for Registration {
    fn drop(&mut self) {
        if let Some(account) = self.account.upgrade() {
            account.with(|state| state.timers.remove(self.number));
        }
    }
}

/// Sleeps until something happens by time alone, and gives everybody their turns; until nobody waits.
async fn watch(registered: Registration) {
    let mut timer = pin!(sleep_until(Instant::now()));
    std::future::poll_fn(|context| {
        loop {
            let Some(account) = registered.account.upgrade() else { return Poll::Ready(()) };
            let reading = account.read();
            let next = account.with(|state| {
                state.schedule.at(reading).admission_pass(&account.fast_lock, None);
                let next_event = state.schedule.next_event();
                if state.schedule.waiting() == 0 && next_event.is_none() {
                    // Whoever waits from now on begins another.
                    state.timers.remove(registered.number);
                    return None;
                }
                state.timers.sleep(registered.number, next_event, context.waker());
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

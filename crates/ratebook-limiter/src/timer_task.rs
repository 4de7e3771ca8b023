//! The timer task of an account, for calls that wait on tokio.
//!
//! Waiting callers are woken in their turn and hold no timers themselves. A task on their runtime sleeps until the next
//! time at which a call fits or a grace ends without any event, and then runs an admission pass. Each runtime
//! on which calls wait has one such task for an account. It starts with the first waiting call and ends with the last.
//! The runtime polls it whatever the callers' own tasks do.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;

use tokio::runtime::Handle;
use tokio::time::{Instant, sleep_until};

use crate::state::Inner;

/// Spawns the account's timer task on the current runtime, unless it is running.
///
/// # Panics
/// Outside of a tokio runtime.
pub(crate) fn ensure(account: &Arc<Inner>) {
    let runtime = Handle::current();
    let number = account.with(|state| state.timers.register(runtime.id()));
    if let Some(number) = number {
        runtime.spawn(run_timer(Registration { account: Arc::downgrade(account), number }));
    }
}

/// The entry of a task, removed when the task ends or its runtime is dropped.
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

/// Sleeps until the next event and runs an admission pass, until no call waits.
async fn run_timer(registration: Registration) {
    let mut timer = pin!(sleep_until(Instant::now()));
    std::future::poll_fn(|context| {
        loop {
            let Some(account) = registration.account.upgrade() else { return Poll::Ready(()) };
            let reading = account.read();
            let next = account.with(|state| {
                state.schedule.advance_to(reading).admission_pass(&account.fast_lock, None);
                let next_event = state.schedule.next_event();
                if state.schedule.waiting() == 0 && next_event.is_none() {
                    // The next waiting call spawns another task.
                    state.timers.remove(registration.number);
                    return None;
                }
                state.timers.sleep(registration.number, next_event, context.waker());
                Some(next_event)
            });
            let Some(next_event) = next else { return Poll::Ready(()) };
            let Some(at) = next_event else { return Poll::Pending };
            // A time beyond the clock's range never comes.
            let Some(until) = Instant::now().checked_add((at - reading.earliest).into()) else { return Poll::Pending };
            timer.as_mut().reset(until);
            if timer.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
        }
    })
    .await;
}

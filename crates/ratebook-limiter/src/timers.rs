//! The timer tasks of an account, one for each runtime on which calls wait.

use std::task::Waker;

use tokio::runtime::Id;

use crate::nanos::Nanos;

/// The timer tasks of an account.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    timers: Vec<Timer>,
    /// The number of tasks registered so far.
    registered: u64,
}

#[derive(Debug)]
struct Timer {
    runtime: Id,
    /// Distinguishes this task from an earlier task of the same runtime that is about to end.
    number: u64,
    /// Wakes the task before `until`.
    waker: Option<Waker>,
    /// When its timer fires. `None`: only the waker wakes it.
    until: Option<Nanos>,
}

impl Timers {
    /// Returns the wakers of the tasks that sleep beyond `next_event`.
    pub(crate) fn late(&mut self, next_event: Option<Nanos>) -> impl Iterator<Item = Waker> {
        let late = self.timers.iter_mut().filter(move |timer| match (next_event, timer.until) {
            (Some(event), Some(until)) => event < until,
            (Some(_), None) => true,
            (None, _) => false,
        });
        late.filter_map(|timer| timer.waker.take())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    /// Registers a task for a runtime, unless it has one. Returns the task's number.
    pub(crate) fn register(&mut self, runtime: Id) -> Option<u64> {
        if self.timers.iter().any(|timer| timer.runtime == runtime) {
            return None;
        }
        self.registered += 1;
        self.timers.push(Timer { runtime, number: self.registered, waker: None, until: Some(Nanos::ZERO) });
        Some(self.registered)
    }

    /// Removes a task.
    pub(crate) fn remove(&mut self, number: u64) {
        self.timers.retain(|timer| timer.number != number);
    }

    /// Records until when a task sleeps.
    pub(crate) fn sleep(&mut self, number: u64, until: Option<Nanos>, waker: &Waker) {
        let Some(timer) = self.timers.iter_mut().find(|timer| timer.number == number) else { return };
        timer.until = until;
        if !timer.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            timer.waker = Some(waker.clone());
        }
    }
}

//! The tasks that hold an account's timers, by runtime.

use std::task::Waker;

use tokio::runtime::Id;

use crate::nanos::Nanos;

/// The tasks that hold an account's timers.
#[derive(Debug, Default)]
pub(crate) struct Timers {
    timers: Vec<Watch>,
    /// Timers that there have been.
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

impl Timers {
    /// Whoever has to be woken since something happens earlier than it sleeps.
    pub(crate) fn late(&mut self, next_event: Option<Nanos>) -> impl Iterator<Item = Waker> {
        let late = self.timers.iter_mut().filter(move |watch| match (next_event, watch.until) {
            (Some(event), Some(until)) => event < until,
            (Some(_), None) => true,
            (None, _) => false,
        });
        late.filter_map(|watch| watch.waker.take())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.timers.is_empty()
    }

    /// Registers a watch on a runtime, where there is none: its number.
    pub(crate) fn register(&mut self, runtime: Id) -> Option<u64> {
        if self.timers.iter().any(|watch| watch.runtime == runtime) {
            return None;
        }
        self.count += 1;
        self.timers.push(Watch { runtime, number: self.count, waker: None, until: Some(Nanos::ZERO) });
        Some(self.count)
    }

    pub(crate) fn remove(&mut self, number: u64) {
        self.timers.retain(|watch| watch.number != number);
    }

    /// Notes until when a watch sleeps.
    pub(crate) fn sleep(&mut self, number: u64, until: Option<Nanos>, waker: &Waker) {
        let Some(watch) = self.timers.iter_mut().find(|watch| watch.number == number) else { return };
        watch.until = until;
        if !watch.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            watch.waker = Some(waker.clone());
        }
    }
}

//! Callers with their own timers, on a manual clock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};

use ratebook_limiter::{Admission, Ticket};

use super::*;

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A caller that polls when it is woken, and after the delay of its last poll, each `latency` later.
pub(super) struct Caller<'a> {
    ticket: Option<Ticket<&'a Model>>,
    woken: Arc<Woken>,
    polls_at: Option<Duration>,
    latency: Duration,
    pub(super) admitted_at: Option<Duration>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(model: &'a Model, cost: Cost, clock: &ManualClock) -> Self {
        let ticket = Some(model.enqueue(cost).unwrap());
        let (polls_at, latency) = (Some(clock.elapsed()), Duration::ZERO);
        Self { ticket, woken: Arc::default(), polls_at, latency, admitted_at: None }
    }

    /// Like [`new`](Self::new), but polls `latency` after it is woken or its delay is over, except for the first time.
    #[cfg(feature = "tokio")]
    pub(super) fn late(model: &'a Model, cost: Cost, clock: &ManualClock, latency: Duration) -> Self {
        Self { latency, ..Self::new(model, cost, clock) }
    }

    pub(super) fn poll(&mut self, clock: &ManualClock) {
        let now = clock.elapsed();
        if self.woken.0.swap(false, Ordering::Relaxed) && self.ticket.is_some() {
            let at = now + self.latency;
            self.polls_at = Some(self.polls_at.map_or(at, |polls_at| polls_at.min(at)));
        }
        let Some(ticket) = self.ticket.take_if(|_| self.polls_at.is_some_and(|at| at <= now)) else { return };
        self.polls_at = None;
        match ticket.poll_admission(Some(&Waker::from(Arc::clone(&self.woken)))) {
            Admission::Granted(_) => self.admitted_at = Some(now),
            Admission::Wait(wait, ticket) => {
                self.ticket = Some(ticket);
                self.polls_at = wait.delay().map(|delay| now + delay + self.latency);
            }
            Admission::Never(never) => panic!("{never}"),
        }
    }
}

/// Polls callers as they come due, until `until`.
pub(super) fn run(clock: &ManualClock, callers: &mut [Caller<'_>], until: Duration) {
    loop {
        // A poll may wake any other caller.
        callers.iter_mut().for_each(|caller| caller.poll(clock));
        if callers.iter().any(|caller| caller.woken.0.load(Ordering::Relaxed)) {
            continue;
        }
        match callers.iter().filter_map(|caller| caller.polls_at).min() {
            Some(at) if at <= until => clock.set(at),
            _ => break,
        }
    }
    clock.set(until);
}

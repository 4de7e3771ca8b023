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

/// A caller that polls when it is woken, and after the delay of its last poll.
pub(super) struct Caller<'a> {
    ticket: Option<Ticket<&'a Model>>,
    woken: Arc<Woken>,
    polls_at: Option<Duration>,
    pub(super) admitted_at: Option<Duration>,
}

impl<'a> Caller<'a> {
    pub(super) fn new(model: &'a Model, cost: Cost, clock: &ManualClock) -> Self {
        let ticket = Some(model.enqueue(cost).unwrap());
        Self { ticket, woken: Arc::default(), polls_at: Some(clock.elapsed()), admitted_at: None }
    }

    pub(super) fn poll(&mut self, clock: &ManualClock) {
        let now = clock.elapsed();
        let is_woken = self.woken.0.swap(false, Ordering::Relaxed);
        let Some(ticket) = self.ticket.take_if(|_| is_woken || self.polls_at.is_some_and(|at| at <= now)) else {
            return;
        };
        self.polls_at = None;
        match ticket.poll_admission(Some(&Waker::from(Arc::clone(&self.woken)))) {
            Admission::Granted(_) => self.admitted_at = Some(now),
            Admission::Wait(wait, ticket) => {
                self.ticket = Some(ticket);
                self.polls_at = wait.delay().map(|delay| now + delay);
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

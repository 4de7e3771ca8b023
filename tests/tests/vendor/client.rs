//! Our limiter as a client of the simulation. It states every amount of its calls, and logs what it sends.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use ratebook_limiter::{Admission, Cost, ManualClock, Model, OwnedPermit, Ticket, Usage};
use ratebook_sim::{Amounts, Client, SimCall, SimResponse};

/// A call as the client sent it. Times are nanoseconds of the simulation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) model: usize,
    pub(crate) at: u64,
    /// The status of the response, and when it was received. `None` at the end of the simulation.
    pub(crate) answer: Option<(u16, u64)>,
}

/// Our limiter, on the clock of the simulation.
pub(crate) struct Ours {
    clock: ManualClock,
    models: Vec<Model>,
    waiting: Vec<VecDeque<(usize, Ticket<Model>)>>,
    /// The permit of each call in flight, and its position in the log.
    in_flight: HashMap<usize, (OwnedPermit, usize)>,
    /// Calls that were submitted before the client begins.
    early: Vec<(usize, SimCall)>,
    begins: u64,
    observes: bool,
    pub(crate) log: Vec<Sent>,
}

impl Ours {
    pub(crate) fn new(clock: ManualClock, models: Vec<Model>) -> Self {
        let waiting = models.iter().map(|_| VecDeque::new()).collect();
        let (in_flight, early, log) = (HashMap::new(), Vec::new(), Vec::new());
        Self { clock, models, waiting, in_flight, early, begins: 0, observes: false, log }
    }

    /// Sends nothing before a time. Default: 0.
    pub(crate) fn beginning(self, at: u64) -> Self {
        Self { begins: at, ..self }
    }

    /// Observes the responses. Default: it does not.
    pub(crate) fn observing(self) -> Self {
        Self { observes: true, ..self }
    }

    fn set(&self, now: u64) {
        self.clock.set(Duration::from_nanos(now));
    }
}

/// Returns the cost of a call. What only a response states is no part of it.
pub(crate) fn cost(amounts: &Amounts) -> Cost {
    let uncached = amounts.input() - amounts.cached_input() - amounts.cache_written_input();
    Cost::request()
        .requests(amounts.requests())
        .input(uncached)
        .cached_input(amounts.cached_input())
        .cache_written_input(amounts.cache_written_input())
        .output(amounts.output())
        .audio_millis(amounts.audio_millis())
        .micro_usd(amounts.micro_usd())
        .images(amounts.images())
        .videos(amounts.videos())
        .characters(amounts.characters())
        .pages(amounts.pages())
        .inputs(amounts.inputs())
        .chunks(amounts.chunks())
        .query_units(amounts.query_units())
        .sessions(amounts.sessions())
        .queued(amounts.queued_requests(), amounts.queued_tokens())
}

fn usage(amounts: &Amounts) -> Usage {
    let input = Usage::new().input(amounts.input()).cached_input(amounts.cached_input());
    let input = input.cache_written_input(amounts.cache_written_input());
    input.output(amounts.output()).compute_units(amounts.compute_units())
}

impl Client for Ours {
    fn submit(&mut self, now: u64, number: usize, call: &SimCall) {
        if now < self.begins {
            self.early.push((number, *call));
            return;
        }
        self.set(now);
        let ticket = self.models[call.model()].enqueue_owned(cost(call.estimate())).expect("no call is above a limit");
        self.waiting[call.model()].push_back((number, ticket));
    }

    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64> {
        if now < self.begins {
            return Some(self.begins);
        }
        for (number, call) in std::mem::take(&mut self.early) {
            self.submit(now, number, &call);
        }
        self.set(now);
        let mut next: Option<u64> = None;
        // Calls of one model are admitted in order: the calls behind the first one wait too.
        for (model, waiting) in self.waiting.iter_mut().enumerate() {
            while let Some((number, ticket)) = waiting.pop_front() {
                match ticket.poll_admission(None) {
                    Admission::Granted(permit) => {
                        self.in_flight.insert(number, (permit, self.log.len()));
                        self.log.push(Sent { model, at: now, answer: None });
                        send.push(number);
                    }
                    Admission::Wait(wait, ticket) => {
                        waiting.push_front((number, ticket));
                        let at = wait.delay().map(|delay| now + delay.as_nanos() as u64);
                        next = [next, at].into_iter().flatten().min();
                        break;
                    }
                    Admission::Never(never) => panic!("{never}"),
                }
            }
        }
        next
    }

    fn on_response(&mut self, now: u64, number: usize, response: &SimResponse, call: &SimCall) {
        self.set(now);
        let (permit, position) = self.in_flight.remove(&number).expect("every call in flight has its permit");
        self.log[position].answer = Some((response.status, now));
        if self.observes {
            permit.observe(response.status, &response.headers[..], response.body.as_bytes());
        }
        if response.is_served() {
            permit.settle(usage(call.real()));
            return;
        }
        // An error is charged as estimated.
        let error = Usage::new();
        permit.settle(if self.observes { error } else { error.failed() });
        self.submit(now, number, call);
    }
}

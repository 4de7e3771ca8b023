//! A discrete-event simulation on a virtual clock. All times are nanoseconds.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fastrand::Rng;
use ratebook::Remedy;

use crate::call::{Amounts, SimCall};
use crate::report::{Rate, Report, Series};
use crate::response::SimResponse;
use crate::rule::SimRule;
use crate::server::Server;
use crate::workload::{Arrivals, Workload};

/// A client under test. The simulation submits calls and delivers responses; the client decides when to send.
pub trait Client {
    /// Accepts a call from a caller. The call keeps its number until it is served.
    fn submit(&mut self, now: u64, number: usize, call: &SimCall);

    /// Pushes the numbers of the calls to send now. Returns when to poll again at the latest.
    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64>;

    /// Accepts the response to a call. A refused or failed call stays with the client, which may send it again. A call
    /// that has failed does not fail again.
    fn on_response(&mut self, now: u64, number: usize, response: &SimResponse, call: &SimCall);
}

/// The one-way latency of the network. Default: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    delay: u64,
    jitter: u64,
}

impl Network {
    /// Creates a network with a constant latency, in nanoseconds.
    pub const fn new(delay: u64) -> Self {
        Self { delay, jitter: 0 }
    }

    /// Sets the maximum additional latency in nanoseconds. It is drawn uniformly for each message. Default: 0.
    #[must_use]
    pub const fn with_jitter(self, jitter: u64) -> Self {
        Self { jitter, ..self }
    }

    /// Draws the latency of a message.
    fn latency(self, rng: &mut Rng) -> u64 {
        self.delay + if self.jitter == 0 { 0 } else { rng.u64(0..=self.jitter) }
    }
}

/// Other clients of the same account. The client under test does not see them. They take priority and make calls
/// evenly. Default: none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    percent: u64,
    tokens: u64,
    by_turns: u64,
}

impl Others {
    /// Creates clients that are always active, with one token per call. Their demand is in percent of the server's
    /// first limit.
    pub const fn steady(percent: u64) -> Self {
        Self { percent, tokens: 1, by_turns: 0 }
    }

    /// Sets the tokens of each call. Default: 1.
    #[must_use]
    pub const fn with_tokens(self, tokens: u64) -> Self {
        Self { tokens, ..self }
    }

    /// Makes them active and idle by turns, each for a time in nanoseconds. Default: 0, always active.
    #[must_use]
    pub const fn with_turns(self, nanos: u64) -> Self {
        Self { by_turns: nanos, ..self }
    }
}

/// The configuration of a simulation.
#[derive(Clone, Debug)]
pub struct Simulation {
    server: Server,
    workload: Workload,
    network: Network,
    others: Others,
    duration: u64,
    warm_up: u64,
    seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Submit { caller: usize },
    Poll { client: usize },
    Arrive { number: usize },
    End { number: usize },
    Response { number: usize },
    Others,
}

struct InFlight {
    caller: usize,
    call: SimCall,
    submitted: u64,
    sent: bool,
    response: Option<SimResponse>,
}

impl Simulation {
    /// Creates the simulation of a workload against a server, for a simulated time in nanoseconds.
    pub fn new(server: Server, workload: Workload, duration: u64) -> Self {
        Self { server, workload, duration, network: Network::default(), others: Others::default(), warm_up: 0, seed: 0 }
    }

    /// Sets the server that enforces limits.
    #[must_use]
    pub fn with_server(self, server: Server) -> Self {
        Self { server, ..self }
    }

    /// Sets the calls to make.
    #[must_use]
    pub fn with_workload(self, workload: Workload) -> Self {
        Self { workload, ..self }
    }

    /// Sets the network between client and server. Default: without latency.
    #[must_use]
    pub fn with_network(self, network: Network) -> Self {
        Self { network, ..self }
    }

    /// Sets the other clients of the account. Default: none.
    #[must_use]
    pub fn with_others(self, others: Others) -> Self {
        Self { others, ..self }
    }

    /// Sets the simulated time in nanoseconds.
    #[must_use]
    pub fn with_duration(self, nanos: u64) -> Self {
        Self { duration: nanos, ..self }
    }

    /// Sets the time at the beginning that the report leaves out, in nanoseconds. Default: 0.
    #[must_use]
    pub fn with_warm_up(self, nanos: u64) -> Self {
        Self { warm_up: nanos, ..self }
    }

    /// Sets the random seed. The same seed gives the same run. Default: 0.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Returns the server that enforces limits, before the first call.
    pub const fn server(&self) -> &Server {
        &self.server
    }

    /// Returns the calls to make.
    pub const fn workload(&self) -> &Workload {
        &self.workload
    }

    /// Returns the simulated time in nanoseconds.
    pub const fn duration(&self) -> u64 {
        self.duration
    }

    /// Runs the simulation with clients on one account. Callers are divided among the clients.
    ///
    /// # Panics
    /// If there is no client.
    pub fn run(&self, clients: &mut [&mut dyn Client]) -> Report {
        assert!(!clients.is_empty(), "a simulation needs a client");
        let mut run = Run {
            plan: self,
            server: self.server.clone(),
            rng: Rng::with_seed(self.seed),
            now: 0,
            events: BinaryHeap::new(),
            scheduled: 0,
            calls: Vec::new(),
            vacant: Vec::new(),
            next_poll: vec![None; clients.len()],
            send: Vec::new(),
            report: Report::new(self),
        };
        for caller in 0..self.workload.callers() {
            let at = match self.workload.arrivals() {
                Arrivals::Steady { every } => run.rng.u64(0..every.max(1)),
                Arrivals::Saturating | Arrivals::Bursts { .. } => 0,
            };
            run.schedule(at, Event::Submit { caller });
        }
        if self.others.percent > 0 {
            run.schedule(0, Event::Others);
        }
        while let Some(Reverse((at, _, event))) = run.events.pop() {
            if at > self.duration {
                break;
            }
            run.now = at;
            run.handle(event, clients);
        }
        run.report.finish();
        run.report
    }
}

struct Run<'a> {
    plan: &'a Simulation,
    server: Server,
    rng: Rng,
    now: u64,
    events: BinaryHeap<Reverse<(u64, u64, Event)>>,
    scheduled: u64,
    calls: Vec<Option<InFlight>>,
    vacant: Vec<usize>,
    /// When each client is to be polled at the latest.
    next_poll: Vec<Option<u64>>,
    send: Vec<usize>,
    report: Report,
}

impl Run<'_> {
    fn schedule(&mut self, at: u64, event: Event) {
        self.scheduled += 1;
        self.events.push(Reverse((at, self.scheduled, event)));
    }

    fn handle(&mut self, event: Event, clients: &mut [&mut dyn Client]) {
        match event {
            Event::Submit { caller } => {
                let call = self.plan.workload.call(caller, &mut self.rng);
                let number = self.vacant.pop().unwrap_or(self.calls.len());
                self.calls.resize_with(self.calls.len().max(number + 1), || None);
                self.calls[number] = Some(InFlight { caller, call, submitted: self.now, sent: false, response: None });
                let client = caller % clients.len();
                clients[client].submit(self.now, number, &call);
                self.poll(client, clients);
                if let Arrivals::Steady { every } | Arrivals::Bursts { every } = self.plan.workload.arrivals() {
                    self.schedule(self.now + every.max(1), Event::Submit { caller });
                }
            }
            Event::Poll { client } => {
                if self.next_poll[client].is_some_and(|at| at <= self.now) {
                    self.poll(client, clients);
                }
            }
            Event::Arrive { number } => {
                let Some(in_flight) = &mut self.calls[number] else { return };
                let call = in_flight.call;
                let response = self.server.respond(self.now, &call);
                let served = response.is_served();
                self.report.note_arrival(self.now, &call, &response, &self.server);
                in_flight.response = Some(response);
                let delay = self.plan.network.latency(&mut self.rng);
                let end = self.now + if served { self.plan.workload.service() } else { 0 };
                if served {
                    self.schedule(end, Event::End { number });
                }
                self.schedule(end + delay, Event::Response { number });
            }
            Event::End { number } => {
                if let Some(in_flight) = &self.calls[number] {
                    self.server.end(&in_flight.call);
                }
            }
            Event::Response { number } => {
                let Some(InFlight { caller, call, response: Some(response), .. }) = &mut self.calls[number] else {
                    return;
                };
                if response.is_failure {
                    *call = call.with_real(call.real().with_failed_requests(0));
                }
                let (caller, call, served) = (*caller, *call, response.is_served());
                let client = caller % clients.len();
                clients[client].on_response(self.now, number, response, &call);
                if served {
                    self.calls[number] = None;
                    self.vacant.push(number);
                    if self.plan.workload.arrivals() == Arrivals::Saturating {
                        self.schedule(self.now, Event::Submit { caller });
                    }
                }
                self.poll(client, clients);
            }
            Event::Others => {
                let others = self.plan.others;
                let call = SimCall::of(Amounts::of_tokens(others.tokens));
                let is_there = others.by_turns == 0 || (self.now / others.by_turns).is_multiple_of(2);
                if is_there {
                    self.server.charge(self.now, &call);
                    self.server.end(&call);
                    self.report.taken_by_others(self.now, &call, &self.server);
                }
                let every = self.server.rules().first().and_then(|rule| {
                    let wanted = u128::from(rule.limit()) * u128::from(others.percent);
                    let each = u128::from(call.real().of(rule.metric())) * u128::from(rule.width()) * 100;
                    u64::try_from(each / wanted.max(1)).ok()
                });
                // Without a limit to share, and beyond the end of time, there is no next call.
                if let Some(at) = every.and_then(|every| self.now.checked_add(every.max(1))) {
                    self.schedule(at, Event::Others);
                }
            }
        }
    }

    fn poll(&mut self, client: usize, clients: &mut [&mut dyn Client]) {
        let mut send = std::mem::take(&mut self.send);
        let next = clients[client].poll(self.now, &mut send);
        for number in send.drain(..) {
            let Some(in_flight) = self.calls[number].as_mut() else { continue };
            if !in_flight.sent {
                in_flight.sent = true;
                self.report.waited(self.now, self.now - in_flight.submitted);
            }
            let at = self.now + self.plan.network.latency(&mut self.rng);
            self.schedule(at, Event::Arrive { number });
        }
        self.send = send;
        let next = next.map(|next| next.max(self.now + 1));
        // A time that stays the same is scheduled already.
        let last = std::mem::replace(&mut self.next_poll[client], next);
        if let Some(at) = next.filter(|_| next != last) {
            self.schedule(at, Event::Poll { client });
        }
    }
}

impl Report {
    fn new(plan: &Simulation) -> Self {
        // A run shorter than a window cannot measure its limit. Neither can a run under a soft limit.
        let spans = 1..=plan.duration.saturating_sub(plan.warm_up);
        let counts = |(_, rule): &(usize, &SimRule)| {
            spans.contains(&rule.width()) && !rule.is_soft() && rule.remedy() == Remedy::Wait
        };
        let rules = plan.server.rules().iter().enumerate().filter(counts);
        let rates = rules.map(|(number, rule)| Rate {
            rule: number,
            per_nano: rule.limit() as f64 / rule.width() as f64,
            served: 0,
            others: 0,
        });
        Self {
            served: 0,
            refused: 0,
            failed: 0,
            over_limit: 0,
            waits: Vec::new(),
            by_caller: vec![0; plan.workload.callers()],
            rates: rates.collect(),
            from: plan.warm_up,
            until: plan.duration,
            series: Series::default(),
        }
    }
}

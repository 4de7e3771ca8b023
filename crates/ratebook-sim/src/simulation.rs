//! The simulation: events in order of time, on a virtual clock.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use fastrand::Rng;
use ratebook::Remedy;

use crate::answer::Answer;
use crate::call::Call;
use crate::report::{Rate, Report, Series};
use crate::rule::Rule;
use crate::server::Server;
use crate::workload::{Arrivals, Workload};

/// A client under test: it is told of calls and replies, and says what it sends and when it wants to look again.
pub trait Client {
    /// A caller wants to make a call. Its number stays the same until it is served.
    fn submit(&mut self, now: u64, number: usize, call: &Call);

    /// Pushes the numbers of the calls that are sent now, and says when to ask again at the latest.
    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64>;

    /// A call was answered: it was served, or else the client has it still, and sends it again when it sees fit.
    fn reply(&mut self, now: u64, number: usize, answer: &Answer, call: &Call);
}

/// How long a message takes, one way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// Nanoseconds at least.
    pub delay: u64,
    /// Nanoseconds more at most, each way anew.
    pub jitter: u64,
}

impl Network {
    fn delay(self, rng: &mut Rng) -> u64 {
        self.delay + if self.jitter == 0 { 0 } else { rng.u64(0..=self.jitter) }
    }
}

/// Others who draw on the same account, unseen: they come first, and take evenly what they want.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Others {
    /// How much they want, in percent of the server's first limit.
    pub percent: u64,
    /// Tokens of each of their calls.
    pub tokens: u64,
    /// Nanoseconds for which they are there and then are not, by turns; always there where that is zero.
    pub by_turns: u64,
}

impl Others {
    /// Always there, with calls of a token.
    pub fn steady(percent: u64) -> Self {
        Self { percent, tokens: 1, by_turns: 0 }
    }
}

/// What is simulated.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// Who enforces.
    pub server: Server,
    /// What callers want.
    pub workload: Workload,
    /// What lies between.
    pub network: Network,
    /// Who else draws on the account.
    pub others: Others,
    /// Nanoseconds simulated.
    pub duration: u64,
    /// Nanoseconds at the beginning that the report leaves out.
    pub warm_up: u64,
    /// The same seed gives the same run.
    pub seed: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Submit { caller: usize },
    Poll { client: usize },
    Arrive { number: usize },
    End { number: usize },
    Reply { number: usize },
    Others,
}

struct InFlight {
    call: Call,
    submitted: u64,
    sent: bool,
    answer: Option<Answer>,
}

impl Simulation {
    /// Runs it with some clients on one account, among whom the callers are divided.
    ///
    /// # Panics
    /// With no client.
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
            next_poll: vec![u64::MAX; clients.len()],
            send: Vec::new(),
            report: Report::new(self),
        };
        for caller in 0..self.workload.callers {
            let at = match self.workload.arrivals {
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
    next_poll: Vec<u64>,
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
                self.calls[number] = Some(InFlight { call, submitted: self.now, sent: false, answer: None });
                let client = caller % clients.len();
                clients[client].submit(self.now, number, &call);
                self.poll(client, clients);
                if let Arrivals::Steady { every } | Arrivals::Bursts { every } = self.plan.workload.arrivals {
                    self.schedule(self.now + every.max(1), Event::Submit { caller });
                }
            }
            Event::Poll { client } => {
                if self.next_poll[client] <= self.now {
                    self.poll(client, clients);
                }
            }
            Event::Arrive { number } => {
                let Some(in_flight) = &mut self.calls[number] else { return };
                let call = in_flight.call;
                let answer = self.server.answer(self.now, &call);
                let served = answer.is_served();
                self.report.note_arrival(self.now, &call, &answer);
                in_flight.answer = Some(answer);
                let delay = self.plan.network.delay(&mut self.rng);
                let end = self.now + if served { self.plan.workload.service } else { 0 };
                if served {
                    self.schedule(end, Event::End { number });
                }
                self.schedule(end + delay, Event::Reply { number });
            }
            Event::End { number } => {
                if let Some(in_flight) = &self.calls[number] {
                    self.server.end(&in_flight.call);
                }
            }
            Event::Reply { number } => {
                let Some(InFlight { call, answer: Some(answer), .. }) = &self.calls[number] else { return };
                let (call, served) = (*call, answer.is_served());
                let client = call.caller % clients.len();
                clients[client].reply(self.now, number, answer, &call);
                if served {
                    self.calls[number] = None;
                    self.vacant.push(number);
                    if self.plan.workload.arrivals == Arrivals::Saturating {
                        self.schedule(self.now, Event::Submit { caller: call.caller });
                    }
                }
                self.poll(client, clients);
            }
            Event::Others => {
                let others = self.plan.others;
                let call = Call::of_tokens(usize::MAX, others.tokens);
                let is_there = others.by_turns == 0 || (self.now / others.by_turns).is_multiple_of(2);
                if is_there {
                    self.server.take(self.now, &call);
                    self.server.end(&call);
                    self.report.taken_by_others(self.now, &call);
                }
                let every = self.server.rules().first().map_or(u64::MAX, |rule| {
                    let wanted = u128::from(rule.limit()) * u128::from(others.percent);
                    let each = u128::from(call.real.of(rule.metric())) * u128::from(rule.width()) * 100;
                    u64::try_from(each / wanted.max(1)).unwrap_or(u64::MAX)
                });
                self.schedule(self.now.saturating_add(every.max(1)), Event::Others);
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
            let at = self.now + self.plan.network.delay(&mut self.rng);
            self.schedule(at, Event::Arrive { number });
        }
        self.send = send;
        self.next_poll[client] = u64::MAX;
        if let Some(next) = next {
            let next = next.max(self.now + 1);
            self.next_poll[client] = next;
            self.schedule(next, Event::Poll { client });
        }
    }
}

impl Report {
    fn new(plan: &Simulation) -> Self {
        // A day's limit says nothing about a quarter of an hour, and one that may be passed says nothing at all.
        let spans = 1..=plan.duration - plan.warm_up;
        let counts = |rule: &&Rule| spans.contains(&rule.width()) && !rule.is_soft() && rule.remedy() == Remedy::Wait;
        let rules = plan.server.rules().iter().filter(counts);
        let rates = rules.map(|rule| Rate {
            metric: rule.metric(),
            by_nanos: rule.limit() as f64 / rule.width() as f64,
            served: 0,
            others: 0,
        });
        Self {
            served: 0,
            refused: 0,
            over_limit: 0,
            waits: Vec::new(),
            by_caller: vec![0; plan.workload.callers],
            rates: rates.collect(),
            from: plan.warm_up,
            until: plan.duration,
            series: Series::default(),
        }
    }
}

//! The clients that are compared: our limiter and common alternatives.

mod fifo;
mod per_minute;

pub use fifo::{exact, fixed_sleep, last_minute, ticker};
pub use per_minute::PerMinute;

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::time::Duration;

use fastrand::Rng;
use governor::clock::{Clock as _, FakeRelativeClock};
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed};
use governor::{Quota, RateLimiter};
use ratebook::Metric;
use ratebook_limiter::{Admission, Cost, ManualClock, Model, OwnedPermit, Ticket, Usage};
use ratebook_sim::{Client, SECOND, SimCall, SimResponse};

/// Our limiter, on the clock of the simulation.
pub struct Ratebook {
    clock: ManualClock,
    models: Vec<Model>,
    waiting: Vec<VecDeque<(usize, Ticket<Model>)>>,
    permits: HashMap<usize, OwnedPermit>,
    /// Whether it observes responses.
    observes: bool,
}

impl Ratebook {
    pub fn new(clock: ManualClock, models: Vec<Model>) -> Self {
        let waiting = models.iter().map(|_| VecDeque::new()).collect();
        Self { clock, models, waiting, permits: HashMap::new(), observes: false }
    }

    /// Returns a client that also observes the server's responses.
    pub fn observing(clock: ManualClock, models: Vec<Model>) -> Self {
        Self { observes: true, ..Self::new(clock, models) }
    }
}

impl Client for Ratebook {
    fn submit(&mut self, now: u64, number: usize, call: &SimCall) {
        self.clock.set(Duration::from_nanos(now));
        let estimate = call.estimate();
        let cost = Cost::request().input(estimate.input()).output(estimate.output());
        let cost = cost.audio_millis(estimate.audio_millis()).micro_usd(estimate.micro_usd());
        let ticket = self.models[call.model()].enqueue_owned(cost).expect("no simulated call is above a limit");
        self.waiting[call.model()].push_back((number, ticket));
    }

    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64> {
        self.clock.set(Duration::from_nanos(now));
        let mut next = None;
        // Calls of one model are admitted in order: the calls behind the first one wait too.
        for waiting in &mut self.waiting {
            while let Some((number, ticket)) = waiting.pop_front() {
                match ticket.poll_admission(None) {
                    Admission::Granted(permit) => {
                        self.permits.insert(number, permit);
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
        self.clock.set(Duration::from_nanos(now));
        let permit = self.permits.remove(&number).expect("every call in flight has its permit");
        if self.observes {
            permit.observe(response.status, &response.headers[..], response.body.as_bytes());
        }
        if response.is_served() {
            permit.settle(Usage::new().input(call.real().input()).output(call.real().output()));
        } else if self.observes {
            // Most vendors count a refused request, but not its tokens.
            permit.settle(Usage::new().tokens(0));
            self.submit(now, number, call);
        } else {
            drop(permit);
            self.submit(now, number, call);
        }
    }
}

/// Sends every call at once and retries refusals with exponential backoff and full jitter, from 1 s to 60 s.
pub struct Backoff {
    waiting: Vec<(u64, usize)>,
    tries: HashMap<usize, u32>,
    rng: Rng,
}

impl Backoff {
    pub fn new() -> Self {
        Self { waiting: Vec::new(), tries: HashMap::new(), rng: Rng::with_seed(7) }
    }
}

impl Client for Backoff {
    fn submit(&mut self, now: u64, number: usize, _: &SimCall) {
        self.waiting.push((now, number));
    }

    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64> {
        self.waiting.retain(|(at, number)| {
            if *at <= now {
                send.push(*number);
            }
            *at > now
        });
        self.waiting.iter().map(|(at, _)| *at).min()
    }

    fn on_response(&mut self, now: u64, number: usize, response: &SimResponse, _: &SimCall) {
        if response.is_served() {
            self.tries.remove(&number);
            return;
        }
        let tries = self.tries.entry(number).or_default();
        *tries += 1;
        let most = (SECOND << (*tries - 1).min(6)).min(60 * SECOND);
        self.waiting.push((now + self.rng.u64(1..=most), number));
    }
}

type Governor = RateLimiter<NotKeyed, InMemoryState, FakeRelativeClock, NoOpMiddleware<Nanos>>;

/// Two governor limiters in sequence, for requests and then tokens, as many programs use them.
pub struct TwoGovernors {
    clock: FakeRelativeClock,
    now: u64,
    requests: Governor,
    tokens: Governor,
    /// The call's number, its tokens, whether its request was admitted, and when to retry.
    waiting: Vec<(usize, u64, bool, u64)>,
}

impl TwoGovernors {
    pub fn new(limits: PerMinute) -> Self {
        let clock = FakeRelativeClock::default();
        let governor = |limit: u64| {
            let limit = NonZeroU32::new(u32::try_from(limit).unwrap_or(u32::MAX).max(1)).expect("one at least");
            Governor::direct_with_clock(Quota::per_minute(limit), clock.clone())
        };
        let (requests, tokens) = (governor(limits.requests), governor(limits.tokens));
        Self { clock, now: 0, requests, tokens, waiting: Vec::new() }
    }
}

impl Client for TwoGovernors {
    fn submit(&mut self, now: u64, number: usize, call: &SimCall) {
        self.waiting.push((number, call.estimate().of(Metric::Tokens), false, now));
    }

    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64> {
        self.clock.advance(Duration::from_nanos(now - self.now));
        self.now = now;
        let (requests, tokens, clock) = (&self.requests, &self.tokens, &self.clock);
        self.waiting.retain_mut(|(number, count, has_request, again)| {
            if *again > now {
                return true;
            }
            let start = clock.now();
            if !*has_request {
                match requests.check() {
                    Ok(()) => *has_request = true,
                    Err(not_until) => {
                        *again = now + not_until.wait_time_from(start).as_nanos().max(1) as u64;
                        return true;
                    }
                }
            }
            let Some(count) = NonZeroU32::new(*count as u32) else {
                send.push(*number);
                return false;
            };
            match tokens.check_n(count).expect("no call is above the burst") {
                Ok(()) => {
                    send.push(*number);
                    false
                }
                Err(not_until) => {
                    *again = now + not_until.wait_time_from(start).as_nanos().max(1) as u64;
                    true
                }
            }
        });
        self.waiting.iter().map(|(.., again)| *again).min()
    }

    fn on_response(&mut self, now: u64, number: usize, response: &SimResponse, call: &SimCall) {
        if !response.is_served() {
            self.waiting.push((number, call.estimate().of(Metric::Tokens), false, now + SECOND));
        }
    }
}

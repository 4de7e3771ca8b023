//! The clients that are compared: our limiter and common alternatives.

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
use ratebook_sim::{Amounts, Client, SECOND, SimCall, SimResponse, SimRule};

/// Requests and tokens a minute, as a user of a limiter without a catalog would set them.
#[derive(Clone, Copy)]
pub struct PerMinute {
    pub requests: u64,
    pub tokens: u64,
}

impl PerMinute {
    /// The strictest requests and tokens per minute, for identical calls. A limit on another metric, such as audio, is
    /// converted to requests. Limits per day and longer are left out, as such a user would: spread over the minutes,
    /// they would leave most of a short run unused.
    pub fn of(rules: &[SimRule], each: &Amounts) -> Self {
        let mut rates = Self { requests: u64::MAX, tokens: u64::MAX };
        let tokens = u128::from(each.of(Metric::Tokens));
        let widths = SECOND..86_400 * SECOND;
        for rule in rules.iter().filter(|rule| widths.contains(&rule.width()) && each.of(rule.metric()) > 0) {
            let (amount, width) = (u128::from(each.of(rule.metric())), u128::from(rule.width()));
            let by_minute = |of_each: u128| {
                (u128::from(rule.limit()) * u128::from(60 * SECOND) * of_each / (amount * width)) as u64
            };
            match rule.metric() {
                Metric::Tokens | Metric::InputTokens | Metric::OutputTokens => {
                    rates.tokens = rates.tokens.min(by_minute(tokens));
                }
                _ => rates.requests = rates.requests.min(by_minute(1)),
            }
        }
        rates
    }
}

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

/// A FIFO queue. A gate decides when the first call is sent.
struct FifoQueue<G> {
    waiting: VecDeque<(usize, SimCall)>,
    gate: G,
    /// Calls that were refused, and when they are queued again.
    refused: Vec<(u64, usize, SimCall)>,
}

/// Decides when the first call of a queue is sent.
trait Gate {
    /// Admits the call, or returns when to try again.
    fn try_send(&mut self, now: u64, call: &Amounts) -> Result<(), u64>;
}

impl<G: Gate> Client for FifoQueue<G> {
    fn submit(&mut self, _: u64, number: usize, call: &SimCall) {
        self.waiting.push_back((number, *call));
    }

    fn poll(&mut self, now: u64, send: &mut Vec<usize>) -> Option<u64> {
        let waiting = &mut self.waiting;
        self.refused.retain(|(at, number, call)| {
            if *at <= now {
                waiting.push_back((*number, *call));
            }
            *at > now
        });
        let mut next = self.refused.iter().map(|(at, ..)| *at).min();
        while let Some((number, call)) = self.waiting.front() {
            match self.gate.try_send(now, call.estimate()) {
                Ok(()) => send.push(*number),
                Err(at) => {
                    next = Some(next.map_or(at, |next| next.min(at)));
                    break;
                }
            }
            self.waiting.pop_front();
        }
        next
    }

    fn on_response(&mut self, now: u64, number: usize, response: &SimResponse, call: &SimCall) {
        if !response.is_served() {
            self.refused.push((now + SECOND, number, *call));
        }
    }
}

fn fifo_queue(gate: impl Gate + 'static) -> Box<dyn Client> {
    Box::new(FifoQueue { waiting: VecDeque::new(), gate, refused: Vec::new() })
}

/// One call, then a pause.
struct FixedSleep {
    pause: u64,
    next: u64,
}

impl Gate for FixedSleep {
    fn try_send(&mut self, now: u64, _: &Amounts) -> Result<(), u64> {
        if now < self.next {
            return Err(self.next);
        }
        self.next = now + self.pause;
        Ok(())
    }
}

pub fn fixed_sleep(limits: PerMinute, each: &Amounts) -> Box<dyn Client> {
    let calls = limits.requests.min(limits.tokens / each.of(Metric::Tokens).max(1)).max(1);
    fifo_queue(FixedSleep { pause: (60 * SECOND).div_ceil(calls), next: 0 })
}

/// A semaphore that a timer refills every minute.
struct Ticker {
    permits: u64,
    left: u64,
    minute: u64,
}

impl Gate for Ticker {
    fn try_send(&mut self, now: u64, _: &Amounts) -> Result<(), u64> {
        let minute = now / (60 * SECOND);
        if minute > self.minute {
            (self.minute, self.left) = (minute, self.permits);
        }
        self.left = self.left.checked_sub(1).ok_or((minute + 1) * 60 * SECOND)?;
        Ok(())
    }
}

pub fn ticker(limits: PerMinute) -> Box<dyn Client> {
    fifo_queue(Ticker { permits: limits.requests, left: limits.requests, minute: 0 })
}

/// A hand-written log of the last 60 seconds' calls, as is common.
struct LastMinute {
    limits: PerMinute,
    calls: VecDeque<(u64, u64)>,
    used: u64,
}

impl Gate for LastMinute {
    fn try_send(&mut self, now: u64, call: &Amounts) -> Result<(), u64> {
        while let Some((_, gone)) = self.calls.pop_front_if(|(at, _)| *at + 60 * SECOND <= now) {
            self.used -= gone;
        }
        let tokens = call.of(Metric::Tokens);
        let oldest = self.calls.front().map(|(at, _)| at + 60 * SECOND);
        match oldest {
            Some(at) if self.calls.len() as u64 >= self.limits.requests || self.used + tokens > self.limits.tokens => {
                Err(at)
            }
            _ => {
                self.calls.push_back((now, tokens));
                self.used += tokens;
                Ok(())
            }
        }
    }
}

pub fn last_minute(limits: PerMinute) -> Box<dyn Client> {
    fifo_queue(LastMinute { limits, calls: VecDeque::new(), used: 0 })
}

/// An exact log for every limit of the server: the upper bound for any limiter that admits in order of arrival.
struct Exact {
    windows: Vec<ExactWindow>,
}

struct ExactWindow {
    rule: SimRule,
    calls: VecDeque<(u64, u64)>,
    used: u64,
}

impl ExactWindow {
    /// When an amount fits, if not now.
    fn wait(&mut self, now: u64, amount: u64) -> Option<u64> {
        let (limit, width) = (self.rule.limit_at(now), self.rule.width());
        while let Some((_, gone)) = self.calls.pop_front_if(|(at, _)| *at + width <= now) {
            self.used -= gone;
        }
        // A call above the limit passes alone, and holds its share of time.
        let over = if amount > limit { self.used } else { (self.used + amount).saturating_sub(limit) };
        let mut freed = 0;
        let mut frees = |amount: u64| {
            freed += amount;
            freed >= over
        };
        (over > 0)
            .then(|| self.calls.iter().find(|(_, amount)| frees(*amount)).map_or(now + SECOND, |(at, _)| at + width))
    }

    fn charge(&mut self, now: u64, amount: u64) {
        let limit = self.rule.limit_at(now);
        let hold = if amount > limit { self.rule.width() * (amount - limit) / limit } else { 0 };
        self.calls.push_back((now + hold, amount));
        self.used += amount;
    }
}

impl Gate for Exact {
    fn try_send(&mut self, now: u64, call: &Amounts) -> Result<(), u64> {
        let waits = self.windows.iter_mut().map(|window| window.wait(now, call.of(window.rule.metric())));
        if let Some(at) = waits.max().flatten() {
            return Err(at);
        }
        self.windows.iter_mut().for_each(|window| window.charge(now, call.of(window.rule.metric())));
        Ok(())
    }
}

pub fn exact(rules: &[SimRule]) -> Box<dyn Client> {
    let rules = rules.iter().filter(|rule| rule.width() > 0);
    let windows = rules.map(|rule| ExactWindow { rule: rule.clone(), calls: VecDeque::new(), used: 0 });
    fifo_queue(Exact { windows: windows.collect() })
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

//! Clients that queue calls, and send the first one when a gate lets it pass.

use std::collections::VecDeque;

use ratebook::Metric;
use ratebook_sim::{Amounts, Client, SECOND, SimCall, SimResponse, SimRule};

use super::per_minute::PerMinute;

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

//! The result of a simulation.

use crate::SECOND;
use crate::call::SimCall;
use crate::response::SimResponse;
use crate::server::Server;

/// The result of a simulation, after the warm-up.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Calls served.
    pub served: u64,
    /// Refusals (HTTP 429), including those of the warm-up.
    pub refused: u64,
    /// Calls that failed for another reason, including those of the warm-up.
    pub failed: u64,
    /// Calls served above a soft limit.
    pub over_limit: u64,
    /// Waits between submission and first attempt, in nanoseconds.
    pub(crate) waits: Vec<u64>,
    /// Served calls by caller.
    pub(crate) by_caller: Vec<u64>,
    pub(crate) rates: Vec<Rate>,
    /// End of the warm-up, in nanoseconds.
    pub(crate) from: u64,
    /// End of the simulation, in nanoseconds.
    pub(crate) until: u64,
    pub(crate) series: Series,
}

/// A limit and the amount served under it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    /// The index of the server's rule.
    pub(crate) rule: usize,
    /// Units per nanosecond.
    pub(crate) per_nano: f64,
    pub(crate) served: u64,
    /// The amount that other clients of the account used.
    pub(crate) others: u64,
}

/// Calls that arrived at the server in each second of the simulation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) arrived: Vec<u64>,
}

impl Report {
    pub(crate) fn note_arrival(&mut self, now: u64, call: &SimCall, response: &SimResponse, server: &Server) {
        let second = (now / SECOND) as usize;
        self.series.arrived.resize(self.series.arrived.len().max(second + 1), 0);
        self.series.arrived[second] += 1;
        if response.is_failure {
            self.failed += 1;
        } else if !response.is_served() {
            self.refused += 1;
        } else if now >= self.from {
            self.served += 1;
            self.over_limit += u64::from(response.is_over_limit);
            self.rates.iter_mut().for_each(|rate| rate.served += server.cost(rate.rule, call));
            if let Some(count) = call.caller().and_then(|caller| self.by_caller.get_mut(caller)) {
                *count += 1;
            }
        }
    }

    pub(crate) fn taken_by_others(&mut self, now: u64, call: &SimCall, server: &Server) {
        if now >= self.from {
            self.rates.iter_mut().for_each(|rate| rate.others += server.cost(rate.rule, call));
        }
    }

    pub(crate) fn waited(&mut self, now: u64, wait: u64) {
        if now >= self.from {
            self.waits.push(wait);
        }
    }

    pub(crate) fn finish(&mut self) {
        self.waits.sort_unstable();
        let seconds = self.until.div_ceil(SECOND) as usize;
        self.series.arrived.resize(seconds.max(self.series.arrived.len()), 0);
    }

    /// Returns the served amount as a share of the limit, for the limit with the largest share. Ignores limits on
    /// concurrency, soft limits, and windows longer than the report; `None` if there are no other limits.
    pub fn goodput(&self) -> Option<f64> {
        self.max_share(|rate, limit| rate.served as f64 / limit)
    }

    /// Like [`goodput`](Self::goodput), but as a share of what other clients of the account left.
    pub fn goodput_beside_others(&self) -> Option<f64> {
        self.max_share(|rate, limit| rate.served as f64 / (limit - rate.others as f64))
    }

    fn max_share(&self, share: impl Fn(&Rate, f64) -> f64) -> Option<f64> {
        let time = self.until.saturating_sub(self.from) as f64;
        self.rates.iter().map(|rate| share(rate, rate.per_nano * time)).reduce(f64::max)
    }

    /// Returns the calls that arrived at the server, served or refused.
    pub fn arrived(&self) -> u64 {
        self.series.arrived.iter().sum()
    }

    /// Returns a percentile of the waits between submission and first attempt, in nanoseconds. Zero without calls.
    pub fn wait_percentile(&self, percent: usize) -> u64 {
        let rank = (self.waits.len() * percent).div_ceil(100).saturating_sub(1);
        self.waits.get(rank).copied().unwrap_or(0)
    }

    /// Returns Jain's fairness index of the served calls per caller: 1 if all callers are served equally, 1/n if only
    /// one is (Jain, Chiu, Hawe 1984).
    pub fn fairness(&self) -> f64 {
        let (sum, squares) = self.by_caller.iter().fold((0.0, 0.0), |(sum, squares), count| {
            let count = *count as f64;
            (sum + count, squares + count * count)
        });
        if squares == 0.0 { 1.0 } else { sum * sum / (self.by_caller.len() as f64 * squares) }
    }

    /// Returns the calls that arrived in each second from the start of the simulation, served or refused.
    pub fn arrived_by_second(&self) -> &[u64] {
        &self.series.arrived
    }
}

//! What came of a simulation.

use ratebook::Metric;

use crate::SECOND;
use crate::answer::Answer;
use crate::call::Call;

/// What came of a simulation, from the end of its warm-up on.
#[derive(Clone, Debug)]
pub struct Report {
    /// Calls served.
    pub served: u64,
    /// Times that a call was refused (HTTP 429), the warm-up included.
    pub refused: u64,
    /// Calls served though they were over a soft limit.
    pub over_limit: u64,
    pub(crate) waits: Vec<u64>,
    pub(crate) by_caller: Vec<u64>,
    pub(crate) rates: Vec<Rate>,
    pub(crate) from: u64,
    pub(crate) until: u64,
    pub(crate) series: Series,
}

/// A limit, and what was served of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) metric: Metric,
    /// Units by the nanosecond.
    pub(crate) by_nanos: f64,
    pub(crate) served: u64,
    /// What others took.
    pub(crate) others: u64,
}

/// Calls that arrived at the server in each second of the simulation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Series {
    pub(crate) arrived: Vec<u64>,
}

impl Report {
    pub(crate) fn note_arrival(&mut self, now: u64, call: &Call, answer: &Answer) {
        let second = (now / SECOND) as usize;
        self.series.arrived.resize(self.series.arrived.len().max(second + 1), 0);
        self.series.arrived[second] += 1;
        if !answer.is_served() {
            self.refused += 1;
        } else if now >= self.from {
            self.served += 1;
            self.over_limit += u64::from(answer.is_over_limit);
            self.rates.iter_mut().for_each(|rate| rate.served += call.real.of(rate.metric));
            if let Some(count) = self.by_caller.get_mut(call.caller) {
                *count += 1;
            }
        }
    }

    pub(crate) fn taken_by_others(&mut self, now: u64, call: &Call) {
        if now >= self.from {
            self.rates.iter_mut().for_each(|rate| rate.others += call.real.of(rate.metric));
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

    /// What was served, as a share of the limit that it used most; limits over more time than the report's and those on
    /// calls at one time say nothing here, and `None` means that there are no others.
    pub fn goodput(&self) -> Option<f64> {
        self.most(|rate, limit| rate.served as f64 / limit)
    }

    /// The same of what others on the account have left.
    pub fn goodput_beside_others(&self) -> Option<f64> {
        self.most(|rate, limit| rate.served as f64 / (limit - rate.others as f64))
    }

    fn most(&self, share: impl Fn(&Rate, f64) -> f64) -> Option<f64> {
        let time = (self.until - self.from) as f64;
        self.rates.iter().map(|rate| share(rate, rate.by_nanos * time)).reduce(f64::max)
    }

    /// Calls that arrived at the server, served or not.
    pub fn arrived(&self) -> u64 {
        self.series.arrived.iter().sum()
    }

    /// The wait between wanting a call and first sending it that so many percent of calls do not exceed, in nanoseconds.
    pub fn wait_percentile(&self, percent: usize) -> u64 {
        let rank = (self.waits.len() * percent).div_ceil(100).saturating_sub(1);
        self.waits.get(rank).copied().unwrap_or(0)
    }

    /// Jain's index of the calls that each caller was served: 1 where all were served the same, 1/n where one took all
    /// (Jain, Chiu, Hawe 1984).
    pub fn fairness(&self) -> f64 {
        let (sum, squares) = self.by_caller.iter().fold((0.0, 0.0), |(sum, squares), count| {
            let count = *count as f64;
            (sum + count, squares + count * count)
        });
        if squares == 0.0 { 1.0 } else { sum * sum / (self.by_caller.len() as f64 * squares) }
    }

    /// Calls that arrived at the server in each second, served or not, from the beginning.
    pub fn arrived_by_second(&self) -> &[u64] {
        &self.series.arrived
    }
}

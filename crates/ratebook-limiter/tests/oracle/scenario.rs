//! Scenarios for the limiter and the reference: limits, calls, and changes beside them.

use ratebook::{Calendar, Growth, Metric, Penalty, Period};
use ratebook_limiter::{Burst, Cost, Usage};

pub(crate) const MILLI: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MILLI;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// The grace of a turn, in nanoseconds. Default of the limiter: the same.
pub(crate) const GRACE: u64 = 20 * MILLI;

/// The amounts that a call counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) requests: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
    /// Of the input, the tokens that are read from a cache.
    pub(crate) cached: u64,
    pub(crate) images: u64,
    /// Requests of a batch job.
    pub(crate) queued_requests: u64,
    /// Input tokens of a batch job.
    pub(crate) queued_tokens: u64,
}

impl Amounts {
    pub(crate) fn of(self, metric: Metric) -> u64 {
        match metric {
            Metric::Requests => self.requests,
            Metric::Tokens => self.input.saturating_add(self.output),
            Metric::InputTokens => self.input,
            Metric::OutputTokens => self.output,
            Metric::ConcurrentTasks => 1,
            Metric::UncachedAndWrittenInputTokens => self.input - self.cached,
            Metric::UncachedTokens => self.input - self.cached + self.output,
            Metric::Images => self.images,
            Metric::QueuedBatchRequests => self.queued_requests,
            Metric::QueuedBatchTokens => self.queued_tokens,
            other => panic!("the oracle counts no {other}"),
        }
    }

    pub(crate) fn cost(self) -> Cost {
        let cost = Cost::request().requests(self.requests).input(self.input - self.cached).cached_input(self.cached);
        cost.output(self.output).images(self.images).queued(self.queued_requests, self.queued_tokens)
    }

    pub(crate) fn usage(self) -> Usage {
        let usage = Usage::new().requests(self.requests).input(self.input).cached_input(self.cached);
        usage.output(self.output).images(self.images)
    }
}

/// Returns one request with the given tokens.
pub(crate) fn tokens(input: u64, output: u64) -> Amounts {
    Amounts { requests: 1, input, output, ..Amounts::default() }
}

/// Returns what a call of a model takes of a pool, in units of the pool: Acme's large model weighs four, and its output
/// tokens count as five.
pub(crate) fn weighed(model: &str, metric: Metric, cost: Amounts) -> u64 {
    match (model, metric) {
        ("nova-large", Metric::Tokens) => cost.output.saturating_mul(5).saturating_add(cost.input).saturating_mul(4),
        ("nova-large", Metric::Requests) => cost.requests * 4,
        _ => cost.of(metric),
    }
}

/// A limit of the oracle's own. `model` is `*` for a limit that all models share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) model: &'static str,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    pub(crate) amount: u64,
}

/// Returns a limit of the model `a`.
pub(crate) fn of_a(metric: Metric, per: impl Into<Option<Period>>, amount: u64) -> Own {
    Own { model: "a", metric, per: per.into(), amount }
}

/// The source of an account's limits.
#[derive(Clone, Debug)]
pub(crate) enum Provider {
    /// The oracle's own limits.
    Own(Vec<Own>),
    /// Alibaba's limits of `qwen-plus`: 600 requests and 1,000,000 tokens per minute, and a sixtieth of each per
    /// second.
    Alibaba,
    /// Fireworks' limits of a new account, which grow.
    Fireworks,
    /// Acme's limits of `nova-small` and `nova-large`, which share a pool: 100 requests and 10,000 tokens per minute.
    Acme,
}

/// The settings of an account.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) provider: Provider,
    pub(crate) burst: Burst,
    /// The number of slots per window.
    pub(crate) resolution: usize,
    /// Where days, weeks and months begin.
    pub(crate) calendar: Calendar,
    /// The start, in seconds since 1970.
    pub(crate) begins: u64,
    /// The percentage of a class of callers, `c`.
    pub(crate) class: Option<u8>,
    /// The rule by which limits over up to an hour grow.
    pub(crate) growth: Option<Growth>,
    pub(crate) penalties: Vec<Penalty>,
}

impl Setup {
    pub(crate) fn own(limits: Vec<Own>) -> Self {
        Self { provider: Provider::Own(limits), ..Self::at(Provider::Alibaba) }
    }

    pub(crate) fn at(provider: Provider) -> Self {
        let (growth, penalties) = (None, Vec::new());
        let calendar = Calendar::Unstated;
        Self { provider, burst: Burst::Full, resolution: 128, calendar, begins: 0, class: None, growth, penalties }
    }

    pub(crate) fn limits(&self) -> &[Own] {
        match &self.provider {
            Provider::Own(limits) => limits,
            Provider::Alibaba | Provider::Fireworks | Provider::Acme => &[],
        }
    }
}

/// How a call ends that was handed out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Settle(Amounts),
    /// Dropped without a settlement.
    Drop,
    /// Cancelled, never sent.
    Cancel,
    /// Not before the scenario ends.
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) arrives: u64,
    /// The index of the handle that it goes through.
    pub(crate) handle: usize,
    pub(crate) cost: Amounts,
    /// Whether it waits for its turn; otherwise it tries once.
    pub(crate) waits: bool,
    /// Whether its caller asks for a forecast, and tries, before it waits.
    pub(crate) asks_first: bool,
    /// How long it waits before it leaves.
    pub(crate) patience: Option<u64>,
    /// The time from a wake-up or the end of a wait until its caller polls.
    pub(crate) latency: u64,
    /// A time in which its caller does not poll. Polls due in it are made at its end.
    pub(crate) busy: Option<(u64, u64)>,
    /// The time from the hand-out to the end.
    pub(crate) takes: u64,
    pub(crate) end: End,
}

impl Call {
    /// Returns a call that waits as long as it has to, with a caller that polls at once.
    pub(crate) fn waiting(arrives: u64, handle: usize, cost: Amounts) -> Self {
        let (patience, latency, busy, takes) = (None, 0, None, 0);
        Self { arrives, handle, cost, waits: true, asks_first: false, patience, latency, busy, takes, end: End::Never }
    }

    /// The usage at its end.
    pub(crate) fn real(&self) -> Amounts {
        match self.end {
            End::Settle(real) => real,
            End::Cancel => Amounts::default(),
            End::Drop | End::Never => self.cost,
        }
    }

    /// Returns when its caller makes a poll that is due at `due`.
    pub(crate) fn polls_at(&self, due: u64) -> u64 {
        match self.busy {
            Some((from, to)) if (from..to).contains(&due) => to,
            _ => due + self.latency,
        }
    }
}

/// A change beside the calls.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    SetLimit {
        metric: Metric,
        per: Option<Period>,
        amount: u64,
    },
    ResetLimit {
        metric: Metric,
        per: Option<Period>,
    },
    /// A response is observed, without a call.
    Response {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &'static str,
    },
    Forget,
    Resume,
    /// The pools are read, as by a dashboard.
    Look,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) setup: Setup,
    /// The model of each handle.
    pub(crate) handles: Vec<&'static str>,
    pub(crate) calls: Vec<Call>,
    pub(crate) changes: Vec<(u64, Change)>,
    /// The end, whether or not calls still wait.
    pub(crate) until: u64,
}

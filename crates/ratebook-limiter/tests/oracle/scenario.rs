//! What is played against the limiter, and against the reference: limits, calls, and what happens beside them.

use ratebook::{Metric, Period};
use ratebook_limiter::{Burst, Cost, Usage};

pub(crate) const MILLI: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MILLI;
pub(crate) const MINUTE: u64 = 60 * SECOND;
pub(crate) const HOUR: u64 = 60 * MINUTE;
pub(crate) const DAY: u64 = 24 * HOUR;

/// How long a caller may leave its turn before others pass it, in nanoseconds.
pub(crate) const GRACE: u64 = 20 * MILLI;

/// What a call counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Amounts {
    pub(crate) requests: u64,
    pub(crate) input: u64,
    pub(crate) output: u64,
}

impl Amounts {
    pub(crate) fn of(self, metric: Metric) -> u64 {
        match metric {
            Metric::Requests => self.requests,
            Metric::Tokens => self.input.saturating_add(self.output),
            Metric::InputTokens => self.input,
            Metric::OutputTokens => self.output,
            Metric::ConcurrentTasks => 1,
            other => panic!("the oracle counts no {other}"),
        }
    }

    pub(crate) fn cost(self) -> Cost {
        Cost::request().requests(self.requests).input(self.input).output(self.output)
    }

    pub(crate) fn usage(self) -> Usage {
        Usage::new().requests(self.requests).input(self.input).output(self.output)
    }
}

/// One request of so many tokens.
pub(crate) fn tokens(input: u64, output: u64) -> Amounts {
    Amounts { requests: 1, input, output }
}

/// A limit of the oracle's own. `model` is `*` where all models share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    pub(crate) model: &'static str,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    pub(crate) amount: u64,
}

/// A limit of the model that is called `a`.
pub(crate) fn of_a(metric: Metric, per: impl Into<Option<Period>>, amount: u64) -> Own {
    Own { model: "a", metric, per: per.into(), amount }
}

/// Whose limits an account keeps to.
#[derive(Clone, Debug)]
pub(crate) enum Provider {
    /// Those of the oracle.
    Own(Vec<Own>),
    /// Alibaba's of `qwen-plus`: 600 requests and 1,000,000 tokens a minute, and a sixtieth of each in a second.
    Alibaba,
    /// Fireworks' of a new account, which grow.
    Fireworks,
}

/// An account, as it is built.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) provider: Provider,
    pub(crate) burst: Burst,
    /// How many moments of a window are told apart.
    pub(crate) resolution: usize,
    /// Whether days and months are those of UTC.
    pub(crate) utc: bool,
    /// Seconds since 1970 at the beginning.
    pub(crate) begins: u64,
    /// A class of callers, `c`, with a share in percent.
    pub(crate) class: Option<u8>,
}

impl Setup {
    pub(crate) fn own(limits: Vec<Own>) -> Self {
        Self { provider: Provider::Own(limits), ..Self::at(Provider::Alibaba) }
    }

    pub(crate) fn at(provider: Provider) -> Self {
        Self { provider, burst: Burst::Full, resolution: 128, utc: false, begins: 0, class: None }
    }

    pub(crate) fn limits(&self) -> &[Own] {
        match &self.provider {
            Provider::Own(limits) => limits,
            Provider::Alibaba | Provider::Fireworks => &[],
        }
    }
}

/// What becomes of a call that was handed out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum End {
    Settle(Amounts),
    /// Dropped without a settlement.
    Drop,
    /// It was never sent.
    Cancel,
    /// It does not end while the scenario lasts.
    Never,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Call {
    pub(crate) arrives: u64,
    /// Which of the scenario's handles it goes through.
    pub(crate) handle: usize,
    pub(crate) cost: Amounts,
    /// Whether it waits its turn, or asks once.
    pub(crate) waits: bool,
    /// Whether its caller asks how long it would wait, and tries, before it waits.
    pub(crate) asks_first: bool,
    /// How long it waits before it leaves.
    pub(crate) patience: Option<u64>,
    /// How long after a waking or the end of a wait its caller polls.
    pub(crate) latency: u64,
    /// A time in which its caller does not poll: what is due in it is done at its end.
    pub(crate) busy: Option<(u64, u64)>,
    /// From the hand-out to the end.
    pub(crate) takes: u64,
    pub(crate) end: End,
}

impl Call {
    /// A call that waits as long as it has to, with a caller that polls at once.
    pub(crate) fn waiting(arrives: u64, handle: usize, cost: Amounts) -> Self {
        let (patience, latency, busy, takes) = (None, 0, None, 0);
        Self { arrives, handle, cost, waits: true, asks_first: false, patience, latency, busy, takes, end: End::Never }
    }

    /// What it has used in the end.
    pub(crate) fn real(&self) -> Amounts {
        match self.end {
            End::Settle(real) => real,
            End::Cancel => Amounts::default(),
            End::Drop | End::Never => self.cost,
        }
    }

    /// When its caller polls where that is due at a moment.
    pub(crate) fn polls_at(&self, due: u64) -> u64 {
        match self.busy {
            Some((from, to)) if (from..to).contains(&due) => to,
            _ => due + self.latency,
        }
    }
}

/// What happens beside the calls.
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
    /// A reply is observed, without a call.
    Reply {
        status: u16,
        headers: Vec<(&'static str, String)>,
        body: &'static str,
    },
    Forget,
    Resume,
    /// Somebody looks at the pools: a dashboard.
    Look,
}

#[derive(Clone, Debug)]
pub(crate) struct Scenario {
    pub(crate) setup: Setup,
    /// The model of each handle.
    pub(crate) handles: Vec<&'static str>,
    pub(crate) calls: Vec<Call>,
    pub(crate) changes: Vec<(u64, Change)>,
    /// Where it ends, whatever still waits.
    pub(crate) until: u64,
}

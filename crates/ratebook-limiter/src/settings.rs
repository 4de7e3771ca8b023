//! The settings of an account.

mod jitter;

use std::sync::Arc;
use std::time::Duration;

use ratebook::{Calendar, Deployment, Growth, Metric, Penalty, Period, Plan, Region};

use crate::account_provider::AccountProvider;
use crate::clock::Clock;
use crate::label::Label;
use crate::meter::SlowStart;
use crate::nanos::Nanos;
use crate::per::Per;
use crate::quota::OwnedQuota;

/// How much may be sent at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Burst {
    /// Everything that the limits leave: after an idle minute, a full minute's worth. Safe with vendors that count by
    /// fixed or sliding windows, or by a bucket that holds the whole limit.
    #[default]
    Full,
    /// An even pace within each window shorter than a day, with bursts of b: a 256th of the limit or the largest call.
    /// Of a limit L, L − b is used. Also safe with vendors that estimate by a sliding counter, and with buckets that
    /// hold only a burst. Days and months are not paced.
    Smooth,
}

/// How much quota a new account assumes is still unused. A process that restarts does not know what it used before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum StartLevel {
    /// All of it.
    #[default]
    Full,
    /// None: every window counts as used up.
    Empty,
    /// This percentage, 0 to 100. More counts as 100.
    Percent(u8),
}

impl StartLevel {
    /// Returns the unused part of a limit, in percent.
    pub(crate) fn free_percent(self) -> u8 {
        match self {
            Self::Full => 100,
            Self::Empty => 0,
            Self::Percent(percent) => percent.min(100),
        }
    }
}

/// An amount agreed with the vendor, which replaces a published one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Negotiated {
    /// The model's name, or `*` for every limit on the metric and period.
    pub(crate) model: String,
    pub(crate) metric: Metric,
    pub(crate) per: Option<Period>,
    /// In units of the metric.
    pub(crate) amount: u64,
}

impl std::fmt::Display for Negotiated {
    /// `500 requests per minute of qwen-plus`
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}{} of `{}`", self.amount, self.metric, Per::from(self.per), self.model)
    }
}

/// A class of callers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Class {
    pub(crate) name: String,
    /// Its share of every limit.
    pub(crate) percent: u8,
}

/// The settings of an account, checked by the builder.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub(crate) provider: AccountProvider,
    pub(crate) region: Option<Region>,
    pub(crate) plan: Option<Plan>,
    pub(crate) deployment: Option<Deployment>,
    pub(crate) negotiated: Vec<Negotiated>,
    /// Percentages of the limits on a metric, or of all limits, that the account may use. They multiply.
    pub(crate) shares: Vec<(Option<Metric>, u8)>,
    pub(crate) classes: Vec<Class>,
    pub(crate) burst: Burst,
    /// The spread of the network's delay; `None` for the default.
    pub(crate) jitter: Option<Duration>,
    /// The start level of limits over less than a day.
    pub(crate) start: StartLevel,
    /// Start levels of single periods. The last one of a period counts.
    pub(crate) start_levels: Vec<(Period, StartLevel)>,
    /// The slow start; `None` for the default of the provider, `Some(None)` for none.
    pub(crate) slow_start: Option<Option<SlowStart>>,
    /// How long a waiting call may leave its turn unclaimed before it is passed over.
    pub(crate) grace: Duration,
    /// The longest wait of `acquire`; `None` for no bound.
    pub(crate) longest_wait: Option<Duration>,
    pub(crate) calendar: Calendar,
    /// The rules by which limits grow with use. The last one of a metric applies.
    pub(crate) growth: Vec<Growth>,
    /// The times for which the vendor refuses every call after too many refused or failed ones.
    #[cfg_attr(not(feature = "feedback"), allow(dead_code, reason = "read by feedback only"))]
    pub(crate) penalties: Vec<Penalty>,
    /// The number of slots per window.
    pub(crate) resolution: usize,
    pub(crate) exceeds_guarantees: bool,
    pub(crate) shadow: bool,
    /// The floor of the AIMD share in percent, on an account shared with others.
    pub(crate) shared: Option<u8>,
    #[cfg(feature = "feedback")]
    pub(crate) feedback: crate::feedback::FeedbackSettings,
    pub(crate) clock: Clock,
    pub(crate) label: Label,
    /// Limits that the program adds.
    pub(crate) limits: Vec<OwnedQuota>,
    /// The program's own names of models, each with the model's name. The last one of a name counts.
    pub(crate) aliases: Vec<(String, String)>,
    /// Whether a model for which only a default is found is an error.
    pub(crate) strict: bool,
}

/// The default slow start, for providers that refuse steep rises.
const SLOW_START: SlowStart = SlowStart { from_percent: 12, over: Nanos::MINUTE };

impl Settings {
    /// Returns the model that the program calls by a name.
    pub(crate) fn model_called<'a>(&'a self, name: &'a String) -> &'a String {
        self.aliases.iter().rev().find(|(alias, _)| alias == name).map_or(name, |(_, model)| model)
    }

    /// Returns the program's own names of a model.
    pub(crate) fn aliases_of(&self, model: &str) -> impl Iterator<Item = &String> {
        let is_in_force = move |(alias, named): &&(String, String)| named == model && self.model_called(alias) == named;
        self.aliases.iter().filter(is_in_force).map(|(alias, _)| alias)
    }

    /// Returns how much of a new window is assumed to be unused.
    pub(crate) fn start_level(&self, per: Per) -> StartLevel {
        let set = self.start_levels.iter().rev().find(|(period, _)| per.is(Some(*period))).map(|(_, level)| *level);
        set.unwrap_or(if per.is_paced() { self.start } else { StartLevel::Full })
    }

    /// Returns the slow start: as set, or else the default if the provider refuses steep rises.
    pub(crate) fn slow_start(&self) -> Option<SlowStart> {
        let by_policy = self.provider.policy().acceleration_limit.then_some(SLOW_START);
        self.slow_start.unwrap_or(by_policy)
    }

    /// Returns the rule by which limits on a metric grow: the metric's own, or else the one for every metric.
    pub(crate) fn growth_of(&self, metric: Metric) -> Option<&Growth> {
        let rule_for = |metric: Option<Metric>| self.growth.iter().rev().find(|growth| growth.metric == metric);
        rule_for(Some(metric)).or_else(|| rule_for(None))
    }

    /// Returns the percentages of the limits on a metric that the account may use. Each applies to the result of the
    /// one before.
    pub(crate) fn shares_of(&self, metric: Metric) -> Arc<[u8]> {
        let shares = self.shares.iter().filter(|(shared, _)| shared.is_none_or(|shared| shared == metric));
        shares.map(|(_, percent)| *percent).collect()
    }
}

//! A limit and its key.

use std::fmt;
use std::str::FromStr;

use crate::{Amount, Bound, Date, Evidence, Invocation, Kind, Metric, Period, UnknownWord};

/// The calls that share a limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pool {
    /// Every call of the account. Written `account`.
    Account,
    /// The models of a group. Written `size:small`, `task:translation`.
    Group(String),
    /// Each model of the selector alone. Written `model`.
    Model,
}

/// One point of a limit that grows with sustained use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RampPoint {
    /// Minutes of sustained use after which the amount is in force.
    pub after_minutes: u32,
    /// The amount, in units of the limit's metric.
    pub amount: u64,
}

impl fmt::Display for RampPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.after_minutes, self.amount)
    }
}

/// How much of a pool one unit of a call takes. Default: one for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// The units of the pool that one unit of the metric takes. Written `4`.
    pub each: u16,
    /// The number of tokens that an output token counts as, for limits on tokens. Written `output:5`.
    pub output: u16,
}

impl Weight {
    /// One for one.
    pub const ONE: Self = Self { each: 1, output: 1 };
}

impl fmt::Display for Weight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.each, self.output) {
            (each, 1) => write!(f, "{each}"),
            (1, output) => write!(f, "output:{output}"),
            (each, output) => write!(f, "{each},output:{output}"),
        }
    }
}

impl FromStr for Weight {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let (each, output) = match text.split_once(',') {
            Some((each, output)) => (each, output.strip_prefix("output:").unwrap_or("")),
            None => match text.strip_prefix("output:") {
                Some(output) => ("1", output),
                None => (text, "1"),
            },
        };
        let factor = |digits: &str| digits.parse().ok().filter(|factor| *factor > 0);
        let weight = factor(each).zip(factor(output)).map(|(each, output)| Self { each, output });
        weight.filter(|weight| weight.to_string() == text).ok_or_else(|| UnknownWord {
            vocabulary: "weight",
            word: text.to_owned(),
            known: &["a factor from 1 to 65535 such as 4", "output:5", "both, such as 4,output:5"],
        })
    }
}

/// The amount as a multiple of another plan's: `2x tier-1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Factor {
    /// The factor in percent: 200 for `2x`.
    pub percent: u32,
    /// The other plan.
    pub plan: String,
}

impl fmt::Display for Factor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, hundredths) = (self.percent / 100, self.percent % 100);
        let fraction = format!("{hundredths:02}");
        let fraction = fraction.trim_end_matches('0');
        let dot = if fraction.is_empty() { "" } else { "." };
        write!(f, "{whole}{dot}{fraction}x {}", self.plan)
    }
}

impl FromStr for Factor {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, UnknownWord> {
        let parse = || {
            let (factor, plan) = text.split_once(' ')?;
            let factor = factor.strip_suffix('x')?;
            let (whole, fraction) = factor.split_once('.').unwrap_or((factor, ""));
            let hundredths: u32 = format!("{fraction:0<2}").parse().ok()?;
            let percent = whole.parse::<u32>().ok()?.checked_mul(100)?.checked_add(hundredths)?;
            Some(Self { percent, plan: plan.to_owned() })
        };
        parse().filter(|factor| factor.to_string() == text).ok_or_else(|| UnknownWord {
            vocabulary: "factor",
            word: text.to_owned(),
            known: &["a multiple of another plan such as `2x tier-1` or `1.5x tier-1`"],
        })
    }
}

/// One line of `limits.tsv`: a selector in a region and plan, a metric, an amount, and its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limit {
    /// The region, if the provider has regions.
    pub region: Option<String>,
    /// The plan or tier, if the limit is for one.
    pub plan: Option<String>,
    /// How the capacity is bought or invoked, such as `global-standard`, if limits differ by it.
    pub deployment: Option<String>,
    /// The mode of processing, such as `batch` or `streaming`, if the limit is for one. Calls in the usual mode have none.
    pub mode: Option<String>,
    /// The class of context lengths, such as `above-272k-input`, if the limit is for one.
    pub context: Option<String>,
    /// The kind of selector.
    pub kind: Kind,
    /// The model, task, size class, resource, family or endpoint. `*` for [`Kind::Any`] and [`Kind::Rest`].
    pub name: String,
    /// Other names of the same model, sorted. Stored in `names.tsv`.
    pub aliases: Vec<String>,
    /// The metric.
    pub metric: Metric,
    /// The period. `None` for a concurrency limit or a resource.
    pub per: Option<Period>,
    /// The amount, in units of the metric.
    pub amount: Amount,
    /// The calls that count.
    pub calls: Invocation,
    /// The calls that share the limit.
    pub pool: Pool,
    /// Whether each region has the limit for itself, although the page states it once for all regions. Written `@region`
    /// after the pool.
    pub each_region: bool,
    /// How much of the pool a call takes.
    pub weight: Weight,
    /// The meaning of the amount.
    pub bound: Bound,
    /// The day from which the model is refused, if it is retired.
    pub retired_on: Option<Date>,
    /// How the amount was read.
    pub evidence: Evidence,
    /// The reading that is not used: the other one of an ambiguous cell, or the automatic one of a reviewed cell.
    pub alternative: Option<Amount>,
    /// The growth with sustained use, from the amount itself on. Empty if the limit does not grow.
    pub ramp: Vec<RampPoint>,
    /// The last day of a temporary limit, if the page states it.
    pub until: Option<Date>,
    /// The multiple of another plan that the page states. `amount` is what follows from it.
    pub factor: Option<Factor>,
    /// The id of the vendor's page that states the amount.
    pub page: Option<String>,
    /// The section of the page: headings from the outermost on, separated by ` > `, each cut at 60 characters.
    pub section: Option<String>,
    /// The day of the refresh that last changed this line.
    pub changed: Option<Date>,
    /// The line of the vendor's page that states the amount, from 1. Stored in `lines.tsv`.
    pub line: Option<u32>,
}

impl Limit {
    /// Returns a stated, hard limit of one model, without region, plan or period.
    pub fn model(name: impl Into<String>, metric: Metric, amount: Amount) -> Self {
        Self::new(Kind::Model, name, metric, amount, Pool::Model)
    }

    /// Returns a stated, hard limit without region, plan or period.
    pub fn new(kind: Kind, name: impl Into<String>, metric: Metric, amount: Amount, pool: Pool) -> Self {
        Self {
            region: None,
            plan: None,
            deployment: None,
            mode: None,
            context: None,
            kind,
            name: name.into(),
            aliases: Vec::new(),
            metric,
            per: None,
            amount,
            calls: Invocation::All,
            pool,
            each_region: false,
            weight: Weight::ONE,
            bound: Bound::Hard,
            retired_on: None,
            evidence: Evidence::Stated,
            alternative: None,
            ramp: Vec::new(),
            until: None,
            factor: None,
            page: None,
            section: None,
            changed: None,
            line: None,
        }
    }

    /// Returns the limit's key, which is unique within its provider and orders the file.
    pub fn key(&self) -> LimitKey<'_> {
        LimitKey { entry: self.entry_key(), metric: self.metric, per: self.per, calls: self.calls, bound: self.bound }
    }

    /// Returns the key of the limit's entry: the part of [`key`](Self::key) that the limits of an entry share.
    pub fn entry_key(&self) -> EntryKey<'_> {
        EntryKey {
            region: self.region.as_deref(),
            plan: self.plan.as_deref(),
            deployment: self.deployment.as_deref(),
            mode: self.mode.as_deref(),
            context: self.context.as_deref(),
            kind: self.kind,
            name: &self.name,
        }
    }

    /// Inserts an alias into the sorted ones, unless the limit has it.
    pub(crate) fn insert_alias(&mut self, alias: &str) {
        if let Err(at) = self.aliases.binary_search_by(|known| known.as_str().cmp(alias)) {
            self.aliases.insert(at, alias.to_owned());
        }
    }
}

/// The identity of an entry within its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryKey<'a> {
    /// The region, if there is one.
    pub region: Option<&'a str>,
    /// The plan, if there is one.
    pub plan: Option<&'a str>,
    /// The deployment, if there is one.
    pub deployment: Option<&'a str>,
    /// The mode, if there is one.
    pub mode: Option<&'a str>,
    /// The class of context lengths, if there is one.
    pub context: Option<&'a str>,
    /// The kind of selector.
    pub kind: Kind,
    /// The model, task, size class or resource.
    pub name: &'a str,
}

impl<'a> EntryKey<'a> {
    /// Returns the parts besides the selector: region, plan, deployment, mode and context.
    pub fn parts(&self) -> [Option<&'a str>; 5] {
        [self.region, self.plan, self.deployment, self.mode, self.context]
    }
}

/// The identity of a limit within its provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct LimitKey<'a> {
    /// The entry.
    pub entry: EntryKey<'a>,
    /// The metric.
    pub metric: Metric,
    /// The period, if there is one.
    pub per: Option<Period>,
    /// The calls that count.
    pub calls: Invocation,
    /// The meaning of the amount.
    pub bound: Bound,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_and_factors_read_back_as_written() {
        for text in ["1", "4", "output:5", "4,output:5"] {
            assert_eq!(text.parse::<Weight>().unwrap().to_string(), text);
        }
        for text in ["2x tier-1", "1.5x tier-1", "0.25x free", "1.05x pay as you go"] {
            assert_eq!(text.parse::<Factor>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn invalid_weights_and_factors_are_errors() {
        for text in ["", "0", "output:0", "4,", "4output:5", "+4", "65536", "1,output:5"] {
            assert!(text.parse::<Weight>().is_err(), "{text}");
        }
        for text in ["2x", "x tier-1", "2 tier-1", "1.234x tier-1", "2.0x tier-1", "-1x tier-1"] {
            assert!(text.parse::<Factor>().is_err(), "{text}");
        }
    }
}

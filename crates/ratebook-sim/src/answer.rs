//! How a server answers: the status, the headers that speak of limits, and the body of a refusal.

use std::time::Duration;

use jiff::Timestamp;
use ratebook::{BodyTime, Header, HeaderFormat, Metric, Provider, Remedy, Reply, Says};

use crate::SECOND;
use crate::rule::Rule;

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status: 200 or that of a refusal.
    pub status: u16,
    /// The headers that speak of limits.
    pub headers: Vec<(&'static str, String)>,
    /// The body of a refusal; what a served call is answered is not simulated.
    pub body: String,
    /// Whether it was served though it is over a soft limit.
    pub is_over_limit: bool,
}

impl Answer {
    /// Whether the call was served.
    pub fn is_served(&self) -> bool {
        self.status < 300
    }
}

/// How a provider's answers speak of limits: by the same data by which a client reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Voice {
    headers: &'static [Header],
    replies: &'static [Reply],
    retry_after: Option<u64>,
}

impl Voice {
    /// Nothing but the status.
    pub const SILENT: Self = Self::new(&[], &[]);

    /// Some headers and the bodies of some refusals.
    pub const fn new(headers: &'static [Header], replies: &'static [Reply]) -> Self {
        Self { headers, replies, retry_after: None }
    }

    /// A provider's, by its policy in the catalog.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        Self::new(policy.headers, policy.replies)
    }

    /// Says in `Retry-After` always so many seconds, as some do whatever the wait.
    pub const fn always_retrying_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Answers a call that came at a moment: refused by a rule, or served.
    pub(crate) fn answer(&self, now: u64, rules: &[Rule], refused: Option<Refused>, is_over: bool) -> Answer {
        let reply = refused.and_then(|by| self.reply(&rules[by.rule]));
        let mut answer = Answer {
            status: if refused.is_some() { reply.map_or(429, |reply| reply.status) } else { 200 },
            headers: Vec::new(),
            body: String::new(),
            is_over_limit: is_over,
        };
        let mut said = Vec::new();
        for header in self.headers {
            let value = match header.says {
                Says::RetryAfter => refused.map(|by| self.retry_after(header.format, now, by)),
                Says::OverLimit => Some((if is_over { "yes" } else { "no" }).to_owned()),
                _ => match measured(header, now, rules, refused) {
                    Some(measured) if header.format == HeaderFormat::Fields => {
                        say_field(&mut answer.headers, &mut said, header, measured);
                        None
                    }
                    Some(Measured { amount: Some(amount), .. }) => Some(amount.to_string()),
                    Some(Measured { until, .. }) => Some(time(header.format, now, until)),
                    None => None,
                },
            };
            answer.headers.extend(value.map(|value| (header.name, value)));
        }
        if let (Some(reply), Some(by)) = (reply, refused) {
            answer.body = body(reply, now, by);
        }
        answer
    }

    /// The reply that refuses by a rule: that of its metric, or one that names none.
    fn reply(&self, rule: &Rule) -> Option<&'static Reply> {
        let cured = self.replies.iter().filter(|reply| reply.remedy == rule.remedy());
        let of = |metric: Option<Metric>| cured.clone().find(|reply| reply.metric == metric);
        of(Some(rule.metric())).or_else(|| of(None))
    }

    fn retry_after(&self, format: HeaderFormat, now: u64, by: Refused) -> String {
        let after = self.retry_after.map_or(by.until - now, |seconds| seconds * SECOND);
        match format {
            // Whole seconds, rounded up: less would be refused again.
            HeaderFormat::Seconds | HeaderFormat::SecondsOrDate => after.div_ceil(SECOND).to_string(),
            format => time(format, now, now + after),
        }
    }
}

/// A refusal: by which rule, and when it would let the call pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) rule: usize,
    pub(crate) until: u64,
}

/// What a header says of a limit: an amount, or else a moment.
struct Measured {
    amount: Option<u64>,
    until: u64,
    /// Nanoseconds.
    after: u64,
    width: u64,
}

/// What a header measures of the limit that it speaks of: of its metric and window, or of the shortest window.
fn measured(header: &Header, now: u64, rules: &[Rule], refused: Option<Refused>) -> Option<Measured> {
    let metric = header.metric?;
    let window = header.window_seconds.map(|seconds| u64::from(seconds) * SECOND);
    let meant = rules.iter().enumerate().filter(|(_, rule)| {
        rule.metric() == metric && rule.remedy() == Remedy::Wait && window.is_none_or(|window| window == rule.width())
    });
    let (number, rule) = meant.min_by_key(|(_, rule)| (rule.width(), !rule.is_soft()))?;
    let (amount, until) = match header.says {
        Says::Limit => (Some(rule.limit_at(now)), now),
        Says::Remaining => (Some(rule.left_at(now)), now),
        Says::Window => (Some(rule.width() / SECOND), now),
        Says::UntilFull => (None, rule.when_full(now)?),
        Says::UntilRoom => (None, refused.filter(|by| by.rule == number).map_or(now, |by| by.until)),
        _ => return None,
    };
    Some(Measured { amount, until, after: until - now, width: rule.width() })
}

/// Says something of a limit in a structured field of the IETF draft: once, in the first of the headers for it.
fn say_field(headers: &mut Vec<(&'static str, String)>, said: &mut Vec<Says>, header: &Header, measured: Measured) {
    if said.contains(&header.says) {
        return;
    }
    said.push(header.says);
    let parameter = match (header.says, measured.amount) {
        (Says::Limit, Some(amount)) => format!("q={amount};w={}", measured.width / SECOND),
        (_, Some(amount)) => format!("r={amount}"),
        (_, None) => format!("t={}", measured.after.div_ceil(SECOND)),
    };
    match headers.iter_mut().find(|(name, _)| *name == header.name) {
        Some((_, value)) => *value = format!("{value};{parameter}"),
        None => headers.push((header.name, format!("\"default\";{parameter}"))),
    }
}

/// A moment as a vendor writes it, in nanoseconds since the beginning of 1970, which is that of the simulation.
fn time(format: HeaderFormat, now: u64, until: u64) -> String {
    let after = Duration::from_nanos(until - now);
    let date = |nanos: u64| Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX);
    match format {
        HeaderFormat::Millis => after.as_nanos().div_ceil(1_000_000).to_string(),
        HeaderFormat::Duration => format!("{}s", after.as_secs_f64()),
        HeaderFormat::Timestamp => date(until.next_multiple_of(SECOND)).to_string(),
        HeaderFormat::UnixSeconds => until.div_ceil(SECOND).to_string(),
        HeaderFormat::UnixMillis => until.div_ceil(1_000_000).to_string(),
        _ => format!("{}", after.as_secs_f64()),
    }
}

/// The body of a refusal, with the phrase that a client knows it by, and the time that it names.
fn body(reply: &Reply, now: u64, by: Refused) -> String {
    let mut text = reply.contains.to_owned();
    if let Some(BodyTime { after, format }) = reply.time {
        if !text.contains(after) {
            text = format!("{text}, {after}");
        }
        text = format!("{text} {}", time(format, now, by.until));
    }
    format!("{{\"error\": {{\"message\": \"{text}\"}}}}")
}

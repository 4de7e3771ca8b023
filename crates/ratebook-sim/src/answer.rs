//! How a server answers: the status, the headers that speak of limits, and the body of a refusal.

use std::time::Duration;

use jiff::Timestamp;
use ratebook::{BodyTime, Header, HeaderFormat, Metric, Provider, Remedy, Reply, Says};

use crate::SECOND;
use crate::call::Call;
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
    /// The error is its text, and not an object with a message.
    is_plain: bool,
}

impl Voice {
    /// Nothing but the status.
    pub const SILENT: Self = Self::new(&[], &[]);

    /// Some headers and the bodies of some refusals.
    pub const fn new(headers: &'static [Header], replies: &'static [Reply]) -> Self {
        Self { headers, replies, retry_after: None, is_plain: false }
    }

    /// A provider's, by its policy in the catalog.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        let is_plain = matches!(provider, Provider::Castai);
        Self { is_plain, ..Self::new(policy.headers, policy.replies) }
    }

    /// Says in `Retry-After` always so many seconds, as some do whatever the wait, if a wait is of use at all.
    pub const fn always_retrying_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Writes an error as a plain text, `{"error": "…"}`, as some do; most write an object with a message.
    pub const fn with_plain_errors(self) -> Self {
        Self { is_plain: true, ..self }
    }

    /// Answers a call that came at a moment: refused, or served.
    pub(crate) fn answer(
        &self,
        now: u64,
        rules: &[Rule],
        call: &Call,
        refused: Option<Refused>,
        is_over: bool,
    ) -> Answer {
        let reply = refused.and_then(|by| self.reply(by, &rules[by.rule]));
        let mut answer = Answer {
            status: if refused.is_some() { reply.map_or(429, |reply| reply.status) } else { 200 },
            headers: Vec::new(),
            body: String::new(),
            is_over_limit: is_over,
        };
        let until = refused.and_then(|by| by.until);
        let mut said = Vec::new();
        for header in self.headers {
            let value = match header.says {
                Says::RetryAfter => until.map(|until| self.retry_after(header.format, now, until)),
                Says::OverLimit => Some((if is_over { "yes" } else { "no" }).to_owned()),
                _ => match measured(header, now, rules, call) {
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
        if let Some(reply) = reply {
            answer.body = self.body(reply, now, until);
        }
        answer
    }

    /// The reply that refuses, with the remedy: that of the metric, or one that names none. One that names a window is of a
    /// rule over that window alone.
    fn reply(&self, by: Refused, rule: &Rule) -> Option<&'static Reply> {
        let fitting = |reply: &&Reply| {
            let is_of_window = reply.window_seconds.is_none_or(|window| u64::from(window) * SECOND == rule.width());
            // One that names a time needs one.
            reply.remedy == by.remedy && is_of_window && (reply.time.is_none() || by.until.is_some())
        };
        let of = |metric: Option<Metric>| self.replies.iter().filter(fitting).find(|reply| reply.metric == metric);
        of(Some(rule.metric())).or_else(|| of(None))
    }

    /// The body of a refusal, with the phrase that a client knows it by, and the time that it names.
    fn body(&self, reply: &Reply, now: u64, until: Option<u64>) -> String {
        let mut text = reply.contains.trim_matches('*').to_owned();
        if let (Some(BodyTime { after, format }), Some(until)) = (reply.time, until) {
            if !text.contains(after) {
                text = format!("{text}, {after}");
            }
            text = format!("{text} {}", time(format, now, until));
        }
        let text = escaped(&text);
        if self.is_plain {
            return format!("{{\"error\": \"{text}\"}}");
        }
        format!("{{\"error\": {{\"message\": \"{text}\"}}}}")
    }

    fn retry_after(&self, format: HeaderFormat, now: u64, until: u64) -> String {
        let after = self.retry_after.map_or(until - now, |seconds| seconds.saturating_mul(SECOND));
        match format {
            // Whole seconds, rounded up: less would be refused again.
            HeaderFormat::Seconds | HeaderFormat::SecondsOrDate => after.div_ceil(SECOND).to_string(),
            format => time(format, now, now.saturating_add(after)),
        }
    }
}

/// A refusal: by which rule, what cures it, and when the call would pass, where time cures it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub(crate) rule: usize,
    pub(crate) remedy: Remedy,
    pub(crate) until: Option<u64>,
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
fn measured(header: &Header, now: u64, rules: &[Rule], call: &Call) -> Option<Measured> {
    let metric = header.metric?;
    let window = header.window_seconds.map(|seconds| u64::from(seconds) * SECOND);
    let meant = rules.iter().filter(|rule| {
        rule.metric() == metric && rule.remedy() == Remedy::Wait && window.is_none_or(|window| window == rule.width())
    });
    let rule = meant.min_by_key(|rule| (rule.width(), !rule.is_soft()))?;
    let (amount, until) = match header.says {
        Says::Limit => (Some(rule.limit_at(now)), now),
        // A bucket may hold more than the limit, which no client would believe.
        Says::Remaining => (Some(rule.left_at(now).min(rule.limit_at(now))), now),
        Says::Window => (Some(rule.width() / SECOND), now),
        Says::UntilFull => (None, rule.when_full(now)?),
        Says::UntilRoom => (None, rule.when(now, call.real.of(metric))?),
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
        HeaderFormat::Timestamp => date(until.div_ceil(SECOND).saturating_mul(SECOND)).to_string(),
        HeaderFormat::UnixSeconds => until.div_ceil(SECOND).to_string(),
        HeaderFormat::UnixMillis => until.div_ceil(1_000_000).to_string(),
        _ => format!("{}", after.as_secs_f64()),
    }
}

/// A text as it stands within a string of JSON.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\\' => escaped.extend(['\\', character]),
            character if u32::from(character) < 0x20 => escaped += &format!("\\u{:04x}", u32::from(character)),
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_json_whatever_the_phrase() {
        const REPLY: Reply = Reply {
            status: 429,
            contains: "a \"b\\\n",
            metric: None,
            window_seconds: None,
            remedy: Remedy::Wait,
            time: None,
            resets: None,
            account_wide: false,
        };
        let voice = Voice::new(&[], &[]);
        assert_eq!(voice.body(&REPLY, 0, None), r#"{"error": {"message": "a \"b\\\u000a"}}"#);
        assert_eq!(voice.with_plain_errors().body(&REPLY, 0, None), r#"{"error": "a \"b\\\u000a"}"#);
    }
}

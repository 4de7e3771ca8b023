//! Responses of a server: the status, the rate limit headers, and the body of a refusal.
//!
//! A [`ResponseStyle`] writes them from the same catalog data that the limiter reads responses with.

use std::time::Duration;

use jiff::Timestamp;
use ratebook::{BodyTime, Header, HeaderFormat, HeaderMeaning, Metric, Provider, Quantity, Remedy, ResponsePattern};

use crate::SECOND;
use crate::rule::SimRule;

/// The response of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SimResponse {
    /// The HTTP status: 200, that of a refusal, 500 for a call that fails, or 403 for one that is not offered.
    pub status: u16,
    /// The rate limit headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body of a refusal. Empty for a served call.
    pub body: String,
    /// Whether the call is above a soft limit, and was served.
    pub is_over_limit: bool,
    /// Whether the call failed for another reason than a limit or a penalty.
    pub is_failure: bool,
}

impl SimResponse {
    /// Whether the call was served.
    pub fn is_served(&self) -> bool {
        self.status < 300
    }
}

/// How a provider's responses describe limits: headers, and the bodies of refusals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ResponseStyle {
    headers: &'static [Header],
    responses: &'static [ResponsePattern],
    /// Values in the body of a refusal, each after a phrase.
    values: &'static [Header],
    /// Fixed `Retry-After`, in seconds. `None`: the real wait.
    retry_after: Option<u64>,
    /// The error is a plain string, not an object with a message.
    is_plain: bool,
}

impl ResponseStyle {
    /// No headers and no bodies.
    pub const STATUS_ONLY: Self = Self::new(&[], &[]);

    /// Creates a style with headers and refusal bodies.
    pub const fn new(headers: &'static [Header], responses: &'static [ResponsePattern]) -> Self {
        Self { headers, responses, values: &[], retry_after: None, is_plain: false }
    }

    /// Returns the style of a provider, from its policy in the catalog.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        let is_plain = matches!(provider, Provider::Castai);
        Self { is_plain, values: policy.body, ..Self::new(policy.headers, policy.responses) }
    }

    /// Sends a fixed `Retry-After` in seconds, as some vendors do. Default: the real wait. A refusal that waiting does
    /// not resolve has no `Retry-After`.
    pub const fn always_retrying_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Writes errors as a string, `{"error": "…"}`. Default: an object with a message.
    pub const fn with_plain_errors(self) -> Self {
        Self { is_plain: true, ..self }
    }

    /// Writes the response to a call.
    pub(crate) fn respond(&self, at: Moment, governing: &[Governing<'_>], outcome: Outcome) -> SimResponse {
        let (rejection, is_over, failed) = match outcome {
            Outcome::Served { is_over } => (None, is_over, None),
            Outcome::Failed { status } => (None, false, Some(status)),
            Outcome::Rejected(rejection) => (Some(rejection), false, None),
        };
        let rule_of = |by: Rejection| by.rule.map(|number| governing[number].rule);
        let pattern = rejection.and_then(|by| self.pattern(by, rule_of(by)));
        let refused = rejection.map(|_| pattern.map_or(429, |pattern| pattern.status));
        let mut response = SimResponse {
            status: refused.or(failed).unwrap_or(200),
            headers: Vec::new(),
            body: String::new(),
            is_over_limit: is_over,
            is_failure: failed.is_some(),
        };
        let until = rejection.and_then(|by| by.until);
        let mut written = Vec::new();
        for header in self.headers {
            let value = match header.meaning {
                HeaderMeaning::RetryAfter => until.map(|until| self.retry_after(header.format, at, until)),
                HeaderMeaning::OverLimit => Some((if is_over { "yes" } else { "no" }).to_owned()),
                _ => match measured(header, at.now, governing) {
                    Some(measured) if header.format == HeaderFormat::Fields => {
                        write_field(&mut response.headers, &mut written, header, measured);
                        None
                    }
                    Some(Measured { amount: Some(amount), .. }) => Some(amount.to_string()),
                    Some(Measured { until, .. }) => Some(time(header.format, at, until)),
                    None => None,
                },
            };
            response.headers.extend(value.map(|value| (header.name, value)));
        }
        if let Some(pattern) = pattern {
            let exhausted = rejection.and_then(|by| by.rule).map(|number| governing[number]);
            response.body = self.body(pattern, at, until, exhausted);
        }
        response
    }

    /// Returns the pattern of a refusal: one for the metric, or else one without a metric. A pattern with a window only
    /// applies to a rule with that window. A penalty has neither.
    fn pattern(&self, by: Rejection, rule: Option<&SimRule>) -> Option<&'static ResponsePattern> {
        let fitting = |pattern: &&ResponsePattern| {
            let has_width = |window: u32| rule.is_some_and(|rule| u64::from(window) * SECOND == rule.width());
            let is_of_window = pattern.window_seconds.is_none_or(has_width);
            // A pattern with a time needs one.
            pattern.remedy == by.remedy && is_of_window && (pattern.time.is_none() || by.until.is_some())
        };
        let for_metric =
            |metric: Option<Metric>| self.responses.iter().filter(fitting).find(|pattern| pattern.metric == metric);
        rule.and_then(|rule| for_metric(Some(rule.metric()))).or_else(|| for_metric(None))
    }

    /// Returns the body of a refusal, with the phrase of its pattern, the values of the exhausted limit, and the time.
    fn body(
        &self,
        pattern: &ResponsePattern,
        at: Moment,
        until: Option<u64>,
        exhausted: Option<Governing<'_>>,
    ) -> String {
        let mut text = pattern.contains.trim_matches('*').to_owned();
        for value in self.values {
            let amount = exhausted.and_then(|limit| measured(value, at.now, &[limit])?.amount);
            if let Some(amount) = amount {
                text = format!("{text} {} {amount}", value.name);
            }
        }
        if let (Some(BodyTime { after, format, .. }), Some(until)) = (pattern.time, until) {
            if !text.contains(after) {
                text = format!("{text}, {after}");
            }
            text = format!("{text} {}", time(format, at, until));
        }
        let text = escaped(&text);
        if self.is_plain {
            return format!("{{\"error\": \"{text}\"}}");
        }
        format!("{{\"error\": {{\"message\": \"{text}\"}}}}")
    }

    fn retry_after(&self, format: HeaderFormat, at: Moment, until: u64) -> String {
        let after = self.retry_after.map_or(until - at.now, |seconds| seconds.saturating_mul(SECOND));
        match format {
            // Rounded up: a retry before would be refused again.
            HeaderFormat::Seconds | HeaderFormat::SecondsOrDate => after.div_ceil(SECOND).to_string(),
            format => time(format, at, at.now.saturating_add(after)),
        }
    }
}

/// A time of the simulation, and the Unix time of its start. Both are nanoseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    pub(crate) now: u64,
    pub(crate) epoch: u128,
}

impl Moment {
    /// Returns the Unix time of a time of the simulation, in nanoseconds.
    fn unix(self, time: u64) -> u128 {
        self.epoch + u128::from(time)
    }
}

/// A limit that governs a call, and the amount that must fit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Governing<'a> {
    pub(crate) rule: &'a SimRule,
    pub(crate) needed: u64,
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Served { is_over: bool },
    Failed { status: u16 },
    Rejected(Rejection),
}

/// A refusal: the index of the limit, if it is not a penalty, the remedy, and the time at which the call would fit, if
/// waiting helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) rule: Option<usize>,
    pub(crate) remedy: Remedy,
    pub(crate) until: Option<u64>,
}

/// The value of a header: an amount, or else a time. Times and the width are nanoseconds.
struct Measured {
    amount: Option<u64>,
    until: u64,
    after: u64,
    width: u64,
}

/// Returns the value of a header, from the limit with its metric and window, or the shortest window. Without a limit on
/// the metric, it is one on the same quantity. Amounts are whole units of the header.
fn measured(header: &Header, now: u64, governing: &[Governing<'_>]) -> Option<Measured> {
    let metric = header.metric?;
    let window = header.window_seconds.map(|seconds| u64::from(seconds) * SECOND);
    let is_of_window = |Governing { rule, .. }: &&Governing<'_>| {
        rule.remedy() == Remedy::Wait && window.is_none_or(|window| window == rule.width())
    };
    let shortest = |is_counted: &dyn Fn(Metric) -> bool| {
        let matching = governing.iter().filter(is_of_window).filter(|limit| is_counted(limit.rule.metric()));
        matching.min_by_key(|limit| (limit.rule.width(), !limit.rule.is_soft()))
    };
    let Governing { rule, needed } = shortest(&|counted| counted == metric)
        .or_else(|| shortest(&|counted| counted.quantity() == metric.quantity()))?;
    let unit = unit_of(metric, header.format);
    let (amount, until) = match header.meaning {
        HeaderMeaning::Limit => (Some(rule.limit_at(now) / unit), now),
        // A bucket may hold more than the limit, which clients would reject.
        HeaderMeaning::Remaining => (Some(rule.left_at(now).min(rule.limit_at(now)) / unit), now),
        HeaderMeaning::Window => (Some(rule.width() / SECOND), now),
        HeaderMeaning::Cost => (Some(needed / unit), now),
        HeaderMeaning::UntilFull => (None, rule.when_empty(now)?),
        HeaderMeaning::UntilRoom => (None, rule.when(now, *needed)?),
        HeaderMeaning::RetryAfter | HeaderMeaning::OverLimit | HeaderMeaning::ShouldRetry | HeaderMeaning::Text => {
            return None;
        }
    };
    Some(Measured { amount, until, after: until - now, width: rule.width() })
}

/// Returns the counted units of one unit of a header's value: audio may be in seconds, whatever the metric.
fn unit_of(metric: Metric, format: HeaderFormat) -> u64 {
    let is_in_seconds = metric.quantity() == Quantity::AudioMilliseconds && format == HeaderFormat::Seconds;
    if is_in_seconds { Metric::AudioSeconds.unit() } else { metric.unit() }
}

/// Adds a parameter to a structured field of the IETF draft. Each kind of value is written once, in its first header.
fn write_field(
    headers: &mut Vec<(&'static str, String)>,
    written: &mut Vec<HeaderMeaning>,
    header: &Header,
    measured: Measured,
) {
    if written.contains(&header.meaning) {
        return;
    }
    written.push(header.meaning);
    let parameter = match (header.meaning, measured.amount) {
        (HeaderMeaning::Limit, Some(amount)) => format!("q={amount};w={}", measured.width / SECOND),
        (_, Some(amount)) => format!("r={amount}"),
        (_, None) => format!("t={}", measured.after.div_ceil(SECOND)),
    };
    match headers.iter_mut().find(|(name, _)| *name == header.name) {
        Some((_, value)) => *value = format!("{value};{parameter}"),
        None => headers.push((header.name, format!("\"default\";{parameter}"))),
    }
}

/// Formats a time as a vendor does.
fn time(format: HeaderFormat, at: Moment, until: u64) -> String {
    let after = Duration::from_nanos(until - at.now);
    let date = |nanos: u128| i128::try_from(nanos).ok().and_then(|nanos| Timestamp::from_nanosecond(nanos).ok());
    let (nanos_per_second, unix) = (u128::from(SECOND), at.unix(until));
    match format {
        HeaderFormat::Millis => after.as_nanos().div_ceil(1_000_000).to_string(),
        HeaderFormat::Duration => format!("{}s", after.as_secs_f64()),
        HeaderFormat::Timestamp => date(unix.next_multiple_of(nanos_per_second)).unwrap_or(Timestamp::MAX).to_string(),
        HeaderFormat::UnixSeconds => unix.div_ceil(nanos_per_second).to_string(),
        HeaderFormat::UnixMillis => unix.div_ceil(1_000_000).to_string(),
        HeaderFormat::Integer
        | HeaderFormat::Seconds
        | HeaderFormat::SecondsOrDate
        | HeaderFormat::YesNo
        | HeaderFormat::Fields
        | HeaderFormat::Text
        | HeaderFormat::Unstated => format!("{}", after.as_secs_f64()),
    }
}

/// Escapes a text for a JSON string.
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
    fn error_bodies_are_valid_json() {
        const PATTERN: ResponsePattern = ResponsePattern::new(429, "a \"b\\\n", Remedy::Wait);
        let style = ResponseStyle::new(&[], &[]);
        assert_eq!(style.body(&PATTERN, Moment::default(), None, None), r#"{"error": {"message": "a \"b\\\u000a"}}"#);
        assert_eq!(
            style.with_plain_errors().body(&PATTERN, Moment::default(), None, None),
            r#"{"error": "a \"b\\\u000a"}"#
        );
    }
}

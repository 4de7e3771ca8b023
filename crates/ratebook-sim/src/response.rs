//! Responses of a server: the status, the rate limit headers, and the body of a refusal.
//!
//! A [`ResponseStyle`] writes them from the same catalog data that the limiter reads responses with.

use std::time::Duration;

use jiff::Timestamp;
use ratebook::{BodyTime, Header, HeaderFormat, HeaderMeaning, Metric, Provider, Remedy, ResponsePattern};

use crate::SECOND;
use crate::call::SimCall;
use crate::rule::SimRule;

/// The response of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SimResponse {
    /// The HTTP status: 200, or that of a refusal.
    pub status: u16,
    /// The rate limit headers.
    pub headers: Vec<(&'static str, String)>,
    /// The body of a refusal. Empty for a served call.
    pub body: String,
    /// Whether the call is above a soft limit, and was served.
    pub is_over_limit: bool,
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
        Self { headers, responses, retry_after: None, is_plain: false }
    }

    /// Returns the style of a provider, from its policy in the catalog.
    pub const fn of(provider: Provider) -> Self {
        let policy = provider.policy();
        let is_plain = matches!(provider, Provider::Castai);
        Self { is_plain, ..Self::new(policy.headers, policy.responses) }
    }

    /// Sends a fixed `Retry-After` in seconds, as some vendors do. Default: the real wait. A refusal that waiting does not
    /// resolve has no `Retry-After`.
    pub const fn always_retrying_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// Writes errors as a string, `{"error": "…"}`. Default: an object with a message.
    pub const fn with_plain_errors(self) -> Self {
        Self { is_plain: true, ..self }
    }

    /// Writes the response to a call at a time.
    pub(crate) fn respond(
        &self,
        now: u64,
        rules: &[SimRule],
        call: &SimCall,
        rejection: Option<Rejection>,
        is_over: bool,
    ) -> SimResponse {
        let pattern = rejection.and_then(|by| self.pattern(by, &rules[by.rule]));
        let mut response = SimResponse {
            status: if rejection.is_some() { pattern.map_or(429, |pattern| pattern.status) } else { 200 },
            headers: Vec::new(),
            body: String::new(),
            is_over_limit: is_over,
        };
        let until = rejection.and_then(|by| by.until);
        let mut written = Vec::new();
        for header in self.headers {
            let value = match header.says {
                HeaderMeaning::RetryAfter => until.map(|until| self.retry_after(header.format, now, until)),
                HeaderMeaning::OverLimit => Some((if is_over { "yes" } else { "no" }).to_owned()),
                _ => match measured(header, now, rules, call) {
                    Some(measured) if header.format == HeaderFormat::Fields => {
                        write_field(&mut response.headers, &mut written, header, measured);
                        None
                    }
                    Some(Measured { amount: Some(amount), .. }) => Some(amount.to_string()),
                    Some(Measured { until, .. }) => Some(time(header.format, now, until)),
                    None => None,
                },
            };
            response.headers.extend(value.map(|value| (header.name, value)));
        }
        if let Some(pattern) = pattern {
            response.body = self.body(pattern, now, until);
        }
        response
    }

    /// Returns the pattern of a refusal: one for the metric, or else one without a metric. A pattern with a window only
    /// applies to a rule with that window.
    fn pattern(&self, by: Rejection, rule: &SimRule) -> Option<&'static ResponsePattern> {
        let fitting = |pattern: &&ResponsePattern| {
            let is_of_window = pattern.window_seconds.is_none_or(|window| u64::from(window) * SECOND == rule.width());
            // A pattern with a time needs one.
            pattern.remedy == by.remedy && is_of_window && (pattern.time.is_none() || by.until.is_some())
        };
        let of =
            |metric: Option<Metric>| self.responses.iter().filter(fitting).find(|pattern| pattern.metric == metric);
        of(Some(rule.metric())).or_else(|| of(None))
    }

    /// Returns the body of a refusal, with the phrase of its pattern and the time.
    fn body(&self, pattern: &ResponsePattern, now: u64, until: Option<u64>) -> String {
        let mut text = pattern.contains.trim_matches('*').to_owned();
        if let (Some(BodyTime { after, format }), Some(until)) = (pattern.time, until) {
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
            // Rounded up: a retry before would be refused again.
            HeaderFormat::Seconds | HeaderFormat::SecondsOrDate => after.div_ceil(SECOND).to_string(),
            format => time(format, now, now.saturating_add(after)),
        }
    }
}

/// A refusal: the index of the rule, the remedy, and the time at which the call would fit, if waiting helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    pub(crate) rule: usize,
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

/// Returns the value of a header, from the rule with its metric and window, or the shortest window.
fn measured(header: &Header, now: u64, rules: &[SimRule], call: &SimCall) -> Option<Measured> {
    let metric = header.metric?;
    let window = header.window_seconds.map(|seconds| u64::from(seconds) * SECOND);
    let matching = rules.iter().filter(|rule| {
        rule.metric() == metric && rule.remedy() == Remedy::Wait && window.is_none_or(|window| window == rule.width())
    });
    let rule = matching.min_by_key(|rule| (rule.width(), !rule.is_soft()))?;
    let (amount, until) = match header.says {
        HeaderMeaning::Limit => (Some(rule.limit_at(now)), now),
        // A bucket may hold more than the limit, which clients would reject.
        HeaderMeaning::Remaining => (Some(rule.left_at(now).min(rule.limit_at(now))), now),
        HeaderMeaning::Window => (Some(rule.width() / SECOND), now),
        HeaderMeaning::UntilFull => (None, rule.when_full(now)?),
        HeaderMeaning::UntilRoom => (None, rule.when(now, call.real.of(metric))?),
        HeaderMeaning::RetryAfter
        | HeaderMeaning::OverLimit
        | HeaderMeaning::ShouldRetry
        | HeaderMeaning::Text
        | HeaderMeaning::Cost => return None,
    };
    Some(Measured { amount, until, after: until - now, width: rule.width() })
}

/// Adds a parameter to a structured field of the IETF draft. Each kind of value is written once, in its first header.
fn write_field(
    headers: &mut Vec<(&'static str, String)>,
    written: &mut Vec<HeaderMeaning>,
    header: &Header,
    measured: Measured,
) {
    if written.contains(&header.says) {
        return;
    }
    written.push(header.says);
    let parameter = match (header.says, measured.amount) {
        (HeaderMeaning::Limit, Some(amount)) => format!("q={amount};w={}", measured.width / SECOND),
        (_, Some(amount)) => format!("r={amount}"),
        (_, None) => format!("t={}", measured.after.div_ceil(SECOND)),
    };
    match headers.iter_mut().find(|(name, _)| *name == header.name) {
        Some((_, value)) => *value = format!("{value};{parameter}"),
        None => headers.push((header.name, format!("\"default\";{parameter}"))),
    }
}

/// Formats a time as a vendor does. The simulation begins at 1970-01-01T00:00:00Z; times are nanoseconds since then.
fn time(format: HeaderFormat, now: u64, until: u64) -> String {
    let after = Duration::from_nanos(until - now);
    let date = |nanos: u64| Timestamp::from_nanosecond(i128::from(nanos)).unwrap_or(Timestamp::MAX);
    match format {
        HeaderFormat::Millis => after.as_nanos().div_ceil(1_000_000).to_string(),
        HeaderFormat::Duration => format!("{}s", after.as_secs_f64()),
        HeaderFormat::Timestamp => date(until.div_ceil(SECOND).saturating_mul(SECOND)).to_string(),
        HeaderFormat::UnixSeconds => until.div_ceil(SECOND).to_string(),
        HeaderFormat::UnixMillis => until.div_ceil(1_000_000).to_string(),
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
        const PATTERN: ResponsePattern = ResponsePattern {
            status: 429,
            contains: "a \"b\\\n",
            metric: None,
            window_seconds: None,
            remedy: Remedy::Wait,
            time: None,
            resets: None,
            account_wide: false,
        };
        let style = ResponseStyle::new(&[], &[]);
        assert_eq!(style.body(&PATTERN, 0, None), r#"{"error": {"message": "a \"b\\\u000a"}}"#);
        assert_eq!(style.with_plain_errors().body(&PATTERN, 0, None), r#"{"error": "a \"b\\\u000a"}"#);
    }
}

//! Parses a refusal: the exhausted limit, the remedy, and the duration.
//!
//! The dialect's own patterns come first, then wordings that any vendor may use.

use std::time::Duration;

use ratebook::{HeaderFormat, HeaderMeaning, Metric, Remedy, ResponsePattern};

use super::common::refusal;
use super::reading::ResponseReader;
use super::sentence::{self, StatedLimit};
use super::{Counted, Headers, InvalidValue, Refusal, Signal, duration, phrase, reset, value};

/// Wordings of any vendor for refusals that waiting does not help. Used if no pattern of the dialect matches.
const FINAL: &[ResponsePattern] = &[
    refusal(429, "spending limit", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "spend limit", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "available credits", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "insufficient credits", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "out of credits", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "credit balance", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "insufficient balance", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "balance is insufficient", Some(Metric::SpendUsd), Remedy::Raise),
    refusal(429, "free allocated quota exceeded", None, Remedy::Raise),
    refusal(429, "free quota exceeded", None, Remedy::Raise),
    refusal(429, "free quota exhausted", None, Remedy::Raise),
    refusal(429, "free quota has been exhausted", None, Remedy::Raise),
    refusal(429, "request too large", None, Remedy::Split),
];

/// Phrases of any vendor before a time to wait, the least ambiguous first. A bare number is in seconds.
const WAITS: &[(&str, HeaderFormat)] = &[
    ("try again in", HeaderFormat::Seconds),
    ("try again after", HeaderFormat::Seconds),
    ("retry in", HeaderFormat::Seconds),
    ("retry after", HeaderFormat::Seconds),
    ("retry_after", HeaderFormat::Seconds),
    ("retry-after", HeaderFormat::Seconds),
    ("retryAfter", HeaderFormat::Seconds),
    ("retry_after_seconds", HeaderFormat::Seconds),
    ("retry_after_ms", HeaderFormat::Millis),
    ("retryDelay", HeaderFormat::Seconds),
    ("please wait", HeaderFormat::Seconds),
    ("wait for", HeaderFormat::Seconds),
    ("wait", HeaderFormat::Seconds),
    ("available in", HeaderFormat::Seconds),
    ("replenished in", HeaderFormat::Seconds),
    ("resets_in_seconds", HeaderFormat::Seconds),
    ("resets in", HeaderFormat::Seconds),
    ("reset in", HeaderFormat::Seconds),
    ("resets after", HeaderFormat::Seconds),
    ("reset after", HeaderFormat::Seconds),
    ("try again at", HeaderFormat::Timestamp),
    ("retry at", HeaderFormat::Timestamp),
    ("try again after", HeaderFormat::Timestamp),
    ("retry after", HeaderFormat::Timestamp),
    ("resets at", HeaderFormat::Timestamp),
    ("reset at", HeaderFormat::Timestamp),
    ("limited until", HeaderFormat::Timestamp),
    ("resets_at", HeaderFormat::UnixSeconds),
];

impl<H: Headers + ?Sized> ResponseReader<'_, H> {
    /// Returns the status of the dialect's pattern that matches a body.
    pub(super) fn status_of(&self, body: &[u8]) -> Option<u16> {
        let patterns = self.dialect.responses.iter().filter(|pattern| !pattern.contains.is_empty());
        phrase::best_match(patterns, std::iter::once(body)).map(|pattern| pattern.status)
    }

    /// Reads a response that may be a refusal, with any status but 2xx. Adds no refusal if neither a pattern matches
    /// nor the status stands for one.
    pub(super) fn read_refusal(&mut self, status: u16, body: &[u8]) {
        let (dialect, headers) = (self.dialect, self.headers);
        let texts = dialect.headers.iter().filter(|header| header.meaning == HeaderMeaning::Text);
        let texts = texts.filter_map(|header| headers.get(header.name)).chain([body]);
        let of_status =
            |patterns: &'static [ResponsePattern]| patterns.iter().filter(move |pattern| pattern.status == status);
        let pattern = phrase::best_match(of_status(dialect.responses), texts.clone());
        let pattern = pattern.or_else(|| phrase::best_match(of_status(FINAL), texts.clone()));
        let (metric, remedy) = match (pattern, status) {
            (Some(pattern), _) => (pattern.metric, pattern.remedy),
            (None, 429) => (None, Remedy::Wait),
            (None, 402) => (Some(Metric::SpendUsd), Remedy::Raise),
            (None, 413) => (None, Remedy::Split),
            (None, 503 | 529) => (None, Remedy::Elsewhere),
            _ => return,
        };
        // Only the body of a refusal is the vendor's text. Otherwise it is the model's output.
        self.read_values(dialect.body, |name| phrase::text_after(body, name).map(value::first_value));
        let stated = self.read_sentences(body);
        let remedy = match remedy {
            Remedy::Wait | Remedy::Smooth | Remedy::Split if stated.is_zero => Remedy::Raise,
            Remedy::Wait | Remedy::Smooth if stated.is_too_large => Remedy::Split,
            Remedy::Wait if self.elsewhere => Remedy::Elsewhere,
            remedy => remedy,
        };
        let mut limit = Counted { metric, window: pattern.and_then(window_of) };
        let agrees = limit.metric.is_none() || stated.limit.metric.is_none() || limit.metric == stated.limit.metric;
        if remedy != Remedy::Raise && agrees {
            limit.metric = limit.metric.or(stated.limit.metric);
            limit.window = limit.window.max(stated.limit.window);
        }
        let lasts = match remedy {
            Remedy::Raise | Remedy::Split => None,
            Remedy::Wait | Remedy::Smooth | Remedy::Elsewhere => self.duration(pattern, body, &texts),
        };
        self.signals.push(Signal::Refused(Refusal {
            status,
            metric: limit.metric,
            window: limit.window,
            remedy,
            retry_after: self.retry_after,
            lasts,
            account_wide: pattern.is_some_and(|pattern| pattern.account_wide),
        }));
    }

    /// Reads the limits that a body states in sentences of any vendor.
    fn read_sentences(&mut self, body: &[u8]) -> StatedLimit {
        // A vendor whose headers count only uncached input means uncached input by "input tokens".
        let counts = |metric| self.dialect.headers.iter().any(|header| header.metric == Some(metric));
        let is_uncached = counts(Metric::UncachedInputTokens) && !counts(Metric::InputTokens);
        let input = if is_uncached { Metric::UncachedInputTokens } else { Metric::InputTokens };
        let signals = &mut self.signals;
        sentence::read(body, input, |limit| {
            if let (Some(amount), Some(_)) = (limit.amount, limit.metric) {
                signals.push_stricter(Signal::Limit {
                    counted: Counted { metric: limit.metric, window: limit.window },
                    amount,
                });
            }
        })
    }

    /// Returns the duration of a refusal. Uses, in this order: the published reset of the window; the time that the
    /// dialect's pattern locates; a time in the wording of any vendor, unless a header states the wait.
    fn duration<'t>(
        &mut self,
        pattern: Option<&ResponsePattern>,
        body: &'t [u8],
        texts: &(impl Iterator<Item = &'t [u8]> + Clone),
    ) -> Option<Duration> {
        if let Some(resets) = pattern.and_then(|pattern| pattern.resets)
            && let Some(after) = reset::until(resets, self.now)
        {
            return Some(after);
        }
        if let Some(time) = pattern.and_then(|pattern| pattern.time)
            && let Some(rest) = texts.clone().find_map(|text| phrase::text_after(text, time.after))
        {
            match self.time(time.format, rest) {
                Ok(after) => return Some(after),
                Err(why) => self.signals.push(Signal::Invalid { at: time.after, why }),
            }
        }
        if self.retry_after.is_some_and(|after| !after.is_zero()) {
            return None;
        }
        for (phrase, format) in WAITS {
            let times = phrase::matches(body, phrase).map(|found| self.time(*format, &body[found.end..]));
            // Of several times after the same phrase, the call has to wait for the longest.
            let longest = times.filter(|time| *time != Err(InvalidValue::Unreadable)).max_by_key(|time| match time {
                Ok(after) => *after,
                Err(InvalidValue::TooFar) => Duration::MAX,
                Err(_) => Duration::ZERO,
            });
            match longest {
                Some(Ok(after)) => return Some(after),
                Some(Err(why)) => {
                    self.signals.push(Signal::Invalid { at: phrase, why });
                    return None;
                }
                None => {}
            }
        }
        None
    }

    /// Parses the time at the beginning of `rest`, the text after a phrase.
    fn time(&self, format: HeaderFormat, rest: &[u8]) -> Result<Duration, InvalidValue> {
        let is_length = matches!(
            format,
            HeaderFormat::Seconds | HeaderFormat::Integer | HeaderFormat::Duration | HeaderFormat::SecondsOrDate
        );
        match duration::time(rest) {
            Some(time) if is_length => time,
            _ if format == HeaderFormat::Seconds => Err(InvalidValue::Unreadable),
            _ => value::time(format, value::first_value(rest), self.now),
        }
    }
}

/// Returns the window of a pattern.
fn window_of(pattern: &ResponsePattern) -> Option<Duration> {
    pattern.window_seconds.map(|seconds| Duration::from_secs(seconds.into()))
}

//! The reading of a refusal: which limit refuses, what cures it, and how long it lasts.

use std::time::Duration;

use ratebook::{HeaderFormat, Metric, Remedy, Reply, Says};

use super::common::refusal;
use super::reading::Reading;
use super::sentence::{self, Said};
use super::{Counted, Headers, InvalidValue, Refusal, Signal, duration, phrase, reset, value};

/// Refusals that no wait cures, as any vendor may write them, where a dialect knows no better.
const FINAL: &[Reply] = &[
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

/// What any vendor may write before a time to wait, the clearest first. A bare number is of seconds.
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

impl<H: Headers + ?Sized> Reading<'_, H> {
    /// The status of the dialect's reply whose phrase a body has, whatever the status.
    pub(super) fn status_of(&self, body: &[u8]) -> Option<u16> {
        let replies = self.dialect.replies.iter().filter(|reply| !reply.contains.is_empty());
        phrase::meant(replies, std::iter::once(body)).map(|reply| reply.status)
    }

    /// Hears a reply that serves nothing.
    pub(super) fn read_refusal(&mut self, status: u16, body: &[u8]) {
        let (dialect, headers) = (self.dialect, self.headers);
        let texts = dialect.headers.iter().filter(|header| header.says == Says::Text);
        let texts = texts.filter_map(|header| headers.get(header.name)).chain([body]);
        let of_status = |replies: &'static [Reply]| replies.iter().filter(move |reply| reply.status == status);
        let known = phrase::meant(of_status(dialect.replies), texts.clone());
        let known = known.or_else(|| phrase::meant(of_status(FINAL), texts.clone()));
        let (metric, remedy) = match (known, status) {
            (Some(reply), _) => (reply.metric, reply.remedy),
            (None, 429) => (None, Remedy::Wait),
            (None, 402) => (Some(Metric::SpendUsd), Remedy::Raise),
            (None, 413) => (None, Remedy::Split),
            (None, 503 | 529) => (None, Remedy::Elsewhere),
            _ => return,
        };
        // Of a reply that serves, the body is the model's own words.
        self.read_all(dialect.body, |name| phrase::behind(body, name).map(value::value_of));
        let said = self.read_sentences(body);
        let remedy = match remedy {
            Remedy::Wait | Remedy::Smooth | Remedy::Split if said.is_zero => Remedy::Raise,
            Remedy::Wait | Remedy::Smooth if said.is_too_large => Remedy::Split,
            Remedy::Wait if self.elsewhere => Remedy::Elsewhere,
            remedy => remedy,
        };
        let mut limit = Counted { metric, window: known.and_then(window_of) };
        let agrees = limit.metric.is_none() || said.limit.metric.is_none() || limit.metric == said.limit.metric;
        if remedy != Remedy::Raise && agrees {
            limit.metric = limit.metric.or(said.limit.metric);
            limit.window = limit.window.max(said.limit.window);
        }
        let lasts = match remedy {
            Remedy::Raise | Remedy::Split => None,
            _ => self.lasts(known, body, &texts),
        };
        self.signals.push(Signal::Refused(Refusal {
            status,
            metric: limit.metric,
            window: limit.window,
            remedy,
            retry_after: self.retry_after,
            lasts,
            account_wide: known.is_some_and(|reply| reply.account_wide),
        }));
    }

    /// Hears the sentences in which any vendor may name limits.
    fn read_sentences(&mut self, body: &[u8]) -> Said {
        // Whose headers count the input that no cache holds, means that by input tokens.
        let counts = |metric| self.dialect.headers.iter().any(|header| header.metric == Some(metric));
        let is_uncached = counts(Metric::UncachedInputTokens) && !counts(Metric::InputTokens);
        let input = if is_uncached { Metric::UncachedInputTokens } else { Metric::InputTokens };
        let signals = &mut self.signals;
        sentence::read(body, input, |limit| {
            if let (Some(amount), Some(_)) = (limit.amount, limit.metric) {
                signals.push_stricter(Signal::Limit {
                    of: Counted { metric: limit.metric, window: limit.window },
                    amount,
                });
            }
        })
    }

    /// How long a refusal lasts: until its window begins anew, or as the dialect's reply says, or else as any vendor may
    /// write it, where no header says how long to wait.
    fn lasts<'t>(
        &mut self,
        known: Option<&Reply>,
        body: &'t [u8],
        texts: &(impl Iterator<Item = &'t [u8]> + Clone),
    ) -> Option<Duration> {
        if let Some(resets) = known.and_then(|reply| reply.resets)
            && let Some(after) = reset::until(resets, self.now)
        {
            return Some(after);
        }
        if let Some(time) = known.and_then(|reply| reply.time)
            && let Some(rest) = texts.clone().find_map(|text| phrase::behind(text, time.after))
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
            let times = phrase::places(body, phrase).map(|place| self.time(*format, &body[place.end..]));
            // Of times behind the same words, the longest is over last.
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

    /// The time that stands at the beginning of the rest of a body.
    fn time(&self, format: HeaderFormat, rest: &[u8]) -> Result<Duration, InvalidValue> {
        let is_length = matches!(
            format,
            HeaderFormat::Seconds | HeaderFormat::Integer | HeaderFormat::Duration | HeaderFormat::SecondsOrDate
        );
        match duration::time(rest) {
            Some(time) if is_length => time,
            _ if format == HeaderFormat::Seconds => Err(InvalidValue::Unreadable),
            _ => value::time(format, value::value_of(rest), self.now),
        }
    }
}

fn window_of(reply: &Reply) -> Option<Duration> {
    reply.window_seconds.map(|seconds| Duration::from_secs(seconds.into()))
}

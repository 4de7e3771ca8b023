//! What an object of a reply says of usage. Only what is counted is looked at, and what is no count is as if missing.

use ratebook_limiter::Usage;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Format;

/// What has been counted, as far as it is known.
#[derive(Clone, Copy, Default)]
pub(super) struct Counts {
    /// With what the cache held, except in Anthropic's form.
    input: Option<u64>,
    cached: Option<u64>,
    output: Option<u64>,
    total: Option<u64>,
    /// What Anthropic's cache held and was given, beside `input`.
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    audio_millis: Option<u64>,
    /// Whether it is an event with which a stream ends.
    pub(super) is_last: bool,
}

/// Events with which streams end: a message of Anthropic's, a response or a transcription of OpenAI's.
const LAST: [&str; 5] = [
    "\"message_stop\"",
    "\"response.completed\"",
    "\"response.incomplete\"",
    "\"response.failed\"",
    "\"transcript.text.done\"",
];

impl Counts {
    /// Those of an object; none where it is not JSON, tells of an error, or says nothing of usage.
    pub(super) fn read(format: Format, object: &[u8]) -> Self {
        let reply = match serde_json::from_slice::<Reply<'_>>(object) {
            Ok(reply) if reply.error.is_none() => reply,
            _ => return Self::default(),
        };
        let within = match format {
            Format::Anthropic => reply.message,
            Format::Cloudflare => reply.result.or(reply.response),
            Format::OpenAi | Format::DashScope => reply.response,
        };
        let counts = match reply.usage.or_else(|| within?.usage) {
            Some(reported) => reported.counts(format),
            None => Self::default(),
        };
        Self { is_last: reply.kind.is_some_and(|kind| LAST.contains(&kind.get())), ..counts }
    }

    /// Takes what is known later in the place of what was known before.
    pub(super) fn update(&mut self, later: Self) {
        *self = Self {
            input: later.input.or(self.input),
            cached: later.cached.or(self.cached),
            output: later.output.or(self.output),
            total: later.total.or(self.total),
            cache_read: later.cache_read.or(self.cache_read),
            cache_creation: later.cache_creation.or(self.cache_creation),
            audio_millis: later.audio_millis.or(self.audio_millis),
            is_last: later.is_last || self.is_last,
        };
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        let beside = self.cache_read.unwrap_or(0).saturating_add(self.cache_creation.unwrap_or(0));
        let input = self.input.map(|input| input.saturating_add(beside));
        // Embeddings have no output, and say so only by their total; some leave reasoning out of the output alone.
        let rest = self.total.zip(input).and_then(|(total, input)| total.checked_sub(input));
        let output = self.output.max(rest);
        let named = [input, output, self.total, self.audio_millis];
        if named.iter().all(Option::is_none) {
            return None;
        }
        let mut usage = Usage::new().cached_input(self.cached.or(self.cache_read).unwrap_or(0));
        if let Some(tokens) = self.total {
            usage = usage.tokens(tokens);
        }
        if let Some(tokens) = input {
            usage = usage.input(tokens);
        }
        if let Some(tokens) = output {
            usage = usage.output(tokens);
        }
        if let Some(millis) = self.audio_millis {
            usage = usage.audio_millis(millis);
        }
        Some(usage)
    }
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Reply<'a> {
    /// Of an event.
    #[serde(borrow, rename = "type")]
    kind: Option<&'a RawValue>,
    #[serde(deserialize_with = "object")]
    usage: Option<Reported>,
    /// Of events of OpenAI's responses; a text at Cloudflare.
    #[serde(deserialize_with = "object")]
    response: Option<Within>,
    /// Of the event that begins a stream of Anthropic's.
    #[serde(deserialize_with = "object")]
    message: Option<Within>,
    /// Of a reply of Cloudflare's.
    #[serde(deserialize_with = "object")]
    result: Option<Within>,
    error: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Within {
    #[serde(deserialize_with = "object")]
    usage: Option<Reported>,
}

/// A `usage` in any of the forms.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Reported {
    #[serde(deserialize_with = "count")]
    prompt_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    completion_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    output_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    total_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_read_input_tokens: Option<u64>,
    #[serde(deserialize_with = "count")]
    cache_creation_input_tokens: Option<u64>,
    #[serde(deserialize_with = "object")]
    prompt_tokens_details: Option<Details>,
    #[serde(deserialize_with = "object")]
    input_tokens_details: Option<Details>,
    /// Of audio.
    #[serde(rename = "seconds", deserialize_with = "millis")]
    millis: Option<u64>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Details {
    #[serde(deserialize_with = "count")]
    cached_tokens: Option<u64>,
}

impl Reported {
    fn counts(self, format: Format) -> Counts {
        if format == Format::Anthropic {
            return Counts {
                input: self.input_tokens,
                output: self.output_tokens,
                cache_read: self.cache_read_input_tokens,
                cache_creation: self.cache_creation_input_tokens,
                ..Counts::default()
            };
        }
        let cached = |details: Option<Details>| details?.cached_tokens;
        Counts {
            input: self.prompt_tokens.or(self.input_tokens),
            cached: cached(self.prompt_tokens_details).or(cached(self.input_tokens_details)),
            output: self.completion_tokens.or(self.output_tokens),
            total: self.total_tokens,
            audio_millis: self.millis,
            ..Counts::default()
        }
    }
}

/// An object, or `None` where the value is something else.
fn object<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Option<T>, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    // Of an array, serde would take the elements for fields.
    Ok(if text.starts_with('{') { serde_json::from_str(text).ok() } else { None })
}

/// A count, or `None` where the value is none.
fn count<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    // A larger float is no exact count.
    let whole = |float: &f64| float.fract() == 0.0 && (0.0..(1_u64 << 53) as f64).contains(float);
    Ok(text.parse().ok().or_else(|| text.parse().ok().filter(whole).map(|float| float as u64)))
}

/// A number of seconds in milliseconds, or `None` where the value is none.
fn millis<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = <&RawValue>::deserialize(deserializer)?.get();
    let seconds = text.parse::<f64>().ok().filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    // A float of milliseconds can be a hair off.
    Ok(seconds.map(|seconds| (seconds * 1_000.0).round() as u64))
}

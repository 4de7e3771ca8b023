//! What an object of a reply says of usage. Only what is counted is looked at, and what is no count is as if missing.

use ratebook_limiter::Usage;

use super::{Format, MOST};
use crate::json;

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
}

/// The names under which an object has its usage.
const USAGE: [&str; 3] = ["usage", "usageMetadata", "usage_metadata"];

/// Objects of a reply within which its usage may stand: of Anthropic's first event, of OpenAI's responses, of
/// Cloudflare's replies, of Groq's streams.
const HOLDERS: [&str; 4] = ["message", "response", "result", "x_groq"];

impl Counts {
    /// Those of an object's fields.
    pub(super) fn read(format: Format, fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::within(format, fields);
        for (key, value) in fields {
            match &**key {
                key if HOLDERS.contains(&key) && value.starts_with('{') => {
                    counts.update(Self::within(format, &json::fields(value).unwrap_or_default()));
                }
                // Moonshot's streams have it in the last chunk's choice.
                "choices" if value.starts_with('[') && value.contains("\"usage\"") => {
                    json::each(value, |choice| {
                        counts.update(Self::within(format, &json::fields(choice).unwrap_or_default()));
                    });
                }
                _ => {}
            }
        }
        counts
    }

    /// Those of the usage that an object has itself.
    fn within(format: Format, fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::default();
        for (key, value) in fields {
            if USAGE.contains(&&**key) && value.starts_with('{') {
                counts.update(Self::reported(format, &json::fields(value).unwrap_or_default()));
            }
        }
        counts
    }

    /// Those of a usage, in any of the forms.
    fn reported(format: Format, fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::default();
        for (key, value) in fields {
            let of = match &**key {
                "prompt_tokens" if format == Format::Anthropic => continue,
                "completion_tokens" if format == Format::Anthropic => continue,
                "total_tokens" if format == Format::Anthropic => continue,
                "prompt_tokens" | "input_tokens" | "promptTokenCount" | "inputTokens" => &mut counts.input,
                "completion_tokens" | "output_tokens" | "candidatesTokenCount" | "outputTokens" => &mut counts.output,
                "total_tokens" | "totalTokenCount" | "totalTokens" => &mut counts.total,
                "cache_read_input_tokens" if format == Format::Anthropic => &mut counts.cache_read,
                "cache_creation_input_tokens" if format == Format::Anthropic => &mut counts.cache_creation,
                "seconds" => {
                    counts.audio_millis = larger(counts.audio_millis, millis(value));
                    continue;
                }
                key if is_details(key) && value.starts_with('{') => {
                    let details = json::fields(value).unwrap_or_default();
                    let cached = details.iter().filter(|(key, _)| is_cached(key)).filter_map(|(_, value)| count(value));
                    counts.cached = larger(counts.cached, cached.max());
                    continue;
                }
                key if is_cached(key) && format != Format::Anthropic => &mut counts.cached,
                _ => continue,
            };
            *of = larger(*of, count(value));
        }
        counts
    }

    /// Takes the larger of what was known before and what is known later. A reply's counts are sums up to then, which
    /// never fall: a later zero is a field that was not filled in.
    pub(super) fn update(&mut self, later: Self) {
        *self = Self {
            input: larger(self.input, later.input),
            cached: larger(self.cached, later.cached),
            output: larger(self.output, later.output),
            total: larger(self.total, later.total),
            cache_read: larger(self.cache_read, later.cache_read),
            cache_creation: larger(self.cache_creation, later.cache_creation),
            audio_millis: larger(self.audio_millis, later.audio_millis),
        };
    }

    /// The same with so much output at least, where anything is known.
    #[cfg(feature = "http")]
    pub(super) fn with_output(self, tokens: u64) -> Self {
        if self.is_empty() {
            return self;
        }
        let input = self.input();
        let output = larger(self.output, Some(tokens));
        // A total that is too small for its parts was counted before them.
        let total = self.total.map(|total| total.max(input.unwrap_or(0).saturating_add(output.unwrap_or(0))));
        Self { output, total, ..self }
    }

    /// Whether nothing has been counted.
    pub(super) fn is_empty(&self) -> bool {
        let named = [self.input(), self.output, self.total, self.audio_millis];
        named.iter().all(Option::is_none)
    }

    /// The largest count above the most that is believed.
    pub(super) fn absurd(&self) -> Option<u64> {
        let counts = [self.input(), self.output, self.total, self.audio_millis, self.cached];
        counts.into_iter().flatten().max().filter(|largest| *largest > MOST)
    }

    fn input(&self) -> Option<u64> {
        let beside = self.cache_read.unwrap_or(0).saturating_add(self.cache_creation.unwrap_or(0));
        self.input.map(|input| input.saturating_add(beside))
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        if self.is_empty() || self.absurd().is_some() {
            return None;
        }
        let input = self.input();
        // Embeddings have no output, and say so only by their total; some leave reasoning out of the output alone.
        let rest = self.total.zip(input).and_then(|(total, input)| total.checked_sub(input));
        let output = self.output.max(rest);
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

/// The larger of two counts, of which either may be unknown.
fn larger(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    // None is less than any count.
    one.max(other)
}

/// Whether a field says of what kinds the input was: `prompt_tokens_details`, `input_token_details`.
fn is_details(key: &str) -> bool {
    key.ends_with("_details") && (key.starts_with("prompt") || key.starts_with("input"))
}

/// Whether a field counts what of the input the cache held. Vendors name it each in their own way:
/// `prompt_cache_hit_tokens`, `cached_tokens`, `cachedContentTokenCount`. What the cache missed or was given is another
/// matter.
fn is_cached(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let has = |part: &str| key.contains(part);
    has("cache") && (has("token") || has("read")) && !["miss", "creat", "writ", "detail", "output"].into_iter().any(has)
}

/// A count, or `None` where the value is none.
fn count(text: &str) -> Option<u64> {
    // A larger float is no exact count.
    let whole = |float: &f64| float.fract() == 0.0 && (0.0..(1_u64 << 53) as f64).contains(float);
    text.parse().ok().or_else(|| text.parse().ok().filter(whole).map(|float| float as u64))
}

/// A number of seconds in milliseconds, or `None` where the value is none.
fn millis(text: &str) -> Option<u64> {
    // A float of milliseconds can be a hair off. One that has no place in 64 bits is no count.
    let millis = (text.parse::<f64>().ok()? * 1_000.0).round();
    (0.0..u64::MAX as f64).contains(&millis).then_some(millis as u64)
}

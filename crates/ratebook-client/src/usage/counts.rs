//! Reads the usage counts in an object of a response. Unknown fields and values that are not counts are ignored.

use ratebook_limiter::Usage;

use super::{Format, MAX_USAGE};
use crate::json;

/// Reported usage, in tokens unless noted. `None`: not reported.
#[derive(Clone, Copy, Default)]
pub(super) struct UsageCounts {
    /// Includes cached input, except in the formats of Anthropic and Converse.
    input: Option<u64>,
    /// Reported beside `input`, and not included in it.
    more_input: Option<u64>,
    cached: Option<u64>,
    /// Written to a cache. Included in `input`.
    written: Option<u64>,
    output: Option<u64>,
    /// Reported beside `output`, and not included in it.
    more_output: Option<u64>,
    total: Option<u64>,
    /// Anthropic and Converse report cache reads and cache writes beside `input`.
    cache_read: Option<u64>,
    cache_creation: Option<u64>,
    audio_millis: Option<u64>,
}

/// Fields that contain a usage object.
const USAGE_FIELDS: [&str; 3] = ["usage", "usageMetadata", "usage_metadata"];

/// Fields whose object may contain the usage: Anthropic's first event, OpenAI's responses, Cloudflare's native format,
/// Groq's streams, the last event of Cohere's streams.
const USAGE_PARENTS: [&str; 5] = ["message", "response", "result", "x_groq", "delta"];

/// The count of a usage object that a field states.
#[derive(Clone, Copy)]
enum Field {
    Input,
    MoreInput,
    Cached,
    CacheRead,
    Written,
    CacheWritten,
    Output,
    MoreOutput,
    Total,
}

/// Returns what a field of a usage object states in a format. `None` for fields that are not counts.
fn field(format: Format, key: &str) -> Option<Field> {
    let own = match format {
        Format::Anthropic => match key {
            // An Anthropic API reports these beside its own counts, if at all.
            "prompt_tokens" | "completion_tokens" | "total_tokens" => return None,
            "cache_read_input_tokens" => Some(Field::CacheRead),
            "cache_creation_input_tokens" => Some(Field::CacheWritten),
            key if is_cached(key) || is_written(key) => return None,
            _ => None,
        },
        Format::Converse => match key {
            // The total of some models contains cached tokens, of others it does not.
            "totalTokens" => return None,
            "cacheReadInputTokens" | "cache_read_input_tokens" => Some(Field::CacheRead),
            "cacheWriteInputTokens" | "cache_creation_input_tokens" => Some(Field::CacheWritten),
            _ => None,
        },
        Format::Gemini => match key {
            "thoughtsTokenCount" => Some(Field::MoreOutput),
            "toolUsePromptTokenCount" => Some(Field::MoreInput),
            "responseTokenCount" => Some(Field::Output),
            _ => None,
        },
        Format::Perplexity => match key {
            // The total has neither citations nor reasoning.
            "total_tokens" => return None,
            "citation_tokens" => Some(Field::MoreInput),
            "reasoning_tokens" => Some(Field::MoreOutput),
            _ => None,
        },
        Format::Openai | Format::DashScope | Format::Cloudflare | Format::Cohere => None,
    };
    own.or(match key {
        "prompt_tokens" | "input_tokens" | "promptTokenCount" | "inputTokens" => Some(Field::Input),
        "completion_tokens" | "output_tokens" | "candidatesTokenCount" | "outputTokens" => Some(Field::Output),
        "total_tokens" | "totalTokenCount" | "totalTokens" => Some(Field::Total),
        key if is_cached(key) => Some(Field::Cached),
        key if is_written(key) => Some(Field::Written),
        _ => None,
    })
}

impl UsageCounts {
    /// Reads the usage of a response object.
    pub(super) fn read(format: Format, fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::read_usage_fields(format, fields);
        for (key, value) in fields {
            match &**key {
                // Bedrock adds its own counts to the last event of each vendor's format.
                "amazon-bedrock-invocationMetrics" if format == Format::Converse && value.starts_with('{') => {
                    counts.update(Self::invocation_metrics(&json::fields(value).unwrap_or_default()));
                }
                key if USAGE_PARENTS.contains(&key) && value.starts_with('{') => {
                    counts.update(Self::read_usage_fields(format, &json::fields(value).unwrap_or_default()));
                }
                // Moonshot's streams report usage in the last choice.
                "choices" if value.starts_with('[') && value.contains("\"usage\"") => {
                    json::each(value, |choice| {
                        counts.update(Self::read_usage_fields(format, &json::fields(choice).unwrap_or_default()));
                    });
                }
                _ => {}
            }
        }
        counts
    }

    /// Reads Bedrock's counts in the last event of a streamed model invocation.
    fn invocation_metrics(fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::default();
        for (key, value) in fields {
            let field = match &**key {
                "inputTokenCount" => &mut counts.input,
                "outputTokenCount" => &mut counts.output,
                "cacheReadInputTokenCount" => &mut counts.cache_read,
                "cacheWriteInputTokenCount" => &mut counts.cache_creation,
                _ => continue,
            };
            *field = larger(*field, count(value));
        }
        counts
    }

    /// Reads the usage in an object's own usage fields.
    fn read_usage_fields(format: Format, fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::default();
        for (key, value) in fields {
            let is_usage = USAGE_FIELDS.contains(&&**key) || *key == "meta" && format == Format::Cohere;
            if is_usage && value.starts_with('{') {
                counts.update(Self::from_usage_object(format, &json::fields(value).unwrap_or_default()));
            }
        }
        counts
    }

    /// Reads a usage object.
    fn from_usage_object(format: Format, fields: &json::Fields<'_>) -> Self {
        let mut counts = Self::default();
        for (key, value) in fields {
            match &**key {
                "seconds" => counts.audio_millis = larger(counts.audio_millis, millis(value)),
                // Cohere counts what it processed, and what it bills, which is less.
                "tokens" | "billed_units" if format == Format::Cohere && value.starts_with('{') => {
                    counts.update(Self::from_usage_object(format, &json::fields(value).unwrap_or_default()));
                }
                key if is_details(key) && value.starts_with('{') => {
                    let details = json::fields(value).unwrap_or_default();
                    let largest = |is_meant: fn(&str) -> bool| {
                        details.iter().filter(|(key, _)| is_meant(key)).filter_map(|(_, value)| count(value)).max()
                    };
                    counts.cached = larger(counts.cached, largest(is_cached));
                    counts.written = larger(counts.written, largest(is_written));
                }
                key => {
                    if let Some(field) = field(format, key) {
                        let known = counts.get_mut(field);
                        *known = larger(*known, count(value));
                    }
                }
            }
        }
        counts
    }

    fn get_mut(&mut self, field: Field) -> &mut Option<u64> {
        match field {
            Field::Input => &mut self.input,
            Field::MoreInput => &mut self.more_input,
            Field::Cached => &mut self.cached,
            Field::CacheRead => &mut self.cache_read,
            Field::Written => &mut self.written,
            Field::CacheWritten => &mut self.cache_creation,
            Field::Output => &mut self.output,
            Field::MoreOutput => &mut self.more_output,
            Field::Total => &mut self.total,
        }
    }

    /// Merges later counts. Counts are running totals and never fall, so the larger value wins: a later zero is a field
    /// that was left empty.
    pub(super) fn update(&mut self, later: Self) {
        *self = Self {
            input: larger(self.input, later.input),
            more_input: larger(self.more_input, later.more_input),
            cached: larger(self.cached, later.cached),
            written: larger(self.written, later.written),
            output: larger(self.output, later.output),
            more_output: larger(self.more_output, later.more_output),
            total: larger(self.total, later.total),
            cache_read: larger(self.cache_read, later.cache_read),
            cache_creation: larger(self.cache_creation, later.cache_creation),
            audio_millis: larger(self.audio_millis, later.audio_millis),
        };
    }

    /// Raises the output to at least `tokens`, if any usage was reported.
    #[cfg(feature = "http")]
    pub(super) fn with_min_output(self, tokens: u64) -> Self {
        if self.is_empty() {
            return self;
        }
        let input = self.input();
        let output = larger(self.output(), Some(tokens));
        // A total smaller than its parts was reported before them.
        let total = self.total.map(|total| total.max(input.unwrap_or(0).saturating_add(output.unwrap_or(0))));
        Self { output, more_output: None, total, ..self }
    }

    /// Whether no usage was reported.
    pub(super) fn is_empty(&self) -> bool {
        let named = [self.input(), self.output(), self.total, self.audio_millis];
        named.iter().all(Option::is_none)
    }

    /// Returns the largest count above [`MAX_USAGE`].
    pub(super) fn implausible(&self) -> Option<u64> {
        let counts = [self.input(), self.output(), self.total, self.audio_millis, self.cached, self.written];
        counts.into_iter().flatten().max().filter(|largest| *largest > MAX_USAGE)
    }

    /// Returns the input with cache reads and writes, and with what is reported beside it.
    fn input(&self) -> Option<u64> {
        let beside = [self.cache_read, self.cache_creation, self.more_input];
        let sum = |sum: u64, part: &Option<u64>| sum.saturating_add(part.unwrap_or(0));
        self.input.map(|input| beside.iter().fold(input, sum))
    }

    /// Returns the output with what is reported beside it.
    fn output(&self) -> Option<u64> {
        let more = self.more_output.filter(|more| *more > 0);
        self.output.map_or(more, |output| Some(output.saturating_add(more.unwrap_or(0))))
    }

    pub(super) fn usage(&self) -> Option<Usage> {
        if self.is_empty() || self.implausible().is_some() {
            return None;
        }
        let input = self.input();
        // Embeddings report a total and no output. Some vendors count reasoning in the total only.
        let rest = self.total.zip(input).and_then(|(total, input)| total.checked_sub(input));
        let output = self.output().max(rest);
        let mut usage = Usage::new().cached_input(self.cached.or(self.cache_read).unwrap_or(0));
        if let Some(tokens) = self.written.or(self.cache_creation).filter(|tokens| *tokens > 0) {
            usage = usage.cache_written_input(tokens);
        }
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

/// Returns the larger of two optional counts.
fn larger(one: Option<u64>, other: Option<u64>) -> Option<u64> {
    // None is less than any count.
    one.max(other)
}

/// Whether a field breaks down the input: `prompt_tokens_details`, `input_token_details`.
fn is_details(key: &str) -> bool {
    key.ends_with("_details") && (key.starts_with("prompt") || key.starts_with("input"))
}

/// Whether a field counts input tokens read from the cache. Names vary by vendor: `prompt_cache_hit_tokens`,
/// `cached_tokens`, `cachedContentTokenCount`. Cache misses and cache writes do not count.
fn is_cached(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let has = |part: &str| key.contains(part);
    has("cache") && (has("token") || has("read")) && !["miss", "creat", "writ", "detail", "output"].into_iter().any(has)
}

/// Whether a field counts input tokens written to the cache: `cache_creation_input_tokens`, `cache_write_tokens`,
/// `cache_creation`.
fn is_written(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let has = |part: &str| key.contains(part);
    has("cache") && (has("creat") || has("writ")) && !["detail", "output"].into_iter().any(has)
}

/// Parses a count.
fn count(text: &str) -> Option<u64> {
    // Above 2⁵³ a float is not exact.
    let whole = |float: &f64| float.fract() == 0.0 && (0.0..(1_u64 << 53) as f64).contains(float);
    text.parse().ok().or_else(|| text.parse().ok().filter(whole).map(|float| float as u64))
}

/// Parses a number of seconds, in milliseconds.
fn millis(text: &str) -> Option<u64> {
    // Rounds away the error of the multiplication. A value outside of 64 bits is not a count.
    let millis = (text.parse::<f64>().ok()? * 1_000.0).round();
    (0.0..u64::MAX as f64).contains(&millis).then_some(millis as u64)
}

//! Dialects that are common, and those of vendors that the catalog has no page of.
//!
//! From the vendors' own documentation where there is some, else from captures of what they send. A window is named where
//! the vendor fixes it; a header without one speaks of the account's shortest window of the metric.

use ratebook::Metric::{ConcurrentTasks, InputTokens, OutputTokens, Requests, SpendUsd, Tokens, UncachedInputTokens};
use ratebook::{BodyTime, Header, HeaderFormat, Metric, Remedy, Reply, Says};

use super::Dialect;

const SECOND: Option<u32> = Some(1);
const MINUTE: Option<u32> = Some(60);
const HOUR: Option<u32> = Some(3_600);
const DAY: Option<u32> = Some(86_400);
const MONTH: Option<u32> = Some(31 * 86_400);

const fn limit(name: &'static str, metric: Metric, window_seconds: Option<u32>) -> Header {
    counted(name, Says::Limit, metric, window_seconds, HeaderFormat::Integer)
}

const fn remaining(name: &'static str, metric: Metric, window_seconds: Option<u32>) -> Header {
    counted(name, Says::Remaining, metric, window_seconds, HeaderFormat::Integer)
}

const fn until_full(name: &'static str, metric: Metric, window_seconds: Option<u32>, format: HeaderFormat) -> Header {
    counted(name, Says::UntilFull, metric, window_seconds, format)
}

const fn counted(
    name: &'static str,
    says: Says,
    metric: Metric,
    window_seconds: Option<u32>,
    format: HeaderFormat,
) -> Header {
    Header { name, says, metric: Some(metric), window_seconds, format, meaning: "" }
}

const fn uncounted(name: &'static str, says: Says, format: HeaderFormat) -> Header {
    Header { name, says, metric: None, window_seconds: None, format, meaning: "" }
}

const fn refusal(status: u16, contains: &'static str, metric: Option<Metric>, remedy: Remedy) -> Reply {
    Reply { status, contains, metric, remedy, time: None }
}

/// A refusal that time cures, which its body names.
const fn timed(contains: &'static str, metric: Option<Metric>, after: &'static str, format: HeaderFormat) -> Reply {
    Reply { status: 429, contains, metric, remedy: Remedy::Wait, time: Some(BodyTime { after, format }) }
}

const TRY_AGAIN_IN: &str = "try again in";

impl Dialect {
    /// Nothing but `Retry-After` and the status. What DeepSeek, NVIDIA and Z.ai answer.
    pub const PLAIN: Self = Self::new(&[], &[]);

    /// OpenAI's, and of many who speak its protocol.
    pub const OPENAI: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::Duration),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Duration),
        ],
        &[
            refusal(429, "request too large", None, Remedy::Split),
            refusal(429, "insufficient_quota", Some(SpendUsd), Remedy::Raise),
            refusal(429, "exceeded your current quota", Some(SpendUsd), Remedy::Raise),
            timed("on tokens per", Some(Tokens), TRY_AGAIN_IN, HeaderFormat::Duration),
            timed("on requests per", Some(Requests), TRY_AGAIN_IN, HeaderFormat::Duration),
        ],
    );

    /// Azure OpenAI's: how long to wait in milliseconds.
    pub const AZURE_OPENAI: Self = Self::new(
        &[
            uncounted("retry-after-ms", Says::RetryAfter, HeaderFormat::Millis),
            uncounted("x-ms-retry-after-ms", Says::RetryAfter, HeaderFormat::Millis),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
        ],
        &[],
    );

    /// Anthropic's. What is left of tokens is rounded to the nearest thousand.
    pub const ANTHROPIC: Self = Self::new(
        &[
            limit("anthropic-ratelimit-requests-limit", Requests, MINUTE),
            limit("anthropic-ratelimit-tokens-limit", Tokens, MINUTE),
            limit("anthropic-ratelimit-input-tokens-limit", UncachedInputTokens, MINUTE),
            limit("anthropic-ratelimit-output-tokens-limit", OutputTokens, MINUTE),
            remaining("anthropic-ratelimit-requests-remaining", Requests, MINUTE),
            remaining("anthropic-ratelimit-tokens-remaining", Tokens, MINUTE),
            remaining("anthropic-ratelimit-input-tokens-remaining", UncachedInputTokens, MINUTE),
            remaining("anthropic-ratelimit-output-tokens-remaining", OutputTokens, MINUTE),
            until_full("anthropic-ratelimit-requests-reset", Requests, MINUTE, HeaderFormat::Timestamp),
            until_full("anthropic-ratelimit-tokens-reset", Tokens, MINUTE, HeaderFormat::Timestamp),
            until_full("anthropic-ratelimit-input-tokens-reset", UncachedInputTokens, MINUTE, HeaderFormat::Timestamp),
            until_full("anthropic-ratelimit-output-tokens-reset", OutputTokens, MINUTE, HeaderFormat::Timestamp),
        ],
        &[],
    );

    /// Groq's: requests are of the day and tokens of the minute, under OpenAI's names.
    pub const GROQ: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, DAY),
            limit("x-ratelimit-limit-tokens", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-requests", Requests, DAY),
            remaining("x-ratelimit-remaining-tokens", Tokens, MINUTE),
            until_full("x-ratelimit-reset-requests", Requests, DAY, HeaderFormat::Duration),
            until_full("x-ratelimit-reset-tokens", Tokens, MINUTE, HeaderFormat::Duration),
        ],
        &[
            timed("on tokens per", Some(Tokens), TRY_AGAIN_IN, HeaderFormat::Duration),
            timed("on requests per", Some(Requests), TRY_AGAIN_IN, HeaderFormat::Duration),
        ],
    );

    /// Cerebras': named windows, on served calls alone; a refusal by a full queue asks to go elsewhere.
    pub const CEREBRAS: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests-minute", Requests, MINUTE),
            limit("x-ratelimit-limit-requests-hour", Requests, HOUR),
            limit("x-ratelimit-limit-requests-day", Requests, DAY),
            limit("x-ratelimit-limit-tokens-minute", Tokens, MINUTE),
            limit("x-ratelimit-limit-tokens-hour", Tokens, HOUR),
            limit("x-ratelimit-limit-tokens-day", Tokens, DAY),
            remaining("x-ratelimit-remaining-requests-minute", Requests, MINUTE),
            remaining("x-ratelimit-remaining-requests-hour", Requests, HOUR),
            remaining("x-ratelimit-remaining-requests-day", Requests, DAY),
            remaining("x-ratelimit-remaining-tokens-minute", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-hour", Tokens, HOUR),
            remaining("x-ratelimit-remaining-tokens-day", Tokens, DAY),
            until_full("x-ratelimit-reset-requests-day", Requests, DAY, HeaderFormat::Seconds),
            until_full("x-ratelimit-reset-tokens-minute", Tokens, MINUTE, HeaderFormat::Seconds),
            uncounted("x-should-retry", Says::ShouldRetry, HeaderFormat::YesNo),
        ],
        &[],
    );

    /// Mistral's: wall-clock minutes, and the older ones by size. Streamed replies carry none.
    pub const MISTRAL: Self = Self::new(
        &[
            limit("x-ratelimit-limit-req-minute", Requests, MINUTE),
            remaining("x-ratelimit-remaining-req-minute", Requests, MINUTE),
            limit("x-ratelimit-limit-tokens-minute", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-minute", Tokens, MINUTE),
            limit("ratelimitbysize-limit", Tokens, MINUTE),
            remaining("ratelimitbysize-remaining", Tokens, MINUTE),
            until_full("ratelimitbysize-reset", Tokens, MINUTE, HeaderFormat::Seconds),
            limit("x-ratelimitbysize-limit-minute", Tokens, MINUTE),
            remaining("x-ratelimitbysize-remaining-minute", Tokens, MINUTE),
            limit("x-ratelimitbysize-limit-month", Tokens, MONTH),
            remaining("x-ratelimitbysize-remaining-month", Tokens, MONTH),
        ],
        &[],
    );

    /// What Fireworks sends since 2026, beside what its page names: input tokens are also counted without those from the
    /// cache. The catalog's is [`Dialect::of`].
    pub const FIREWORKS_2026: Self = Self::new(
        &[
            limit("x-ratelimit-limit-tokens-prompt", InputTokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-prompt", InputTokens, MINUTE),
            limit("x-ratelimit-limit-tokens-generated", OutputTokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-generated", OutputTokens, MINUTE),
            limit("x-ratelimit-limit-tokens-cache-adjusted-prompt", UncachedInputTokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-cache-adjusted-prompt", UncachedInputTokens, MINUTE),
            uncounted("x-ratelimit-over-limit", Says::OverLimit, HeaderFormat::YesNo),
        ],
        &[],
    );

    /// Together's: requests and tokens of a second.
    pub const TOGETHER: Self = Self::new(
        &[
            limit("x-ratelimit-limit", Requests, SECOND),
            remaining("x-ratelimit-remaining", Requests, SECOND),
            until_full("x-ratelimit-reset", Requests, SECOND, HeaderFormat::Seconds),
            limit("x-tokenlimit-limit", Tokens, SECOND),
            remaining("x-tokenlimit-remaining", Tokens, SECOND),
        ],
        &[],
    );

    /// Nebius Token Factory's.
    pub const NEBIUS: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::Seconds),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Seconds),
            uncounted("x-ratelimit-over-limit", Says::OverLimit, HeaderFormat::YesNo),
        ],
        &[],
    );

    /// GitHub Models': a header names the limit that refuses.
    pub const GITHUB_MODELS: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            uncounted("x-ratelimit-timeremaining", Says::RetryAfter, HeaderFormat::Seconds),
            uncounted("x-ratelimit-type", Says::Text, HeaderFormat::Text),
        ],
        &[
            refusal(429, "UserConcurrentRequests", Some(ConcurrentTasks), Remedy::Wait),
            refusal(429, "UserByMinute", Some(Requests), Remedy::Wait),
            refusal(429, "UserByDay", Some(Requests), Remedy::Wait),
        ],
    );

    /// GitHub's and many others': one limit, with its reset as seconds since 1970.
    pub const EPOCH_RESET: Self = Self::new(
        &[
            limit("x-ratelimit-limit", Requests, None),
            remaining("x-ratelimit-remaining", Requests, None),
            until_full("x-ratelimit-reset", Requests, None, HeaderFormat::UnixSeconds),
        ],
        &[],
    );

    /// Cohere's, of trial keys.
    pub const COHERE: Self = Self::new(
        &[
            limit("x-trial-endpoint-call-limit", Requests, MINUTE),
            remaining("x-trial-endpoint-call-remaining", Requests, MINUTE),
            limit("x-endpoint-monthly-call-limit", Requests, MONTH),
        ],
        &[],
    );

    /// OpenRouter's: the headers stand within the body of a refusal, the reset in milliseconds since 1970.
    pub const OPENROUTER: Self =
        Self::new(&[], &[timed("X-RateLimit-Reset", Some(Requests), "X-RateLimit-Reset", HeaderFormat::UnixMillis)]);

    /// The IETF draft's, and its older forms.
    pub const IETF: Self = Self::new(
        &[
            counted("ratelimit-policy", Says::Limit, Requests, None, HeaderFormat::Fields),
            counted("ratelimit", Says::Remaining, Requests, None, HeaderFormat::Fields),
            counted("ratelimit", Says::UntilFull, Requests, None, HeaderFormat::Fields),
            limit("ratelimit-limit", Requests, None),
            remaining("ratelimit-remaining", Requests, None),
            until_full("ratelimit-reset", Requests, None, HeaderFormat::Seconds),
        ],
        &[],
    );

    /// Hugging Face's: the IETF draft at the Hub, and credits that are used up at Inference.
    pub const HUGGING_FACE: Self = Self::new(
        &[
            counted("ratelimit-policy", Says::Limit, Requests, None, HeaderFormat::Fields),
            counted("ratelimit", Says::Remaining, Requests, None, HeaderFormat::Fields),
            counted("ratelimit", Says::UntilFull, Requests, None, HeaderFormat::Fields),
            uncounted("x-error-message", Says::Text, HeaderFormat::Text),
        ],
        &[refusal(402, "", Some(SpendUsd), Remedy::Raise)],
    );

    /// Venice's: OpenAI's names, with a reset of requests in seconds since 1970 and one of tokens in seconds.
    pub const VENICE: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::UnixSeconds),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Seconds),
            uncounted("x-ratelimit-type", Says::Text, HeaderFormat::Text),
        ],
        &[],
    );

    /// DigitalOcean's: its resets say when there will be room for a call of the same size.
    pub const DIGITALOCEAN: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, MINUTE),
            limit("x-ratelimit-limit-tokens-per-minute", Tokens, MINUTE),
            limit("x-ratelimit-limit-tokens-per-day", Tokens, DAY),
            remaining("x-ratelimit-remaining-requests", Requests, MINUTE),
            remaining("x-ratelimit-remaining-tokens-per-minute", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-per-day", Tokens, DAY),
            counted("x-ratelimit-reset-requests", Says::UntilRoom, Requests, MINUTE, HeaderFormat::UnixSeconds),
            counted("x-ratelimit-reset-tokens-per-minute", Says::UntilRoom, Tokens, MINUTE, HeaderFormat::UnixSeconds),
            counted("x-ratelimit-reset-tokens-per-day", Says::UntilRoom, Tokens, DAY, HeaderFormat::UnixSeconds),
        ],
        &[],
    );

    /// Moonshot's. The unit of its reset is not stated, so it is not read; an overload is a 429 too.
    pub const MOONSHOT: Self = Self::new(
        &[limit("x-ratelimit-limit", Requests, None), remaining("x-ratelimit-remaining", Requests, None)],
        &[
            refusal(429, "engine_overloaded_error", None, Remedy::Elsewhere),
            refusal(429, "exceeded_current_quota_error", Some(SpendUsd), Remedy::Raise),
        ],
    );

    /// Gemini's: the body names the quota and the wait.
    pub const GEMINI: Self = Self::new(
        &[],
        &[
            timed("InputTokensPer", Some(InputTokens), "retryDelay", HeaderFormat::Duration),
            timed("RequestsPer", Some(Requests), "retryDelay", HeaderFormat::Duration),
            timed("RESOURCE_EXHAUSTED", None, "retryDelay", HeaderFormat::Duration),
        ],
    );

    /// SiliconFlow's: the body names the limit.
    pub const SILICONFLOW: Self = Self::new(
        &[],
        &[
            refusal(429, "TPM limit reached", Some(Tokens), Remedy::Wait),
            refusal(429, "RPM limit reached", Some(Requests), Remedy::Wait),
        ],
    );

    /// LLM7's: the wait stands in the body too.
    pub const LLM7: Self = Self::new(&[], &[timed("retry_after", None, "retry_after", HeaderFormat::Seconds)]);
}

//! Dialects that several vendors share, the list of all names, and constructors for their tables.

use ratebook::Metric::{OutputTokens, Requests, SpendUsd, Tokens, UncachedInputTokens};
use ratebook::{BodyTime, Header, HeaderFormat, HeaderMeaning, Metric, Remedy, Resets, ResponsePattern};

use super::Dialect;

pub(super) const SECOND: Option<u32> = Some(1);
pub(super) const MINUTE: Option<u32> = Some(60);
pub(super) const HOUR: Option<u32> = Some(3_600);
pub(super) const DAY: Option<u32> = Some(86_400);
pub(super) const FIVE_HOURS: Option<u32> = Some(5 * 3_600);
pub(super) const WEEK: Option<u32> = Some(7 * 86_400);
pub(super) const MONTH: Option<u32> = Some(31 * 86_400);

/// Returns a header that states the amount of a limit.
pub(super) const fn limit(name: &'static str, metric: Metric, window_seconds: Option<u32>) -> Header {
    counted(name, HeaderMeaning::Limit, metric, window_seconds, HeaderFormat::Integer)
}

/// Returns a header that states a remaining amount.
pub(super) const fn remaining(name: &'static str, metric: Metric, window_seconds: Option<u32>) -> Header {
    counted(name, HeaderMeaning::Remaining, metric, window_seconds, HeaderFormat::Integer)
}

/// Returns a header that states the time until a limit is completely unused.
pub(super) const fn until_full(
    name: &'static str,
    metric: Metric,
    window_seconds: Option<u32>,
    format: HeaderFormat,
) -> Header {
    counted(name, HeaderMeaning::UntilFull, metric, window_seconds, format)
}

/// Returns a header of a metric.
pub(super) const fn counted(
    name: &'static str,
    says: HeaderMeaning,
    metric: Metric,
    window_seconds: Option<u32>,
    format: HeaderFormat,
) -> Header {
    Header { name, says, metric: Some(metric), window_seconds, format, meaning: "" }
}

/// Returns a header without a metric.
pub(super) const fn uncounted(name: &'static str, says: HeaderMeaning, format: HeaderFormat) -> Header {
    Header { name, says, metric: None, window_seconds: None, format, meaning: "" }
}

/// Returns a header that states the length of a metric's window, in seconds.
pub(super) const fn window(name: &'static str, metric: Metric) -> Header {
    counted(name, HeaderMeaning::Window, metric, None, HeaderFormat::Integer)
}

/// Returns a field of the IETF draft. It counts requests, unless a policy states another unit.
pub(super) const fn field(name: &'static str, says: HeaderMeaning) -> Header {
    counted(name, says, Requests, None, HeaderFormat::Fields)
}

/// Returns a pattern of a refusal: a status, and a phrase of the body. An empty phrase matches any body.
pub(super) const fn refusal(
    status: u16,
    contains: &'static str,
    metric: Option<Metric>,
    remedy: Remedy,
) -> ResponsePattern {
    ResponsePattern {
        status,
        contains,
        metric,
        window_seconds: None,
        remedy,
        time: None,
        resets: None,
        account_wide: false,
    }
}

/// Returns a pattern of a 429 with remedy `wait`, whose body states the time after the phrase `after`.
pub(super) const fn timed(
    contains: &'static str,
    metric: Option<Metric>,
    after: &'static str,
    format: HeaderFormat,
) -> ResponsePattern {
    let time = Some(BodyTime { after, format });
    ResponsePattern { time, ..refusal(429, contains, metric, Remedy::Wait) }
}

/// Adds a daily window that resets at midnight Pacific time.
pub(super) const fn over_pacific_day(pattern: ResponsePattern) -> ResponsePattern {
    ResponsePattern { resets: Some(Resets::PacificDay), ..over(pattern, DAY) }
}

/// Adds a daily window that resets at midnight UTC, and covers every model of the account.
pub(super) const fn over_utc_day_of_account(pattern: ResponsePattern) -> ResponsePattern {
    ResponsePattern { resets: Some(Resets::UtcDay), account_wide: true, ..over(pattern, DAY) }
}

/// Adds a window.
pub(super) const fn over(pattern: ResponsePattern, window_seconds: Option<u32>) -> ResponsePattern {
    ResponsePattern { window_seconds, ..pattern }
}

pub(super) const TRY_AGAIN_IN: &str = "try again in";

/// Limits in the refusals of OpenAI and Groq: `tokens per min (TPM): Limit 50000`.
pub(super) const NAMED_LIMITS: &[Header] = &[
    limit("(RPM): Limit", Requests, MINUTE),
    limit("(RPD): Limit", Requests, DAY),
    limit("(TPM): Limit", Tokens, MINUTE),
    limit("(TPD): Limit", Tokens, DAY),
];

impl Dialect {
    /// Only `Retry-After` and the status. DeepSeek, NVIDIA and Z.ai send nothing else.
    pub const PLAIN: Self = Self::new(&[], &[]);

    /// OpenAI, and many vendors with its protocol. The body of a refusal states the limit with its window. A project may
    /// have its own token limit: the smaller one is in force.
    pub const OPENAI: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::Duration),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Duration),
            limit("x-ratelimit-limit-project-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-project-tokens", Tokens, None),
            until_full("x-ratelimit-reset-project-tokens", Tokens, None, HeaderFormat::Duration),
        ],
        &[
            refusal(429, "request too large", None, Remedy::Split),
            refusal(429, "insufficient_quota", Some(SpendUsd), Remedy::Raise),
            refusal(429, "exceeded your current quota", Some(SpendUsd), Remedy::Raise),
            refusal(400, "billing_hard_limit_reached", Some(SpendUsd), Remedy::Raise),
            // Flex processing has no capacity. OpenAI does not charge the call.
            refusal(429, "resource_unavailable", None, Remedy::Elsewhere),
            refusal(429, "resource unavailable", None, Remedy::Elsewhere),
            // The rate rose steeply.
            refusal(503, "slow_down", None, Remedy::Smooth),
            refusal(503, "slow down", None, Remedy::Smooth),
            timed("on tokens per", Some(Tokens), TRY_AGAIN_IN, HeaderFormat::Duration),
            timed("on requests per", Some(Requests), TRY_AGAIN_IN, HeaderFormat::Duration),
        ],
    )
    .with_body(NAMED_LIMITS);

    /// Anthropic. Remaining tokens are rounded to the nearest thousand.
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
        &[
            // The rate rose steeply. Applies below every limit.
            refusal(429, "acceleration limit", None, Remedy::Smooth),
            refusal(429, "acceleration limits", None, Remedy::Smooth),
            refusal(429, "usage increase rate", None, Remedy::Smooth),
            refusal(400, "credit balance is too low", Some(SpendUsd), Remedy::Raise),
            refusal(400, "reached your specified API usage limits", Some(SpendUsd), Remedy::Raise),
        ],
    );

    /// The IETF draft on rate limit headers, and its older revisions, which had a header for each value.
    pub const IETF: Self = Self::new(
        &[
            field("ratelimit-policy", HeaderMeaning::Limit),
            field("ratelimit-limit", HeaderMeaning::Limit),
            field("ratelimit", HeaderMeaning::Limit),
            field("ratelimit", HeaderMeaning::Remaining),
            field("ratelimit-remaining", HeaderMeaning::Remaining),
            field("ratelimit", HeaderMeaning::UntilFull),
            field("ratelimit-reset", HeaderMeaning::UntilFull),
        ],
        &[],
    );

    /// GitHub and many others: one limit on requests, with the reset in seconds since 1970.
    pub const EPOCH_RESET: Self = Self::new(
        &[
            limit("x-ratelimit-limit", Requests, None),
            remaining("x-ratelimit-remaining", Requests, None),
            until_full("x-ratelimit-reset", Requests, None, HeaderFormat::UnixSeconds),
        ],
        &[],
    );

    /// The dialects of this crate, with their names. [`Dialect::of`] has those of the catalog's providers.
    pub const NAMED: &[(&str, Self)] = &[
        ("plain", Self::PLAIN),
        ("openai", Self::OPENAI),
        ("anthropic", Self::ANTHROPIC),
        ("ietf", Self::IETF),
        ("epoch-reset", Self::EPOCH_RESET),
        ("azure-openai", Self::AZURE_OPENAI),
        ("cerebras", Self::CEREBRAS),
        ("cohere", Self::COHERE),
        ("digitalocean", Self::DIGITALOCEAN),
        ("fireworks-2026", Self::FIREWORKS_2026),
        ("gemini", Self::GEMINI),
        ("github-models", Self::GITHUB_MODELS),
        ("groq", Self::GROQ),
        ("hugging-face", Self::HUGGING_FACE),
        ("llm7", Self::LLM7),
        ("mistral", Self::MISTRAL),
        ("moonshot", Self::MOONSHOT),
        ("nebius", Self::NEBIUS),
        ("openrouter", Self::OPENROUTER),
        ("siliconflow", Self::SILICONFLOW),
        ("together", Self::TOGETHER),
        ("venice", Self::VENICE),
    ];
}

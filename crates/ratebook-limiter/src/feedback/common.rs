//! Dialects that several vendors share, the list of all names, and constructors for their tables.

use ratebook::Metric::Requests;
use ratebook::{BodyTime, Header, HeaderFormat, HeaderMeaning, Metric, Remedy, Resets, ResponsePattern};

use super::Dialect;

pub(super) const SECOND: Option<u32> = Some(1);
pub(super) const MINUTE: Option<u32> = Some(60);
pub(super) const HOUR: Option<u32> = Some(3_600);
pub(super) const DAY: Option<u32> = Some(86_400);
pub(super) const FIVE_HOURS: Option<u32> = Some(5 * 3_600);
pub(super) const WEEK: Option<u32> = Some(7 * 86_400);

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
    meaning: HeaderMeaning,
    metric: Metric,
    window_seconds: Option<u32>,
    format: HeaderFormat,
) -> Header {
    let mut header = Header::new(name, meaning, format);
    (header.metric, header.window_seconds) = (Some(metric), window_seconds);
    header
}

/// Returns a header without a metric.
pub(super) const fn uncounted(name: &'static str, meaning: HeaderMeaning, format: HeaderFormat) -> Header {
    Header::new(name, meaning, format)
}

/// Returns a field of the IETF draft. It counts requests, unless a policy states another unit.
pub(super) const fn field(name: &'static str, meaning: HeaderMeaning) -> Header {
    counted(name, meaning, Requests, None, HeaderFormat::Fields)
}

/// Returns a pattern of a refusal: a status, and a phrase of the body. An empty phrase matches any body.
pub(super) const fn refusal(
    status: u16,
    contains: &'static str,
    metric: Option<Metric>,
    remedy: Remedy,
) -> ResponsePattern {
    let mut pattern = ResponsePattern::new(status, contains, remedy);
    pattern.metric = metric;
    pattern
}

/// Returns a pattern of a 429 with remedy `wait`, whose body states the time after the phrase `after`.
pub(super) const fn timed(
    contains: &'static str,
    metric: Option<Metric>,
    after: &'static str,
    format: HeaderFormat,
) -> ResponsePattern {
    let mut pattern = refusal(429, contains, metric, Remedy::Wait);
    pattern.time = Some(BodyTime::new(after, format));
    pattern
}

/// Adds a daily window that resets at midnight UTC, and covers every model of the account.
pub(super) const fn over_utc_day_of_account(pattern: ResponsePattern) -> ResponsePattern {
    let mut pattern = over(pattern, DAY);
    (pattern.resets, pattern.account_wide) = (Some(Resets::UtcDay), true);
    pattern
}

/// Adds a window.
pub(super) const fn over(mut pattern: ResponsePattern, window_seconds: Option<u32>) -> ResponsePattern {
    pattern.window_seconds = window_seconds;
    pattern
}

impl Dialect {
    /// Only `Retry-After` and the status. DeepSeek, NVIDIA and Z.ai send nothing else.
    pub const PLAIN: Self = Self::new(&[], &[]);

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
        ("ietf", Self::IETF),
        ("epoch-reset", Self::EPOCH_RESET),
        ("cerebras", Self::CEREBRAS),
        ("digitalocean", Self::DIGITALOCEAN),
        ("fireworks-2026", Self::FIREWORKS_2026),
        ("hugging-face", Self::HUGGING_FACE),
        ("llm7", Self::LLM7),
        ("moonshot", Self::MOONSHOT),
        ("nebius", Self::NEBIUS),
        ("openrouter", Self::OPENROUTER),
        ("siliconflow", Self::SILICONFLOW),
        ("together", Self::TOGETHER),
        ("venice", Self::VENICE),
    ];
}

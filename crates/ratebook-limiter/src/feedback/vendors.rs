//! Dialects of vendors that are not in the catalog, and the undocumented headers of one that is.
//!
//! The sources are the vendors' documentation, or else captured responses. A header has a window where the vendor
//! documents one. The limit of a header without a window is inferred from the account's limits.

use ratebook::Metric::{InputTokens, OutputTokens, Requests, SpendUsd, Tokens, UncachedInputTokens};
use ratebook::{HeaderFormat, HeaderMeaning, Remedy};

use super::Dialect;
use super::common::{
    DAY, FIVE_HOURS, HOUR, MINUTE, SECOND, WEEK, counted, field, limit, over, over_utc_day_of_account, refusal,
    remaining, timed, uncounted, until_full,
};

impl Dialect {
    /// Cerebras: the windows are in the header names. Only served calls have these headers. A refusal by a full queue
    /// asks to retry elsewhere.
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
            uncounted("x-should-retry", HeaderMeaning::ShouldRetry, HeaderFormat::YesNo),
        ],
        &[refusal(429, "queue_exceeded", None, Remedy::Elsewhere)],
    );

    /// Fireworks since 2026: also counts uncached input tokens, by headers that its page does not document.
    /// [`Dialect::of`] has the documented ones only.
    pub const FIREWORKS_2026: Self = Self::new(
        &[
            limit("x-ratelimit-limit-tokens-prompt", InputTokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-prompt", InputTokens, MINUTE),
            limit("x-ratelimit-limit-tokens-generated", OutputTokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-generated", OutputTokens, MINUTE),
            limit("x-ratelimit-limit-tokens-cache-adjusted-prompt", UncachedInputTokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-cache-adjusted-prompt", UncachedInputTokens, MINUTE),
            uncounted("x-ratelimit-over-limit", HeaderMeaning::OverLimit, HeaderFormat::YesNo),
        ],
        &[],
    );

    /// Together: requests and tokens per second. The dynamic limits change with use, and are the ones in force.
    ///
    /// The reset used to be the time until full, and is now the time until a retry. Within a window of a second both
    /// are equal.
    pub const TOGETHER: Self = Self::new(
        &[
            limit("x-ratelimit-limit", Requests, SECOND),
            remaining("x-ratelimit-remaining", Requests, SECOND),
            counted("x-ratelimit-reset", HeaderMeaning::UntilRoom, Requests, SECOND, HeaderFormat::Seconds),
            limit("x-tokenlimit-limit", Tokens, SECOND),
            remaining("x-tokenlimit-remaining", Tokens, SECOND),
            limit("x-ratelimit-limit-dynamic", Requests, SECOND),
            remaining("x-ratelimit-remaining-dynamic", Requests, SECOND),
            limit("x-tokenlimit-limit-dynamic", Tokens, SECOND),
            remaining("x-tokenlimit-remaining-dynamic", Tokens, SECOND),
        ],
        &[
            refusal(429, "dynamic_request_limited", Some(Requests), Remedy::Wait),
            refusal(429, "dynamic_token_limited", Some(Tokens), Remedy::Wait),
        ],
    )
    .with_last_in_force();

    /// Nebius Token Factory: limits per minute, which change every fifteen minutes with use.
    ///
    /// Not read, because other headers state the limits in force: `x-ratelimit-dynamic-scale-requests` and
    /// `x-ratelimit-dynamic-scale-tokens` (the factor of the change), `x-ratelimit-dynamic-period-usage-requests` and
    /// `x-ratelimit-dynamic-period-usage-tokens` (the usage), `x-ratelimit-dynamic-period-remaining` (the time until
    /// the next change, which frees nothing).
    pub const NEBIUS: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, MINUTE),
            limit("x-ratelimit-limit-tokens", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-requests", Requests, MINUTE),
            remaining("x-ratelimit-remaining-tokens", Tokens, MINUTE),
            until_full("x-ratelimit-reset-requests", Requests, MINUTE, HeaderFormat::Seconds),
            until_full("x-ratelimit-reset-tokens", Tokens, MINUTE, HeaderFormat::Seconds),
            uncounted("x-ratelimit-over-limit", HeaderMeaning::OverLimit, HeaderFormat::YesNo),
        ],
        &[],
    );

    /// OpenRouter: the headers are in the body of a refusal, with the reset in milliseconds since 1970.
    pub const OPENROUTER: Self = Self::new(
        &[],
        &[
            over_utc_day_of_account(refusal(429, "free-models-per-day*", Some(Requests), Remedy::Wait)),
            over(timed("free-models-per-min*", Some(Requests), "X-RateLimit-Reset", HeaderFormat::UnixMillis), MINUTE),
            // The spending limit of the key.
            refusal(403, "key limit exceeded", Some(SpendUsd), Remedy::Raise),
            timed("X-RateLimit-Reset", Some(Requests), "X-RateLimit-Reset", HeaderFormat::UnixMillis),
            refusal(429, "X-RateLimit-Limit", Some(Requests), Remedy::Wait),
        ],
    )
    .with_body(&[
        limit("X-RateLimit-Limit", Requests, None),
        remaining("X-RateLimit-Remaining", Requests, None),
        until_full("X-RateLimit-Reset", Requests, None, HeaderFormat::UnixMillis),
    ]);

    /// Hugging Face: the IETF draft for the Hub, and exhausted credits for Inference.
    pub const HUGGING_FACE: Self = Self::new(
        &[
            field("ratelimit-policy", HeaderMeaning::Limit),
            field("ratelimit", HeaderMeaning::Remaining),
            field("ratelimit", HeaderMeaning::UntilFull),
            uncounted("x-error-message", HeaderMeaning::Text, HeaderFormat::Text),
        ],
        &[refusal(402, "", Some(SpendUsd), Remedy::Raise)],
    );

    /// Venice: OpenAI's names, with the reset of requests in seconds since 1970, and that of tokens in seconds.
    ///
    /// Not read: `x-ratelimit-type`, whose values are not documented.
    pub const VENICE: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::UnixSeconds),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Seconds),
        ],
        &[refusal(429, "MODEL_OVERLOADED", None, Remedy::Elsewhere)],
    );

    /// DigitalOcean: the resets state when there is room for a call of the same size.
    pub const DIGITALOCEAN: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, MINUTE),
            limit("x-ratelimit-limit-tokens-per-minute", Tokens, MINUTE),
            limit("x-ratelimit-limit-tokens-per-day", Tokens, DAY),
            remaining("x-ratelimit-remaining-requests", Requests, MINUTE),
            remaining("x-ratelimit-remaining-tokens-per-minute", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-per-day", Tokens, DAY),
            counted(
                "x-ratelimit-reset-requests",
                HeaderMeaning::UntilRoom,
                Requests,
                MINUTE,
                HeaderFormat::UnixSeconds,
            ),
            counted(
                "x-ratelimit-reset-tokens-per-minute",
                HeaderMeaning::UntilRoom,
                Tokens,
                MINUTE,
                HeaderFormat::UnixSeconds,
            ),
            counted(
                "x-ratelimit-reset-tokens-per-day",
                HeaderMeaning::UntilRoom,
                Tokens,
                DAY,
                HeaderFormat::UnixSeconds,
            ),
        ],
        &[],
    );

    /// Moonshot. The unit of its reset is not documented, so the reset is reported as invalid. An overload is also a
    /// 429.
    pub const MOONSHOT: Self = Self::new(
        &[
            limit("x-ratelimit-limit", Requests, None),
            remaining("x-ratelimit-remaining", Requests, None),
            until_full("x-ratelimit-reset", Requests, None, HeaderFormat::Unstated),
        ],
        &[
            refusal(429, "engine_overloaded_error", None, Remedy::Elsewhere),
            refusal(429, "exceeded_current_quota_error", Some(SpendUsd), Remedy::Raise),
            refusal(403, "exceeded_current_quota_error", Some(SpendUsd), Remedy::Raise),
            // Coding plans have limits per week and per five hours.
            over(refusal(403, "weekly (7-day) usage limit", None, Remedy::Wait), WEEK),
            over(refusal(403, "5-hour usage limit", None, Remedy::Wait), FIVE_HOURS),
        ],
    );

    /// SiliconFlow: the body states the limit.
    pub const SILICONFLOW: Self = Self::new(
        &[],
        &[
            over(refusal(429, "TPM limit reached", Some(Tokens), Remedy::Wait), MINUTE),
            over(refusal(429, "RPM limit reached", Some(Requests), Remedy::Wait), MINUTE),
            over(refusal(429, "TPD limit reached", Some(Tokens), Remedy::Wait), DAY),
            over(refusal(429, "RPD limit reached", Some(Requests), Remedy::Wait), DAY),
            refusal(403, "balance is insufficient", Some(SpendUsd), Remedy::Raise),
        ],
    );

    /// LLM7: the body states the wait too.
    pub const LLM7: Self = Self::new(&[], &[timed("retry_after", None, "retry_after", HeaderFormat::Seconds)]);
}

//! Dialects of vendors that are not in the catalog.
//!
//! The sources are the vendors' documentation, or else captured responses. A header has a window where the vendor documents
//! one. The limit of a header without a window is inferred from the account's limits.

use ratebook::Metric::{
    AudioMinutes, ConcurrentTasks, InputTokens, OutputTokens, Requests, SpendUsd, Tokens, UncachedInputTokens,
};
use ratebook::{HeaderFormat, HeaderMeaning, Remedy, ResponsePattern};

use super::Dialect;
use super::common::{
    DAY, FIVE_HOURS, HOUR, MINUTE, MONTH, NAMED_LIMITS, SECOND, TRY_AGAIN_IN, WEEK, counted, field, limit, over,
    over_pacific_day, over_utc_day_of_account, refusal, remaining, timed, uncounted, until_full, window,
};

impl Dialect {
    /// Azure OpenAI: the wait in milliseconds, and the length of the window. Also sends limits of -1 and 0, which are
    /// reported as invalid.
    pub const AZURE_OPENAI: Self = Self::new(
        &[
            uncounted("retry-after-ms", HeaderMeaning::RetryAfter, HeaderFormat::Millis),
            uncounted("x-ms-retry-after-ms", HeaderMeaning::RetryAfter, HeaderFormat::Millis),
            window("x-ratelimit-renewalperiod-requests", Requests),
            window("x-ratelimit-renewalperiod-tokens", Tokens),
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::Seconds),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Seconds),
        ],
        &[
            timed("exceeded token rate limit", Some(Tokens), "retry after", HeaderFormat::Seconds),
            timed("exceeded call rate limit", Some(Requests), "retry after", HeaderFormat::Seconds),
            // The gateway (API Management) has its own quota.
            ResponsePattern {
                status: 403,
                ..timed("out of call volume quota", Some(Requests), "replenished in", HeaderFormat::Seconds)
            },
        ],
    );

    /// Groq: OpenAI's names, with requests per day, tokens per minute and audio per hour. A call above a limit is a 413.
    /// Flex processing without capacity is a 498.
    pub const GROQ: Self = Self::new(
        &[
            limit("x-ratelimit-limit-requests", Requests, DAY),
            limit("x-ratelimit-limit-tokens", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-requests", Requests, DAY),
            remaining("x-ratelimit-remaining-tokens", Tokens, MINUTE),
            until_full("x-ratelimit-reset-requests", Requests, DAY, HeaderFormat::Duration),
            until_full("x-ratelimit-reset-tokens", Tokens, MINUTE, HeaderFormat::Duration),
            counted("x-ratelimit-limit-audio-seconds", HeaderMeaning::Limit, AudioMinutes, HOUR, HeaderFormat::Seconds),
            counted(
                "x-ratelimit-remaining-audio-seconds",
                HeaderMeaning::Remaining,
                AudioMinutes,
                HOUR,
                HeaderFormat::Seconds,
            ),
            until_full("x-ratelimit-reset-audio-seconds", AudioMinutes, HOUR, HeaderFormat::Duration),
        ],
        &[
            // Flex processing has no capacity.
            refusal(498, "", None, Remedy::Elsewhere),
            refusal(413, "on tokens per", Some(Tokens), Remedy::Split),
            timed("on tokens per", Some(Tokens), TRY_AGAIN_IN, HeaderFormat::Duration),
            timed("on requests per", Some(Requests), TRY_AGAIN_IN, HeaderFormat::Duration),
        ],
    )
    .with_body(NAMED_LIMITS);

    /// Cerebras: the windows are in the header names. Only served calls have these headers. A refusal by a full queue asks
    /// to retry elsewhere.
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

    /// Mistral: wall-clock minutes with the cost of the call, and the older headers by size. Streamed responses have none.
    ///
    /// Not read: `x-max-retry-attempts-reached`, which states the retries that Mistral itself makes, not a limit.
    pub const MISTRAL: Self = Self::new(
        &[
            limit("x-ratelimit-limit-req-minute", Requests, MINUTE),
            remaining("x-ratelimit-remaining-req-minute", Requests, MINUTE),
            limit("x-ratelimit-limit-tokens-minute", Tokens, MINUTE),
            remaining("x-ratelimit-remaining-tokens-minute", Tokens, MINUTE),
            counted("x-ratelimit-tokens-query-cost", HeaderMeaning::Cost, Tokens, MINUTE, HeaderFormat::Integer),
            limit("ratelimitbysize-limit", Tokens, MINUTE),
            remaining("ratelimitbysize-remaining", Tokens, MINUTE),
            until_full("ratelimitbysize-reset", Tokens, MINUTE, HeaderFormat::Seconds),
            counted("ratelimitbysize-query-cost", HeaderMeaning::Cost, Tokens, MINUTE, HeaderFormat::Integer),
            limit("x-ratelimitbysize-limit-minute", Tokens, MINUTE),
            remaining("x-ratelimitbysize-remaining-minute", Tokens, MINUTE),
            limit("x-ratelimitbysize-limit-month", Tokens, MONTH),
            remaining("x-ratelimitbysize-remaining-month", Tokens, MONTH),
        ],
        &[refusal(429, "tier capacity exceeded", None, Remedy::Elsewhere)],
    );

    /// Fireworks since 2026: also counts uncached input tokens. Its page does not document these headers. [`Dialect::of`]
    /// has the documented ones.
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
    /// The reset used to be the time until full, and is now the time until a retry. Within a window of a second both are
    /// equal.
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
    /// `x-ratelimit-dynamic-period-usage-tokens` (the usage), `x-ratelimit-dynamic-period-remaining` (the time until the
    /// next change, which frees nothing).
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

    /// GitHub Models: headers state the length of the window and the exhausted limit. The body states the limit too.
    ///
    /// The amounts in the headers are not the limits that refuse calls. Those are per user, and only refusals state them.
    pub const GITHUB_MODELS: Self = Self::new(
        &[
            window("x-ratelimit-renewalperiod-requests", Requests),
            window("x-ratelimit-renewalperiod-tokens", Tokens),
            limit("x-ratelimit-limit-requests", Requests, None),
            limit("x-ratelimit-limit-tokens", Tokens, None),
            remaining("x-ratelimit-remaining-requests", Requests, None),
            remaining("x-ratelimit-remaining-tokens", Tokens, None),
            until_full("x-ratelimit-reset-requests", Requests, None, HeaderFormat::Seconds),
            until_full("x-ratelimit-reset-tokens", Tokens, None, HeaderFormat::Seconds),
            uncounted("x-ratelimit-timeremaining", HeaderMeaning::RetryAfter, HeaderFormat::Seconds),
            uncounted("x-ratelimit-type", HeaderMeaning::Text, HeaderFormat::Text),
            uncounted("x-ms-error-code", HeaderMeaning::Text, HeaderFormat::Text),
        ],
        &[
            timed("UserConcurrentRequests", Some(ConcurrentTasks), "please wait", HeaderFormat::Seconds),
            over(timed("UserByMinute", Some(Requests), "please wait", HeaderFormat::Seconds), MINUTE),
            over(timed("UserByDay", Some(Requests), "please wait", HeaderFormat::Seconds), DAY),
            over(timed("UserByModelByMinute", Some(Requests), "please wait", HeaderFormat::Seconds), MINUTE),
            over(timed("UserByModelByDay", Some(Requests), "please wait", HeaderFormat::Seconds), DAY),
            timed("RateLimitReached", None, "please wait", HeaderFormat::Seconds),
            refusal(413, "tokens_limit_reached", Some(Tokens), Remedy::Split),
        ],
    );

    /// Cohere, for trial keys.
    pub const COHERE: Self = Self::new(
        &[
            limit("x-trial-endpoint-call-limit", Requests, MINUTE),
            remaining("x-trial-endpoint-call-remaining", Requests, MINUTE),
            limit("x-endpoint-monthly-call-limit", Requests, MONTH),
        ],
        &[refusal(402, "", Some(SpendUsd), Remedy::Raise)],
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

    /// Moonshot. The unit of its reset is not documented, so the reset is reported as invalid. An overload is also a 429.
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

    /// Gemini: the body states the quota and the wait. The wait is that of the minute even if the day is exhausted. Days
    /// reset at midnight Pacific time.
    pub const GEMINI: Self = Self::new(
        &[],
        &[
            over_pacific_day(refusal(429, "*InputTokensPerModelPerDay*", Some(InputTokens), Remedy::Wait)),
            over(
                timed("*InputTokensPerModelPerMinute*", Some(InputTokens), "retryDelay", HeaderFormat::Duration),
                MINUTE,
            ),
            timed("*InputTokensPer*", Some(InputTokens), "retryDelay", HeaderFormat::Duration),
            over_pacific_day(refusal(429, "*RequestsPerDay*", Some(Requests), Remedy::Wait)),
            over(timed("*RequestsPerMinute*", Some(Requests), "retryDelay", HeaderFormat::Duration), MINUTE),
            timed("*RequestsPer*", Some(Requests), "retryDelay", HeaderFormat::Duration),
            // The wording of some of Google's services.
            over_pacific_day(refusal(429, "tokens per day", Some(InputTokens), Remedy::Wait)),
            over_pacific_day(refusal(429, "requests per day", Some(Requests), Remedy::Wait)),
            timed("RESOURCE_EXHAUSTED", None, "retryDelay", HeaderFormat::Duration),
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

//! Which headers of 25 providers are read.

use ratebook::Provider;
use ratebook_limiter::feedback::Dialect;

/// A row of the table: the provider and the cell of headers, verbatim, and the headers that the dialect reads.
pub(crate) struct Row {
    pub(crate) provider: &'static str,
    pub(crate) cell: &'static str,
    pub(crate) dialect: Dialect,
    pub(crate) read: &'static [&'static str],
    /// The headers that are not read, with the reason in the dialect's documentation.
    pub(crate) unread: &'static [(&'static str, &'static str)],
}

const fn row(provider: &'static str, cell: &'static str, dialect: Dialect, read: &'static [&'static str]) -> Row {
    Row { provider, cell, dialect, read, unread: &[] }
}

impl Row {
    const fn but(self, unread: &'static [(&'static str, &'static str)]) -> Self {
        Self { unread, ..self }
    }
}

pub(crate) const ROWS: &[Row] = &[
    row(
        "OpenAI",
        "x-ratelimit-limit-requests / -remaining-requests",
        Dialect::of(Provider::Openai),
        &["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"],
    ),
    row(
        "OpenAI",
        "x-ratelimit-limit-tokens / -remaining-tokens",
        Dialect::of(Provider::Openai),
        &["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"],
    ),
    row(
        "OpenAI",
        "x-ratelimit-reset-requests / -reset-tokens",
        Dialect::of(Provider::Openai),
        &["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"],
    ),
    row(
        "Azure OpenAI",
        "retry-after-ms / x-ms-retry-after-ms / Retry-After",
        Dialect::of(Provider::Azure),
        &["retry-after-ms", "x-ms-retry-after-ms", "retry-after"],
    ),
    row(
        "Anthropic",
        "anthropic-ratelimit-{requests|tokens|input-tokens|output-tokens}-limit / -remaining",
        Dialect::of(Provider::Anthropic),
        &[
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-requests-remaining",
            "anthropic-ratelimit-tokens-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-input-tokens-limit",
            "anthropic-ratelimit-input-tokens-remaining",
            "anthropic-ratelimit-output-tokens-limit",
            "anthropic-ratelimit-output-tokens-remaining",
        ],
    ),
    row(
        "Anthropic",
        "anthropic-ratelimit-{...}-reset",
        Dialect::of(Provider::Anthropic),
        &[
            "anthropic-ratelimit-requests-reset",
            "anthropic-ratelimit-tokens-reset",
            "anthropic-ratelimit-input-tokens-reset",
            "anthropic-ratelimit-output-tokens-reset",
        ],
    ),
    row("Anthropic", "retry-after", Dialect::of(Provider::Anthropic), &["retry-after"]),
    row(
        "Groq",
        "x-ratelimit-limit-requests / -remaining-requests",
        Dialect::of(Provider::Groq),
        &["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests"],
    ),
    row(
        "Groq",
        "x-ratelimit-limit-tokens / -remaining-tokens",
        Dialect::of(Provider::Groq),
        &["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens"],
    ),
    row(
        "Groq",
        "x-ratelimit-reset-requests / -reset-tokens",
        Dialect::of(Provider::Groq),
        &["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"],
    ),
    row("Groq", "retry-after", Dialect::of(Provider::Groq), &["retry-after"]),
    row(
        "Cerebras",
        "x-ratelimit-{limit|remaining}-{requests|tokens}-{minute|hour|day}",
        Dialect::CEREBRAS,
        &[
            "x-ratelimit-limit-requests-minute",
            "x-ratelimit-limit-requests-hour",
            "x-ratelimit-limit-requests-day",
            "x-ratelimit-limit-tokens-minute",
            "x-ratelimit-limit-tokens-hour",
            "x-ratelimit-limit-tokens-day",
            "x-ratelimit-remaining-requests-minute",
            "x-ratelimit-remaining-requests-hour",
            "x-ratelimit-remaining-requests-day",
            "x-ratelimit-remaining-tokens-minute",
            "x-ratelimit-remaining-tokens-hour",
            "x-ratelimit-remaining-tokens-day",
        ],
    ),
    row(
        "Cerebras",
        "x-ratelimit-reset-{requests-day|tokens-minute}",
        Dialect::CEREBRAS,
        &["x-ratelimit-reset-requests-day", "x-ratelimit-reset-tokens-minute"],
    ),
    row("Cerebras", "retry-after; x-should-retry: false", Dialect::CEREBRAS, &["retry-after", "x-should-retry"]),
    row(
        "Mistral",
        "x-ratelimit-limit-req-minute / -remaining-req-minute; x-ratelimit-limit-tokens-minute; x-ratelimit-tokens-query-cost; x-max-retry-attempts-reached",
        Dialect::of(Provider::Mistral),
        &[
            "x-ratelimit-limit-req-minute",
            "x-ratelimit-remaining-req-minute",
            "x-ratelimit-limit-tokens-minute",
            "x-ratelimit-tokens-query-cost",
        ],
    )
    .but(&[("x-max-retry-attempts-reached", "the retries that Mistral itself makes")]),
    row(
        "Mistral (older)",
        "ratelimitbysize-limit / -query-cost / -reset; x-ratelimitbysize-{limit|remaining}-{minute|month}",
        Dialect::of(Provider::Mistral),
        &[
            "ratelimitbysize-limit",
            "ratelimitbysize-query-cost",
            "ratelimitbysize-reset",
            "x-ratelimitbysize-limit-minute",
            "x-ratelimitbysize-limit-month",
            "x-ratelimitbysize-remaining-minute",
            "x-ratelimitbysize-remaining-month",
        ],
    ),
    row(
        "Fireworks (2025)",
        "x-ratelimit-limit-requests / -tokens-prompt / -tokens-generated and -remaining-*; x-ratelimit-over-limit",
        Dialect::of(Provider::Fireworks),
        &[
            "x-ratelimit-limit-requests",
            "x-ratelimit-limit-tokens-prompt",
            "x-ratelimit-limit-tokens-generated",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-remaining-tokens-prompt",
            "x-ratelimit-remaining-tokens-generated",
            "x-ratelimit-over-limit",
        ],
    ),
    row(
        "Fireworks (2026)",
        "x-ratelimit-{limit|remaining}-tokens-{prompt|cache-adjusted-prompt|generated}",
        Dialect::FIREWORKS_2026,
        &[
            "x-ratelimit-limit-tokens-prompt",
            "x-ratelimit-limit-tokens-cache-adjusted-prompt",
            "x-ratelimit-limit-tokens-generated",
            "x-ratelimit-remaining-tokens-prompt",
            "x-ratelimit-remaining-tokens-cache-adjusted-prompt",
            "x-ratelimit-remaining-tokens-generated",
        ],
    ),
    row("Fireworks (2026)", "x-ratelimit-over-limit", Dialect::FIREWORKS_2026, &["x-ratelimit-over-limit"]),
    row(
        "Together",
        "x-ratelimit-limit / -remaining / -reset; x-tokenlimit-limit / -remaining (and -dynamic forms)",
        Dialect::TOGETHER,
        &[
            "x-ratelimit-limit",
            "x-ratelimit-remaining",
            "x-ratelimit-reset",
            "x-tokenlimit-limit",
            "x-tokenlimit-remaining",
            "x-ratelimit-limit-dynamic",
            "x-ratelimit-remaining-dynamic",
            "x-tokenlimit-limit-dynamic",
            "x-tokenlimit-remaining-dynamic",
        ],
    ),
    row(
        "Nebius Token Factory",
        "x-ratelimit-{limit|remaining|reset}-{requests|tokens}; x-ratelimit-dynamic-scale-*; x-ratelimit-dynamic-period-remaining; x-ratelimit-dynamic-period-usage-*; x-ratelimit-over-limit; Retry-After",
        Dialect::NEBIUS,
        &[
            "x-ratelimit-limit-requests",
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-requests",
            "x-ratelimit-reset-tokens",
            "x-ratelimit-over-limit",
            "retry-after",
        ],
    )
    .but(&[
        ("x-ratelimit-dynamic-scale-requests", "the factor of the change"),
        ("x-ratelimit-dynamic-scale-tokens", "the factor of the change"),
        ("x-ratelimit-dynamic-period-usage-requests", "(the usage)"),
        ("x-ratelimit-dynamic-period-usage-tokens", "(the usage)"),
        ("x-ratelimit-dynamic-period-remaining", "next change, which frees nothing"),
    ]),
    row(
        "GitHub Models",
        "x-ratelimit-renewalperiod-requests; x-ratelimit-type; x-ratelimit-timeremaining; limit/remaining/reset; x-ms-error-code: RateLimitReached; retry-after",
        Dialect::of(Provider::GithubModels),
        &[
            "x-ratelimit-renewalperiod-requests",
            "x-ratelimit-type",
            "x-ratelimit-timeremaining",
            "x-ratelimit-limit-requests",
            "x-ratelimit-limit-tokens",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-remaining-tokens",
            "x-ratelimit-reset-requests",
            "x-ratelimit-reset-tokens",
            "x-ms-error-code",
            "retry-after",
        ],
    ),
    row(
        "Cohere",
        "x-trial-endpoint-call-limit / -remaining; x-endpoint-monthly-call-limit",
        Dialect::of(Provider::Cohere),
        &["x-trial-endpoint-call-limit", "x-trial-endpoint-call-remaining", "x-endpoint-monthly-call-limit"],
    ),
    row(
        "OpenRouter",
        "error.metadata.headers X-RateLimit-Limit / -Remaining / -Reset (INSIDE the JSON body)",
        Dialect::OPENROUTER,
        &["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
    ),
    row(
        "Hugging Face Hub",
        "RateLimit / RateLimit-Policy",
        Dialect::HUGGING_FACE,
        &["ratelimit", "ratelimit-policy"],
    ),
    row("Hugging Face Inference", "x-error-message with HTTP 402", Dialect::HUGGING_FACE, &["x-error-message"]),
    row(
        "Venice",
        "x-ratelimit-reset-requests = Unix timestamp; x-ratelimit-reset-tokens = duration in seconds; x-ratelimit-type",
        Dialect::VENICE,
        &["x-ratelimit-reset-requests", "x-ratelimit-reset-tokens"],
    )
    .but(&[("x-ratelimit-type", "whose values are not documented")]),
    row(
        "DigitalOcean",
        "x-ratelimit-{limit|remaining}-{requests|tokens-per-minute|tokens-per-day}; x-ratelimit-reset-<type>",
        Dialect::DIGITALOCEAN,
        &[
            "x-ratelimit-limit-requests",
            "x-ratelimit-limit-tokens-per-minute",
            "x-ratelimit-limit-tokens-per-day",
            "x-ratelimit-remaining-requests",
            "x-ratelimit-remaining-tokens-per-minute",
            "x-ratelimit-remaining-tokens-per-day",
            "x-ratelimit-reset-requests",
            "x-ratelimit-reset-tokens-per-minute",
            "x-ratelimit-reset-tokens-per-day",
        ],
    ),
    // The reset is reported as invalid: its unit is not documented.
    row(
        "Moonshot",
        "X-RateLimit-Limit / -Remaining / -Reset",
        Dialect::MOONSHOT,
        &["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"],
    ),
    row(
        "Alibaba",
        "none documented; request header X-DashScope-Wait-Time asks the server to queue on burst limit",
        Dialect::of(Provider::Alibaba),
        &[],
    )
    .but(&[("x-dashscope-wait-time", "The request header")]),
    row("Cast AI", "Retry-After", Dialect::of(Provider::Castai), &["retry-after"]),
    row("Cloudflare Workers AI", "none on 200 (measured)", Dialect::of(Provider::Cloudflare), &[]),
    row("Z.ai / NVIDIA / DeepSeek", "none", Dialect::PLAIN, &[]),
    row("LLM7", "retry-after: 1 and body field retry_after: 1", Dialect::LLM7, &["retry-after", "retry_after"]),
];

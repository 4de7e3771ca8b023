//! How vendors answer, each by its own dialect: what each row of their headers says, and the traps.
#![cfg(feature = "feedback")]

use std::time::Duration;

use proptest::prelude::*;
use ratebook::{Metric, Provider, Remedy};
use ratebook_limiter::feedback::{Dialect, Nonsense, Refusal, Signal, Signals};

/// 2026-02-05T15:02:41Z.
const NOW: i128 = 1_770_303_761_000_000_000;

fn read(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Signals {
    dialect.read(status, headers, body.as_bytes(), NOW)
}

/// What a served call's headers say, a word for each.
fn said(dialect: Dialect, headers: &[(&str, &str)]) -> Vec<String> {
    let word = |signal: Signal| {
        let of = |of: ratebook_limiter::feedback::Counted| {
            let metric = of.metric.map_or("-", Metric::name);
            format!("{metric}/{}", of.window.map_or("-".to_owned(), |window| window.as_secs().to_string()))
        };
        match signal {
            Signal::Limit { of: what, amount } => format!("limit {} {amount}", of(what)),
            Signal::Remaining { of: what, amount } => format!("remaining {} {amount}", of(what)),
            Signal::UntilFull { of: what, after } => format!("full {} {after:?}", of(what)),
            Signal::UntilRoom { of: what, after } => format!("room {} {after:?}", of(what)),
            other => format!("{other:?}"),
        }
    };
    read(dialect, 200, headers, "").iter().map(word).collect()
}

fn refusal(dialect: Dialect, status: u16, headers: &[(&str, &str)], body: &str) -> Refusal {
    read(dialect, status, headers, body).refusal().expect("it refuses")
}

const fn seconds(seconds: u64) -> Option<Duration> {
    Some(Duration::from_secs(seconds))
}

mod rows {
    use super::*;

    #[test]
    fn openai() {
        let headers = [
            ("x-ratelimit-limit-requests", "60"),
            ("x-ratelimit-limit-tokens", "150000"),
            ("x-ratelimit-remaining-requests", "59"),
            ("x-ratelimit-remaining-tokens", "149984"),
            ("x-ratelimit-reset-requests", "1s"),
            ("x-ratelimit-reset-tokens", "6m0s"),
        ];
        let expected = [
            "limit requests/- 60",
            "limit tokens/- 150000",
            "remaining requests/- 59",
            "remaining tokens/- 149984",
            "full requests/- 1s",
            "full tokens/- 360s",
        ];
        assert_eq!(said(Dialect::OPENAI, &headers), expected);
    }

    #[test]
    fn azure_openai_waits_in_milliseconds_before_seconds() {
        let headers = [("retry-after", "1"), ("retry-after-ms", "825")];
        let refused = refusal(Dialect::AZURE_OPENAI, 429, &headers, "");
        assert_eq!(refused.retry_after, Some(Duration::from_millis(825)));
        let refused = refusal(Dialect::AZURE_OPENAI, 429, &[("x-ms-retry-after-ms", "20")], "");
        assert_eq!(refused.retry_after, Some(Duration::from_millis(20)));
    }

    #[test]
    fn anthropic() {
        let headers = [
            ("anthropic-ratelimit-input-tokens-limit", "30000"),
            ("anthropic-ratelimit-output-tokens-remaining", "7000"),
            ("anthropic-ratelimit-requests-reset", "2026-02-05T15:03:11Z"),
        ];
        let expected =
            ["limit uncached_input_tokens/60 30000", "remaining output_tokens/60 7000", "full requests/60 30s"];
        assert_eq!(said(Dialect::ANTHROPIC, &headers), expected);
        assert_eq!(refusal(Dialect::ANTHROPIC, 429, &[("retry-after", "12")], "").retry_after, seconds(12));
        assert_eq!(refusal(Dialect::ANTHROPIC, 529, &[], "overloaded_error").remedy, Remedy::Elsewhere);
    }

    #[test]
    fn groq() {
        let headers = [
            ("x-ratelimit-limit-requests", "14400"),
            ("x-ratelimit-remaining-tokens", "17997"),
            ("x-ratelimit-reset-requests", "2m59.56s"),
            ("x-ratelimit-reset-tokens", "7.66s"),
        ];
        let expected = [
            "limit requests/86400 14400",
            "remaining tokens/60 17997",
            "full requests/86400 179.56s",
            "full tokens/60 7.66s",
        ];
        assert_eq!(said(Dialect::GROQ, &headers), expected);
        let body = "Rate limit reached on tokens per minute (TPM): Limit 50000, Used 47949, Requested 3006. \
                    Please try again in 1.146s. Visit us";
        let refused = refusal(Dialect::GROQ, 429, &[("retry-after", "2")], body);
        assert_eq!((refused.metric, refused.retry_after), (Some(Metric::Tokens), seconds(2)));
        assert_eq!(refused.lasts, Some(Duration::from_millis(1_146)));
    }

    #[test]
    fn cerebras() {
        let headers = [
            ("x-ratelimit-remaining-tokens-hour", "9"),
            ("x-ratelimit-reset-requests-day", "11726.5"),
            ("x-ratelimit-reset-tokens-minute", "26.25"),
        ];
        let expected = ["remaining tokens/3600 9", "full requests/86400 11726.5s", "full tokens/60 26.25s"];
        assert_eq!(said(Dialect::CEREBRAS, &headers), expected);
    }

    #[test]
    fn mistral_new_and_old() {
        let headers = [("x-ratelimit-limit-req-minute", "23"), ("x-ratelimit-remaining-req-minute", "0")];
        assert_eq!(said(Dialect::MISTRAL, &headers), ["limit requests/60 23", "remaining requests/60 0"]);
        let headers = [("ratelimitbysize-limit", "500000"), ("ratelimitbysize-reset", "40")];
        assert_eq!(said(Dialect::MISTRAL, &headers), ["limit tokens/60 500000", "full tokens/60 40s"]);
    }

    #[test]
    fn fireworks_of_both_years() {
        let headers = [
            ("x-ratelimit-limit-tokens-prompt", "60000"),
            ("x-ratelimit-remaining-tokens-generated", "5400"),
            ("x-ratelimit-limit-tokens-cache-adjusted-prompt", "11250000"),
            ("x-ratelimit-over-limit", "yes"),
        ];
        let expected = [
            "limit input_tokens/60 60000",
            "remaining output_tokens/60 5400",
            "limit uncached_input_tokens/60 11250000",
            "OverLimit(true)",
        ];
        assert_eq!(said(Dialect::FIREWORKS_2026, &headers), expected);
        assert_eq!(said(Dialect::of(Provider::Fireworks), &headers), [expected[0], expected[1], expected[3]]);
        for dialect in [Dialect::FIREWORKS_2026, Dialect::of(Provider::Fireworks)] {
            let served = read(dialect, 200, &headers, "");
            assert!(served.is_over_limit() && served.refusal().is_none());
        }
    }

    #[test]
    fn together_counts_by_the_second() {
        let headers = [("x-ratelimit-limit", "10"), ("x-tokenlimit-remaining", "2500")];
        assert_eq!(said(Dialect::TOGETHER, &headers), ["limit requests/1 10", "remaining tokens/1 2500"]);
    }

    #[test]
    fn nebius() {
        let headers = [("x-ratelimit-reset-tokens", "1.25"), ("x-ratelimit-over-limit", "no")];
        assert_eq!(said(Dialect::NEBIUS, &headers), ["full tokens/- 1.25s", "OverLimit(false)"]);
    }

    #[test]
    fn github_models_names_the_limit_in_a_header() {
        let headers = [("x-ratelimit-type", "UserConcurrentRequests"), ("x-ratelimit-timeremaining", "55")];
        let refused = refusal(Dialect::GITHUB_MODELS, 429, &headers, "");
        assert_eq!((refused.metric, refused.retry_after), (Some(Metric::ConcurrentTasks), seconds(55)));
    }

    #[test]
    fn cohere_of_trial_keys() {
        let headers = [("x-trial-endpoint-call-limit", "20"), ("x-trial-endpoint-call-remaining", "19")];
        assert_eq!(said(Dialect::COHERE, &headers), ["limit requests/60 20", "remaining requests/60 19"]);
    }

    #[test]
    fn openrouter_speaks_in_the_body() {
        let body = r#"{"error":{"code":429,"metadata":{"headers":{"X-RateLimit-Reset":"1770303766000"}}}}"#;
        let refused = refusal(Dialect::OPENROUTER, 429, &[], body);
        assert_eq!((refused.metric, refused.lasts), (Some(Metric::Requests), seconds(5)));
    }

    #[test]
    fn hugging_face_and_the_ietf_draft() {
        let headers =
            [("RateLimit", r#""api";r=499;t=295"#), ("RateLimit-Policy", r#""fixed window";"api";q=500;w=300"#)];
        let expected = ["limit requests/- 500", "remaining requests/- 499", "full requests/- 295s"];
        assert_eq!(said(Dialect::IETF, &headers), expected);
        assert_eq!(said(Dialect::HUGGING_FACE, &headers), expected);
        let refused = refusal(Dialect::HUGGING_FACE, 402, &[("x-error-message", "credits are used up")], "");
        assert_eq!(refused.remedy, Remedy::Raise);
    }

    #[test]
    fn venice() {
        let headers = [("x-ratelimit-reset-requests", "1770303791"), ("x-ratelimit-reset-tokens", "12")];
        assert_eq!(said(Dialect::VENICE, &headers), ["full requests/- 30s", "full tokens/- 12s"]);
    }

    #[test]
    fn digitalocean_says_when_there_is_room() {
        let headers = [("x-ratelimit-limit-tokens-per-day", "9"), ("x-ratelimit-reset-tokens-per-day", "1770303762")];
        assert_eq!(said(Dialect::DIGITALOCEAN, &headers), ["limit tokens/86400 9", "room tokens/86400 1s"]);
    }

    #[test]
    fn moonshot_does_not_state_the_unit_of_its_reset() {
        let headers = [("X-RateLimit-Limit", "3"), ("X-RateLimit-Reset", "1770303762")];
        assert_eq!(said(Dialect::MOONSHOT, &headers), ["limit requests/- 3"]);
    }

    #[test]
    fn alibaba_by_code_and_by_phrase() {
        let refused = |body| {
            let refused = refusal(Dialect::of(Provider::Alibaba), 429, &[], body);
            (refused.metric, refused.remedy)
        };
        for body in [r#"{"code":"Throttling.RateQuota"}"#, r#"{"error":{"code":"limit_requests"}}"#] {
            assert_eq!(refused(body), (Some(Metric::Requests), Remedy::Wait));
        }
        for body in [r#"{"code":"Throttling.AllocationQuota"}"#, r#"{"error":{"code":"insufficient_quota"}}"#] {
            assert_eq!(refused(body), (Some(Metric::Tokens), Remedy::Wait));
        }
        for body in [r#"{"code":"Throttling.BurstRate"}"#, r#"{"error":{"code":"limit_burst_rate"}}"#] {
            assert_eq!(refused(body), (None, Remedy::Smooth));
        }
    }

    #[test]
    fn castai() {
        let body = r#"{"error": "qwen3 model is rate limited until 2026-02-05T15:32:41Z"}"#;
        let refused = refusal(Dialect::of(Provider::Castai), 429, &[("Retry-After", "5")], body);
        assert_eq!((refused.retry_after, refused.lasts), (seconds(5), seconds(1_800)));
    }

    #[test]
    fn those_who_send_no_headers() {
        for dialect in [Dialect::of(Provider::Cloudflare), Dialect::PLAIN] {
            assert!(read(dialect, 200, &[], "{}").is_empty());
            assert_eq!(refusal(dialect, 429, &[], "").remedy, Remedy::Wait);
        }
    }

    #[test]
    fn llm7_siliconflow_and_gemini_speak_in_the_body() {
        assert_eq!(refusal(Dialect::LLM7, 429, &[], r#"{"retry_after": 1}"#).lasts, seconds(1));
        let refused = refusal(Dialect::SILICONFLOW, 429, &[], "Request was rejected. Details:TPM limit reached.");
        assert_eq!(refused.metric, Some(Metric::Tokens));
        let body = r#"{"error":{"status":"RESOURCE_EXHAUSTED","details":[{"quotaId":"GenerateRequestsPerDayPerProject"},
            {"retryDelay": "38.2s"}]}}"#;
        let refused = refusal(Dialect::GEMINI, 429, &[], body);
        assert_eq!((refused.metric, refused.lasts), (Some(Metric::Requests), Some(Duration::from_millis(38_200))));
    }

    #[test]
    fn github_resets_at_an_epoch() {
        let headers = [("X-RateLimit-Limit", "5000"), ("X-RateLimit-Reset", "1770307361")];
        assert_eq!(said(Dialect::EPOCH_RESET, &headers), ["limit requests/- 5000", "full requests/- 3600s"]);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_in_every_dialect() {
        let refused = refusal(Dialect::PLAIN, 429, &[("Retry-After", "120")], "");
        assert_eq!(refused.retry_after, seconds(120));
        let refused = refusal(Dialect::PLAIN, 429, &[("Retry-After", "Thu, 05 Feb 2026 15:03:41 GMT")], "");
        assert_eq!(refused.retry_after, seconds(60));
    }
}

mod traps {
    use super::*;

    #[test]
    fn the_same_header_has_another_meaning() {
        let header = [("x-ratelimit-limit-requests", "60")];
        assert_eq!(said(Dialect::OPENAI, &header), ["limit requests/- 60"]);
        assert_eq!(said(Dialect::GROQ, &header), ["limit requests/86400 60"]);
        let header = [("x-ratelimit-reset-requests", "1770303791")];
        assert_eq!(said(Dialect::VENICE, &header), ["full requests/- 30s"]);
        let openai: Vec<_> = read(Dialect::OPENAI, 200, &header, "").nonsense().collect();
        assert_eq!(openai, [("x-ratelimit-reset-requests", Nonsense::Unreadable)]);
    }

    #[test]
    fn a_time_until_full_is_not_a_time_to_wait() {
        let refused = refusal(Dialect::OPENAI, 429, &[("x-ratelimit-reset-tokens", "6m0s")], "");
        assert_eq!((refused.retry_after, refused.lasts), (None, None));
    }

    #[test]
    fn some_refusals_no_wait_cures() {
        let body = "Request too large for gpt-4o on tokens per min (TPM): Limit 30000, Requested 40000.";
        assert_eq!(refusal(Dialect::OPENAI, 429, &[], body).remedy, Remedy::Split);
        assert_eq!(refusal(Dialect::GROQ, 413, &[("retry-after", "2")], "").remedy, Remedy::Split);
        assert_eq!(refusal(Dialect::OPENAI, 429, &[], r#"{"code": "insufficient_quota"}"#).remedy, Remedy::Raise);
        assert_eq!(refusal(Dialect::PLAIN, 402, &[], "").remedy, Remedy::Raise);
    }

    #[test]
    fn there_are_two_kinds_of_429() {
        let quota = refusal(Dialect::CEREBRAS, 429, &[("retry-after", "57")], "");
        assert_eq!((quota.remedy, quota.retry_after), (Remedy::Wait, seconds(57)));
        let queue = refusal(Dialect::CEREBRAS, 429, &[("x-should-retry", "false")], "");
        assert_eq!(queue.remedy, Remedy::Elsewhere);
        let busy = refusal(Dialect::MOONSHOT, 429, &[], r#"{"type":"engine_overloaded_error"}"#);
        assert_eq!(busy.remedy, Remedy::Elsewhere);
        assert_eq!(refusal(Dialect::of(Provider::Fireworks), 503, &[], "").remedy, Remedy::Elsewhere);
    }

    #[test]
    fn over_limit_may_stay_no_on_a_refusal() {
        let dialect = Dialect::of(Provider::Fireworks);
        let signals = read(dialect, 429, &[("x-ratelimit-over-limit", "no")], "rate limit exceeded");
        assert!(!signals.is_over_limit() && signals.refusal().is_some());
    }

    #[test]
    fn an_error_that_is_no_refusal_says_nothing_of_limits() {
        assert!(read(Dialect::OPENAI, 500, &[], "insufficient_quota").is_empty());
        assert!(read(Dialect::OPENAI, 400, &[], "").is_empty());
    }

    #[test]
    fn the_vendors_clock_made_its_times() {
        // Ours is three minutes behind.
        let headers =
            [("date", "Thu, 05 Feb 2026 15:05:41 GMT"), ("anthropic-ratelimit-requests-reset", "2026-02-05T15:05:51Z")];
        assert_eq!(said(Dialect::ANTHROPIC, &headers), ["full requests/60 10s"]);
    }

    #[test]
    fn what_makes_no_sense_is_reported_and_not_obeyed() {
        let nonsense = |dialect, header: (&str, &str)| {
            let signals = read(dialect, 429, &[header], "");
            assert_eq!(signals.refusal().unwrap().retry_after, None);
            signals.nonsense().map(|(_, why)| why).collect::<Vec<_>>()
        };
        let (far, negative, unreadable) =
            (vec![Nonsense::TooFar], vec![Nonsense::Negative], vec![Nonsense::Unreadable]);
        assert_eq!(nonsense(Dialect::PLAIN, ("retry-after", "1000000000000")), far);
        assert_eq!(nonsense(Dialect::PLAIN, ("retry-after", "-5")), negative);
        assert_eq!(nonsense(Dialect::PLAIN, ("retry-after", "soon")), unreadable);
        assert_eq!(nonsense(Dialect::ANTHROPIC, ("anthropic-ratelimit-tokens-reset", "2027-02-05T15:05:51Z")), far);
        assert_eq!(nonsense(Dialect::OPENAI, ("x-ratelimit-remaining-tokens", "-1")), negative);
        let headers = [("x-ratelimit-limit-requests", "60"), ("x-ratelimit-remaining-requests", "61")];
        let above: Vec<_> = read(Dialect::OPENAI, 200, &headers, "").nonsense().collect();
        assert_eq!(above, [("x-ratelimit-remaining-requests", Nonsense::AboveLimit)]);
    }
}

const ALL: [Dialect; 13] = [
    Dialect::of(Provider::Alibaba),
    Dialect::of(Provider::Castai),
    Dialect::of(Provider::Fireworks),
    Dialect::FIREWORKS_2026,
    Dialect::OPENAI,
    Dialect::AZURE_OPENAI,
    Dialect::ANTHROPIC,
    Dialect::CEREBRAS,
    Dialect::OPENROUTER,
    Dialect::HUGGING_FACE,
    Dialect::VENICE,
    Dialect::DIGITALOCEAN,
    Dialect::GEMINI,
];

/// Values near to what vendors write.
fn value() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        "[-0-9a-zTZ:.;=\", ]{0,30}".prop_map(String::into_bytes),
        "-?[0-9]{1,25}(\\.[0-9]{0,25})?(ms|s|m|h)?".prop_map(String::into_bytes),
    ]
}

proptest! {
    /// Whatever a reply holds, reading it does not panic, and no time that is told is further than a month.
    #[test]
    fn any_reply_can_be_read(
        dialect in prop::sample::select(&ALL[..]),
        status in 100u16..600,
        values in prop::collection::vec(value(), 90),
        body in value(),
        now in any::<i64>(),
    ) {
        let names = ALL.iter().flat_map(|dialect| dialect.header_names()).chain(["retry-after", "date"]);
        let headers: Vec<_> = names.zip(&values).collect();
        let phrases = [&b"rate limited until "[..], b"retryDelay: \"", b"try again in ", b"X-RateLimit-Reset\":\""];
        for phrase in phrases {
            let body = [phrase, &body].concat();
            for signal in dialect.read(status, &headers[..], &body, i128::from(now)).iter() {
                let time = match signal {
                    Signal::UntilFull { after, .. } | Signal::UntilRoom { after, .. } => Some(after),
                    Signal::Refused(refusal) => refusal.retry_after.max(refusal.lasts),
                    _ => None,
                };
                prop_assert!(time.is_none_or(|time| time <= Duration::from_secs(31 * 86_400)), "{:?}", time);
            }
        }
    }
}

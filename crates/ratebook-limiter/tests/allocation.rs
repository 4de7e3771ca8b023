//! Decisions, settlements, snapshots and parsing do not allocate. A waiting call allocates at most once.

use std::time::Duration;

use allocation_counter::measure;
use ratebook::Provider;
use ratebook_limiter::{Account, Cost, ManualClock, Refused, Usage};

fn model(clock: &ManualClock) -> ratebook_limiter::Model {
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock());
    account.build().unwrap().model("qwen-plus").unwrap()
}

#[test]
fn decisions_settlements_and_snapshots_do_not_allocate() {
    let clock = ManualClock::new();
    let model = model(&clock);
    let account = model.account();
    let mut pools = Vec::with_capacity(16);
    // The first debt of a limit allocates the memory of all later ones.
    model.try_acquire(Cost::tokens(1)).unwrap().settle(Usage::new().requests(2).input(2).output(2));
    let info = measure(|| {
        for round in 0..10_000 {
            match model.try_acquire(Cost::tokens(1_000)) {
                // Below the estimate, above the estimate, never sent, dropped.
                Ok(permit) if round % 4 == 0 => permit.settle(Usage::new().tokens(10)),
                Ok(permit) if round % 4 == 1 => permit.settle(Usage::new().input(900).output(300)),
                Ok(permit) if round % 4 == 2 => permit.cancel_unsent(),
                Ok(permit) => drop(permit),
                Err(Refused::Wait(wait)) => clock.advance(wait.delay().unwrap()),
                Err(Refused::Never(never)) => panic!("{never}"),
            }
            clock.advance(Duration::from_micros(round));
            if round % 100 == 0 {
                account.snapshot_into(&mut pools);
            }
        }
    });
    assert_eq!(info.count_total, 0);
    assert_eq!(pools.len(), 4);
}

#[test]
fn the_system_clock_does_not_allocate() {
    let account = Account::builder(Provider::Alibaba).region("international").build().unwrap();
    let model = account.model("qwen-plus").unwrap();
    let info = measure(|| (0..10_000).for_each(|_| drop(model.try_acquire(Cost::tokens(1)))));
    assert_eq!(info.count_total, 0);
}

#[cfg(feature = "tokio")]
#[test]
fn a_waiting_call_allocates_at_most_once() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    runtime.block_on(async {
        let account = Account::builder(Provider::Cloudflare).clock(ratebook_limiter::Clock::tokio()).build().unwrap();
        let model = account.model("@cf/microsoft/phi-2").unwrap();
        let calls = 5_000;
        let waits = async {
            for _ in 0..calls {
                drop(model.acquire(Cost::request()).await.unwrap())
            }
        };
        // The first wait allocates the state of the runtime and of its timer.
        drop(model.acquire(Cost::request()).await);
        let before = allocations(waits).await;
        assert!(before <= calls, "{before} allocations of {calls} calls");
        println!("{before} allocations of {calls} calls in a row");
    });
}

/// Returns the number of allocations while a future is polled.
#[cfg(feature = "tokio")]
async fn allocations(future: impl Future<Output = ()>) -> u64 {
    let mut future = std::pin::pin!(future);
    let mut count = 0;
    std::future::poll_fn(|context| {
        let mut polled = std::task::Poll::Pending;
        count += measure(|| polled = future.as_mut().poll(context)).count_total;
        polled
    })
    .await;
    count
}

#[cfg(feature = "feedback")]
#[test]
fn parsing_a_response_does_not_allocate() {
    use ratebook_limiter::feedback::Dialect;
    let headers = [
        ("anthropic-ratelimit-tokens-limit", "80000"),
        ("anthropic-ratelimit-tokens-remaining", "79000"),
        ("anthropic-ratelimit-tokens-reset", "2026-02-05T15:03:11Z"),
        ("date", "Thu, 05 Feb 2026 15:02:41 GMT"),
        ("retry-after", "-12"),
    ];
    let castai = Dialect::of(Provider::Castai);
    let allocations = measure(|| {
        assert!(!Dialect::of(Provider::Anthropic).read(429, &headers[..], b"", 0).is_empty());
        let body = br#"{"error": "a model is rate limited until 2026-02-05T15:32:41Z"}"#;
        assert!(castai.read(429, &headers[..], body, 0).refusal().unwrap().lasts.is_some());
        let body = br#"{"error":{"code":"throttling","message":"a limit of 5 requests per day, resets in 2 hours and 3 min"}}"#;
        assert!(Dialect::PLAIN.read_error(None, &(), body, 0).refusal().unwrap().lasts.is_some());
        let body = br#"{"errors":[{"code":4006}]}"#;
        let neurons = Dialect::of(Provider::Cloudflare).read_error(None, &(), body, 0).refusal().unwrap();
        assert!(neurons.lasts.is_some() && neurons.account_wide);
        let body = b"RequestsPerDayPerProject";
        let refused = |now| Dialect::of(Provider::Gemini).read(429, &(), body, now).refusal().unwrap().lasts;
        assert!(refused(1_770_303_761_000_000_000).is_some());
        assert!(refused(i128::MIN).is_none() && refused(i128::MAX).is_none());
    });
    assert_eq!(allocations.count_total, 0);
}

#[cfg(feature = "feedback")]
#[test]
fn parsing_any_header_or_body_does_not_allocate() {
    use ratebook_limiter::feedback::Dialect;
    let long = "9".repeat(2_000);
    let list = r#""a";q=1;r=0;t=5, "#.repeat(200);
    let odd = [
        "",
        " ",
        "0",
        "-1",
        "-0.5",
        ".",
        "1e9",
        "1.5",
        "NaN",
        "soon",
        "yes",
        "YES",
        "no",
        "true",
        "60",
        "60s",
        "1m26.4s",
        "1m-2s",
        "825ms",
        "7\u{b5}s",
        "1770303791",
        "1770303791000",
        "99999999999999999999",
        "Thu, 05 Feb 2026 15:02:41 GMT",
        "Thursday, 05-Feb-26 15:02:41 GMT",
        "Thu Feb  5 15:02:41 2026",
        "Thu, 32 Feb 2026 15:02:41 GMT",
        "Thu, 05 Foo 2026 15:02:41 GMT",
        "Thu, 05 Feb 2026 25:02:41 GMT",
        "Thu, 05 Feb 99999 15:02:41 GMT",
        "Mon",
        "GMT",
        "2026-02-05T15:03:11Z",
        "2026-13-05T15:03:11Z",
        "2026-02-29T15:03:11Z",
        "2026-02-05T25:03:11Z",
        "0000-00-00T00:00:00Z",
        "9999-12-31T23:59:60Z",
        "-009999-01-01T00:00:00Z",
        "2026-02-05T15:03:11+99:99",
        "2026-02-05T15:03:11.999999999999999Z",
        "2026-02-05T15:03:11[Europe/Paris]",
        "2026-02-05",
        "T",
        "100;w=60",
        "limit=100, remaining=50, reset=30",
        r#""a";q=100;w=60, "b";q=1;qu="content-bytes";w=0"#,
        r#""a";r=101, "b"#,
        "\"",
        "\\",
        ";;;",
        ",,,",
        "=",
        "\u{0}\u{7f}\u{fffd}",
        &long,
        &list,
    ];
    let catalog = Provider::ALL.iter().map(|provider| ("", Dialect::of(*provider)));
    let mut read = 0;
    for (_, dialect) in Dialect::NAMED.iter().copied().chain(catalog) {
        for value in odd {
            let all: Vec<_> = dialect.header_names().chain(["retry-after", "date"]).map(|name| (name, value)).collect();
            let bodies: Vec<_> = dialect
                .body_phrases()
                .chain(["", "request too large", "a limit of", "{\"code\":429,\"message\":\"resets in"])
                .map(|phrase| [phrase, ": \"", value].concat())
                .collect();
            let allocations = measure(|| {
                for body in bodies.iter().map(|body| body.as_bytes()) {
                    for status in [200, 402, 413, 429, 503] {
                        read += dialect.read(status, &all[..], body, 0).iter().count();
                    }
                    read += dialect.read_error(None, &all[..], body, 0).iter().count();
                    // Each header alone, without a `Date`.
                    for header in all.chunks(1) {
                        read += dialect.read(429, header, body, i128::MAX).iter().count();
                    }
                }
                for (header, status) in
                    all.chunks(1).flat_map(|header| [200, 402, 413, 503].map(|status| (header, status)))
                {
                    read += dialect.read(status, header, b"", i128::MAX).iter().count();
                }
            });
            assert_eq!(allocations.count_total, 0, "{value}");
        }
    }
    assert!(read > 10_000, "{read} signals");
}

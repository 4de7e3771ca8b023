//! Retries outside the limiter: each attempt is admitted and settled on its own, so a retry never exceeds a limit, and
//! a call that waits for its retry holds nothing. Shows which failures are worth another attempt.
//!
//! Another program uses up the limits that the local server enforces, and every fifth attempt fails with the status
//! 503.
//!
//! `cargo run -p ratebook-client --features body,reqwest-middleware --example retry`

use std::error::Error;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures::StreamExt;
use ratebook::{Metric, Provider};
use ratebook_client::PendingCall;
use ratebook_client::estimate::{Rough, estimate_request};
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_limiter::feedback::Dialect;
use ratebook_limiter::{Account, Model, Quota};
use ratebook_sim::http::LocalProvider;
use ratebook_sim::{Algorithm, ResponseStyle, SECOND, Server, SimRule};
use reqwest::{Request, Response};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware, Middleware, Next};
use serde_json::{Value, json};

const CALLS: u64 = 60;
const CONCURRENT: usize = 8;
const REQUESTS_PER_SECOND: u64 = 20;
const TOKENS_PER_MINUTE: u64 = 50_000;
const MAX_ATTEMPTS: u32 = 8;
/// The wait after a first failed attempt that says nothing of limits. It doubles with each attempt.
const BACKOFF: Duration = Duration::from_millis(50);

type BoxError = Box<dyn Error + Send + Sync>;

/// What to do after an attempt.
enum Verdict {
    Use(Response),
    /// Another attempt. The limiter has paused what the vendor refused, so the attempt waits for its admission only.
    Retry,
    /// Another attempt after a backoff, because the failure is not about limits.
    RetryLater,
    GiveUp(BoxError),
}

/// Decides on the result of an attempt.
fn judge(attempt: reqwest_middleware::Result<Response>) -> Verdict {
    match attempt {
        Ok(response) => match response.status().as_u16() {
            200..=299 => Verdict::Use(response),
            429 => Verdict::Retry,
            408 | 500 | 502 | 503 | 504 | 529 => Verdict::RetryLater,
            status => Verdict::GiveUp(format!("status {status}").into()),
        },
        // Sent by no attempt: the call exceeds a limit (`Refused::Never`), or would wait too long (`Refused::Wait`). Or
        // refused by the vendor, and waiting does not resolve it (`NonRetryable`).
        Err(reqwest_middleware::Error::Middleware(error)) => Verdict::GiveUp(error.into()),
        // Not sent. A timeout is no reason to retry: the vendor may have generated the answer, and charged for it.
        Err(reqwest_middleware::Error::Reqwest(error)) if error.is_connect() => Verdict::RetryLater,
        Err(reqwest_middleware::Error::Reqwest(error)) => Verdict::GiveUp(error.into()),
    }
}

/// Makes one call, in up to [`MAX_ATTEMPTS`] attempts.
async fn call(client: &ClientWithMiddleware, url: &str, request: &Value) -> Result<Value, BoxError> {
    let mut backoff = BACKOFF;
    for _ in 0..MAX_ATTEMPTS {
        match judge(client.post(url).json(request).send().await) {
            Verdict::Use(response) => return Ok(response.json().await?),
            Verdict::Retry => {}
            Verdict::RetryLater => {
                // Needs no jitter: admission spaces the attempts of all calls.
                tokio::time::sleep(backoff).await;
                backoff *= 2;
            }
            Verdict::GiveUp(error) => return Err(error),
        }
    }
    Err(format!("no answer in {MAX_ATTEMPTS} attempts").into())
}

/// The client's connection to the vendor. Every fifth attempt fails before it reaches the vendor.
struct Unreliable {
    attempts: AtomicU64,
}

#[async_trait::async_trait]
impl Middleware for Unreliable {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<Response> {
        if self.attempts.fetch_add(1, Ordering::Relaxed) % 5 == 4 {
            let unavailable =
                http::Response::builder().status(503).body("").map_err(reqwest_middleware::Error::middleware)?;
            return Ok(unavailable.into());
        }
        next.run(request, extensions).await
    }
}

/// Returns a client that admits each attempt. The retries of [`call`] are outside of it.
fn client(model: Model) -> ClientWithMiddleware {
    let to_call = move |request: &Request| {
        let estimate = estimate_request(&Rough::O200K, request.body()?.as_bytes()?)?;
        Some(PendingCall::new(model.clone(), estimate.cost()))
    };
    let unreliable = Unreliable { attempts: AtomicU64::new(0) };
    ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(to_call)).with(unreliable).build()
}

fn chat(model: &str, number: u64, max_tokens: u64) -> Value {
    let question = format!("What is special about the number {number}?");
    json!({ "model": model, "max_tokens": max_tokens, "messages": [{ "role": "user", "content": question }] })
}

/// Another program with the same account uses up the requests of a second.
async fn use_up(url: &str) -> Result<(), BoxError> {
    let http = reqwest::Client::new();
    for number in 0..REQUESTS_PER_SECOND {
        http.post(url).body(chat("gpt-4o", number, 1).to_string()).send().await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let rule = |metric, limit, window| SimRule::new(metric, limit, window, Algorithm::SlidingLog);
    let rules =
        vec![rule(Metric::Requests, REQUESTS_PER_SECOND, SECOND), rule(Metric::Tokens, TOKENS_PER_MINUTE, 60 * SECOND)];
    let vendor = Server::new(rules).styled_as(ResponseStyle::of(Provider::Openai));
    let server = LocalProvider::new().model("gpt-4o", vendor).serve().await?;
    let url = format!("{}/chat/completions", server.base_url());

    let account = Account::custom("openai")
        .limit(Quota::requests(REQUESTS_PER_SECOND).per_second())
        .limit(Quota::tokens(TOKENS_PER_MINUTE).per_minute())
        .limit(Quota::concurrent(CONCURRENT as u64))
        .dialect(Dialect::of(Provider::Openai))
        .build()?;
    let client = client(account.model("gpt-4o")?);

    use_up(&url).await?;
    let before = server.counts();
    let (client, address) = (&client, url.as_str());
    let answers = futures::stream::iter(0..CALLS)
        .map(|number| async move { call(client, address, &chat("gpt-4o", number, 50)).await })
        .buffer_unordered(CONCURRENT);
    let answers: Vec<Value> = answers.collect::<Vec<_>>().await.into_iter().collect::<Result<_, _>>()?;
    let after = server.counts();
    let refused = after.refused - before.refused;
    println!("{} calls answered; {refused} attempts refused by the vendor, and retried", answers.len());

    for (what, request) in
        [("too large", chat("gpt-4o", 0, TOKENS_PER_MINUTE)), ("unknown model", chat("gpt-0", 0, 50))]
    {
        match call(client, address, &request).await {
            Ok(_) => return Err(format!("{what}: expected an error, found an answer").into()),
            Err(error) => println!("{what}, not retried: {error}"),
        }
    }

    let held = account.snapshot().iter().find(|pool| pool.limit.window().is_none()).map(|pool| pool.used);
    println!("slots of concurrent calls in use after all calls: {}", held.unwrap_or(0));
    if refused == 0 || after.served - before.served != CALLS || held != Some(0) {
        return Err(
            format!("expected refusals, {CALLS} calls served and no slot in use, found {after:?}, {held:?}").into()
        );
    }
    Ok(())
}

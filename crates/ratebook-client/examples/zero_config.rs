//! Sends 300 prompts, 50 at a time, through an account with nothing but a provider and a region, to a local provider
//! that enforces the limits of a frozen test catalog over real HTTP. Fails if a single call is refused.
//!
//! `cargo run --release -p ratebook-client --features body,reqwest-middleware --example zero_config -- 10` makes ten
//! runs. A second number sets the account's jitter in milliseconds, to measure its cost.

use std::error::Error;
use std::time::{Duration, Instant};

use futures::StreamExt;
use ratebook::Provider;
use ratebook::providers::alibaba::international::QWEN_PLUS;
use ratebook_client::PendingCall;
use ratebook_client::estimate::{Rough, estimate_request};
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_limiter::Account;
use ratebook_sim::Algorithm;
use ratebook_sim::http::{CallCounts, LocalProvider};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::{Value, json};

const PROMPTS: usize = 300;
const CONCURRENT: usize = 50;

fn client(jitter: Option<Duration>) -> Result<ClientWithMiddleware, ratebook_limiter::Error> {
    let account = Account::builder(Provider::Alibaba).region("international");
    let account = if let Some(jitter) = jitter { account.jitter(jitter) } else { account };
    let qwen = account.build()?.model("qwen-plus")?;
    let to_call = move |request: &reqwest::Request| {
        let estimate = estimate_request(&Rough::QWEN, request.body()?.as_bytes()?)?;
        Some(PendingCall::estimated(qwen.clone(), estimate.or_output(800)))
    };
    Ok(ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(to_call)).build())
}

/// Asks one question. Returns whether it was answered.
async fn ask(client: &ClientWithMiddleware, url: &str, number: usize) -> Result<bool, reqwest_middleware::Error> {
    let question = format!("Say in few words what is special about the number {number}.");
    let body = json!({ "model": "qwen-plus", "messages": [{ "role": "user", "content": question }] });
    let response = client.post(url).json(&body).send().await?;
    let is_answered = response.status().is_success();
    let answer: Value = response.json().await?;
    Ok(is_answered && answer["choices"][0]["message"]["content"].is_string())
}

struct Run {
    answered: usize,
    counts: CallCounts,
    took: Duration,
}

/// Makes all calls with a new account and a new provider.
async fn run(jitter: Option<Duration>) -> Result<Run, Box<dyn Error>> {
    let server = LocalProvider::new().entry(QWEN_PLUS, Algorithm::SlidingLog).serve().await?;
    let (client, url, begin) = (client(jitter)?, format!("{}/chat/completions", server.base_url()), Instant::now());
    let answers =
        futures::stream::iter(0..PROMPTS).map(|number| ask(&client, &url, number)).buffer_unordered(CONCURRENT);
    let answers = answers.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let answered = answers.into_iter().filter(|is_answered| *is_answered).count();
    Ok(Run { answered, counts: server.counts(), took: begin.elapsed() })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let runs = std::env::args().nth(1).map_or(Ok(1), |runs| runs.parse::<usize>())?;
    let jitter = std::env::args().nth(2).map(|millis| millis.parse().map(Duration::from_millis)).transpose()?;
    let (mut refused, mut unanswered) = (0, 0);
    for number in 1..=runs {
        let Run { answered, counts, took } = run(jitter).await?;
        let calls = counts.served + counts.refused;
        println!("run {number}: {calls} calls, {} refused, {:.1} s", counts.refused, took.as_secs_f64());
        refused += counts.refused;
        unanswered += PROMPTS - answered;
    }
    if refused > 0 || unanswered > 0 {
        return Err(format!(
            "expected no refusals, found {refused} calls refused and {unanswered} prompts not answered"
        )
        .into());
    }
    Ok(())
}

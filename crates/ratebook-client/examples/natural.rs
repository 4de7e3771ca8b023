//! 300 prompts, 50 at once, through an account of which nothing but the provider and the region is said, against a local
//! provider that enforces the published limits over real HTTP. It fails where a single call is refused.
//!
//! `cargo run --release -p ratebook-client --features body,reqwest-middleware --example natural -- 10` makes ten runs. A
//! second number is the account's jitter in milliseconds, to measure what that costs.

use std::error::Error;
use std::time::{Duration, Instant};

use futures::StreamExt;
use ratebook::Provider;
use ratebook::alibaba::international::QWEN_PLUS;
use ratebook_client::Call;
use ratebook_client::estimate::{Rough, asked_by};
use ratebook_client::reqwest::LimitMiddleware;
use ratebook_limiter::Account;
use ratebook_sim::Enforcement;
use ratebook_sim::http::{Count, LocalProvider};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use serde_json::{Value, json};

const PROMPTS: usize = 300;
const AT_ONCE: usize = 50;

fn client(jitter: Option<Duration>) -> Result<ClientWithMiddleware, ratebook_limiter::Error> {
    let account = Account::builder(Provider::Alibaba).region("international");
    let account = if let Some(jitter) = jitter { account.jitter(jitter) } else { account };
    let qwen = account.build()?.model("qwen-plus")?;
    let plan = move |request: &reqwest::Request| {
        let asked = asked_by(&Rough::QWEN, request.body()?.as_bytes()?)?;
        Some(Call::asked(qwen.clone(), asked.or_output(800)))
    };
    Ok(ClientBuilder::new(reqwest::Client::new()).with(LimitMiddleware::new(plan)).build())
}

/// Asks one question; whether it was answered.
async fn ask(client: &ClientWithMiddleware, url: &str, number: usize) -> Result<bool, reqwest_middleware::Error> {
    let question = format!("Say in few words what is special about the number {number}.");
    let body = json!({ "model": "qwen-plus", "messages": [{ "role": "user", "content": question }] });
    let reply = client.post(url).json(&body).send().await?;
    let is_answered = reply.status().is_success();
    let answer: Value = reply.json().await?;
    Ok(is_answered && answer["choices"][0]["message"]["content"].is_string())
}

struct Run {
    answered: usize,
    count: Count,
    took: Duration,
}

/// Makes all calls with a new account, against a new provider.
async fn run(jitter: Option<Duration>) -> Result<Run, Box<dyn Error>> {
    let serving = LocalProvider::new().entry(QWEN_PLUS, Enforcement::SlidingLog).serve().await?;
    let (client, url, begin) = (client(jitter)?, format!("{}/chat/completions", serving.base_url()), Instant::now());
    let answers = futures::stream::iter(0..PROMPTS).map(|number| ask(&client, &url, number)).buffer_unordered(AT_ONCE);
    let answers = answers.collect::<Vec<_>>().await.into_iter().collect::<Result<Vec<_>, _>>()?;
    let answered = answers.into_iter().filter(|is_answered| *is_answered).count();
    Ok(Run { answered, count: serving.count(), took: begin.elapsed() })
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let runs = std::env::args().nth(1).map_or(Ok(1), |runs| runs.parse::<usize>())?;
    let jitter = std::env::args().nth(2).map(|millis| millis.parse().map(Duration::from_millis)).transpose()?;
    let (mut refused, mut unanswered) = (0, 0);
    for number in 1..=runs {
        let Run { answered, count, took } = run(jitter).await?;
        let calls = count.served + count.refused;
        println!("run {number}: {calls} calls, {} refused, {:.1} s", count.refused, took.as_secs_f64());
        refused += count.refused;
        unanswered += PROMPTS - answered;
    }
    if refused > 0 || unanswered > 0 {
        return Err(format!("{refused} calls were refused, and {unanswered} prompts not answered").into());
    }
    Ok(())
}

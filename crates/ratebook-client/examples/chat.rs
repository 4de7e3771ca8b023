//! A chat, call by call, without a middleware: each call waits for its turn, the limiter observes the response, and the
//! permit is settled with the usage in it. A local server enforces the limits of a frozen test catalog over HTTP.
//! `cargo run -p ratebook-client --features body,reqwest --example chat`

use std::error::Error;
use std::time::Instant;

use ratebook::providers::openai::tier_1::GPT_4O;
use ratebook::{Metric, Provider};
use ratebook_client::estimate::{Rough, estimate_request};
use ratebook_client::usage::{Format, usage_of};
use ratebook_limiter::{Account, Usage};
use ratebook_sim::Algorithm;
use ratebook_sim::http::LocalProvider;
use serde_json::{Value, json};

const PROMPTS: [&str; 3] = ["Which limits are there?", "Which of them is the smallest?", "Thank you."];

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let server = LocalProvider::new().entry(GPT_4O, Algorithm::SlidingLog).serve().await?;
    let (http, url) = (reqwest::Client::new(), format!("{}/chat/completions", server.base_url()));

    let account = Account::builder(Provider::Openai).plan("tier-1").build()?;
    let model = account.model("gpt-4o")?;
    for limit in model.limits() {
        println!("{limit}");
    }
    let begin = Instant::now();
    let (mut messages, mut stated) = (Vec::new(), None);
    for prompt in PROMPTS {
        messages.push(json!({ "role": "user", "content": prompt }));
        let request = json!({ "model": "gpt-4o", "max_completion_tokens": 200, "messages": messages }).to_string();
        // The conversation so far, on the high side, and the largest answer.
        let estimate = estimate_request(&Rough::O200K, request.as_bytes()).ok_or("expected a chat request")?;
        let permit = model.acquire(estimate.cost()).await?;
        let response = http.post(&url).body(request).send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let body = response.bytes().await?;
        stated = headers.get("x-ratelimit-remaining-tokens").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        // A refusal pauses what it names, and the headers correct what is left.
        permit.observe(status.as_u16(), &headers, &body);
        if !status.is_success() {
            // No tokens were generated. The request stays charged, because many vendors count it.
            permit.settle(Usage::new().tokens(0));
            return Err(format!("{status}: {}", String::from_utf8_lossy(&body)).into());
        }
        let usage = usage_of(Format::Openai, &body).ok_or("expected a usage in the response")?;
        // What the estimate was too high by is returned to the limits.
        permit.settle(usage);
        let mut answer: Value = serde_json::from_slice(&body)?;
        let tokens = &answer["usage"];
        println!(
            "{:.0?}: {prompt} ({} + {} tokens)",
            begin.elapsed(),
            tokens["prompt_tokens"],
            tokens["completion_tokens"]
        );
        messages.push(answer["choices"][0]["message"].take());
    }
    // The limiter has counted what the server has: of this vendor, the most that each call might have generated.
    let pools = account.snapshot();
    let left = pools.iter().find(|pool| pool.limit.metric == Metric::Tokens).map(|pool| pool.left);
    println!("tokens left: {left:?} by the limiter, {stated:?} by the server");
    if server.counts().refused > 0 || left.is_none() || left != stated {
        return Err("expected no refusals, and as many tokens left as the server states".into());
    }
    Ok(())
}

//! A chat: each call waits for its turn, and is settled with the usage that the vendor reports. A function stands in for the
//! vendor. `cargo run -p ratebook-limiter --example chat`

use std::time::Instant;

use ratebook::Provider;
use ratebook_limiter::{Account, Cost, Usage};

/// A vendor's response.
struct Reply {
    input_tokens: u64,
    output_tokens: u64,
}

/// Stands in for the call of the vendor.
async fn call(prompt: &str) -> Reply {
    Reply { input_tokens: prompt.len() as u64 / 4, output_tokens: 40 }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = Account::builder(Provider::Openai).plan("tier-1").build()?;
    let model = account.model("gpt-4o")?;
    for limit in model.limits() {
        println!("{limit}");
    }
    let begin = Instant::now();
    for prompt in ["Which limits are there?", "Which of them is the smallest?", "Thank you."] {
        // The estimate: a token for each 3 bytes of the prompt, and up to 200 tokens of output.
        let permit = model.acquire(Cost::request().input(prompt.len() as u64 / 3).output(200)).await?;
        let reply = call(prompt).await;
        // What the estimate was too high by is returned to the limits.
        permit.settle(Usage::new().input(reply.input_tokens).output(reply.output_tokens));
        println!("{:.0?}: {prompt} ({} tokens of output)", begin.elapsed(), reply.output_tokens);
    }
    Ok(())
}

//! An account with limits described in the program: `cargo run -p ratebook-limiter --example custom`.

use ratebook_limiter::{Account, Cost, Quota, Usage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = Account::custom("openai")
        .limit(Quota::requests(500).per_minute())
        .limit(Quota::tokens(30_000).per_minute())
        .build()?;
    let gpt = account.model("gpt-4o")?;
    let permit = gpt.acquire(Cost::request().input(1_200).output(400)).await?; // waits in order of arrival
    // … the call …
    permit.settle(Usage::new().input(1_180).output(212)); // refunds the rest
    let refused = gpt.try_acquire(Cost::request().input(29_000)).map(drop);
    println!("{}", refused.expect_err("the first call used part of the 30,000 tokens per minute"));
    Ok(())
}

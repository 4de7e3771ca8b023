//! OpenAI's limits of one account, described in the program: `cargo run -p ratebook-limiter --example custom`.

use ratebook_limiter::{Account, Cost, Quota, Usage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let account = Account::custom("openai")
        .limit(Quota::requests(500).per_minute())
        .limit(Quota::tokens(30_000).per_minute())
        .build()?;
    let gpt = account.model("gpt-4o")?;
    let permit = gpt.acquire(Cost::request().input(1_200).output(400)).await?; // waits its turn
    // … the call …
    permit.settle(Usage::new().input(1_180).output(212)); // the rest is given back
    let refused = gpt.try_acquire(Cost::request().input(29_000)).map(drop);
    println!("{}", refused.expect_err("30,000 tokens a minute are not enough"));
    Ok(())
}

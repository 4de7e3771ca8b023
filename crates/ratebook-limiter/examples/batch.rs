//! A batch with a deadline: a call goes to the model whose limits admit it first, and is left out if it would wait
//! beyond the deadline. The clock is simulated. `cargo run -p ratebook-limiter --example batch`

use std::time::Duration;

use ratebook::Provider;
use ratebook_limiter::{Account, Cost, Fallback, ManualClock};

const DEADLINE: Duration = Duration::from_secs(30);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Alibaba).region("international").clock(clock.clock()).build()?;
    let models = Fallback::first(account.model("qwen-plus-2025-01-25")?).then(account.model("qwen-plus")?);
    let (mut sent, mut late, mut elapsed) = ([0; 2], 0, Duration::ZERO);
    for _ in 0..500 {
        loop {
            match models.try_acquire(Cost::request().input(1_500).output(500)) {
                Ok(choice) => {
                    sent[choice.position] += 1;
                    break;
                }
                Err(refused) => match refused.soonest().and_then(|(_, wait)| wait.delay()) {
                    Some(delay) if elapsed + delay <= DEADLINE => {
                        clock.advance(delay);
                        elapsed += delay;
                    }
                    // Too late, or above a limit: for the next batch.
                    Some(_) | None => {
                        late += 1;
                        break;
                    }
                },
            }
        }
    }
    println!("after {elapsed:.1?}: {} to the snapshot, {} to the alias, {late} left out", sent[0], sent[1]);
    assert_eq!(sent[0] + sent[1] + late, 500);
    Ok(())
}

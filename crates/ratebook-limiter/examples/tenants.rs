//! Many accounts in one process, one for each tenant. Prints the memory of each, and how many remain once all are idle.
//! `cargo run --release -p ratebook-limiter --example tenants -- 1000000`

use std::time::{Duration, Instant};

use ratebook::Provider;
use ratebook_limiter::{Account, Cost, Keyed, ManualClock};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let count: u64 = std::env::args().nth(1).map_or(Ok(100_000), |count| count.parse())?;
    let clock = ManualClock::new();
    let account = Account::builder(Provider::Castai).plan("growth").clock(clock.clock()).resolution(8);
    let tenants: Keyed<u64> = Keyed::new(account, "Qwen 3 32B")?;
    let begin = Instant::now();
    for tenant in 0..count {
        tenants.try_charge(&tenant, Cost::tokens(1_000))?;
    }
    let (took, bytes) = (begin.elapsed(), tenants.memory_bytes());
    println!("{} accounts created and called in {took:.1?}: {} bytes each", tenants.len(), bytes as u64 / count);
    clock.advance(Duration::from_secs(60));
    let begin = Instant::now();
    println!("{} idle accounts dropped in {:.1?}, {} left", tenants.drop_idle(), begin.elapsed(), tenants.len());
    Ok(())
}

//! A program of a user: looks entries up, and admits calls.

use ratebook::Provider;
use ratebook_limiter::{Account, Cost, Quota, Usage};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut entries = 0;
    for entry in Provider::ALL.iter().flat_map(|provider| provider.entries()) {
        assert_eq!(entry.key().find(), Some(entry));
        entries += 1;
    }
    assert!(entries > 0, "the catalog is empty");

    let account = Account::custom("acme").limit(Quota::requests(2).per_minute()).build()?;
    let model = account.model("rocket")?;
    model.acquire(Cost::request().input(10)).await?.settle(Usage::new().input(12));
    let permit = model.try_acquire(Cost::request())?;
    assert!(model.try_acquire(Cost::request()).is_err(), "a third call in a minute is refused");
    drop(permit);

    let (providers, version) = (Provider::ALL.len(), ratebook::CATALOG_VERSION);
    println!("a program found {entries} entries of {providers} providers (catalog {version}), and admitted 2 of 3 calls");
    Ok(())
}

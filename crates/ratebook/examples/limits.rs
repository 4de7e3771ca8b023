//! Prints the limits that govern a call, the rule that found them, and where they are published.
//! `cargo run -p ratebook --example limits -- openai gpt-4o-2024-08-06 tier-1`

use ratebook::{Call, Provider};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let provider = args.next().unwrap_or_else(|| "openai".to_owned());
    let model = args.next().unwrap_or_else(|| "gpt-4o-2024-08-06".to_owned());
    let plan = args.next().unwrap_or_else(|| "tier-1".to_owned());
    let provider = Provider::from_name(&provider).ok_or("unknown provider")?;
    let plan = provider.plan_named(&plan).ok_or("unknown plan")?;
    let found = Call::new(provider, &model).plan(plan).resolve()?;
    println!("{model} at {provider}, found by: {}", found.rule());
    for limit in found.limits() {
        let section = limit.section.unwrap_or("the page");
        println!("  {limit} ({:?}, {section})", limit.evidence);
    }
    for entry in found.entries() {
        let url = entry.page().and_then(|page| page.url).unwrap_or("no page");
        let checked = entry.checked().map(|day| day.to_string()).unwrap_or_default();
        println!("{}: {url}, checked {checked}", entry.name());
    }
    Ok(())
}

//! A program with a negotiated limit and a private provider in its catalog.

use ratebook::providers::{acme, alibaba};
use ratebook::{Amount, Entry, Metric, Period, Provider, Scope, entry};

const GATEWAY: Entry = entry!("acme", plan = "team", "rocket");

fn main() {
    let requests = |entry: Entry, per| entry.amount(Metric::Requests, Some(per)).and_then(Amount::count);

    // Negotiated: 9,000 instead of the published 600. The limit on tokens is the published one.
    let qwen = alibaba::international::QWEN_PLUS;
    assert_eq!(requests(qwen, Period::Minute), Some(9_000));
    assert_eq!(qwen.amount(Metric::Tokens, Some(Period::Minute)), Some(Amount::Count(1_000_000)));

    // A private provider.
    assert_eq!(GATEWAY, acme::team::ROCKET_1);
    assert_eq!(Provider::Acme.policy().scope, Scope::Project);
    println!("qwen-plus: {:?} requests a minute", requests(qwen, Period::Minute));
    println!("rocket-1: {:?} requests a second", requests(GATEWAY, Period::Second));
}

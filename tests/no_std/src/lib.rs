//! A library without std that looks limits up. Its panic handler would be defined twice if `ratebook` linked std.
#![no_std]

#[cfg(feature = "std")]
extern crate std;

use core::panic::PanicInfo;

use ratebook::{Amount, Call, Entry, Metric, Period, Plan, Provider, find};

const GPT: Entry = ratebook::entry!("openai", plan = "tier-1", "gpt-4o");
const REQUESTS: Option<Amount> = GPT.amount(Metric::Requests, Some(Period::Minute));

/// Returns the number of requests per minute of a model, found by each kind of lookup. 0 if it has none.
pub extern "C" fn requests_per_minute() -> u64 {
    let found = find(Provider::Openai, None, Some(Plan::Tier1), GPT.name());
    let resolved = Call::new(Provider::Openai, "gpt-4o").plan(Plan::Tier1).resolve();
    let is_same = found == Some(GPT) && resolved.is_ok_and(|found| found.entries().any(|entry| entry == GPT));
    match REQUESTS {
        Some(Amount::Count(count)) if is_same => count,
        _ => 0,
    }
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

//! The example `async_openai`, as it is run by hand.
#![cfg(all(feature = "body", feature = "reqwest", feature = "tower"))]

#[path = "../examples/async_openai.rs"]
mod async_openai;

#[test]
fn two_thousand_calls_of_an_unchanged_client_and_none_refused() {
    async_openai::main().unwrap();
}

//! Reads pages of arbitrary bytes with the recipes of the catalog. With `cargo install cargo-fuzz`, on stable too, run in
//! `crates/ratebook-ingest/fuzz`:
//!
//!     cargo fuzz run read_with_recipe --sanitizer none corpus/read_with_recipe seeds/read_with_recipe -- -dict=page.dict -timeout=5
// No `forbid(unsafe_code)` here: the macro expands to an unsafe C function. The library has it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ratebook_ingest_fuzz::read_with_recipe(bytes));

//! Parses responses of arbitrary bytes. With `cargo install cargo-fuzz`, on stable too, run in
//! `crates/ratebook-limiter/fuzz`:
//!
//!     cargo fuzz run read_response --sanitizer none corpus/read_response seeds -- -dict=response.dict -runs=2000000
//!
//! `.ci/run` sets the flags itself, and needs no cargo-fuzz.
// No `forbid(unsafe_code)` here: the macro expands to an unsafe C function. The library has it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ratebook_limiter_fuzz::read_response(bytes));

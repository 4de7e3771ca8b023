//! Any reply can be read. With `cargo install cargo-fuzz`, in `crates/ratebook-limiter/fuzz`, on stable too:
//!
//!     cargo fuzz run read_reply --sanitizer none corpus/read_reply seeds -- -dict=reply.dict -runs=2000000
//!
//! Without it, the last line of `.ci/run` does the same with the flags that it would set.
// No `forbid(unsafe_code)` here: the macro makes a C function. What it calls is in the library, which has it.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| ratebook_limiter_fuzz::read_reply(bytes));

//! The fuzzer of `bodies/words.rs`.
#![no_main]

#[path = "../bodies/words.rs"]
mod words;

libfuzzer_sys::fuzz_target!(|data: &[u8]| words::run(data));

//! The fuzzer of `bodies/codecs.rs`.
#![no_main]

#[path = "../bodies/codecs.rs"]
mod codecs;

libfuzzer_sys::fuzz_target!(|data: &[u8]| codecs::run(data));

//! The fuzzer of `bodies/formats.rs`.
#![no_main]

#[path = "../bodies/formats.rs"]
mod formats;

libfuzzer_sys::fuzz_target!(|data: &[u8]| formats::run(data));

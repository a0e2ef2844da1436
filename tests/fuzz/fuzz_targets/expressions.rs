//! The fuzzer of `bodies/expressions.rs`.
#![no_main]

#[path = "../bodies/expressions.rs"]
mod expressions;

libfuzzer_sys::fuzz_target!(|data: &[u8]| expressions::run(data));

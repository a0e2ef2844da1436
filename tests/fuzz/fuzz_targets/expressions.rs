//! Any text is an expression or is refused; what it is printed as is an expression that is printed so.
#![no_main]

use fanfold::fuzzing::{expression, modified};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Some(printed) = expression(text) {
        let again = expression(&printed);
        assert_eq!(again.as_ref(), Some(&printed), "of {text:?}");
    }
    let (field, value) = text.split_once('\n').unwrap_or((text, "2024-01-02T03:04:05Z"));
    let _ = modified(field, value.as_bytes());
});

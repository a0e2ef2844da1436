//! Any text is an expression or is refused; what it is printed as is an expression that is printed so.

use fanfold::fuzzing::{expression, modified};

/// Looks at one input.
pub fn run(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    if let Some(printed) = expression(text) {
        let again = expression(&printed);
        assert_eq!(again.as_ref(), Some(&printed), "of {text:?}");
    }
    let (field, value) = text.split_once('\n').unwrap_or((text, "2024-01-02T03:04:05Z"));
    let _ = modified(field, value.as_bytes());
}

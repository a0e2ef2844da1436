//! Any bytes are a time or none, in known forms and in described ones; a time that jiff prints is read as it is, and what
//! is read is printed and read back.

use fanfold::fuzzing::{time, typed_time};

/// Looks at one input.
pub fn run(data: &[u8]) {
    if let Some(timestamp) = time(data, None) {
        let text = timestamp.to_string();
        // Years before 0 and beyond 9999 have a sign, which no log has.
        if !text.starts_with(['-', '+']) {
            assert_eq!(time(text.as_bytes(), None), Some(timestamp), "{text}");
            assert_eq!(typed_time(&text), Some(timestamp), "{text}");
        }
    }
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let _ = typed_time(text);
    if let Ok(timestamp) = text.trim().parse::<jiff::Timestamp>()
        && text.trim().len() == 20
        && text.trim().ends_with('Z')
        && !text.trim().contains(":60Z")
    {
        assert_eq!(time(text.trim().as_bytes(), None), Some(timestamp), "{text}");
    }
    if let Some((form, value)) = text.split_once('\n') {
        let _ = time(value.as_bytes(), Some(form));
    }
}

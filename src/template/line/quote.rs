//! Quotes a value for a shell as GNU parallel does.
//!
//! It does not know which shell.

/// Appends `value` to `line`: bare when it is of letters, digits and `-_.+/` alone, and in single quotes otherwise.
pub fn quote_value(value: &[u8], line: &mut Vec<u8>) {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.+/".contains(b);
    if !value.is_empty() && value.iter().all(is_plain) {
        return line.extend_from_slice(value);
    }
    let start = line.len();
    line.push(b'\'');
    for &byte in value {
        match byte {
            b'\'' => line.extend_from_slice(b"'\"'\"'"),
            _ => line.push(byte),
        }
    }
    line.push(b'\'');
    // Quotes around nothing are left out at both ends, unless there is nothing else.
    if value.last() == Some(&b'\'') {
        line.truncate(line.len() - 2);
    }
    if value.first() == Some(&b'\'') {
        line.drain(start..start + 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_plain_stands_in_quotes() {
        for (value, expected) in [
            ("a-_.+/Z9", "a-_.+/Z9"),
            ("", "''"),
            ("x=1", "'x=1'"),
            ("ü", "'ü'"),
            ("it's", "'it'\"'\"'s'"),
            ("'", "\"'\""),
            ("'a", "\"'\"'a'"),
            ("a'", "'a'\"'\""),
            ("''", "\"'\"''\"'\""),
        ] {
            let mut line = Vec::new();
            quote_value(value.as_bytes(), &mut line);
            assert_eq!(String::from_utf8(line).as_deref(), Ok(expected));
        }
    }
}

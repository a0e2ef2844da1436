//! The numbers that xargs's options take.

use crate::cli::usage_error::UsageError;
use crate::message;
use std::ffi::OsStr;

/// The smallest and the largest number that an option takes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    /// The smallest.
    pub(super) least: i64,
    /// The largest.
    pub(super) most: i64,
}

/// Why an option does not take a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Beyond {
    /// What GNU xargs says.
    pub(super) what: String,
    /// The nearest number that the option takes.
    pub(super) nearest: i64,
}

/// Parses the value of the option `letter`: a number, or how it is out of bounds.
///
/// # Errors
/// When it is not a number.
pub(super) fn read(typed: &OsStr, letter: char, bounds: Bounds) -> Result<Result<i64, Beyond>, UsageError> {
    let shown = message::display_name(typed);
    let Some(number) = typed.to_str().and_then(strtol) else {
        return Err(UsageError(format!(
            "invalid number \"{shown}\" for -{letter} option"
        )));
    };
    let beyond = |sign, nearest| Beyond {
        what: format!("value {shown} for -{letter} option should be {sign} {nearest}"),
        nearest,
    };
    Ok(if number < bounds.least {
        Err(beyond(">=", bounds.least))
    } else if number > bounds.most {
        Err(beyond("<=", bounds.most))
    } else {
        Ok(number)
    })
}

/// Parses a whole number as strtol(3) does: blanks and a sign may come first, and a number that is too large
/// becomes the largest there is.
fn strtol(text: &str) -> Option<i64> {
    let text = text.trim_start_matches(|c: char| c.is_ascii_whitespace() || c == '\u{b}');
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let limit = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    Some(text.parse().unwrap_or(limit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE_TO_NINE: Bounds = Bounds { least: 1, most: 9 };

    #[test]
    fn numbers_are_read_as_strtol_reads_them() {
        for (text, number) in [
            ("7", Some(7)),
            (" \t+7", Some(7)),
            ("-7", Some(-7)),
            ("99999999999999999999", Some(i64::MAX)),
            ("-99999999999999999999", Some(i64::MIN)),
            ("", None),
            ("-", None),
            ("7 ", None),
            ("0x7", None),
            ("+-7", None),
        ] {
            assert_eq!(strtol(text), number, "{text:?}");
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_named_as_it_was_typed() {
        let what = |text: &str| {
            let read = read(text.as_ref(), 'n', ONE_TO_NINE).expect("a number");
            read.map_err(|beyond| beyond.what)
        };
        assert_eq!(what("9"), Ok(9));
        assert_eq!(what("00"), Err("value 00 for -n option should be >= 1".into()));
        assert_eq!(what("10"), Err("value 10 for -n option should be <= 9".into()));
        assert!(read("x".as_ref(), 'n', ONE_TO_NINE).is_err());
    }
}

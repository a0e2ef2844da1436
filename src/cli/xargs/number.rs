//! The numbers that xargs's options take.

use crate::cli::usage_error::UsageError;
use crate::message;
use std::ffi::OsStr;

/// Why an option does not take a number.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NumberError {
    /// What GNU xargs says.
    pub(super) what: String,
    /// The nearest number that the option takes, if a number was typed.
    pub(super) nearest: Option<usize>,
}

impl From<NumberError> for UsageError {
    fn from(error: NumberError) -> Self {
        UsageError(error.what)
    }
}

/// Parses the value of the option `letter`, a number from `least` to `most`.
pub(super) fn read(typed: &OsStr, letter: char, least: usize, most: usize) -> Result<usize, NumberError> {
    let shown = message::display_name(typed);
    let Some(number) = typed.to_str().and_then(strtol) else {
        return Err(NumberError {
            what: format!("invalid number \"{shown}\" for -{letter} option"),
            nearest: None,
        });
    };
    let beyond = |sign, nearest| NumberError {
        what: format!("value {shown} for -{letter} option should be {sign} {nearest}"),
        nearest: Some(nearest),
    };
    match usize::try_from(number) {
        Ok(number) if number > most => Err(beyond("<=", most)),
        Ok(number) if number >= least => Ok(number),
        _ => Err(beyond(">=", least)),
    }
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
        for (text, what) in [
            ("00", "value 00 for -n option should be >= 1"),
            ("10", "value 10 for -n option should be <= 9"),
            ("x", "invalid number \"x\" for -n option"),
        ] {
            let refused = read(text.as_ref(), 'n', 1, 9);
            assert_eq!(refused.map_err(|error| error.what), Err(what.into()));
        }
        assert_eq!(read("9".as_ref(), 'n', 1, 9), Ok(9));
    }
}

//! The byte that `-d` names: the byte itself, or an escape as in C.

use crate::message;
use anyhow::{Error, Result, anyhow};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

pub(super) fn read(typed: &OsStr) -> Result<u8> {
    match typed.as_bytes() {
        [byte] => Ok(*byte),
        [b'\\', escape @ ..] if !escape.is_empty() => escaped(typed, escape),
        _ => Err(anyhow!(
            "Invalid input delimiter specification {}: the delimiter must be either a single \
             character or an escape sequence starting with \\.",
            message::display_name(typed)
        )),
    }
}

fn escaped(typed: &OsStr, escape: &[u8]) -> Result<u8> {
    Ok(match escape[0] {
        b'a' => 0x07,
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'v' => 0x0b,
        b'\\' => b'\\',
        b'x' => return number(typed, &escape[1..], 16, "ff"),
        b'0'..=b'9' => return number(typed, escape, 8, "377"),
        _ => return Err(invalid(typed, "")),
    })
}

/// Parses a number as strtoul(3) does: blanks, a sign and `0x` may come first, and a negative number is a very
/// large one.
fn number(typed: &OsStr, text: &[u8], base: u32, most: &str) -> Result<u8> {
    let text = text.trim_ascii_start();
    let negative = text.starts_with(b"-");
    let digits = text
        .strip_prefix(b"+")
        .or(text.strip_prefix(b"-"))
        .unwrap_or(text);
    let is_digit = |b: &u8| char::from(*b).is_digit(base);
    let digits = match digits {
        [b'0', b'x' | b'X', rest @ ..] if base == 16 && rest.first().is_some_and(is_digit) => rest,
        all => all,
    };
    let end = digits.iter().position(|b| !is_digit(b)).unwrap_or(digits.len());
    // No digit at all is 0.
    let value = format!("0{}", String::from_utf8_lossy(&digits[..end]));
    let byte = u8::from_str_radix(&value, base).ok();
    let Some(byte) = byte.filter(|&value| !negative || value == 0) else {
        let what = format!("; character values must not exceed {most}");
        return Err(invalid(typed, &what));
    };
    if end == digits.len() {
        return Ok(byte);
    }
    // Without a digit, strtoul reads nothing, so everything is trailing.
    let rest = if end == 0 { text } else { &digits[end..] };
    let rest = message::display_name(OsStr::from_bytes(rest)).into_owned();
    Err(invalid(
        typed,
        &format!("; trailing characters {rest} not recognised"),
    ))
}

fn invalid(typed: &OsStr, what: &str) -> Error {
    anyhow!(
        "Invalid escape sequence {} in input delimiter specification{what}.",
        message::display_name(typed)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delimiter_is_a_byte_or_an_escape() {
        for (typed, byte) in [
            (",", b','),
            (r"\", b'\\'),
            (r"\\", b'\\'),
            (r"\n", b'\n'),
            (r"\t", b'\t'),
            (r"\0", 0),
            (r"\101", b'A'),
            (r"\x41", b'A'),
            (r"\x0x4", 4),
            (r"\x", 0),
        ] {
            assert_eq!(read(typed.as_ref()).ok(), Some(byte), "{typed}");
        }
    }

    #[test]
    fn what_is_no_delimiter_is_refused() {
        let said = |typed: &str| read(typed.as_ref()).expect_err(typed).to_string();
        for typed in ["", "ab", "\u{e9}"] {
            assert!(
                said(typed).starts_with("Invalid input delimiter specification"),
                "{typed}"
            );
        }
        for (typed, end) in [
            (r"\q", "specification."),
            (r"\08", "; trailing characters 8 not recognised."),
            (r"\xg", "; trailing characters g not recognised."),
            (r"\400", "; character values must not exceed 377."),
            (r"\x100", "; character values must not exceed ff."),
            (r"\x-1", "; character values must not exceed ff."),
        ] {
            assert!(said(typed).ends_with(end), "{typed}: {}", said(typed));
        }
    }
}

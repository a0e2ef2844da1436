//! The options at the beginning of a command line, word by word, as getopt_long(3) and Perl's Getopt::Long find them:
//! letters behind one dash, a name behind two.
//!
//! It knows no option, and not which has a value: whoever takes an option takes its value from the words after it.

use anyhow::Result;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::slice;

/// A word that is an option or several.
#[derive(Debug, Clone, Copy)]
pub(super) enum OptionWord<'w> {
    /// `NAME` or `NAME=VALUE`, without its dashes.
    Name(&'w [u8]),
    /// At least one letter, the last of which may have a value; without the dash.
    Letters(&'w [u8]),
}

/// Gives each option to `take`, with the words after it, and returns the words that are no options: those from the first
/// on that is none, or behind `--`.
///
/// # Errors
/// Those of `take`.
pub(super) fn read<'w>(
    mut words: &'w [OsString],
    mut take: impl FnMut(OptionWord<'w>, &mut slice::Iter<'w, OsString>) -> Result<()>,
) -> Result<&'w [OsString]> {
    while let [word, after @ ..] = words {
        let mut next = after.iter();
        match word.as_bytes() {
            b"--" => return Ok(after),
            [b'-', b'-', word @ ..] => take(OptionWord::Name(word), &mut next)?,
            [b'-', letters @ ..] if !letters.is_empty() => take(OptionWord::Letters(letters), &mut next)?,
            _ => break,
        }
        words = next.as_slice();
    }
    Ok(words)
}

/// Returns the name and the value of `NAME=VALUE`, or of `NAME`, which has none.
pub(super) fn name_and_value(word: &[u8]) -> (&[u8], Option<&OsStr>) {
    match memchr::memchr(b'=', word) {
        Some(at) => (&word[..at], Some(OsStr::from_bytes(&word[at + 1..]))),
        None => (word, None),
    }
}

//! The option grammar of getopt_long(3), with its messages. Reading stops at the first word that is not an
//! option; optional values are taken only when attached; a long name may be cut short while it is unambiguous.
//!
//! clap can't express this grammar: it can't tell `-e EOF` (no value) from `-eEOF` (a value), and its messages and
//! exit codes are its own. This file knows no option by name.

use crate::cli::option_words::{self, OptionWord};
use crate::cli::usage_error::UsageError;
use anyhow::Result;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::slice;

/// What an option does to the options that were read, of type `T`, and whether it has a value.
#[derive(Clone, Copy)]
pub(super) enum Takes<T> {
    Nothing(fn(&mut T)),
    /// A value: attached, or else the next word.
    Required(fn(&mut T, &OsStr) -> Result<()>),
    /// A value only when it is attached.
    Optional(fn(&mut T, Option<&OsStr>) -> Result<()>),
}

/// An option: a name of one letter, a long one, or both.
pub(super) struct Spec<T> {
    /// The letter; empty: none.
    pub(super) short: &'static str,
    /// The long name; empty: none.
    pub(super) long: &'static str,
    pub(super) takes: Takes<T>,
    /// Whether its long name may be cut short.
    pub(super) shortens: bool,
}

impl<T> Spec<T> {
    /// Returns an option whose long name, if it has one, may be cut short.
    pub(super) const fn new(short: &'static str, long: &'static str, takes: Takes<T>) -> Self {
        Spec {
            short,
            long,
            takes,
            shortens: true,
        }
    }
}

/// Does to `target` what the options at the beginning of `words` say, and returns the words after them. What is
/// wrong with a word is said as getopt_long(3) says it; the options before that word have had their effect.
pub(super) fn read<'a, T>(
    specs: &[Spec<T>],
    words: &'a [OsString],
    target: &mut T,
) -> Result<&'a [OsString]> {
    option_words::read(words, |word, next| match word {
        OptionWord::Name(word) => long(specs, word, next, target),
        OptionWord::Letters(letters) => short(specs, letters, next, target),
    })
}

/// Reads `NAME` or `NAME=VALUE`. The value may be the word in `next`.
fn long<T>(
    specs: &[Spec<T>],
    word: &[u8],
    next: &mut slice::Iter<'_, OsString>,
    target: &mut T,
) -> Result<()> {
    let (name, value) = option_words::name_and_value(word);
    let spec = named(specs, name, word)?;
    let known = spec.long;
    match (&spec.takes, value) {
        (Takes::Nothing(set), None) => set(target),
        (Takes::Nothing(_), Some(_)) => {
            return wrong(format!("option '--{known}' doesn't allow an argument"));
        }
        (Takes::Optional(set), value) => set(target, value)?,
        (Takes::Required(set), value) => match value.or_else(|| next.next().map(OsString::as_os_str)) {
            Some(value) => set(target, value)?,
            None => return wrong(format!("option '--{known}' requires an argument")),
        },
    }
    Ok(())
}

/// Returns the option with this long name, or else the only one whose name begins with it.
fn named<'a, T>(specs: &'a [Spec<T>], name: &[u8], word: &[u8]) -> Result<&'a Spec<T>> {
    let begins = |spec: &&Spec<T>| spec.long.as_bytes().starts_with(name);
    if let Some(exact) = specs
        .iter()
        .filter(begins)
        .find(|spec| spec.long.len() == name.len())
    {
        return Ok(exact);
    }
    let close: Vec<_> = specs.iter().filter(begins).filter(|spec| spec.shortens).collect();
    let shown = String::from_utf8_lossy(word);
    match close.as_slice() {
        [] => wrong(format!("unrecognized option '--{shown}'")),
        [only] => Ok(only),
        several => {
            let names: String = several.iter().map(|spec| format!(" '--{}'", spec.long)).collect();
            wrong(format!("option '--{shown}' is ambiguous; possibilities:{names}"))
        }
    }
}

/// Reads letters, the last of which may have a value, which may be the word in `next`.
fn short<T>(
    specs: &[Spec<T>],
    letters: &[u8],
    next: &mut slice::Iter<'_, OsString>,
    target: &mut T,
) -> Result<()> {
    for (at, &letter) in letters.iter().enumerate() {
        let shown = String::from_utf8_lossy(&letters[at..=at]);
        let Some(spec) = specs.iter().find(|spec| spec.short.as_bytes() == [letter]) else {
            return wrong(format!("invalid option -- '{shown}'"));
        };
        let attached = Some(OsStr::from_bytes(&letters[at + 1..])).filter(|value| !value.is_empty());
        match &spec.takes {
            Takes::Nothing(set) => set(target),
            Takes::Optional(set) => return set(target, attached),
            Takes::Required(set) => {
                return match attached.or_else(|| next.next().map(OsString::as_os_str)) {
                    Some(value) => set(target, value),
                    None => wrong(format!("option requires an argument -- '{shown}'")),
                };
            }
        }
    }
    Ok(())
}

fn wrong<T>(what: String) -> Result<T> {
    Err(UsageError(what).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[Spec<String>] = &[
        Spec::new("0", "null", Takes::Nothing(|read| *read += "0 ")),
        Spec::new(
            "n",
            "max-args",
            Takes::Required(|read, value| note(read, "n", Some(value))),
        ),
        Spec::new(
            "l",
            "max-lines",
            Takes::Optional(|read, value| note(read, "l", value)),
        ),
        Spec {
            shortens: false,
            ..Spec::new("", "maxim", Takes::Nothing(|read| *read += "m "))
        },
    ];

    fn note(read: &mut String, name: &str, value: Option<&OsStr>) -> Result<()> {
        let value = value.map(|value| format!("={}", value.display()));
        *read += &format!("{name}{} ", value.unwrap_or_default());
        Ok(())
    }

    /// Returns what the options did, and how many words are left or what is wrong.
    fn read(line: &str) -> (String, Result<usize, String>) {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let mut said = String::new();
        let left = super::read(SPECS, &words, &mut said).map(<[_]>::len);
        (said, left.map_err(|wrong| wrong.to_string()))
    }

    #[test]
    fn letters_and_long_names_are_read_with_their_values() {
        for (line, said, left) in [
            ("-0n5 -n 6 -l7 echo -0", "0 n=5 n=6 l=7 ", 2),
            ("-n=5 -l 7", "n==5 l ", 1),
            ("-0 -- -n", "0 ", 1),
            ("- -0", "", 2),
            ("--nu --max-a=5 --max-args 6 --max-lines", "0 n=5 n=6 l ", 0),
            ("--max-l=3 x", "l=3 ", 1),
            ("--maxim", "m ", 0),
        ] {
            assert_eq!(read(line), (said.into(), Ok(left)), "{line}");
        }
    }

    #[test]
    fn what_is_wrong_is_said_as_getopt_says_it() {
        for (line, said) in [
            ("-z", "invalid option -- 'z'"),
            ("-n", "option requires an argument -- 'n'"),
            ("--nul=1", "option '--null' doesn't allow an argument"),
            ("--max-args", "option '--max-args' requires an argument"),
            ("--zero=1", "unrecognized option '--zero=1'"),
            (
                "--max=1",
                "option '--max=1' is ambiguous; possibilities: '--max-args' '--max-lines'",
            ),
        ] {
            assert_eq!(read(line).1, Err(said.into()), "{line}");
        }
        // The options before the error have had their effect, which may be a warning.
        assert_eq!(read("-0 -z").0, "0 ");
    }
}

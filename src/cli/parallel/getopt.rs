//! The option grammar of Perl's Getopt::Long as GNU parallel sets it up: letters are bundled, long names may be cut
//! short while they are unambiguous, and reading stops at the first word that is not an option.
//!
//! It differs from getopt_long(3): an optional value may be the next word. This file knows no option by name.

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
    /// A value that is attached, or the next word unless that looks like an option.
    Optional(fn(&mut T, Option<&OsStr>) -> Result<()>),
    /// A number that is attached or the next word, or nothing.
    OptionalNumber(fn(&mut T, Option<&OsStr>) -> Result<()>),
    /// The option is refused, with this reason.
    Refused(&'static str),
    /// The same, and it has a value.
    RefusedWithValue(&'static str),
}

/// An option.
pub(super) struct Spec<T> {
    /// Its names, separated by blanks: those of one letter are typed after one dash.
    pub(super) names: &'static str,
    pub(super) takes: Takes<T>,
    /// Whether its long names may be cut short.
    pub(super) shortens: bool,
}

impl<T> Spec<T> {
    fn long_names(&self) -> impl Iterator<Item = &'static str> {
        self.names.split(' ').filter(|name| name.len() > 1)
    }
}

/// Does to `target` what the options at the beginning of `words` say, and returns the words after them.
pub(super) fn read<'a, T>(
    specs: &[&Spec<T>],
    words: &'a [OsString],
    target: &mut T,
) -> Result<&'a [OsString]> {
    option_words::read(words, |word, next| match word {
        OptionWord::Name(word) => long(specs, word, next, target),
        OptionWord::Letters(letters) => short(specs, letters, next, target),
    })
}

/// Reads `NAME` or `NAME=VALUE`.
fn long<T>(
    specs: &[&Spec<T>],
    word: &[u8],
    next: &mut slice::Iter<'_, OsString>,
    target: &mut T,
) -> Result<()> {
    let (name, value) = option_words::name_and_value(word);
    let (spec, known) = named(specs, name)?;
    take(spec, known, value, next, target)
}

/// Returns the option with this long name, or else the only one of which a name begins with it; and that name.
fn named<'a, T>(specs: &[&'a Spec<T>], name: &[u8]) -> Result<(&'a Spec<T>, &'static str)> {
    let exact = specs.iter().copied().find_map(|spec| {
        Some((
            spec,
            spec.names.split(' ').find(|known| known.as_bytes() == name)?,
        ))
    });
    if let Some(exact) = exact {
        return Ok(exact);
    }
    let shown = String::from_utf8_lossy(name);
    let begins = |known: &&str| known.as_bytes().starts_with(name);
    let close: Vec<_> = specs
        .iter()
        .copied()
        .filter(|spec| spec.shortens)
        .filter_map(|spec| Some((spec, spec.long_names().find(begins)?)))
        .collect();
    match close.as_slice() {
        [] => wrong(format!("Unknown option: {shown}")),
        [only] => Ok(*only),
        several => {
            let mut names: Vec<_> = several
                .iter()
                .flat_map(|(spec, _)| spec.long_names().filter(begins))
                .collect();
            names.sort_unstable();
            wrong(format!("Option {shown} is ambiguous ({})", names.join(", ")))
        }
    }
}

/// Reads letters, the last of which may have a value.
fn short<T>(
    specs: &[&Spec<T>],
    letters: &[u8],
    next: &mut slice::Iter<'_, OsString>,
    target: &mut T,
) -> Result<()> {
    let mut letters = letters;
    while let Some((&letter, rest)) = letters.split_first() {
        let is_named = |spec: &&&Spec<T>| spec.names.split(' ').any(|name| name.as_bytes() == [letter]);
        let shown = String::from_utf8_lossy(std::slice::from_ref(&letter)).into_owned();
        let Some(spec) = specs.iter().find(is_named) else {
            return wrong(format!("Unknown option: {shown}"));
        };
        let attached = Some(OsStr::from_bytes(rest)).filter(|rest| !rest.is_empty());
        match spec.takes {
            Takes::Nothing(_) | Takes::Refused(_) => take(spec, &shown, None, next, target)?,
            Takes::OptionalNumber(set) => {
                let digits = rest.iter().take_while(|b| b.is_ascii_digit()).count();
                if digits > 0 {
                    set(target, Some(OsStr::from_bytes(&rest[..digits])))?;
                    letters = &rest[digits..];
                    continue;
                }
                match attached {
                    Some(_) => set(target, None)?,
                    None => take(spec, &shown, None, next, target)?,
                }
            }
            Takes::Required(_) | Takes::Optional(_) | Takes::RefusedWithValue(_) => {
                return take(spec, &shown, attached, next, target);
            }
        }
        letters = rest;
    }
    Ok(())
}

/// Does what an option says, with its value, which may be the next word.
fn take<T>(
    spec: &Spec<T>,
    known: &str,
    value: Option<&OsStr>,
    next: &mut slice::Iter<'_, OsString>,
    target: &mut T,
) -> Result<()> {
    let following = next.as_slice().first().map(OsString::as_os_str);
    match spec.takes {
        Takes::Nothing(_) | Takes::Refused(_) if value.is_some() => {
            wrong(format!("Option {known} does not take an argument"))
        }
        Takes::Nothing(set) => {
            set(target);
            Ok(())
        }
        Takes::Required(set) => match value.or_else(|| next.next().map(OsString::as_os_str)) {
            Some(value) => set(target, value),
            None => wrong(format!("Option {known} requires an argument")),
        },
        Takes::Optional(set) => {
            let is_value = |word: &&OsStr| !word.as_bytes().starts_with(b"-");
            let taken = following.filter(|word| value.is_none() && is_value(word));
            if taken.is_some() {
                next.next();
            }
            set(target, value.or(taken))
        }
        Takes::OptionalNumber(set) => {
            let is_number = |word: &&OsStr| word.to_str().is_some_and(|word| word.parse::<f64>().is_ok());
            let taken = following.filter(|word| value.is_none() && is_number(word));
            if taken.is_some() {
                next.next();
            }
            set(target, value.or(taken))
        }
        Takes::Refused(why) | Takes::RefusedWithValue(why) => {
            let dashes = if known.len() == 1 { "-" } else { "--" };
            wrong(format!("Error: {dashes}{known} {why}."))
        }
    }
}

fn wrong<T>(what: String) -> Result<T> {
    Err(UsageError(what).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spec(names: &'static str, takes: Takes<String>) -> Spec<String> {
        Spec {
            names,
            takes,
            shortens: true,
        }
    }

    const SPECS: &[Spec<String>] = &[
        spec("keep-order k", Takes::Nothing(|read| *read += "k ")),
        spec(
            "jobs j",
            Takes::Required(|read, value| note(read, "j", Some(value))),
        ),
        spec(
            "joblog jl",
            Takes::Required(|read, value| note(read, "l", Some(value))),
        ),
        spec("replace i", Takes::Optional(|read, value| note(read, "i", value))),
        spec(
            "max-lines l",
            Takes::OptionalNumber(|read, value| note(read, "L", value)),
        ),
        spec(
            "tag-string tagstring",
            Takes::Required(|read, value| note(read, "t", Some(value))),
        ),
        Spec {
            shortens: false,
            ..spec("state", Takes::Nothing(|read| *read += "s "))
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
        let specs: Vec<_> = SPECS.iter().collect();
        let left = super::read(&specs, &words, &mut said).map(<[_]>::len);
        (said, left.map_err(|wrong| wrong.to_string()))
    }

    #[test]
    fn options_are_read_as_perl_reads_them() {
        for (line, said, left) in [
            ("-kj2 echo -k", "k j=2 ", 2),
            ("-j -1 --jobs=3 --jobl x", "j=-1 j=3 l=x ", 0),
            ("--keep -- -k", "k ", 1),
            ("-i echo x", "i=echo ", 1),
            ("-i -k", "i k ", 0),
            ("-l echo", "L ", 1),
            ("-l 2 echo", "L=2 ", 1),
            ("-l2k", "L=2 k ", 0),
            ("--tag-s x --tags y", "t=x t=y ", 0),
            ("::: -k", "", 2),
        ] {
            assert_eq!(read(line), (said.into(), Ok(left)), "{line}");
        }
        for (line, said) in [
            ("--jo 2", "Option jo is ambiguous (joblog, jobs)"),
            ("--foo", "Unknown option: foo"),
            ("--stat", "Unknown option: stat"),
            ("-kZ", "Unknown option: Z"),
            ("-j", "Option j requires an argument"),
        ] {
            assert_eq!(read(line).1, Err(said.into()), "{line}");
        }
    }
}

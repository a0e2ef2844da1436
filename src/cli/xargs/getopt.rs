//! The option grammar of getopt_long(3), with its messages. Reading stops at the first word that is not an
//! option; optional values are taken only when attached; a long name may be cut short while it is unambiguous.
//!
//! clap can't express this grammar: it can't tell `-e EOF` (no value) from `-eEOF` (a value), and its messages and
//! exit codes are its own. This file knows no option by name.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;

/// Whether an option has a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// It has none.
    None,
    /// It has one: attached, or else the next word.
    Required,
    /// It has one only when it is attached.
    Optional,
}

/// An option: a name of one letter, a long one, or both.
#[derive(Debug)]
pub(super) struct Spec<Name> {
    /// What the option means.
    pub(super) name: Name,
    /// Its letter.
    pub(super) short: Option<char>,
    /// Its long name.
    pub(super) long: Option<&'static str>,
    /// Whether it has a value.
    pub(super) value: Value,
    /// Whether its long name may be cut short.
    pub(super) shortens: bool,
}

impl<Name> Spec<Name> {
    /// Returns an option whose long name, if it has one, may be cut short.
    pub(super) const fn new(
        name: Name,
        short: Option<char>,
        long: Option<&'static str>,
        value: Value,
    ) -> Self {
        Spec {
            name,
            short,
            long,
            value,
            shortens: true,
        }
    }
}

/// What is wrong with a word, as getopt_long(3) says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct GetoptError(pub(super) String);

impl fmt::Display for GetoptError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An option that was typed, with its value.
pub(super) type OptionAndValue<Name> = (Name, Option<OsString>);

/// Returns the options at the beginning of `words`, and how many words they take. Reading ends at the first
/// error, which is returned with the options before it.
pub(super) fn options<Name: Copy + PartialEq>(
    specs: &[Spec<Name>],
    words: &[OsString],
) -> (Vec<OptionAndValue<Name>>, Result<usize, GetoptError>) {
    let mut typed = Vec::new();
    let mut at = 0;
    while let Some(word) = words.get(at).map(|word| word.as_bytes()) {
        at += 1;
        let next = words.get(at);
        let end = match word {
            b"--" => return (typed, Ok(at)),
            [b'-', b'-', name @ ..] => long(specs, name, next, &mut typed),
            [b'-', letters @ ..] if !letters.is_empty() => short(specs, letters, next, &mut typed),
            _ => return (typed, Ok(at - 1)),
        };
        match end {
            Ok(taken) => at += taken,
            Err(wrong) => return (typed, Err(wrong)),
        }
    }
    (typed, Ok(at))
}

/// Reads `NAME` or `NAME=VALUE`, and returns how many of the next words belong to it.
fn long<Name: Copy + PartialEq>(
    specs: &[Spec<Name>],
    word: &[u8],
    next: Option<&OsString>,
    typed: &mut Vec<OptionAndValue<Name>>,
) -> Result<usize, GetoptError> {
    let split = memchr::memchr(b'=', word);
    let (name, value) = match split {
        Some(at) => (&word[..at], Some(OsStr::from_bytes(&word[at + 1..]).to_owned())),
        None => (word, None),
    };
    let (spec, known) = named(specs, name, word)?;
    let (value, taken) = match (spec.value, value) {
        (Value::None, Some(_)) => return wrong(format!("option '--{known}' doesn't allow an argument")),
        (Value::Required, None) => match next {
            Some(next) => (Some(next.clone()), 1),
            None => return wrong(format!("option '--{known}' requires an argument")),
        },
        (_, value) => (value, 0),
    };
    typed.push((spec.name, value));
    Ok(taken)
}

/// Returns the option with this long name, or else the only one whose name begins with it.
fn named<'a, Name: PartialEq>(
    specs: &'a [Spec<Name>],
    name: &[u8],
    word: &[u8],
) -> Result<(&'a Spec<Name>, &'static str), GetoptError> {
    let longs = || specs.iter().filter_map(|spec| Some((spec, spec.long?)));
    if let Some(exact) = longs().find(|(_, long)| long.as_bytes() == name) {
        return Ok(exact);
    }
    let begins = |(spec, long): &(&Spec<Name>, &str)| spec.shortens && long.as_bytes().starts_with(name);
    let close: Vec<_> = longs().filter(begins).collect();
    let shown = String::from_utf8_lossy(word);
    match close.as_slice() {
        [] => wrong(format!("unrecognized option '--{shown}'")),
        [only] => Ok(*only),
        several => {
            let names: String = several.iter().map(|(_, long)| format!(" '--{long}'")).collect();
            wrong(format!("option '--{shown}' is ambiguous; possibilities:{names}"))
        }
    }
}

/// Reads letters, the last of which may have a value, and returns how many of the next words belong to it.
fn short<Name: Copy>(
    specs: &[Spec<Name>],
    mut letters: &[u8],
    next: Option<&OsString>,
    typed: &mut Vec<OptionAndValue<Name>>,
) -> Result<usize, GetoptError> {
    while let [letter, rest @ ..] = letters {
        let shown = OsStr::from_bytes(&[*letter]).to_string_lossy().into_owned();
        let spec = specs.iter().find(|spec| spec.short == Some(char::from(*letter)));
        let Some(spec) = spec else {
            return wrong(format!("invalid option -- '{shown}'"));
        };
        let attached = (!rest.is_empty()).then(|| OsStr::from_bytes(rest).to_owned());
        match (spec.value, attached) {
            (Value::None, _) => typed.push((spec.name, None)),
            (Value::Required, None) => {
                let Some(next) = next else {
                    return wrong(format!("option requires an argument -- '{shown}'"));
                };
                typed.push((spec.name, Some(next.clone())));
                return Ok(1);
            }
            (Value::Optional | Value::Required, attached) => {
                typed.push((spec.name, attached));
                return Ok(0);
            }
        }
        letters = rest;
    }
    Ok(0)
}

fn wrong<T>(what: String) -> Result<T, GetoptError> {
    Err(GetoptError(what))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPECS: &[Spec<char>] = &[
        Spec::new('0', Some('0'), Some("null"), Value::None),
        Spec::new('n', Some('n'), Some("max-args"), Value::Required),
        Spec::new('l', Some('l'), Some("max-lines"), Value::Optional),
        Spec {
            shortens: false,
            ..Spec::new('m', None, Some("maxim"), Value::None)
        },
    ];

    fn read(line: &str) -> (String, Result<usize, String>) {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        let (typed, end) = options(SPECS, &words);
        let shown = typed.into_iter().map(|(name, value)| match value {
            Some(value) => format!("{name}={} ", value.display()),
            None => format!("{name} "),
        });
        (shown.collect(), end.map_err(|wrong| wrong.0))
    }

    #[test]
    fn letters_share_a_word_and_values_are_attached_or_follow() {
        assert_eq!(read("-0n5 -n 6 -l7 echo -0"), ("0 n=5 n=6 l=7 ".into(), Ok(4)));
        assert_eq!(read("-n=5 -l 7"), ("n==5 l ".into(), Ok(2)));
        assert_eq!(read("-0 -- -n"), ("0 ".into(), Ok(2)));
        assert_eq!(read("- -0"), (String::new(), Ok(0)));
    }

    #[test]
    fn long_names_may_be_cut_short_as_long_as_they_are_one() {
        assert_eq!(
            read("--nu --max-a=5 --max-args 6 --max-lines"),
            ("0 n=5 n=6 l ".into(), Ok(5))
        );
        assert_eq!(read("--max-l=3 x"), ("l=3 ".into(), Ok(1)));
        assert_eq!(read("--maxim"), ("m ".into(), Ok(1)));
        assert_eq!(
            read("--max=1").1,
            Err("option '--max=1' is ambiguous; possibilities: '--max-args' '--max-lines'".into())
        );
    }

    #[test]
    fn what_is_wrong_is_said_as_getopt_says_it() {
        for (line, said) in [
            ("-z", "invalid option -- 'z'"),
            ("-n", "option requires an argument -- 'n'"),
            ("--nul=1", "option '--null' doesn't allow an argument"),
            ("--max-args", "option '--max-args' requires an argument"),
            ("--zero=1", "unrecognized option '--zero=1'"),
        ] {
            assert_eq!(read(line).1, Err(said.into()), "{line}");
        }
        // The options before the error are returned: reading them may print a warning.
        assert_eq!(read("-0 -z").0, "0 ");
    }
}

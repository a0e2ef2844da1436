//! Prints command lines as GNU programs do: words that a shell parses into the same words, quoted only when
//! necessary, and with escapes for what a terminal can't show.
//!
//! The rules are those of the quoting style `shell-escape` of GNU ls(1). This file does not know what the
//! words mean.

use crate::sys::locale;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// Returns the words, quoted, with a blank between each two.
pub fn shell_escape<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Vec<u8> {
    let escaped = words
        .into_iter()
        .map(|word| escape_word(word.as_ref().as_bytes()));
    escaped.collect::<Vec<_>>().join(&b' ')
}

/// What a character means to a shell.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    /// Not special.
    Plain,
    /// Special, but not between double quotes.
    Blank,
    /// Special nearly everywhere.
    Special,
    /// Not special, but GNU does not treat it as safe between double quotes either.
    Odd,
    /// A single quote.
    Quote,
    /// Not printable.
    Unprintable,
}

/// A character of a word.
struct Character<'a> {
    bytes: &'a [u8],
    class: Class,
}

fn escape_word(word: &[u8]) -> Vec<u8> {
    let characters = characters(word);
    let has = |class| characters.iter().any(|c| c.class == class);
    let quoted = has(Class::Blank) || has(Class::Special) || has(Class::Quote) || has(Class::Unprintable);
    if !quoted && !word.is_empty() {
        return word.to_vec();
    }
    let simple = |c: &Character| matches!(c.class, Class::Plain | Class::Blank | Class::Quote);
    if has(Class::Quote) && characters.iter().all(simple) {
        return [b"\"", word, b"\""].concat();
    }
    let mut line = vec![b'\''];
    // GNU prints a word that holds a quote and ends with an escape as if an escape came before it too.
    let mut escaping = has(Class::Quote) && characters.last().is_some_and(|c| c.class == Class::Unprintable);
    for Character { bytes, class } in &characters {
        match class {
            Class::Unprintable => {
                if !escaping {
                    line.extend_from_slice(b"'$'");
                    escaping = true;
                }
                bytes.iter().for_each(|&byte| escape_byte(byte, &mut line));
                continue;
            }
            Class::Quote => line.extend_from_slice(b"'\\''"),
            _ => {
                if escaping {
                    line.extend_from_slice(b"''");
                }
                line.extend_from_slice(bytes);
            }
        }
        escaping = false;
    }
    line.push(b'\'');
    line
}

fn escape_byte(byte: u8, line: &mut Vec<u8>) {
    line.push(b'\\');
    match byte {
        0x07 => line.push(b'a'),
        0x08 => line.push(b'b'),
        b'\t' => line.push(b't'),
        b'\n' => line.push(b'n'),
        0x0b => line.push(b'v'),
        0x0c => line.push(b'f'),
        b'\r' => line.push(b'r'),
        _ => line.extend([byte >> 6, byte >> 3 & 7, byte & 7].map(|digit| b'0' + digit)),
    }
}

fn characters(word: &[u8]) -> Vec<Character<'_>> {
    let mut characters = Vec::new();
    let mut rest = word;
    while let Some(&first) = rest.first() {
        let leads = rest.len() == word.len();
        let (length, class) = match class(first, leads, word.len() == 1) {
            Some(class) => (1, class),
            None => match locale::character(rest) {
                (length, true) => (length, Class::Plain),
                (length, false) => (length, Class::Unprintable),
            },
        };
        let (bytes, after) = rest.split_at(length);
        characters.push(Character { bytes, class });
        rest = after;
    }
    characters
}

/// Returns the class of a byte that is a character by itself in every locale; `None` for any other byte.
fn class(byte: u8, leads: bool, alone: bool) -> Option<Class> {
    Some(match byte {
        b'\'' => Class::Quote,
        b' ' => Class::Blank,
        b'#' | b'~' if leads => Class::Blank,
        b'#' | b'~' => Class::Odd,
        b'{' | b'}' if alone => Class::Blank,
        b'{' | b'}' => Class::Odd,
        b'!' | b'"' | b'$' | b'&' | b'(' | b')' | b'*' | b';' | b'<' | b'=' | b'>' | b'?' | b'[' | b'\\'
        | b'^' | b'`' | b'|' => Class::Special,
        0x07..=0x0d => Class::Unprintable,
        b'%' | b'+'..=b':' | b'A'..=b'Z' | b']' | b'_' | b'a'..=b'z' => Class::Plain,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(word: &str) -> String {
        let line = shell_escape(["x", word]);
        let line = String::from_utf8(line).expect("text");
        line.strip_prefix("x ").expect("a plain word").to_owned()
    }

    #[test]
    fn words_are_quoted_only_when_necessary() {
        for plain in ["a", "a-b_c/d.e:f,g", "a#~", "{}", "a{b", "@%+]"] {
            assert_eq!(shown(plain), plain);
        }
        for (word, quoted) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("#", "'#'"),
            ("{", "'{'"),
            ("a=b", "'a=b'"),
            ("\\", "'\\'"),
            ("it's", "\"it's\""),
            ("'!", "''\\''!'"),
            ("a'#", "'a'\\''#'"),
        ] {
            assert_eq!(shown(word), quoted, "{word:?}");
        }
    }

    #[test]
    fn unprintable_characters_are_escaped() {
        for (word, quoted) in [
            ("a\tb", "'a'$'\\t''b'"),
            ("\n\x01", "''$'\\n\\001'"),
            ("\n'", "''$'\\n'\\'''"),
            ("it's\t", "'''it'\\''s'$'\\t'"),
        ] {
            assert_eq!(shown(word), quoted, "{word:?}");
        }
    }
}

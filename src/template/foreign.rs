//! Replacement strings of GNU parallel that fanfold does not have: `{1}`, `{2/.}`, `{-1}`.
//!
//! A word that is nothing but one of them is refused, as it would reach the command as it is. Inside a word, and in
//! any other form, braces are text.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;

/// What stands behind the number, and what fanfold has instead.
const ENDS: [(&[u8], &str); 5] = [
    (b"", "{}"),
    (b".", "{.}"),
    (b"/", "{/}"),
    (b"//", "{//}"),
    (b"/.", "{/.}"),
];

/// Returns what to use instead of a word that is nothing but a replacement string with a number.
pub fn foreign_replacement(word: &OsStr) -> Option<&'static str> {
    let inner = word.as_bytes().strip_prefix(b"{")?.strip_suffix(b"}")?;
    let number = inner.strip_prefix(b"-").unwrap_or(inner);
    let digits = number.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = ENDS.iter().find(|(end, _)| *end == &number[digits..]);
    end.filter(|_| digits > 0).map(|(_, instead)| *instead)
}

/// Returns whether a word is a script of a shell that has `{}` inside: a name that holds quotes or blanks breaks
/// such a script.
pub fn pastes_into_script(words: &[OsString]) -> bool {
    let name = |word: &OsStr| {
        let bytes = word.as_bytes();
        bytes[bytes
            .iter()
            .rposition(|byte| *byte == b'/')
            .map_or(0, |at| at + 1)..]
            .to_vec()
    };
    let is_shell = |word: &OsStr| matches!(&name(word)[..], b"sh" | b"bash" | b"dash" | b"zsh" | b"ksh");
    let Some(shell) = words.iter().position(|word| is_shell(word)) else {
        return false;
    };
    // The shell is the program, or what env starts.
    if shell > 0 && name(&words[0]) != b"env" {
        return false;
    }
    let options = words[shell + 1..].iter();
    let is_option = |word: &&OsString| word.as_bytes().starts_with(b"-");
    let count = options.clone().take_while(is_option).count();
    let takes_script = |word: &OsString| {
        let bytes = word.as_bytes();
        !bytes.starts_with(b"--") && bytes.ends_with(b"c")
    };
    if !options.clone().take(count).any(takes_script) {
        return false;
    }
    words.get(shell + 1 + count).is_some_and(|script| {
        let bytes = script.as_bytes();
        bytes.len() > 2 && has_hole(bytes)
    })
}

/// Returns whether there is a `{}` that is no end of `{{}`.
fn has_hole(bytes: &[u8]) -> bool {
    let holes = bytes.windows(2).enumerate().filter(|(_, pair)| *pair == b"{}");
    holes.into_iter().any(|(at, _)| at == 0 || bytes[at - 1] != b'{')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_only_a_number_in_braces_is_foreign() {
        for (word, want) in [
            ("{1}", Some("{}")),
            ("{12}", Some("{}")),
            ("{-1}", Some("{}")),
            ("{1.}", Some("{.}")),
            ("{2/}", Some("{/}")),
            ("{1//}", Some("{//}")),
            ("{1/.}", Some("{/.}")),
            ("{1,3}", None),
            ("[0-9]{3}", None),
            ("{}", None),
            ("{-}", None),
            ("{a}", None),
            ("{1}x", None),
        ] {
            assert_eq!(foreign_replacement(OsStr::new(word)), want, "{word}");
        }
    }

    #[test]
    fn a_hole_in_the_script_of_a_shell_is_found() {
        for (words, want) in [
            (&["sh", "-c", "cat {} | wc"][..], true),
            (&["/bin/bash", "-lc", "cat '{}'"], true),
            (&["env", "A=1", "dash", "-e", "-c", "cat {}"], true),
            (&["sh", "-c", "{}"], false),
            (&["sh", "-c", "cat \"$1\"", "sh", "{}"], false),
            (&["sh", "-c", "f() {{}; f"], false),
            (&["sh", "script", "{} x"], false),
            (&["grep", "sh", "-c", "a {}"], false),
        ] {
            let words: Vec<OsString> = words.iter().map(OsString::from).collect();
            assert_eq!(pastes_into_script(&words), want, "{words:?}");
        }
    }
}

//! Commands as they are typed with xargs and GNU parallel, and what is said of them: all in one word, with `:::`, or with
//! an exit status that is an answer.
//!
//! It runs nothing.

use crate::message;
use crate::process::resolve_program;
use crate::template::{foreign_replacement, shell_quote};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Programs that exit with 1 to say no.
const NO_IS_1: &[&str] = &[
    "cmp", "diff", "egrep", "fgrep", "grep", "pgrep", "rg", "ugrep", "zgrep",
];

/// Returns what is said of `:::` among the words of a command.
pub(super) fn of_parallel(words: &[OsString]) -> Option<String> {
    let at = words.iter().position(|word| word == ":::")?;
    let (command, values) = (&words[..at], &words[at + 1..]);
    let command: Vec<OsString> = command.iter().filter(|word| *word != "--").cloned().collect();
    let meant = [&["run".into()], values, &["--".into()], &command].concat();
    let parallel = [&["parallel".into()], &command[..], &words[at..]].concat();
    Some(format!(
        "':::' is GNU parallel's: inputs stand before '--', as in fanfold {}, or use fanfold {}",
        line(&meant),
        line(&parallel)
    ))
}

/// Returns what is said of a command of one word that is a whole command line.
pub(super) fn in_one_word(words: &[OsString]) -> Option<String> {
    let [word] = words else { return None };
    let text = word.to_str()?;
    let parts = shlex::split(text).filter(|parts| parts.len() > 1)?;
    if resolve_program(word).is_ok() || resolve_program(OsStr::new(&parts[0])).is_err() {
        return None;
    }
    let shown = message::display_name(word);
    let script = match text.contains("{}") {
        true => text.replace("{}", "\"$1\""),
        false => format!("{text} \"$1\""),
    };
    Some(match text.contains(['|', '<', '>', ';', '&', '$']) {
        true => format!("'{shown}' is one word, and no shell reads it: use --shell '{script}'"),
        false => {
            format!("'{shown}' is one word: leave out its quotes, as in -- {text}, or use --shell '{script}'")
        }
    })
}

/// Returns what is said when all commands that failed exited with 1, and that is an answer of theirs.
pub(super) fn whose_no_is_1(words: &[OsString]) -> Option<String> {
    let words = words
        .iter()
        .flat_map(|word| word.as_bytes().split(u8::is_ascii_whitespace));
    let name = words
        .filter_map(|word| Path::new(OsStr::from_bytes(word)).file_name()?.to_str())
        .find(|name| NO_IS_1.contains(name))?;
    Some(format!(
        "'{name}' exits with 1 to say no: --ok-exit 0,1 makes that no failure"
    ))
}

fn line(words: &[OsString]) -> String {
    String::from_utf8_lossy(&shell_quote(words)).into_owned()
}

/// What is said of a script with a replacement string: none is replaced there.
pub(super) const REPLACEMENT_IN_SCRIPT: &str =
    "--shell: '{}', '{1}' and the like would reach the shell as they are: the input is \"$1\" in a script";

/// Returns whether a script has a replacement string where an input was meant: one that is not fanfold's, or any in a
/// script that does not use its inputs. Beside a `"$1"`, `{}` may be meant for find or xargs.
pub(super) fn has_replacement(script: &OsStr) -> bool {
    let script = script.as_bytes();
    let words = script.split(u8::is_ascii_whitespace);
    let is_foreign = |word| foreign_replacement(OsStr::from_bytes(word)).is_some();
    let has = |text: &str| memchr::memmem::find(script, text.as_bytes()).is_some();
    let uses_inputs = memchr::memchr_iter(b'$', script).any(|at| {
        let name = &script[at + 1..];
        let name = name.strip_prefix(b"{").unwrap_or(name);
        matches!(name, [b'0'..=b'9' | b'@' | b'*' | b'#', ..])
    });
    words.into_iter().any(is_foreign)
        || !uses_inputs && ["{}", "{.}", "{/}", "{//}", "{/.}"].into_iter().any(has)
}

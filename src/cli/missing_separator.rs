//! The hint for a command line without the `--` before its command: the whole line as typed, with `--` added.

use super::foreign_command;
use crate::process::resolve_program;
use crate::template::shell_quote;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Returns the message for a command line without a command.
pub(super) fn message() -> String {
    let words: Vec<OsString> = std::env::args_os().skip(2).collect();
    if let Some(what) = foreign_command::of_parallel(&words) {
        return what;
    }
    let in_one_word = |word: &OsString| foreign_command::in_one_word(std::slice::from_ref(word));
    if let Some(what) = words.iter().find_map(in_one_word) {
        return format!("no COMMAND: put it after '--': {what}");
    }
    match with_separator(std::env::args_os()) {
        Some(line) => format!("no COMMAND: put '--' before it: {line}"),
        None => "no COMMAND: put it after '--': fanfold run [INPUT]... -- COMMAND [ARG]...".into(),
    }
}

/// Adds the hint to clap's error about an unknown option of `run` when there is no `--`: the option is likely
/// the command's, as in `fanfold run gzip --best`.
pub(super) fn with_hint(mut error: clap::Error) -> clap::Error {
    let words: Vec<OsString> = std::env::args_os().collect();
    let is_run = words.get(1).is_some_and(|word| word == "run");
    if error.kind() == ErrorKind::UnknownArgument && is_run && !words.iter().any(|word| word == "--") {
        let line = with_separator(words);
        let line = line.unwrap_or_else(|| "fanfold run [OPTIONS] [INPUT]... -- COMMAND [ARG]...".into());
        let tip = format!("the command goes after '--': {line}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// Returns the command line, quoted for a shell, with `--` before the first word that names a program and no
/// file here. Returns `None` when there is no such word. This is a guess: the word may be an option's value.
fn with_separator(typed: impl IntoIterator<Item = OsString>) -> Option<String> {
    let mut words: Vec<OsString> = typed.into_iter().skip(2).collect();
    let at = words.iter().position(|word| may_be_command(word))?;
    words.insert(at, "--".into());
    let quoted = shell_quote(&words);
    Some(format!("fanfold run {}", String::from_utf8_lossy(&quoted)))
}

fn may_be_command(word: &OsStr) -> bool {
    let is_path = word.as_bytes().contains(&b'/');
    !word.as_bytes().starts_with(b"-")
        && (is_path || !Path::new(word).exists())
        && resolve_program(word).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(line: &str) -> Option<String> {
        with_separator(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_hint_is_the_line_as_typed_with_the_separator() {
        let shown = [
            ("fanfold run sh -c x", "fanfold run -- sh -c x"),
            (
                "fanfold run -j4 logs/*.gz cat -t",
                "fanfold run -j4 'logs/*.gz' -- cat -t",
            ),
            ("fanfold run a b /bin/sh", "fanfold run a b -- /bin/sh"),
        ];
        for (typed, expected) in shown {
            assert_eq!(meant(typed).as_deref(), Some(expected));
        }
        assert_eq!(meant("fanfold run a b c"), None);
    }
}

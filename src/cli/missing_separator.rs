//! What is said where the `--` before a command is missing: the whole line as typed, with it.

use crate::process::resolve_program;
use crate::template::shell_quote;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// What to say of a command line without a command.
pub fn missing() -> String {
    match as_meant(std::env::args_os()) {
        Some(line) => format!("no COMMAND: put '--' before it: {line}"),
        None => "no COMMAND: put it after '--': fanfold run [INPUT]... -- COMMAND [ARG]...".into(),
    }
}

/// Where an option that `run` does not know stands behind what may be the command (`fanfold run
/// gzip --best`), says that the command belongs behind `--`.
pub fn with_hint(mut error: clap::Error) -> clap::Error {
    let words: Vec<OsString> = std::env::args_os().collect();
    let is_run = words.get(1).is_some_and(|word| word == "run");
    if error.kind() == ErrorKind::UnknownArgument && is_run && !words.iter().any(|word| word == "--") {
        let line = as_meant(words);
        let line = line.unwrap_or_else(|| "fanfold run [OPTIONS] [INPUT]... -- COMMAND [ARG]...".into());
        let tip = format!("the command goes after '--': {line}");
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    error
}

/// The command line, quoted for a shell, with a `--` before the first word that is a program and
/// no file here; none where no word is one. That word may be the value of an option: a guess.
fn as_meant(typed: impl IntoIterator<Item = OsString>) -> Option<String> {
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
        as_meant(line.split(' ').map(OsString::from))
    }

    #[test]
    fn the_line_is_shown_as_typed_with_the_separator() {
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

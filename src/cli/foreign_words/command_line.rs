//! What is said of a command line that has no command of fanfold: the line as it may have been meant.

use crate::message;
use crate::process::resolve_program;
use crate::template::shell_quote;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Tools for which `fanfold map` stands in.
const TOOLS: &[&str] = &[
    "awk", "cat", "cut", "gawk", "grep", "gunzip", "head", "mawk", "rg", "sort", "uniq", "wc", "zcat",
    "zgrep",
];

/// Returns what is said when the first word is no command: it may be an input, or a program.
pub(super) fn without_command(words: &[OsString]) -> Option<String> {
    let first = words.first()?;
    let shown = message::display_name(first);
    if first.to_str().is_some_and(|name| TOOLS.contains(&name)) {
        return Some(format!(
            "'{shown}' is no command of fanfold: 'fanfold map' filters, selects and counts lines of files, compressed or not (see fanfold help from-awk)"
        ));
    }
    if let Some(line) = first.to_str().and_then(|word| meant_by_word(word, &words[1..])) {
        return Some(format!("'{shown}' is no command of fanfold: {line}"));
    }
    if let Some(answer) = first.to_str().and_then(in_another_way) {
        return Some(format!("'{shown}' is no command of fanfold: {answer}"));
    }
    if is_input(first) {
        return Some(format!("'{shown}' is no command: {}", meant(words)));
    }
    if resolve_program(first).is_ok() {
        let line = line(&[&["run".into(), "INPUT".into(), "--".into()], words].concat());
        return Some(format!(
            "'{shown}' is no command of fanfold: run it for each file by {line}"
        ));
    }
    None
}

/// Returns what is said of a word after `fanfold queue` that is no action.
pub(super) fn queue_action(word: &OsStr) -> Option<String> {
    let answer = match word.to_str()? {
        "join" | "work" | "worker" => {
            "a worker runs the leader's command line with --join: fanfold map INPUT --queue URL --join"
        }
        "start" | "run" | "lead" | "add" | "push" | "submit" | "enqueue" => {
            "a run is begun by fanfold map INPUT --queue URL, or fanfold run INPUT --queue URL -- COMMAND"
        }
        "stop" | "pause" | "cancel" | "kill" => {
            "Ctrl-C ends a leader or a worker, and the leader's command line goes on where it was"
        }
        "list" | "ls" | "show" | "info" => "fanfold queue status URL#RUN shows how far a run is",
        _ => return None,
    };
    let shown = message::display_name(word);
    Some(format!(
        "'{shown}' is no action of fanfold queue: {answer} (see fanfold help many-machines)"
    ))
}

/// Returns the line that is meant by a word for what fanfold does in another way.
fn meant_by_word(word: &str, rest: &[OsString]) -> Option<String> {
    let own: &[&str] = match word {
        "check" | "digest" => &["map", "--fn", word],
        "test" | "verify" => &["map", "--fn", "check"],
        "count" => &["map", "--count"],
        "version" => &["--version"],
        _ => return None,
    };
    let own: Vec<OsString> = own.iter().map(OsString::from).collect();
    Some(line(&[&own, rest].concat()))
}

/// Returns what is said of a command for what options of map and run do.
fn in_another_way(word: &str) -> Option<&'static str> {
    Some(match word {
        "resume" | "continue" | "retry" => {
            "with --state FILE the same command line again goes on where it was (see fanfold help state)"
        }
        "join" | "worker" | "work" | "serve" | "server" | "leader" => {
            "many machines share a run by --queue URL, workers with --join (see fanfold help many-machines)"
        }
        _ => return None,
    })
}

/// Returns what is said when an option stands before the command.
pub(super) fn option_before_command(words: &[OsString]) -> String {
    let shown = message::display_name(&words[0]);
    format!("'{shown}' stands where a command is expected: {}", meant(words))
}

/// Returns the line with the command that it lacks.
fn meant(words: &[OsString]) -> String {
    let runs = words.iter().any(|word| word == "--");
    let command = if runs { "run" } else { "map" };
    // An option that is to come before a command that is there already.
    let at = words.iter().position(|word| word == "map" || word == "run");
    let mut words = words.to_vec();
    let command = at.map_or_else(|| command.into(), |at| words.remove(at));
    words.insert(0, command);
    line(&words)
}

fn line(words: &[OsString]) -> String {
    format!("fanfold {}", String::from_utf8_lossy(&shell_quote(words)))
}

fn is_input(word: &OsStr) -> bool {
    let bytes = word.as_bytes();
    if bytes.contains(&b'/') && resolve_program(word).is_ok() {
        return false;
    }
    bytes.iter().any(|byte| b"*?[{/".contains(byte)) || Path::new(word).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(line: &str) -> Option<String> {
        let words: Vec<_> = line.split(' ').map(OsString::from).collect();
        without_command(&words)
    }

    #[test]
    fn a_line_without_a_command_is_shown_with_one() {
        for (typed, meant) in [
            ("logs/*.gz --count", "fanfold map 'logs/*.gz' --count"),
            ("logs/* -- gzip -t", "fanfold run 'logs/*' -- gzip -t"),
            ("gzip -t", "fanfold run INPUT -- gzip -t"),
            ("zcat a.gz", "fanfold map"),
        ] {
            assert!(said(typed).is_some_and(|said| said.contains(meant)), "{typed}");
        }
        assert_eq!(said("mpa x"), None);
        for (typed, option) in [("resume s", "--state FILE"), ("worker x", "--join")] {
            assert!(said(typed).is_some_and(|said| said.contains(option)), "{typed}");
        }
        for (typed, answer) in [
            ("join", "--queue URL --join"),
            ("start", "fanfold map INPUT --queue URL"),
            ("stop", "Ctrl-C"),
            ("list", "fanfold queue status"),
        ] {
            let said = queue_action(typed.as_ref());
            assert!(said.is_some_and(|said| said.contains(answer)), "{typed}");
        }
        assert_eq!(queue_action("statsu".as_ref()), None);
        let words = ["-j4", "map", "x"].map(OsString::from);
        assert!(option_before_command(&words).ends_with(": fanfold map -j4 x"));
    }
}

//! What is said of words that other tools have and fanfold has not: whose word it is, and what to type.
//!
//! The words are in one table. It does not know fanfold's own options.

mod command_line;
mod table;

use crate::message;
use crate::record::suggest::nearest;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::ffi::OsString;
use table::{On, WORDS};

/// Options and commands that clap never suggests: they lose, overwrite or expose something.
const DESTRUCTIVE: &[&str] = &["--fresh", "--plaintext", "drop"];

/// Returns what is said in place of clap's error about these words, the first of which is the program, if a word of
/// another tool is the reason.
pub(super) fn answer(error: &clap::Error, words: &[OsString]) -> Option<String> {
    let command = words.get(1)?.to_str()?;
    match error.kind() {
        ErrorKind::InvalidSubcommand if command == "queue" => command_line::queue_action(words.get(2)?),
        ErrorKind::InvalidSubcommand => command_line::without_command(&words[1..]),
        ErrorKind::UnknownArgument if command.starts_with('-') => {
            Some(command_line::option_before_command(&words[1..]))
        }
        ErrorKind::ArgumentConflict => conflict(&words[2..]),
        ErrorKind::UnknownArgument | ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
            said_of_find(words).or_else(|| said_of(&unknown_option(error)?, command))
        }
        _ => None,
    }
}

/// Returns what is said of a word of find, which clap reads as a short option with a value: `-name` as `-n ame`.
pub(super) fn said_of_find(words: &[OsString]) -> Option<String> {
    let command = words.get(1)?.to_str()?;
    let mut own = words[2..].iter().take_while(|word| *word != "--");
    let word = own.find_map(|word| word.to_str().filter(|word| is_of_find(word)))?;
    said_of(word, command)
}

/// Returns what is said of options that count in two ways.
fn conflict(words: &[OsString]) -> Option<String> {
    let has = |option: &str| {
        words
            .iter()
            .take_while(|word| *word != "--")
            .any(|word| word == option)
    };
    (has("--by") && has("--count")).then(|| {
        "--by cannot be combined with --count: --by FIELD --agg count counts the records of each group, and --select \
         FIELD --count does so with the most first"
            .to_owned()
    })
}

/// Takes away suggestions that destroy something or have little in common with what was typed, and the one to pass the
/// option as a value.
pub(super) fn without_harm(mut error: clap::Error) -> clap::Error {
    for (typed, suggested) in [
        (ContextKind::InvalidArg, ContextKind::SuggestedArg),
        (ContextKind::InvalidSubcommand, ContextKind::SuggestedSubcommand),
    ] {
        let Some(names) = suggestions(&error, typed, suggested) else {
            continue;
        };
        if names.is_empty() {
            error.remove(suggested);
            if suggested == ContextKind::SuggestedArg {
                // It shows what is suggested as if it had been typed.
                error.remove(ContextKind::Usage);
            }
        } else if suggested == ContextKind::SuggestedSubcommand {
            error.insert(suggested, ContextValue::Strings(names));
        }
    }
    if error.kind() == ErrorKind::UnknownArgument {
        error.remove(ContextKind::Suggested);
    }
    error
}

/// Returns what clap suggests, if anything, as far as it is safe and near what was typed.
fn suggestions(error: &clap::Error, typed: ContextKind, suggested: ContextKind) -> Option<Vec<String>> {
    let names: &[String] = match error.get(suggested)? {
        ContextValue::String(name) => std::slice::from_ref(name),
        ContextValue::Strings(names) => names,
        _ => return None,
    };
    let Some(ContextValue::String(typed)) = error.get(typed) else {
        return None;
    };
    let typed = typed.trim_start_matches('-');
    let is_helpful = |name: &&String| {
        let plain = name.trim_start_matches('-');
        let is_near = typed.starts_with(plain) || nearest(typed, std::iter::once(plain)).is_some();
        is_near && !DESTRUCTIVE.contains(&name.as_str())
    };
    Some(names.iter().filter(is_helpful).cloned().collect())
}

/// Returns the option that clap does not know.
fn unknown_option(error: &clap::Error) -> Option<String> {
    match error.get(ContextKind::InvalidArg) {
        Some(ContextValue::String(text)) if error.kind() == ErrorKind::UnknownArgument => Some(text.clone()),
        _ => None,
    }
}

/// Returns whether it is a word of the table that has one dash and several letters.
fn is_of_find(word: &str) -> bool {
    let is_long = word.starts_with("--") || word.len() <= 2;
    !is_long && WORDS.iter().any(|row| row.words.contains(&word))
}

/// Returns what is said of a word of another tool.
fn said_of(word: &str, command: &str) -> Option<String> {
    let on = match command {
        "map" => On::Map,
        "run" => On::Run,
        _ => return None,
    };
    let row = WORDS
        .iter()
        .find(|row| (row.on == on || row.on == On::Both) && row.words.contains(&word))?;
    let word = message::display_name(word.as_ref());
    let said = format!("'{word}' is {}: {}", row.whose, row.answer);
    Some(match said.contains("(see ") {
        true => said,
        false => format!("{said} (see fanfold {command} -h)"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Subcommand;
    use crate::cli::grammar::grammar;

    fn is_option(command: &str, word: &str) -> bool {
        let grammar = grammar::<Subcommand>();
        let command = grammar.find_subcommand(command).expect("a command");
        command.get_arguments().any(|arg| {
            let long = word.strip_prefix("--");
            let short = word.strip_prefix('-').and_then(|rest| rest.chars().next());
            let longs = arg.get_long_and_visible_aliases().unwrap_or_default();
            let shorts = arg.get_short_and_visible_aliases().unwrap_or_default();
            match long {
                Some(long) => longs.contains(&long),
                None => word.len() == 2 && short.is_some_and(|short| shorts.contains(&short)),
            }
        })
    }

    fn commands(on: On) -> &'static [&'static str] {
        match on {
            On::Map => &["map"],
            On::Run => &["run"],
            On::Both => &["map", "run"],
        }
    }

    #[test]
    fn each_foreign_option_is_answered() {
        let mut count = 0;
        for row in WORDS {
            for command in commands(row.on) {
                for word in row.words {
                    assert!(!is_option(command, word), "{command} has {word} itself");
                    let words = ["fanfold", command, word, "x"].map(OsString::from);
                    let error = grammar::<Subcommand>().try_get_matches_from(&words);
                    let said = match &error {
                        Err(error) => answer(error, &words),
                        // It is refused for its value, which is none of the option that clap takes it for.
                        Ok(_) => said_of_find(&words),
                    };
                    let said = said.unwrap_or_else(|| panic!("{command} {word}: {error:?}"));
                    assert!(said.contains(row.answer), "{command} {word}: {said}");
                    count += 1;
                }
            }
        }
        assert!(count > 100, "{count} words");
    }

    #[test]
    fn an_answer_names_only_options_that_exist() {
        for row in WORDS
            .iter()
            .filter(|row| !row.answer.contains("fanfold xargs") && !row.answer.contains("fanfold parallel"))
        {
            let words = row
                .answer
                .split([' ', ',', ':', ';', '='])
                .filter(|word| word.starts_with("--") && word.len() > 2);
            for word in words {
                let known = ["map", "run"].iter().any(|command| is_option(command, word));
                assert!(known, "{word} in the answer to {:?}", row.words);
            }
        }
    }

    #[test]
    fn no_suggestion_destroys_something() {
        for (typed, harm) in [
            ("map --fres x", "--fresh"),
            ("map --refresh x", "--fresh"),
            ("run --fresch x", "--fresh"),
            ("map --plaintex x", "--plaintext"),
            ("queue dro x", "drop"),
        ] {
            let error = without_harm(error_of(typed));
            assert!(!error.to_string().contains(harm), "{error}");
        }
    }

    #[test]
    fn only_what_is_near_is_suggested() {
        for (typed, near) in [
            ("map --uniqe x", "'--unique'"),
            ("map --shards 2", "'--shard'"),
            ("statsu x", "'status'"),
        ] {
            let error = without_harm(error_of(typed));
            assert!(error.to_string().contains(near), "{error}");
        }
        for typed in ["map --watchful x", "map --newest x", "frobnicate x"] {
            let error = without_harm(error_of(typed));
            assert!(!error.to_string().contains("similar"), "{error}");
        }
    }

    fn error_of(typed: &str) -> clap::Error {
        let words = ["fanfold"].into_iter().chain(typed.split(' '));
        let matches = grammar::<Subcommand>().try_get_matches_from(words);
        matches.expect_err("it is unknown")
    }
}

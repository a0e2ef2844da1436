//! `--color`: whether messages and clap's own texts have colours.
//!
//! What is typed is looked for before clap reads the command line, since clap's errors about it have colours, too.

use crate::message;
use clap::builder::EnumValueParser;
use clap::{Arg, ColorChoice, ValueEnum as _};
use std::ffi::OsString;
use std::io;

const OPTION: &str = "--color";

/// Returns the option, for a command.
pub(super) fn option() -> Arg {
    Arg::new("color")
        .long("color")
        .value_name("WHEN")
        .overrides_with("color")
        .value_parser(EnumValueParser::<ColorChoice>::new())
        .help_heading("Workers and output")
        .help(
            "Colours of messages and help [default: auto: on a terminal, as NO_COLOR, CLICOLOR and CLICOLOR_FORCE say]",
        )
}

/// Has messages be coloured, or not, as these words of the command line and the environment say. Returns what clap is to
/// do.
pub(super) fn set(words: &[OsString]) -> ColorChoice {
    let choice = typed(words).unwrap_or(ColorChoice::Auto);
    let is_colored = match choice {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => anstream::AutoStream::choice(&io::stderr()) != anstream::ColorChoice::Never,
    };
    message::set_colored(is_colored);
    choice
}

/// Returns what was typed last, if it is anything.
fn typed(words: &[OsString]) -> Option<ColorChoice> {
    let mut words = words.iter().map(|word| word.to_str().unwrap_or_default());
    let mut typed = None;
    while let Some(word) = words.next().filter(|word| *word != "--") {
        let value = match word.strip_prefix(OPTION) {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('='),
            None => None,
        };
        typed = value
            .and_then(|value| ColorChoice::from_str(value, false).ok())
            .or(typed);
    }
    typed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_choice_before_the_command_counts() {
        let typed = |line: &str| typed(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(typed("map a --color always"), Some(ColorChoice::Always));
        assert_eq!(
            typed("map --color=always a --color never"),
            Some(ColorChoice::Never)
        );
        assert_eq!(typed("run a -- ls --color=always"), None);
        assert_eq!(typed("map --color nosuch --colors=always"), None);
        assert_eq!(typed("map --color"), None);
    }
}

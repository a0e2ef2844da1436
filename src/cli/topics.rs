//! `fanfold help [TOPIC]`: the help of a command, or a page.

use super::exit_code::ExitCause;
use super::grammar::WIDTH;
use super::list::table;
use super::plain_text::print;
use super::usage_error::UsageError;
use crate::help::{self, Document, TOPICS};
use crate::message;
use crate::record::suggest::nearest;
use crate::sys;
use clap::Command;
use std::fmt::Write as _;

/// Prints the help of a command or a page; without a topic, what there is.
pub(super) fn main(topic: Option<&str>, mut grammar: Command) -> anyhow::Result<ExitCause> {
    grammar.build();
    let Some(name) = topic else {
        let text = format!("{}\n{}", grammar.render_help(), overview());
        return print(text.as_bytes());
    };
    if let Some(topic) = help::topic(name) {
        let width = sys::terminal_width().unwrap_or(WIDTH).min(WIDTH);
        let page = Document::parse(topic.text, table);
        return print(page.terminal_text(width).as_bytes());
    }
    let names: Vec<_> = grammar
        .get_subcommands()
        .map(Command::get_name)
        .map(str::to_owned)
        .collect();
    if let Some(command) = grammar.find_subcommand_mut(name) {
        return print(command.render_long_help().to_string().as_bytes());
    }
    match of_option(&grammar, name) {
        Some(text) => print(text.as_bytes()),
        None => Err(unknown(name, &names).into()),
    }
}

/// Returns the help of the option of map and run with this long name.
fn of_option(grammar: &Command, long: &str) -> Option<String> {
    let mut text = String::new();
    for command in ["map", "run"] {
        let mut args = grammar.find_subcommand(command)?.get_arguments();
        let Some(arg) = args.find(|arg| arg.get_long() == Some(long) && !arg.is_hide_set()) else {
            continue;
        };
        let help = arg.get_long_help().or(arg.get_help())?;
        let _ = writeln!(text, "fanfold {command}: {arg}\n  {help}");
    }
    (!text.is_empty()).then_some(text)
}

/// Returns the list of the pages.
fn overview() -> String {
    let mut text = String::from("Pages, by fanfold help TOPIC:\n");
    for topic in TOPICS {
        let _ = writeln!(text, "  {:15}{}", topic.name, topic.about);
    }
    text
}

/// Returns whether the line about a page has this word.
fn is_about(about: &str, word: &str) -> bool {
    let words = about.split(|c: char| !c.is_alphanumeric());
    words.into_iter().any(|known| known.eq_ignore_ascii_case(word))
}

fn unknown(name: &str, commands: &[String]) -> UsageError {
    let topics = TOPICS.iter().map(|topic| topic.name);
    let known: Vec<_> = commands.iter().map(String::as_str).chain(topics).collect();
    let mut text = format!(
        "no help on '{}' (there is: {})",
        message::display_name(name.as_ref()),
        known.join(", ")
    );
    let named = TOPICS
        .iter()
        .find(|topic| topic.name.split('-').any(|part| part == name))
        .or_else(|| TOPICS.iter().find(|topic| is_about(topic.about, name)));
    if let Some(topic) = named {
        text += &format!("; did you mean '{}'?", topic.name);
    } else if let Some(near) = nearest(name, known.iter().copied()) {
        text += &format!("; did you mean '{near}'?");
    }
    UsageError(text)
}

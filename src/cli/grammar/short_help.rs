//! The short help: what `-h` prints, which fits a screen.

use super::examples::examples;
use super::option_groups::{EXPLAINED, GROUPS, PAGES, WIDTH, key};
use crate::cli::exit_code;
use clap::{Arg, ArgAction, Command};

/// How wide the options are, of which the text stands beside.
const LEFT: usize = 27;

/// Returns the options by group: those that the table explains, and the names of the others.
pub(super) fn options(name: &str, command: &Command) -> String {
    let explained = EXPLAINED.iter().find(|(of, _)| *of == name);
    let explained = explained.map_or(&[][..], |(_, rows)| rows);
    let mut lines = Vec::new();
    for (heading, names) in GROUPS {
        let args = names
            .iter()
            .filter_map(|name| command.get_arguments().find(|arg| key(arg) == *name));
        let args: Vec<&Arg> = args.filter(|arg| !arg.is_hide_set()).collect();
        let text = |arg: &Arg| {
            explained
                .iter()
                .find(|(name, _)| *name == key(arg))
                .map(|(_, text)| *text)
        };
        let others: Vec<String> = args
            .iter()
            .filter(|arg| text(arg).is_none())
            .map(|arg| brief(arg))
            .collect();
        lines.extend(heading_lines(heading, &others));
        for arg in &args {
            lines.extend(text(arg).map(|text| format!("  {:LEFT$}{text}", typed(arg))));
        }
        if args.is_empty() {
            lines.pop();
        }
    }
    lines.join("\n")
}

/// Returns the heading of a group, followed by the options that are not explained.
fn heading_lines(heading: &str, others: &[String]) -> Vec<String> {
    let mut line = format!("{heading}:");
    let mut lines = Vec::new();
    let indent = " ".repeat(line.len());
    for (at, other) in others.iter().enumerate() {
        let comma = if at + 1 < others.len() { "," } else { "" };
        if at == 0 {
            line += " also";
        }
        if line.chars().count() + 1 + other.chars().count() + comma.len() > WIDTH {
            lines.push(std::mem::replace(&mut line, indent.clone()));
        }
        line += &format!(" {other}{comma}");
    }
    lines.push(line);
    lines
}

/// Returns an option in its shortest spelling.
fn brief(arg: &Arg) -> String {
    match (arg.get_long(), arg.get_short()) {
        (Some(long), None) => format!("--{long}"),
        (_, Some(short)) => format!("-{short}"),
        (None, None) => arg.get_id().to_string(),
    }
}

/// Returns an option with its names and its value.
fn typed(arg: &Arg) -> String {
    let names = match (arg.get_short(), arg.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (None, Some(long)) => format!("    --{long}"),
        _ => String::new(),
    };
    let takes_value = !matches!(
        arg.get_action(),
        ArgAction::SetTrue | ArgAction::SetFalse | ArgAction::Count
    );
    let value = arg
        .get_value_names()
        .filter(|_| takes_value)
        .and_then(<[_]>::first);
    let value = value.map_or("", |value| value.as_str());
    match names.is_empty() {
        true => value.to_owned(),
        false => format!("{names} {value}").trim_end().to_owned(),
    }
}

/// Returns what stands below the list of commands.
pub(super) fn overview() -> String {
    let examples = ["map", "run"].iter().flat_map(|command| &examples(command)[..2]);
    let examples: Vec<String> = examples.map(|line| format!("  {line}")).collect();
    format!(
        "Examples:\n{}\n\n{}\nSee also: COMMAND -h; {PAGES}",
        examples.join("\n"),
        exit_code::short_list()
    )
}

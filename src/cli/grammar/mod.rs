//! The grammar of the command line as clap has it, arranged for people: options in groups, a short help that fits a
//! screen, examples, exit codes.
//!
//! It does not know what an option does.

mod examples;
mod option_groups;
mod short_help;

pub(super) use examples::examples;
pub(super) use option_groups::WIDTH;

use super::{color, exit_code};
use clap::{Arg, ArgAction, Command, CommandFactory};
use option_groups::{PAGES, group, key};

/// The commands whose options stand in groups.
const GROUPED: [&str; 2] = ["map", "run"];

/// The commands whose words clap does not read.
const FOREIGN: [&str; 2] = ["xargs", "parallel"];

/// Returns the grammar of the whole program.
pub(super) fn grammar<T: CommandFactory>() -> Command {
    let grammar = T::command().mut_subcommands(arranged);
    let overview = short_help::overview();
    grammar.after_help(overview.clone()).after_long_help(overview)
}

/// Arranges the options of a command, if it has groups of them.
fn arranged(command: Command) -> Command {
    let name = command.get_name().to_owned();
    let command = match FOREIGN.contains(&name.as_str()) {
        true => command,
        false => command.arg(color::option()),
    };
    let footer = footer(&name);
    if !GROUPED.contains(&name.as_str()) {
        return match footer.is_empty() {
            true => command,
            false => command.after_help(footer),
        };
    }
    let command = command.mut_args(in_group);
    let short = format!("{}\n\n{footer}", short_help::options(&name, &command));
    let long = match command.get_after_help() {
        Some(text) => format!("{text}\n\n{footer}"),
        None => footer,
    };
    command
        .disable_help_flag(true)
        .arg(help_flag())
        .mut_args(|arg| arg.hide_short_help(true))
        .after_help(short)
        .after_long_help(long)
}

/// Returns the option that asks for help. It is clap's own, but in the last group.
fn help_flag() -> Arg {
    Arg::new("help")
        .short('h')
        .long("help")
        .action(ArgAction::Help)
        .help("Print help: -h in short, --help in full")
        .help_heading("Help")
}

/// Puts an option under the heading of its group, in the order of the table.
fn in_group(arg: Arg) -> Arg {
    match group(key(&arg)) {
        Some((heading, place)) => arg.help_heading(heading).display_order(place),
        None => arg,
    }
}

/// Returns what stands below the options of a command: examples, exit codes, pages.
fn footer(command: &str) -> String {
    let examples: Vec<String> = examples(command).iter().map(|line| format!("  {line}")).collect();
    if examples.is_empty() {
        return String::new();
    }
    format!(
        "Examples:\n{}\n\n{}\nSee also: {PAGES}",
        examples.join("\n"),
        exit_code::short_list()
    )
}

#[cfg(test)]
mod tests {
    use super::option_groups::GROUPS;
    use super::*;
    use crate::cli::Subcommand;

    fn commands() -> Vec<Command> {
        let grammar = grammar::<Subcommand>();
        let commands = grammar.get_subcommands().cloned();
        commands
            .filter(|command| GROUPED.contains(&command.get_name()))
            .collect()
    }

    #[test]
    fn every_option_has_a_group() {
        for command in commands() {
            let without: Vec<_> = command
                .get_arguments()
                .map(key)
                .filter(|name| *name != "help" && group(name).is_none())
                .collect();
            assert!(
                without.is_empty(),
                "{}: add these to GROUPS in cli/grammar/option_groups.rs: {without:?}",
                command.get_name()
            );
        }
    }

    #[test]
    fn every_name_in_the_table_is_an_option() {
        let commands = commands();
        let is_known = |name: &str| {
            let mut args = commands.iter().flat_map(Command::get_arguments);
            args.any(|arg| key(arg) == name)
        };
        for (heading, names) in GROUPS {
            for name in *names {
                assert!(is_known(name), "{heading}: {name}");
            }
        }
    }

    #[test]
    fn the_short_help_of_each_command_fits_a_screen() {
        for mut command in grammar::<Subcommand>().get_subcommands().cloned() {
            let text = command.render_help().to_string();
            assert!(
                text.lines().count() <= 45,
                "{} lines:\n{text}",
                text.lines().count()
            );
            for line in text.lines() {
                assert!(line.chars().count() <= WIDTH, "{line}");
            }
        }
    }
}

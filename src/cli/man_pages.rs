//! `fanfold completions SHELL` and `fanfold man [COMMAND]`: the files that a package installs beside the
//! program, generated from the grammar that reads the command line.
//!
//! It is given the grammar and knows no option of it.

use super::exit_code::ExitCause;
use super::plain_text::print;
use super::usage_error::UsageError;
use crate::message;
use clap::Command;
use clap_complete::Shell;

pub(super) fn completions(shell: Shell, mut grammar: Command) -> anyhow::Result<ExitCause> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut grammar, "fanfold", &mut script);
    print(&script)
}

pub(super) fn man(subcommand: Option<&str>, grammar: Command) -> anyhow::Result<ExitCause> {
    let mut page = Vec::new();
    clap_mangen::Man::new(described(subcommand, grammar)?).render(&mut page)?;
    print(&page)
}

/// Returns the grammar that the page describes. Building the whole grammar first gives the page of a
/// subcommand its name: `fanfold-run`.
fn described(subcommand: Option<&str>, mut grammar: Command) -> Result<Command, UsageError> {
    grammar.build();
    let Some(name) = subcommand else {
        return Ok(grammar);
    };
    grammar.find_subcommand(name).cloned().ok_or_else(|| {
        let known: Vec<_> = grammar.get_subcommands().map(Command::get_name).collect();
        let (name, known) = (message::display_name(name.as_ref()), known.join(", "));
        UsageError(format!("unknown command '{name}' (known: {known})"))
    })
}

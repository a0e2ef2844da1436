//! `fanfold completions SHELL` and `fanfold man [COMMAND]`: what a package installs beside the
//! program, made from the same grammar that reads the command line.

use super::Cli;
use super::exit_code::{Ended, Usage};
use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use std::io::Write as _;

/// Print a script that completes fanfold's command lines in SHELL
#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print a man page, as roff: fanfold's own, or the one of a command
#[derive(Debug, Args)]
pub struct ManArgs {
    /// The command, as in `fanfold man run`
    #[arg(value_name = "COMMAND")]
    page: Option<String>,
}

/// Prints the script.
///
/// # Errors
/// What standard output said.
pub fn completions(args: &CompletionsArgs) -> anyhow::Result<Option<Ended>> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "fanfold", &mut script);
    print(&script)
}

/// Prints the page.
///
/// # Errors
/// [`Usage`] for a command that is not known; what standard output said.
pub fn man(args: &ManArgs) -> anyhow::Result<Option<Ended>> {
    let mut page = Vec::new();
    clap_mangen::Man::new(described(args.page.as_deref())?).render(&mut page)?;
    print(&page)
}

/// The grammar of one command. Building the whole gives its page a name of its own: `fanfold-run`.
fn described(command: Option<&str>) -> Result<Command, Usage> {
    let mut all = Cli::command();
    all.build();
    let Some(name) = command else {
        return Ok(all);
    };
    all.find_subcommand(name).cloned().ok_or_else(|| {
        let known: Vec<_> = all.get_subcommands().map(Command::get_name).collect();
        Usage(format!(
            "unknown command '{}' (known: {})",
            crate::message::shown(name.as_ref()),
            known.join(", ")
        ))
    })
}

/// Prints what a helper prints.
pub fn print(text: &[u8]) -> anyhow::Result<Option<Ended>> {
    let written = crate::sys::Output::stdout().write_all(text);
    written.map_err(|cause| anyhow::anyhow!("standard output: {}", crate::message::cause(&cause)))?;
    Ok(None)
}

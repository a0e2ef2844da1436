//! The command line: grammars that become a plan, and the exit code. The only folder that knows
//! clap.

mod batch;
mod common;
mod exit;
mod failures;
mod list;
mod map;
mod merge;
mod out;
mod pages;
mod pool;
mod records;
mod run;
mod separator;
mod state;
mod status;

use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Do one thing to every file, on all cores, and fold the results.
#[derive(Debug, Parser)]
#[command(
    name = "fanfold",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
struct Cli {
    #[command(subcommand)]
    command: Subcommands,
}

#[derive(Debug, Subcommand)]
enum Subcommands {
    Map(Box<map::MapArgs>),
    Run(Box<run::RunArgs>),
    Status(status::StatusArgs),
    /// List the codecs, functions, formats and modifiers that are known
    List,
    Completions(pages::CompletionsArgs),
    Man(pages::ManArgs),
}

/// Reads the command line, does what it says, and gives the exit code; does not return where a
/// signal ended the run.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::clap(&separator::with_hint(error)),
    };
    let end = match cli.command {
        Subcommands::Map(args) => map::main(&args),
        Subcommands::Run(args) => run::main(&args),
        Subcommands::Status(args) => status::main(&args),
        Subcommands::List => list::main(),
        Subcommands::Completions(args) => pages::completions(&args),
        Subcommands::Man(args) => pages::man(&args),
    };
    exit::code(end)
}

//! The command line: grammars that become a plan, and the exit code. The only folder that knows
//! clap.

mod batch;
mod canonical_args;
mod deferred;
mod exit_code;
mod failure_options;
mod list;
mod man_pages;
mod map;
mod merge;
mod missing_separator;
mod options;
mod out;
mod pool;
mod records;
mod run;
mod state;
mod status;
mod xargs;

use crate::message;
use crate::sys::signals;
use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use deferred::Deferred;
use std::ffi::{OsStr, OsString};
use std::mem::ManuallyDrop;
use std::path::Path;

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
    /// Read every file, compressed or not, in this process; filter, select and fold its lines
    Map(Deferred<map::MapArgs>),
    /// Run a command for every file, with its output whole and in input order
    Run(Deferred<run::RunArgs>),
    Status(status::StatusArgs),
    /// Run commands with the words of standard input: xargs, option by option
    #[command(disable_help_flag = true)]
    Xargs {
        /// See `fanfold xargs --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// List the codecs, functions, formats and modifiers that are known
    List,
    Completions(man_pages::CompletionsArgs),
    Man(man_pages::ManArgs),
}

/// Reads the command line, does what it says, and gives the exit code; does not return where a
/// signal ended the run.
pub fn main() -> u8 {
    signals::ignore_broken_pipes();
    if let Some((name, words)) = called_xargs() {
        return xargs::main(name, &words);
    }
    let cli = match typed() {
        Ok(cli) => cli,
        Err(error) => return exit_code::clap(&missing_separator::with_hint(error)),
    };
    let end = match cli.command {
        Subcommands::Map(args) => map::main(args.typed()),
        Subcommands::Run(args) => run::main(args.typed()),
        Subcommands::Status(args) => status::main(&args),
        Subcommands::Xargs { words } => return xargs::main(XARGS.into(), &words),
        Subcommands::List => list::main(),
        Subcommands::Completions(args) => man_pages::completions(&args),
        Subcommands::Man(args) => man_pages::man(&args),
    };
    exit_code::code(end)
}

/// The command line, as clap reads it.
fn typed() -> Result<Cli, clap::Error> {
    if let Some(args) = run::RunArgs::without_options(std::env::args_os()) {
        let command = Subcommands::Run(args.into());
        return Ok(Cli { command });
    }
    // It is as large as its help, and taking it apart would take a short run longer than ending with it.
    let mut grammar = ManuallyDrop::new(Cli::command());
    let mut matches = grammar.try_get_matches_from_mut(std::env::args_os())?;
    Cli::from_arg_matches_mut(&mut matches).map_err(|error| error.format(&mut grammar))
}

/// What xargs goes by where it is no program of its own.
const XARGS: &str = "fanfold xargs";

/// The name and the words of xargs, where this is called by that name or has it as its first word:
/// its options are not clap's to read.
fn called_xargs() -> Option<(String, Vec<OsString>)> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    if Path::new(&program).file_name() == Some(OsStr::new("xargs")) {
        return Some((message::shown(&program).into_owned(), words.collect()));
    }
    (words.next()? == "xargs").then(|| (XARGS.to_owned(), words.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_without_options_is_read_as_clap_reads_it() {
        let words = |line: &str| -> Vec<OsString> { line.split(' ').map(OsString::from).collect() };
        for line in [
            "fanfold run -- true",
            "f run --",
            "f run a b -- c -n1 -- -x",
            "f run  -- c",
            "f run run {} = -- {} ",
        ] {
            let Subcommands::Run(read) = Cli::try_parse_from(words(line)).expect("a run").command else {
                panic!("{line}: no run");
            };
            let known = run::RunArgs::without_options(words(line)).expect("no options");
            assert_eq!(format!("{known:?}"), format!("{:?}", read.typed()), "{line}");
        }
        for line in [
            "f run a",
            "f run -j2 -- c",
            "f run a - -- c",
            "f map a -- b",
            "f",
            "f run",
        ] {
            assert!(run::RunArgs::without_options(words(line)).is_none(), "{line}");
        }
    }
}

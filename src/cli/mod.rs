//! The command line: its grammar, the choice of a subcommand, and the exit code. The only room that knows clap.
//!
//! It turns what was typed into a plan. It does not know how a run carries the plan out.

mod awk_program;
mod batch;
mod canonical_args;
mod child;
mod color;
mod exit_code;
mod failure_options;
mod foreign_command;
mod foreign_words;
mod grammar;
mod list;
mod lock_in_use;
mod man_pages;
mod map;
mod merge;
mod missing_separator;
mod open;
mod option_value;
mod option_words;
mod options;
mod out;
mod parallel;
mod plain_text;
mod pool;
mod progress;
mod queue;
#[cfg(feature = "queue")]
mod queue_command;
#[cfg(feature = "queue")]
mod queue_login;
#[cfg(feature = "queue")]
mod queue_run;
mod records;
mod remote_name;
mod report;
mod run;
mod run_end;
mod run_summary;
mod save;
mod saved_folds;
mod state;
mod status;
mod topics;
mod unattended;
mod usage_error;
mod xargs;

use crate::message;
use crate::sys::OutputStream;
use clap::{FromArgMatches as _, Parser};
use clap_complete::Shell;
use exit_code::{Dialect, ExitCause};
use grammar::grammar;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;
use std::process::ExitCode;

/// Reads the command line, does what it says, and returns the exit code. Does not return when a signal ended
/// the run: the process then dies by it.
pub fn main() -> ExitCode {
    let code = match foreign_call() {
        Some((Foreign::Xargs, name, words)) => xargs::main(name, &words),
        Some((Foreign::Parallel, name, words)) => parallel::main(name, &words),
        None => run_subcommand(),
    };
    code.into()
}

fn run_subcommand() -> u8 {
    let words: Vec<OsString> = std::env::args_os().collect();
    let color = color::set(&words);
    let matches = grammar::<Subcommand>().color(color).try_get_matches_from(&words);
    let cause = match matches.and_then(|matches| Subcommand::from_arg_matches(&matches)) {
        Ok(subcommand) => subcommand.main().unwrap_or_else(|error| {
            let cause = ExitCause::from_error(&error);
            let of_find = matches!(cause, ExitCause::Refused).then(|| foreign_words::said_of_find(&words));
            let what = of_find.flatten().unwrap_or_else(|| chain(&error));
            message::say(&what);
            run_summary::write_error(&what, cause)
        }),
        Err(error) => match foreign_words::answer(&error, &words) {
            Some(answer) => {
                message::say(answer);
                ExitCause::Refused
            }
            None => print_clap_error(&missing_separator::with_hint(foreign_words::without_harm(error))),
        },
    };
    cause.code(Dialect::Fanfold)
}

/// Another program, whose command line is read as that program reads it.
#[derive(Clone, Copy)]
enum Foreign {
    Xargs,
    Parallel,
}

impl Foreign {
    fn from_name(name: &OsStr) -> Option<Self> {
        match name.to_str() {
            Some("xargs") => Some(Foreign::Xargs),
            Some("parallel") => Some(Foreign::Parallel),
            _ => None,
        }
    }
}

/// Returns which other program is meant, with the name and the words of the call, when fanfold is called by its name
/// or its first word is it. The words do not go through clap, which can't read such options.
fn foreign_call() -> Option<(Foreign, String, Vec<OsString>)> {
    let mut words = std::env::args_os();
    let program = words.next()?;
    if let Some(foreign) = Path::new(&program).file_name().and_then(Foreign::from_name) {
        return Some((
            foreign,
            message::display_name(&program).into_owned(),
            words.collect(),
        ));
    }
    let first = words.next()?;
    let foreign = Foreign::from_name(&first)?;
    Some((foreign, format!("fanfold {}", first.display()), words.collect()))
}

/// Do one thing to every file, on all cores, and fold the results
#[derive(Parser)]
#[command(
    name = "fanfold",
    version,
    max_term_width = 100,
    disable_help_subcommand = true
)]
enum Subcommand {
    /// Read every file, compressed or not, in this process; filter, select and fold its lines
    Map(Box<map::MapArgs>),
    /// Run a command for every file, with its output whole and in input order
    Run(Box<run::RunArgs>),
    /// Add up saved folds (--save) of shards or of several machines, and print the answer of one run
    Merge(Box<saved_folds::SavedFoldsArgs>),
    /// Show what a state says: what is done, failed and left. The state may be in use
    Status(status::StatusArgs),
    /// Show or forget a run on many machines (--queue), or make a server ready for them
    #[cfg(feature = "queue")]
    #[command(after_help = "See also: fanfold help many-machines, fanfold help queue-server")]
    Queue(queue_command::QueueCommandArgs),
    /// Make an HTML page of a state or a job log: where the time went, what was slow, what failed
    Report(report::ReportArgs),
    /// Run commands with the words of standard input: xargs, option by option
    // For the help, the completions and the man page: `foreign_call` sees to the rest.
    #[command(disable_help_flag = true)]
    Xargs {
        /// See `fanfold xargs --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// Run commands with values: GNU parallel, option by option
    #[command(disable_help_flag = true)]
    Parallel {
        /// See `fanfold parallel --help`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<String>,
    },
    /// List the codecs, functions, formats and modifiers that fanfold knows
    List,
    /// Print a script that completes fanfold's command lines in SHELL
    Completions {
        /// The shell
        shell: Shell,
    },
    /// Show the help of a command, or a page: fields, expressions, times, formats, state, from-awk, …
    Help {
        /// The command or the page; without it, the list of them
        #[arg(value_name = "TOPIC")]
        topic: Option<String>,
    },
    /// Print a man page, as roff: fanfold's own, or that of a command or a page of `fanfold help`
    Man {
        /// The command or the page, as in `fanfold man run`
        #[arg(value_name = "COMMAND|TOPIC")]
        page: Option<String>,
    },
}

impl Subcommand {
    fn main(self) -> anyhow::Result<ExitCause> {
        match self {
            Subcommand::Map(args) => map::main(&args),
            Subcommand::Run(args) => run::main(&args),
            Subcommand::Merge(args) => saved_folds::main(&args),
            Subcommand::Status(args) => status::main(&args),
            #[cfg(feature = "queue")]
            Subcommand::Queue(args) => queue_command::main(&args),
            Subcommand::Report(args) => report::main(&args),
            Subcommand::Completions { shell } => man_pages::completions(shell, grammar::<Subcommand>()),
            Subcommand::Help { topic } => topics::main(topic.as_deref(), grammar::<Subcommand>()),
            Subcommand::Man { page } => man_pages::man(page.as_deref(), grammar::<Subcommand>()),
            Subcommand::List => list::main(),
            Subcommand::Xargs { .. } | Subcommand::Parallel { .. } => {
                unreachable!("clap never reads the words of another program")
            }
        }
    }
}

/// Prints what clap says: help on standard output, an error on standard error.
fn print_clap_error(error: &clap::Error) -> ExitCause {
    if error.use_stderr() {
        let _ = error.print();
        return ExitCause::Refused;
    }
    match OutputStream::stdout().check().and_then(|()| error.print()) {
        Err(cause) if cause.kind() != io::ErrorKind::BrokenPipe => {
            message::say(format_args!("standard output: {}", message::cause(&cause)));
            ExitCause::OwnFailure
        }
        _ => ExitCause::Success,
    }
}

/// Returns an error's causes, from the outermost to what the system said.
fn chain(error: &anyhow::Error) -> String {
    let text = |cause: &(dyn std::error::Error + 'static)| match cause.downcast_ref::<io::Error>() {
        Some(cause) => message::cause(cause),
        None => cause.to_string(),
    };
    error.chain().map(text).collect::<Vec<_>>().join(": ")
}

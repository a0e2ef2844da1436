//! The options of `run` about each command.
//!
//! It does not know how a command is started.

use super::canonical_args::CanonicalArgs;
use super::option_value::{duration, time_limit};
use crate::process::ChildStdin;
use crate::template::shell_quote;
use clap::Args;
use std::ffi::OsString;
use std::time::Duration;

/// How each command is run.
#[derive(Debug, Args)]
#[command(next_help_heading = "Commands")]
pub(super) struct ChildArgs {
    /// Run SCRIPT by sh -c, with the inputs as "$@"
    #[arg(long, value_name = "SCRIPT")]
    pub(super) shell: Option<OsString>,

    /// Feed the file to the command's standard input, decompressed
    #[arg(short = 'z', long, conflicts_with = "stdin")]
    decompress: bool,

    /// Feed the file to the command's standard input as it is
    #[arg(long)]
    stdin: bool,

    /// End a try that takes longer, as 30s or 5m
    #[arg(long, value_name = "DUR", value_parser = time_limit)]
    pub(super) timeout: Option<Duration>,

    /// How long a command may take to end after TERM, before it gets KILL [default: 10s]
    #[arg(long, value_name = "DUR", value_parser = duration)]
    pub(super) kill_after: Option<Duration>,

    /// The exit statuses that count as success [default: 0]
    #[arg(long, value_name = "N,...", value_delimiter = ',', value_parser = clap::value_parser!(i32).range(0..=255))]
    pub(super) ok_exit: Option<Vec<i32>>,

    /// Print each command to stderr as it starts
    #[arg(short, long)]
    pub(super) trace: bool,
}

impl ChildArgs {
    pub(super) fn ok_exit(&self) -> &[i32] {
        self.ok_exit.as_deref().unwrap_or(&[0])
    }

    /// Returns what the command reads. A pool's process reads the names of its jobs.
    pub(super) fn stdin(&self, is_pool: bool) -> ChildStdin {
        match (self.decompress, self.stdin) {
            (true, _) => ChildStdin::Decompressed,
            (_, true) => ChildStdin::Raw,
            _ if is_pool => ChildStdin::Raw,
            _ => ChildStdin::Null,
        }
    }

    /// Returns what the command means to a state; `words` are those behind `--`.
    pub(super) fn command_key(&self, words: &[OsString]) -> Vec<u8> {
        match &self.shell {
            Some(script) => CanonicalArgs::default().values("--shell", [script]).text(),
            None => shell_quote(words),
        }
    }

    /// Returns what the options about standard input mean to a state.
    pub(super) fn input_key(&self) -> Vec<u8> {
        let input = CanonicalArgs::default().flag("--decompress", self.decompress);
        input.flag("--stdin", self.stdin).text()
    }
}

//! `--open`: an input is what a command prints for its name.
//!
//! It does not know how the command is run.

use super::option_value::{duration, time_limit};
use super::usage_error::UsageError;
use crate::process::{ChildStdin, CommandPlan};
use crate::template::Template;
use clap::Args;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::sync::Arc;
use std::time::Duration;

/// How inputs are opened.
#[derive(Debug, Args)]
#[command(next_help_heading = "Inputs")]
pub(super) struct OpenArgs {
    /// An input is what CMD prints, compressed or not: its name is put in the place of {}, exactly, or appended. Every INPUT and listed name is taken as it is. Words are split as by a shell, but no shell runs. If CMD fails, the input counts nothing
    #[arg(long, value_name = "CMD", conflicts_with_all = ["state", "function", "out"])]
    open: Option<OsString>,

    /// End CMD when it takes longer, as 30s or 5m
    #[arg(long, value_name = "DUR", value_parser = time_limit, requires = "open")]
    timeout: Option<Duration>,

    /// How long CMD may take to end after TERM, before it gets KILL [default: 10s]
    #[arg(long, value_name = "DUR", value_parser = duration, requires = "open")]
    kill_after: Option<Duration>,
}

impl OpenArgs {
    /// Returns what the options mean to a queue.
    #[cfg(feature = "queue")]
    pub(super) fn key(&self) -> Vec<u8> {
        self.open.clone().unwrap_or_default().into_encoded_bytes()
    }

    pub(super) fn is_asked(&self) -> bool {
        self.open.is_some()
    }

    /// Returns the command, if there is one.
    pub(super) fn plan(&self) -> anyhow::Result<Option<Arc<CommandPlan>>> {
        let Some(typed) = &self.open else {
            return Ok(None);
        };
        let words = shlex::bytes::split(typed.as_bytes());
        let words = words.ok_or_else(|| UsageError("--open: a quote is not closed".into()))?;
        let words: Vec<_> = words.into_iter().map(OsString::from_vec).collect();
        if words.is_empty() {
            return Err(UsageError("--open: no command".into()).into());
        }
        let template = Template::parse_for_names(&words);
        let template = template.map_err(|_| UsageError("--open: no command".into()))?;
        let mut command = CommandPlan::new(template, ChildStdin::Null)?;
        command.timeout = self.timeout;
        command.kill_after = self.kill_after.unwrap_or(command.kill_after);
        Ok(Some(Arc::new(command)))
    }
}

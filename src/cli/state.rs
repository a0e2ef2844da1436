//! The options about what is remembered, and the meaning of a command line.

use super::canonical_args::CommandKey;
use super::exit_code::Usage;
use super::records::RecordsAndFold;
use crate::plan::{Durability, Existing, Rerun, Revocable, StateAccess, StatePlan};
use crate::record::{OnBadLine, RecordPlan};
use clap::Args;
use std::path::PathBuf;

/// The version of what a state holds of a fold.
const PARTS: &[u8] = b"1";

/// What is remembered.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "State")]
pub struct StateArgs {
    /// Remember in FILE which jobs were done: the same command line again runs only those that failed, changed or are new, and a fold's answer is that of a full run. Without a fold, done jobs print nothing
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,

    /// Run only the jobs that the state says failed, and say how many inputs that are new or changed are left out
    #[arg(long, requires = "state", conflicts_with = "fresh")]
    retry_failed: bool,

    /// Forget what the state says, and begin anew
    #[arg(long, requires = "state")]
    fresh: bool,

    /// Write a line for each job that ended to FILE, in the nine columns of GNU parallel's --joblog
    #[arg(long, value_name = "FILE")]
    joblog: Option<PathBuf>,
}

impl StateArgs {
    /// The state, if there is one; `meaning` says what it is a state of, `parts` what becomes
    /// of what the jobs give.
    ///
    /// # Errors
    /// [`Usage`] for what can't be remembered.
    pub fn plan(
        &self,
        meaning: impl FnOnce() -> CommandKey,
        access: StateAccess,
        durability: Durability,
        parts: &RecordsAndFold,
    ) -> Result<Option<StatePlan>, Usage> {
        let Some(file) = &self.state else {
            return Ok(None);
        };
        if let Some(what) = parts.records.as_ref().and_then(forgettable) {
            return Err(Usage(what.into()));
        }
        let mut meaning = meaning();
        meaning.push(("parts", PARTS.to_vec()));
        Ok(Some(StatePlan {
            file: file.clone(),
            meaning,
            rerun: match self.retry_failed {
                true => Rerun::Failed,
                false => Rerun::Unfinished,
            },
            existing: match self.fresh {
                true => Existing::Forget,
                false => Existing::Keep,
            },
            access,
            durability,
            revocable: Revocable::Never,
        }))
    }

    /// The log of jobs.
    pub fn joblog(&self) -> Option<PathBuf> {
        self.joblog.clone()
    }

    /// Whether there is a state.
    pub fn is_asked(&self) -> bool {
        self.state.is_some()
    }
}

/// What of the records a state can't remember.
fn forgettable(records: &RecordPlan) -> Option<&'static str> {
    if records.first.is_some() {
        return Some("--first leaves jobs half done, which --state can't remember");
    }
    let what = "--bad file=F would have only the lines of jobs that run now, and with --state done ones do not run: \
                leave one out";
    matches!(records.bad, OnBadLine::Keep(_)).then_some(what)
}

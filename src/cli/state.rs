//! The options about a state: what a run remembers, and which jobs run again.
//!
//! It does not know how a state is stored.

use super::canonical_args::CommandKey;
use super::option_value::file_name;
use super::records::{FoldPlan, RecordsAndFold};
use super::usage_error::UsageError;
use crate::plan::{
    Durability, Existing, JobLogStart, LockHeld, Recognition, Rerun, Revocable, StateAccess, StatePlan,
};
use crate::record::{OnBadLine, RecordPlan};
use clap::Args;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use std::path::PathBuf;

/// What a run remembers.
#[derive(Debug, Args)]
#[command(next_help_heading = "State")]
pub(super) struct StateArgs {
    /// Remember in FILE which jobs are done: the same command line again runs only jobs that failed, changed or are new. A fold's answer is that of a full run; without a fold, done jobs print nothing
    #[arg(long, value_name = "FILE", group = "remembered", value_parser = OsStringValueParser::new().try_map(file_name))]
    state: Option<PathBuf>,

    /// Run only the jobs that failed according to the state, and report how many new or changed inputs are left out
    #[arg(long, requires = "state", conflicts_with = "fresh")]
    retry_failed: bool,

    /// Forget what the state or the queue says of an earlier run, and start again
    #[arg(long, requires = "remembered")]
    fresh: bool,

    /// Write a line to FILE for each job that ended, in the nine columns of GNU parallel's --joblog
    #[arg(long, value_name = "FILE")]
    joblog: Option<PathBuf>,
}

impl StateArgs {
    /// Returns the job log, which begins anew.
    pub(super) fn joblog(&self) -> Option<(PathBuf, JobLogStart)> {
        self.joblog.clone().map(|file| (file, JobLogStart::Empty))
    }

    /// Returns the state's plan, if a state was asked for. `meaning` is what the command line means to it,
    /// `stages` says what becomes of the jobs' output.
    pub(super) fn plan(
        &self,
        mut meaning: CommandKey,
        access: StateAccess,
        durability: Durability,
        stages: &RecordsAndFold,
    ) -> Result<Option<StatePlan>, UsageError> {
        let Some(file) = &self.state else {
            return Ok(None);
        };
        if let Some(FoldPlan::Records(_)) = &stages.fold {
            let what = "--state does not remember records that are sorted, aligned (-o table) or have the columns of all \
                        of them (--select '*'): sort the rows of a fold, or leave out --state";
            return Err(UsageError(what.into()));
        }
        if let Some(what) = stages.records.as_ref().and_then(conflict) {
            return Err(UsageError(what.into()));
        }
        meaning.push(("parts", stages.fold_format().to_vec()));
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
            held: LockHeld::Refuse,
            access,
            durability,
            revocable: Revocable::Never,
            recognition: Recognition::BY_NAME,
        }))
    }

    /// Returns whether earlier runs are forgotten.
    #[cfg(feature = "queue")]
    pub(super) fn is_fresh(&self) -> bool {
        self.fresh
    }

    pub(super) fn is_asked(&self) -> bool {
        self.state.is_some()
    }
}

/// Says which record option a state can't remember, if there is one.
fn conflict(records: &RecordPlan) -> Option<&'static str> {
    if records.first.is_some() {
        return Some("--first cannot be combined with --state: it leaves jobs half done");
    }
    if records.is_relative {
        return Some(
            "--state cannot remember what depends on now, as yesterday, -2h and times without a year do: type the time itself",
        );
    }
    let what = "--bad file=F cannot be combined with --state: done jobs do not run again, so F would miss their lines";
    matches!(records.on_bad_line, OnBadLine::Keep(_)).then_some(what)
}

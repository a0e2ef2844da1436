//! A state, as the page needs it: the jobs of the last run that ran any, and the failures of all.
//!
//! It does not know the tables.

use super::facts::{Gathering, JobFacts, Outcome, RunFacts};
use crate::message;
use crate::state::{History, HistoryJob, StateError, StoredOutcome};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Reads a state, which may be in use.
///
/// # Errors
/// [`StateError`].
pub(super) fn read(file: &Path) -> Result<RunFacts, StateError> {
    let mut gathering = Gathering::default();
    let history = History::read(file, |job| gathering.add(facts(job)))?;
    Ok(gathering.finish(|facts| {
        let command = history.command.iter();
        facts.command = command
            .map(|(label, value)| (label.clone(), display(value)))
            .collect();
        facts.earlier = history.earlier;
        facts.left = history.is_complete.then_some(history.left);
        facts.is_ended = history.is_ended;
    }))
}

fn facts(job: HistoryJob) -> JobFacts {
    let mut name = display(&job.input);
    if let Some((first, last)) = job.range {
        name += &match last {
            Some(last) => format!(" (bytes {first} to {last})"),
            None => format!(" (from byte {first} on)"),
        };
    }
    if job.inputs > 1 {
        name += &format!(" and {} more", job.inputs - 1);
    }
    JobFacts {
        name,
        outcome: match job.outcome {
            StoredOutcome::Failed => Outcome::Failed,
            StoredOutcome::Done | StoredOutcome::Unsettled => Outcome::Done,
        },
        cause: job.cause.unwrap_or_default(),
        started: job.started,
        seconds: job.seconds,
        bytes: job.bytes,
        tries: job.tries,
        slot: job.slot,
        stderr: job.stderr,
        is_of_run: job.is_of_last_run,
    }
}

fn display(bytes: &[u8]) -> String {
    message::display_name(OsStr::from_bytes(bytes)).into_owned()
}

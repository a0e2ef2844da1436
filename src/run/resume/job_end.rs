//! What a state stores of a job that ended.

use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::run::job_states::Before;
use crate::state::{Fingerprint, JobEnd, StoredOutcome};
use crate::worker::JobRecord;

/// Returns what is stored of a job that ended in this way.
pub(super) fn job_end(
    before: Before,
    failure: Option<&Failure>,
    bad_lines: u64,
    record: JobRecord,
) -> JobEnd {
    let pairs = before.fingerprints.iter().zip(&record.after);
    let settled: Option<Vec<Fingerprint>> = pairs.map(|(before, after)| before.reconcile(*after)).collect();
    let outcome = match (failure, &settled) {
        (Some(_), _) => StoredOutcome::Failed,
        (None, Some(_)) if !before.recent => StoredOutcome::Done,
        (None, _) => StoredOutcome::Unsettled,
    };
    // What was read up to some place stays right when more is appended.
    let mark = record.mark.filter(|_| failure.is_none());
    let is_range = record.job.is_continued() && record.part.is_some();
    let grows = mark
        .as_ref()
        .is_some_and(|mark| mark.growth.is_some() || is_range);
    let counts = outcome == StoredOutcome::Done || outcome == StoredOutcome::Unsettled && grows;
    let (status, signal) = match failure {
        Some(Failure::Command { cause, .. }) => match cause {
            ChildOutcome::Exit(status) => (Some(*status), None),
            ChildOutcome::Signal(signal) => (None, Some(*signal)),
            ChildOutcome::OutOfMemory => (None, Some(9)),
            ChildOutcome::TimedOut(_) | ChildOutcome::NotStarted(_) => (None, None),
        },
        _ => (None, None),
    };
    let mut end = JobEnd {
        row: before.row,
        inputs: record.job.inputs,
        fingerprints: settled.unwrap_or(before.fingerprints),
        outcome,
        bad_lines,
        part: record.part.filter(|_| counts),
        mark: mark.filter(|_| counts),
        cause: failure.map(cause),
        status,
        signal,
        tries: record.tries,
        started: record.started,
        took: record.took,
        bytes: before.given + record.bytes,
        slot: record.slot,
        stderr: record.stderr,
    };
    if let Some(cause) = &before.revoked {
        fail(&mut end, cause);
    }
    end
}

/// Makes a failure of a job that seemed to have ended well.
pub(super) fn fail(end: &mut JobEnd, cause: &str) {
    if end.outcome != StoredOutcome::Failed {
        end.outcome = StoredOutcome::Failed;
        end.cause = Some(cause.to_owned());
        end.part = None;
        end.mark = None;
    }
}

/// Returns why a job failed, without the name of its input, so that causes can be counted.
fn cause(failure: &Failure) -> String {
    match failure {
        Failure::Unreadable { cause, .. } => message::cause(cause),
        Failure::Corrupt { what, .. } | Failure::UnknownFormat { what, .. } => what.clone(),
        other => other.to_string(),
    }
}

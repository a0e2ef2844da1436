//! The end of a job, as a state stores it.

use super::file_mark::FileMark;
use super::fingerprint::Fingerprint;
use super::packed_part::PackedPart;
use crate::job::Input;
use std::time::{Duration, SystemTime};

/// The outcome of a job, as it is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum StoredOutcome {
    /// It succeeded, and read its inputs in the version that is stored.
    Done,
    /// It failed.
    Failed,
    /// It succeeded, but it is unknown which version of its inputs it read: it will run again.
    Unsettled,
}

impl StoredOutcome {
    /// Returns the name in the column `outcome`.
    pub(super) fn name(self) -> &'static str {
        match self {
            StoredOutcome::Done => "done",
            StoredOutcome::Failed => "failed",
            StoredOutcome::Unsettled => "unsettled",
        }
    }

    /// Returns the outcome of a name in the column `outcome`.
    pub(super) fn from_name(name: &[u8]) -> Option<StoredOutcome> {
        let all = [
            StoredOutcome::Done,
            StoredOutcome::Failed,
            StoredOutcome::Unsettled,
        ];
        all.into_iter().find(|outcome| outcome.name().as_bytes() == name)
    }
}

/// The end of a job, to be stored.
#[derive(Debug)]
pub(crate) struct JobEnd {
    /// The row that this end replaces; after a commit, the row that holds it.
    pub row: Option<i64>,
    pub inputs: Vec<Input>,
    /// One fingerprint per input.
    pub fingerprints: Vec<Fingerprint>,
    pub outcome: StoredOutcome,
    /// The number of lines that the format could not read.
    pub bad_lines: u64,
    /// What it added to the fold, when there is a fold and the job succeeded.
    pub part: Option<PackedPart>,
    /// The cause of a failure.
    pub cause: Option<String>,
    /// The exit status of a command that failed by it.
    pub status: Option<i32>,
    /// The signal that killed the command.
    pub signal: Option<i32>,
    pub tries: u32,
    /// The start of the first try.
    pub started: SystemTime,
    /// The duration of all tries together.
    pub took: Duration,
    /// The number of bytes that the last try emitted.
    pub bytes: u64,
    /// The slot of the worker that ran it.
    pub slot: usize,
    /// The end of what the command wrote to standard error, if the job failed.
    pub stderr: Vec<u8>,
    /// By what its file is known again, if it succeeded.
    pub mark: Option<FileMark>,
}

/// A reference to the row of a done job: its number and the checksum of its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef {
    pub row: i64,
    pub sum: i64,
}

/// What is stored about a job.
#[derive(Debug)]
pub(crate) enum JobLookup {
    /// The job is done, with its inputs as they are now, by this row.
    Done(RowRef),
    /// The job failed, its inputs have changed since, or it is unknown whether they have.
    Undone {
        /// The row that the job's next end replaces.
        row: i64,
        /// The stored outcome.
        outcome: StoredOutcome,
    },
    /// The job's file has grown since it was read up to a place.
    Grown(Box<GrownFile>),
    /// No row is about the job.
    New,
}

/// A file that was read before and has grown.
#[derive(Debug)]
pub(crate) struct GrownFile {
    /// The row that the job's next end replaces.
    pub row: i64,
    /// What is to be read.
    pub input: Input,
    /// What the lines before that added to the fold.
    pub base: PackedPart,
    /// How many lines these are.
    pub lines: u64,
    /// The first time without a year among them, in seconds since 1970.
    pub oldest: Option<i64>,
    /// How many bytes the job gave before, beside those that it gives again.
    pub given: u64,
}

//! What workers tell the main thread.
//!
//! It does not know how it is sent, nor what the main thread makes of it.

use super::compact::Bundle;
use super::record::JobRecord;
use crate::control::Shortage;
use crate::job::{self, Failure, Job, SplitPart};
use crate::map::OutOfBand;
use crate::merge::{Merged, MergedJobs};
use crate::record::{Evidence, Notes};
use crate::sink::Piece;
use crossbeam_channel::Sender;
use std::ffi::OsString;
use std::io;

/// A message from a worker to the main thread.
#[derive(Debug)]
pub(crate) enum Event {
    /// A piece of a job's output, before its end.
    Piece {
        /// The job.
        seq: u64,
        /// The output.
        piece: Piece,
    },
    /// A try of the job failed, and what it gave is to be forgotten.
    Discard {
        /// The job.
        seq: u64,
    },
    /// The job has ended.
    Done(Report),
    /// The job has ended, and the worker exits: two events would wake the main thread twice.
    DoneAndExited(Report),
    /// A line about a job that is printed at once, without the program's name.
    Notice(String),
    /// Parts of an earlier run were added, and what they had left out; or why they could not be.
    Restored(io::Result<Notes>),
    /// Parts were made one.
    Bundled(Bundle),
    /// Lines for standard error that belong to no job.
    Lines {
        /// The worker's slot, from 0.
        slot: usize,
        /// Whole lines.
        lines: Vec<u8>,
    },
    /// A failure that belongs to no job.
    OtherFailure {
        /// The worker's slot, from 0.
        slot: usize,
        /// What failed.
        failure: Failure,
    },
    /// Jobs that ended well, and may not have. The ends of some of them may still be on their way.
    Revoke {
        /// The worker's slot, from 0.
        slot: usize,
        /// The jobs.
        jobs: Vec<u64>,
        /// What was wrong.
        cause: String,
    },
    /// The reader of standard output went away.
    StdoutClosed,
    /// The worker exits before the end.
    WorkersReduced {
        /// How many workers are left.
        left: usize,
        /// How many there were.
        of: usize,
        /// What there is too little of; `None` when the user asked for fewer workers.
        shortage: Option<Shortage>,
    },
    /// A merge has ended.
    Merged {
        /// The jobs that it covers.
        jobs: MergedJobs,
        /// How it ended; its number is that of the first of the jobs.
        report: Report,
    },
    /// The worker waits until the main thread has handled the end of this job: until the other end is dropped.
    AwaitHalt {
        /// The job.
        seq: u64,
        /// The other end.
        handled: Sender<()>,
    },
    /// The worker exits.
    Exited {
        /// Whether a panic outside of any map broke it: then it has not said how its job ended either.
        broken: bool,
    },
}

impl Event {
    /// Returns the event of what a map says in the worker with this slot and that belongs to no job.
    pub(super) fn from_out_of_band(slot: usize, message: OutOfBand<'_>) -> Self {
        match message {
            OutOfBand::Lines(lines) => Event::Lines {
                slot,
                lines: lines.to_vec(),
            },
            OutOfBand::Failure(failure) => Event::OtherFailure { slot, failure },
            OutOfBand::Revoke { jobs, cause } => Event::Revoke { slot, jobs, cause },
            OutOfBand::Notice(what) => Event::Notice(what),
            OutOfBand::StdoutClosed => Event::StdoutClosed,
        }
    }
}

/// How a job ended.
#[derive(Debug)]
pub(crate) struct Report {
    /// The job.
    pub(crate) seq: u64,
    /// The number by which it is shown.
    pub(crate) number: u64,
    /// The rest of its output.
    pub(crate) pieces: Vec<Piece>,
    /// Whether pieces of its output were sent before, which the report must not overtake.
    pub(crate) follows: bool,
    /// Warnings about its inputs, a line each without the program's name.
    pub(crate) warnings: Vec<String>,
    /// The names of its inputs, when it failed, or may fail because no line of its file is of the format.
    pub(crate) names: Vec<OsString>,
    /// Why it failed, if it did.
    pub(crate) failure: Option<Failure>,
    /// What it left out without an error.
    pub(crate) notes: Notes,
    /// How many lines it had, as far as they were read as records.
    pub(crate) lines: u64,
    /// Its place among the parts of a file that count together, if it is one.
    pub(crate) link: Option<SplitPart>,
    /// Whether any of its lines is of the records' format.
    pub(crate) evidence: Evidence,
    /// Whether the job failed because it has no line that can be read: its bad lines are kept.
    pub(crate) is_unlike: bool,
    /// Where its part of a file begins; `None` when it has whole inputs.
    pub(crate) start: Option<u64>,
    /// Its place among the ranges of a plain file, from 0, if it is one.
    pub(crate) range: Option<u64>,
    /// Whether a later job has the rest of its file, so that it does not count by itself.
    pub(crate) continued: bool,
    /// The size of the inputs that were opened in this process in its last try.
    pub(crate) input_size: u64,
    /// How many bytes the map gave in its last try.
    pub(crate) given: u64,
    /// Its command line, when its end counts for the end of the run and that is reported.
    pub(crate) command: Vec<u8>,
    /// How it went, if that is recorded.
    pub(crate) record: Option<Box<JobRecord>>,
    /// Its output, if that is to be merged or is the result of a merge.
    pub(crate) merged: Option<Merged>,
}

impl Report {
    /// Returns the report of a job that gave nothing.
    pub(super) fn from_job(job: &Job) -> Self {
        Report {
            link: job.link().cloned(),
            start: job.start(),
            range: job.range(),
            continued: job.is_continued(),
            number: job.number,
            ..Report::from_seq(job.seq)
        }
    }

    /// Returns the report of a job that gave nothing and is about whole files.
    pub(crate) fn from_seq(seq: u64) -> Self {
        Report {
            seq,
            number: seq + 1,
            pieces: Vec::new(),
            follows: false,
            warnings: Vec::new(),
            names: Vec::new(),
            failure: None,
            notes: Notes::default(),
            lines: 0,
            link: None,
            evidence: Evidence::Readable,
            is_unlike: false,
            start: None,
            range: None,
            continued: false,
            input_size: 0,
            given: 0,
            command: Vec::new(),
            record: None,
            merged: None,
        }
    }

    /// Returns the line about its failure, if it failed and was not just stopped with the run.
    pub(crate) fn failure_line(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        match failure {
            Failure::Stopped => None,
            Failure::Unreadable { .. } | Failure::Corrupt { .. } | Failure::UnknownFormat { .. } => {
                Some(failure.to_string())
            }
            _ => {
                let name = job::display_names(self.names.iter().map(OsString::as_os_str));
                Some(format!("job {} ({name}): {failure}", self.number))
            }
        }
    }
}

//! What workers tell the main thread.

use super::{Bundle, JobRecord, Merged, MergedJobs};
use crate::control::Shortage;
use crate::job::{self, Failure, Job, SplitPart};
use crate::merge::Intermediate;
use crate::sink::Piece;
use crossbeam_channel::Sender;
use std::ffi::OsString;
use std::io;

/// EventChannel from a worker to the main thread.
#[derive(Debug)]
pub(crate) enum Event {
    /// A part of a job's output, before its end.
    Piece {
        /// The job.
        seq: u64,
        /// The output.
        piece: Piece,
    },
    /// What a failed try of the job gave is to be forgotten.
    Discard {
        /// The job.
        seq: u64,
    },
    /// The job has ended.
    Done(Report),
    /// The job has ended, and the worker has nothing more to say: it would wake the main thread twice.
    DoneAndExited(Report),
    /// What is said of a job at once, without the program's name.
    Notice(String),
    /// Parts of an earlier run were added, or why they could not be.
    Restored(io::Result<()>),
    /// Parts were made one.
    Bundled(Bundle),
    /// Lines for standard error that are no job's.
    Lines {
        /// The worker's slot, from 0.
        slot: usize,
        /// Whole lines.
        lines: Vec<u8>,
    },
    /// A failure that is no job's.
    OtherFailure {
        /// The worker's slot, from 0.
        slot: usize,
        /// What failed.
        failure: Failure,
    },
    /// Jobs that ended well, and may not have. Of some of them it may not have been heard yet.
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
    /// The worker leaves before the end.
    WorkersReduced {
        /// How many are left.
        left: usize,
        /// How many there were.
        of: usize,
        /// What there is too little of; None where it was asked for by the user.
        lack: Option<Shortage>,
    },
    /// A merge has ended.
    Merged {
        /// What it covers.
        span: MergedJobs,
        /// What takes their place.
        end: Result<Merged, Failure>,
    },
    /// The worker waits until what it said before was heard: until the other end is dropped.
    AwaitHalt(Sender<()>),
    /// The worker has nothing more to say.
    Exited {
        /// A panic outside of any map broke it: it has not said how its job ended either.
        broken: bool,
    },
}

/// How a job ended.
#[derive(Debug)]
pub(crate) struct Report {
    /// The job.
    pub(crate) seq: u64,
    /// The rest of its output.
    pub(crate) pieces: Vec<Piece>,
    /// Whether a part of its output was sent before, which this must not overtake.
    pub(crate) follows: bool,
    /// Warnings about its inputs, a line each without the program's name.
    pub(crate) warnings: Vec<String>,
    /// The names of its inputs, where it failed.
    pub(crate) names: Vec<OsString>,
    /// Why it failed, if it did.
    pub(crate) failure: Option<Failure>,
    /// How many lines the format could not read.
    pub(crate) bad_lines: u64,
    /// Its place among the parts of a file that count together, if it is one.
    pub(crate) link: Option<SplitPart>,
    /// Whether a later job has the rest of its file, so that it does not count by itself.
    pub(crate) continued: bool,
    /// How many bytes the map gave in its last try.
    pub(crate) given: u64,
    /// How it went, where that is recorded.
    pub(crate) ran: Option<Box<JobRecord>>,
    /// Its output, where that is to be merged.
    pub(crate) draft: Option<Intermediate>,
}

impl Report {
    pub(super) fn new(job: &Job) -> Self {
        Report {
            link: job.link().cloned(),
            continued: job.is_continued(),
            ..Report::of(job.seq)
        }
    }

    /// A report of a job that gave nothing.
    pub(crate) fn of(seq: u64) -> Self {
        Report {
            seq,
            pieces: Vec::new(),
            follows: false,
            warnings: Vec::new(),
            names: Vec::new(),
            failure: None,
            bad_lines: 0,
            link: None,
            continued: false,
            given: 0,
            ran: None,
            draft: None,
        }
    }

    /// What is said of its failure, if it failed and was not just stopped with the run.
    pub(crate) fn told(&self) -> Option<String> {
        let failure = self.failure.as_ref()?;
        match failure {
            Failure::Stopped => None,
            Failure::Unreadable { .. } | Failure::Corrupt { .. } => Some(failure.to_string()),
            _ => {
                let name = job::display_names(self.names.iter().map(OsString::as_os_str));
                Some(format!("job {} ({name}): {failure}", self.seq + 1))
            }
        }
    }
}

//! What a run and those who speak to a queue tell each other: jobs, and how they ended.
//!
//! It does not know how any of it travels.

#![cfg_attr(not(feature = "queue"), allow(dead_code))]

use crate::job::{Failure, Job};
use crate::sink::Stream;
use crate::source::JobResult;
use crate::state::PackedPart;
use crossbeam_channel::{Receiver, Sender};
use std::ffi::OsString;
use std::time::{Duration, SystemTime};

/// How a job ended, as a worker tells the run that leads.
#[derive(Debug)]
pub(crate) struct DeliveredJob {
    /// The number by which it is shown: the same on all hosts.
    pub(crate) number: u64,
    /// Why it failed, if it did.
    pub(crate) failure: Option<Failure>,
    /// The names of its inputs, when it failed.
    pub(crate) names: Vec<OsString>,
    /// Warnings about it, a line each without the program's name.
    pub(crate) warnings: Vec<String>,
    /// What it printed, as far as that counts.
    pub(crate) output: Vec<(Stream, Vec<u8>)>,
    /// What it gave the fold, if there is one and it succeeded.
    pub(crate) part: Option<PackedPart>,
    /// When it was begun, and how long all its tries took.
    pub(crate) started: SystemTime,
    pub(crate) took: Duration,
    /// How often it was tried.
    pub(crate) tries: u32,
    /// How many bytes its last try gave.
    pub(crate) bytes: u64,
    /// What was run, when the run keeps a job log.
    pub(crate) command: Vec<u8>,
}

/// What the threads that speak to the queue tell the run that leads.
#[derive(Debug)]
pub(crate) enum QueueNews {
    /// Jobs that have ended, and what they gave the fold together.
    Ended(Vec<DeliveredJob>, Option<PackedPart>),
    /// There is room for more jobs.
    Room,
    /// All jobs have ended, and each was counted once.
    Over,
    /// The run can't go on: what to tell, and with which exit code it ends is known to whoever made the channel.
    Failed(String),
}

/// The jobs that another process has found, in the chunks in which they come.
pub(crate) type JobFeed = Receiver<Vec<JobResult>>;

/// The run's end of the channels to a queue.
#[derive(Debug)]
pub(crate) enum QueueRole {
    /// This process does all jobs.
    Alone,
    /// Others do the jobs that this process finds.
    Leader {
        /// Where jobs go.
        jobs: Sender<Job>,
        /// What becomes of them.
        news: Receiver<QueueNews>,
    },
    /// This process does jobs that another has found.
    Joiner {
        /// Where jobs come from, numbered from 0 without gaps.
        jobs: JobFeed,
        /// Where their ends go, each with the job's place among those that this process was given.
        ends: Sender<(u64, DeliveredJob)>,
        /// Whether command lines are wanted.
        commands: bool,
    },
}

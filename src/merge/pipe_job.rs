//! A job whose output another reads from a pipe, while both run.
//!
//! It does not know who starts the jobs.

use crate::job::Job;
use crate::sys::{enlarge_pipe, pipe};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

/// Such a job. Its output can be read once, and ends early when the job fails.
#[derive(Debug)]
pub struct PipeJob {
    /// The job.
    pub(crate) job: Job,
    /// The jobs that feed it in turn.
    pub(crate) feeders: Vec<PipeJob>,
    read: OwnedFd,
    write: OwnedFd,
}

/// How much the pipe may hold, in bytes: several times what `sort -m` reads at once, so that the two seldom
/// wait for each other. When the system refuses that, the pipe is as large as any.
const CAPACITY: usize = 1024 * 1024;

impl PipeJob {
    /// Returns a job that is fed by others.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub(crate) fn new(job: Job, feeders: Vec<PipeJob>) -> io::Result<Self> {
        let (read, write) = pipe()?;
        enlarge_pipe(write.as_fd(), CAPACITY);
        Ok(PipeJob {
            job,
            feeders,
            read,
            write,
        })
    }

    /// Returns the name by which a child opens the output, whose descriptor it has to inherit.
    pub(super) fn name(&self) -> OsString {
        format!("/dev/fd/{}", self.read.as_raw_fd()).into()
    }

    /// Returns the descriptor that the reader is to inherit.
    pub(crate) fn output(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Returns the descriptor that the job writes to.
    pub(crate) fn stdout(&self) -> BorrowedFd<'_> {
        self.write.as_fd()
    }
}

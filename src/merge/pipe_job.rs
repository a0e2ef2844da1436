//! A job whose output another reads from a pipe, while both are at work.

use crate::job::Job;
use crate::sys::{enlarge_pipe, pipe};
use std::ffi::OsString;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _, BorrowedFd, OwnedFd};

/// Such a job. What it gives can be read once, and ends early where it fails.
#[derive(Debug)]
pub struct PipeJob {
    /// The job.
    pub(crate) job: Job,
    /// Those that feed it in turn.
    pub(crate) feeders: Vec<PipeJob>,
    read: OwnedFd,
    write: OwnedFd,
}

/// What the pipe may hold, in bytes: several times what `sort -m` reads at once, so that the two seldom wait
/// for each other. Where that is too much for the system, it is as large as any.
const HELD: usize = 1024 * 1024;

impl PipeJob {
    /// One that is fed by others.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub(crate) fn new(job: Job, feeders: Vec<PipeJob>) -> io::Result<Self> {
        let (read, write) = pipe()?;
        enlarge_pipe(write.as_fd(), HELD);
        Ok(PipeJob {
            job,
            feeders,
            read,
            write,
        })
    }

    /// The name by which a child opens what is read, which it has to inherit.
    pub(crate) fn name(&self) -> OsString {
        format!("/dev/fd/{}", self.read.as_raw_fd()).into()
    }

    /// What its reader is to inherit.
    pub(crate) fn output(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Where it writes.
    pub(crate) fn stdout(&self) -> BorrowedFd<'_> {
        self.write.as_fd()
    }
}

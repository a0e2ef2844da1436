//! How a child ended.
//!
//! It does not know which ends count as success.

use crate::message;
use std::fmt;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// How a child ended, or that it was not started.
#[derive(Debug)]
pub enum ChildOutcome {
    /// It exited with this status.
    Exit(i32),
    /// It was killed by this signal.
    Signal(i32),
    /// It was killed, and the cgroup's count of processes that were killed for lack of memory has risen.
    OutOfMemory,
    /// It ran longer than `--timeout` and was stopped.
    TimedOut(Duration),
    /// It could not be started.
    NotStarted(io::Error),
}

impl From<ExitStatus> for ChildOutcome {
    fn from(status: ExitStatus) -> Self {
        match status.code() {
            Some(code) => ChildOutcome::Exit(code),
            None => ChildOutcome::Signal(status.signal().unwrap_or_default()),
        }
    }
}

impl fmt::Display for ChildOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ChildOutcome::Exit(status) => write!(f, "exited with status {status}"),
            ChildOutcome::Signal(signal) => write!(f, "was killed by signal {signal}"),
            ChildOutcome::OutOfMemory => f.write_str("was killed by the out-of-memory killer (signal 9)"),
            ChildOutcome::TimedOut(limit) => write!(f, "ran longer than {limit:?} and was killed"),
            ChildOutcome::NotStarted(cause) => write!(f, "could not be started: {}", message::cause(cause)),
        }
    }
}

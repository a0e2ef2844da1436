//! What jobs give the sink, and why the sink takes no more.
//!
//! It does not know when anything is printed.

use crate::job::{Failure, Trust};
use std::io;

/// Which of a job's outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
    /// The file of lines that could not be read in the records' format.
    Bad,
}

/// A piece of a job's output.
#[derive(Debug)]
pub(crate) struct Piece {
    /// Where it goes.
    pub(crate) stream: Stream,
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// Whether the job's failure takes it back.
    pub(crate) trust: Trust,
}

/// How a job's output ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// All of it counts.
    Keep,
    /// What was provisional does not count.
    Drop,
    /// What was provisional does not count, but for lines that could not be read: they are why the job failed.
    DropRead,
    /// The job was stopped: what is not printed yet is a part of nothing.
    Discard,
}

impl Verdict {
    /// Tells whether what was provisional of this output is dropped.
    pub(super) fn drops(self, stream: Stream) -> bool {
        match self {
            Verdict::Keep => false,
            Verdict::Drop | Verdict::Discard => true,
            Verdict::DropRead => stream != Stream::Bad,
        }
    }
}

/// Why the sink takes no more.
#[derive(Debug)]
pub(crate) enum Closed {
    /// The reader of standard output went away.
    BrokenPipe,
    /// As many rows as were wanted have been printed.
    Enough,
    /// A signal came while a write waited, or in the middle of what is printed at the end.
    Interrupted,
    /// A write failed.
    Failed {
        /// What was being written.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl Closed {
    /// Returns why a write to standard output failed.
    pub(super) fn from_stdout(cause: io::Error) -> Self {
        match cause.kind() {
            io::ErrorKind::BrokenPipe => Closed::BrokenPipe,
            // The writer gives up only when a signal that ends the run has come.
            io::ErrorKind::WouldBlock => Closed::Interrupted,
            _ => Closed::Failed {
                what: "standard output".into(),
                cause,
            },
        }
    }

    /// Returns why a file of our own could not be written.
    pub(crate) fn from_failure(failure: Failure) -> Self {
        match failure {
            Failure::Own { what, cause } => Closed::Failed { what, cause },
            other => Closed::Failed {
                what: other.to_string(),
                cause: io::ErrorKind::Other.into(),
            },
        }
    }
}

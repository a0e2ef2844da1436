//! The items that a source yields, and why it can't yield one.

use super::xargs::error::XargsError;
use crate::job::{Input, Job};
use crate::message;
use std::ffi::OsString;
use std::fmt;
use std::io;

/// An input, or the reason why it is not available.
pub type InputResult = Result<Input, SourceError>;

/// The inputs of one job, or the reason why one is not available.
pub type BatchResult = Result<Vec<Input>, SourceError>;

/// A job, or the reason why an input is not available.
pub type JobResult = Result<Job, SourceError>;

/// Why inputs are not available.
#[derive(Debug)]
pub enum SourceError {
    /// One input is not available; the run goes on without it.
    Input {
        /// The name of the input.
        name: OsString,
        /// What the system said.
        cause: io::Error,
    },
    /// The rest of a list can't be read; the run goes on without it.
    List {
        /// The name of the list.
        name: OsString,
        /// What the system said.
        cause: io::Error,
    },
    /// A list is data, by the look of it: its first names are none. The run ends after them.
    Data,
    /// A word holds a NUL; what follows the NUL is lost, in this word and in any later one. The run goes
    /// on.
    AfterNul,
    /// The rest of a list is malformed; the run ends after the inputs before it.
    Malformed(XargsError),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::Input { name, cause } | SourceError::List { name, cause } => {
                f.write_str(&message::unreadable(name, cause))
            }
            SourceError::Data => f.write_str(
                "standard input: its first lines name no files, so no more are read; for data: fanfold map - …",
            ),
            SourceError::AfterNul => f.write_str(
                "WARNING: a NUL character occurred in the input.  It cannot be passed through in the \
                 argument list.  Did you mean to use the --null option?",
            ),
            SourceError::Malformed(error) => error.fmt(f),
        }
    }
}

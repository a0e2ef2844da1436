//! What a source gives, and why it can't give something.

use super::xargs::error::XargsError;
use crate::job::{Input, Job};
use crate::message;
use std::ffi::OsString;
use std::fmt;
use std::io;

/// An input, or why one that was asked for can't be had.
pub type InputResult = Result<Input, SourceError>;

/// The inputs of one job, or one that can't be had.
pub type BatchResult = Result<Vec<Input>, SourceError>;

/// A job, with its number; or an input that can't be had.
pub type JobResult = Result<Job, SourceError>;

/// What can't be had.
#[derive(Debug)]
pub enum SourceError {
    /// An input: the run goes on without it.
    Input {
        /// Its name.
        name: OsString,
        /// What the system said.
        cause: io::Error,
    },
    /// The rest of a list of inputs: the run goes on without it.
    List {
        /// The list's name.
        name: OsString,
        /// What the system said.
        cause: io::Error,
    },
    /// Nothing: a directory can't be listed while descriptors are scarce. Who asks for more waits, so
    /// it had better be a thread that nobody else needs.
    OutOfDescriptors,
    /// What is behind a NUL in a word, and behind all that follow: the run goes on.
    AfterNul,
    /// The rest of a list: the run ends with what came before.
    Malformed(XargsError),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SourceError::Input { name, cause } | SourceError::List { name, cause } => {
                write!(f, "{}: {}", message::shown(name), message::cause(cause))
            }
            SourceError::OutOfDescriptors => f.write_str("descriptors are scarce"),
            SourceError::AfterNul => f.write_str(
                "WARNING: a NUL character occurred in the input.  It cannot be passed through in the \
                 argument list.  Did you mean to use the --null option?",
            ),
            SourceError::Malformed(malformed) => malformed.fmt(f),
        }
    }
}

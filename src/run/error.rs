//! Why a run can't be started.

use crate::message;
use crate::output::Conflict;
use crate::source::NoMatch;
use crate::state::StateError;
use std::fmt;
use std::io;
use std::path::Path;

/// Why a run can't be started. Failures of single jobs are no such reason: they are in the [`super::Summary`].
#[derive(Debug)]
pub enum RunError {
    /// A pattern matches nothing.
    NoMatch(NoMatch),
    /// A file would be written for two purposes, or read and written.
    Conflict(Conflict),
    /// The state can't be used.
    State(StateError),
    /// The list of words, as xargs reads one, can't be opened.
    Words {
        /// The list's name, as messages show it.
        name: String,
        /// What the system said.
        cause: io::Error,
    },
    /// Something else can't be had: a file, a thread, a descriptor.
    Io {
        /// What it is.
        what: String,
        /// What the system said.
        cause: io::Error,
    },
}

impl RunError {
    /// Returns a function that makes an error of what the system said about `what`.
    pub(super) fn about(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |cause| RunError::Io { what, cause }
    }

    /// Does as [`RunError::about`], for a file.
    pub(super) fn about_file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        RunError::about(message::display_name(path.as_os_str()))
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RunError::NoMatch(error) => error.fmt(f),
            RunError::Conflict(error) => error.fmt(f),
            RunError::State(error) => error.fmt(f),
            // In the words of GNU xargs.
            RunError::Words { name, cause } => {
                write!(f, "Cannot open input file '{name}': {}", message::system(cause))
            }
            RunError::Io { what, cause } => write!(f, "{what}: {}", message::cause(cause)),
        }
    }
}

impl std::error::Error for RunError {}

impl From<NoMatch> for RunError {
    fn from(error: NoMatch) -> Self {
        RunError::NoMatch(error)
    }
}

impl From<Conflict> for RunError {
    fn from(error: Conflict) -> Self {
        RunError::Conflict(error)
    }
}

impl From<StateError> for RunError {
    fn from(error: StateError) -> Self {
        RunError::State(error)
    }
}

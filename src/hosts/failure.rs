//! Why a run with a queue can't go on.
//!
//! It does not know which exit code follows.

use crate::queue::{QueueError, UnfitServer};
use std::fmt;

/// Why a run with a queue can't go on, and what a person reads about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum QueueFailure {
    /// The command line does not fit the run that is there, or the server can't hold a queue.
    Refused(String),
    /// Another process leads the run.
    InUse(String),
    /// The data of the queue are damaged or gone, or reading or writing of our own failed.
    Damaged(String),
    /// The server can't be reached, or nobody leads.
    Unreachable(String),
    /// This host can't do the jobs of the run.
    UnfitHost(String),
    /// The server forgot what was read of it: the answer is to be made anew.
    Forgotten(String),
}

impl QueueFailure {
    /// Returns what follows from an error that no retry has helped.
    pub(crate) fn from_error(error: &QueueError, shown: &str) -> Self {
        let text = format!("{shown}: {error}");
        match error {
            QueueError::Unreachable(_) | QueueError::Busy(..) => QueueFailure::Unreachable(text),
            QueueError::Unfit(UnfitServer::Incomprehensible, _) => QueueFailure::Damaged(text),
            QueueError::Unfit(..) => QueueFailure::Refused(text),
            QueueError::Corrupt(_) => QueueFailure::Damaged(format!("{text}: --fresh begins anew")),
        }
    }
}

impl fmt::Display for QueueFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            QueueFailure::Refused(text)
            | QueueFailure::InUse(text)
            | QueueFailure::Damaged(text)
            | QueueFailure::Unreachable(text)
            | QueueFailure::UnfitHost(text)
            | QueueFailure::Forgotten(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for QueueFailure {}

//! What a leader has to know before it speaks to the server.
//!
//! It does not know what is said there.

use super::caller::{Caller, CallerVoice};
use super::failure::QueueFailure;
use super::signing::Signing;
use crate::queue::{QueueError, QueueServer};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What a leader has to know.
pub(crate) struct LeaderPlan {
    pub(crate) server: QueueServer,
    /// The server and the run, in messages.
    pub(crate) shown: String,
    /// What the command line means, and the version of what it gives.
    pub(crate) meaning: Vec<u8>,
    pub(crate) parts: String,
    /// The key of the run.
    pub(crate) signing: Signing,
    pub(crate) lease: Duration,
    pub(crate) losses: u64,
    pub(crate) patience: Duration,
    /// How many jobs may wait on the server.
    pub(crate) backlog: u64,
    pub(crate) tmpdir: PathBuf,
    /// Whether an earlier run of this name is forgotten.
    pub(crate) fresh: bool,
    /// Whether output is printed as it comes, and not a fold at the end.
    pub(crate) prints: bool,
    /// Whether a worker of this host is started.
    pub(crate) works: bool,
}

impl LeaderPlan {
    /// Returns a caller that hears by `leaving` that the run ends.
    pub(super) fn caller(&self, voice: CallerVoice, leaving: Arc<AtomicBool>) -> Caller {
        Caller::new(self.server.clone(), &self.shown, self.patience, voice, leaving)
    }

    /// Returns what follows from an error that no retry has helped.
    pub(super) fn failure(&self, error: &QueueError) -> QueueFailure {
        QueueFailure::from_error(error, &self.shown)
    }
}

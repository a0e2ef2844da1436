//! The key with which jobs and commits of a run are signed.
//!
//! It does not know how a signature is made.

use crate::queue::{SignKey, Subject};
use std::sync::Arc;

/// The key of a run, if it has one: without it, nothing is signed.
#[derive(Debug, Clone)]
pub(crate) struct Signing {
    key: Option<Arc<SignKey>>,
    run: String,
    /// The random name that the run got when it began; empty before.
    pub(super) epoch: String,
}

/// A key, and what a signature of it is bound to.
pub(super) type BoundKey<'a> = Option<(&'a SignKey, Subject<'a>)>;

impl Signing {
    /// Returns the key of the run with this name.
    pub(crate) fn new(key: Option<SignKey>, run: &str) -> Self {
        Signing {
            key: key.map(Arc::new),
            run: run.to_owned(),
            epoch: String::new(),
        }
    }

    /// Returns it for the run that got this name when it began.
    pub(super) fn of_epoch(&self, epoch: &str) -> Self {
        Signing {
            epoch: epoch.to_owned(),
            ..self.clone()
        }
    }

    /// Returns the key for the job at this place of the queue.
    pub(super) fn of_job(&self, k: u64) -> BoundKey<'_> {
        let (epoch, run) = (&self.epoch[..], &self.run[..]);
        self.key
            .as_deref()
            .map(|key| (key, Subject::Job { epoch, run, k }))
    }

    /// Returns the key for a worker's commit.
    pub(super) fn of_commit<'a>(&'a self, worker: &'a str, number: u64) -> BoundKey<'a> {
        let (epoch, run) = (&self.epoch[..], &self.run[..]);
        let subject = Subject::Commit {
            epoch,
            run,
            worker,
            number,
        };
        self.key.as_deref().map(|key| (key, subject))
    }
}

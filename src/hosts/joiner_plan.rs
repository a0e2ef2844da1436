//! What a worker has to know before it speaks to the server.
//!
//! It does not know what is said there.

use super::caller::{Caller, CallerVoice};
use super::input_bounds::InputBounds;
use super::signing::Signing;
use crate::queue::QueueServer;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// What a worker has to know.
pub(crate) struct JoinerPlan {
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
    /// How many jobs run at the same time.
    pub(crate) slots: usize,
    /// Whether names stand for what a command prints.
    pub(crate) opened: bool,
    /// Which names are taken.
    pub(crate) bounds: InputBounds,
    /// Whether what this host can't find, nobody can: the leader's own worker.
    pub(crate) is_final: bool,
}

impl JoinerPlan {
    /// Returns a caller that hears by `leaving` that the run ends.
    pub(super) fn caller(&self, voice: CallerVoice, leaving: &Arc<AtomicBool>) -> Caller {
        let leaving = Arc::clone(leaving);
        Caller::new(self.server.clone(), &self.shown, self.patience, voice, leaving)
    }
}

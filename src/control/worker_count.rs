//! How many workers there are, and how many of them were asked to exit.
//!
//! It does not know threads. Whoever changes it holds the lock around it.

use super::shortage::Shortage;
use std::time::{Duration, Instant};

/// After a worker has exited for lack of processes, how long to wait before another is asked to: the first
/// exit may have been enough.
const PAUSE: Duration = Duration::from_millis(50);

/// The head count of a run.
#[derive(Debug, Default)]
pub(super) struct WorkerCount {
    /// Workers that have not exited.
    live: usize,
    /// How many of them are still to exit when they have ended their jobs.
    to_exit: usize,
    /// The last shortage for which a worker was asked to exit.
    shortage: Option<Shortage>,
    /// When a worker that was asked to exit did.
    last_exit: Option<Instant>,
}

impl WorkerCount {
    /// Counts one more worker.
    pub(super) fn add(&mut self) {
        self.live += 1;
    }

    /// Asks as many workers to exit as there are beyond `workers`, but leaves one.
    pub(super) fn shrink_to(&mut self, workers: usize) {
        let excess = self.live.saturating_sub(workers.max(1));
        self.to_exit = self.to_exit.max(excess);
    }

    /// Cancels one pending worker exit, if there is one.
    pub(super) fn grow_by_one(&mut self) {
        self.to_exit = self.to_exit.saturating_sub(1);
    }

    /// Asks one worker to exit because of a shortage, unless only one would be left. For lack of processes
    /// workers exit one after the other.
    pub(super) fn ask_one_to_exit(&mut self, shortage: Shortage) {
        self.shortage = Some(shortage);
        let recent = self.last_exit.is_some_and(|exit| exit.elapsed() < PAUSE);
        if shortage == Shortage::Processes && (recent || self.to_exit > 0) {
            return;
        }
        if self.live - self.to_exit > 1 {
            self.to_exit += 1;
        }
    }

    /// Returns the last shortage for which a worker was asked to exit.
    pub(super) fn shortage(&self) -> Option<Shortage> {
        self.shortage
    }

    /// Returns whether some worker is still to exit.
    pub(super) fn is_exit_asked(&self) -> bool {
        self.to_exit > 0
    }

    /// Counts the caller out if a worker is to exit. Returns how many workers are left then.
    pub(super) fn exit_if_asked(&mut self) -> Option<usize> {
        self.to_exit = self.to_exit.checked_sub(1)?;
        self.live -= 1;
        self.last_exit = Some(Instant::now());
        Some(self.live)
    }

    /// Counts the caller out because there is nothing more to do.
    pub(super) fn exit(&mut self) {
        self.live -= 1;
        self.to_exit = self.to_exit.min(self.live.saturating_sub(1));
    }

    /// Counts the caller out, unless a worker is to exit, which would have to be reported. Returns how many
    /// workers are left.
    pub(super) fn exit_unasked(&mut self) -> Option<usize> {
        if self.to_exit > 0 {
            return None;
        }
        self.live -= 1;
        Some(self.live)
    }
}

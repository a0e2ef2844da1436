//! The least time between the starts of two commands.
//!
//! It does not know which commands.

use crate::control::WorkerHandle;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A gate that all commands of a run pass one after the other. Without a delay it is open.
#[derive(Debug, Clone, Default)]
pub(crate) struct StartGate {
    delay: Duration,
    /// When the next command may start.
    next: Arc<Mutex<Option<Instant>>>,
}

impl StartGate {
    /// Returns a gate that lets a command pass so long after the one before.
    pub(crate) fn new(delay: Duration) -> Self {
        StartGate {
            delay,
            next: Arc::default(),
        }
    }

    /// Waits for this command's turn. Returns whether it may start: nothing does once the run stops.
    pub(super) fn pass(&self, worker: &WorkerHandle) -> bool {
        if self.delay.is_zero() {
            return true;
        }
        let now = Instant::now();
        let turn = {
            let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
            let turn = next.map_or(now, |next| next.max(now));
            *next = turn.checked_add(self.delay);
            turn
        };
        while Instant::now() < turn {
            worker.clear();
            if !worker.may_start() {
                return false;
            }
            worker.pause(turn.saturating_duration_since(Instant::now()));
        }
        true
    }
}

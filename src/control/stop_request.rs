//! How far the workers were asked to stop.
//!
//! It does not know who asked, or why.

use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

/// What the run wants of its workers, ordered by severity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopRequest {
    /// Go on.
    Continue,
    /// Start nothing more. A job in flight goes on to its end.
    Drain,
    /// End the job in flight: its children get this signal, and KILL after the grace.
    Terminate(i32),
    /// End the job in flight at once: its children are killed.
    Kill,
}

const CONTINUE: u8 = 0;
const DRAIN: u8 = 1;
const TERMINATE: u8 = 2;

/// The strongest request that was made.
#[derive(Debug, Default)]
pub(super) struct StrongestRequest {
    level: AtomicU8,
    /// The first signal that was asked for.
    signal: AtomicI32,
}

impl StrongestRequest {
    /// Returns the request that is in force.
    pub(super) fn get(&self) -> StopRequest {
        match self.level.load(Ordering::SeqCst) {
            CONTINUE => StopRequest::Continue,
            DRAIN => StopRequest::Drain,
            TERMINATE => StopRequest::Terminate(self.signal.load(Ordering::SeqCst)),
            _ => StopRequest::Kill,
        }
    }

    /// Makes a request. A weaker one than the one in force changes nothing.
    pub(super) fn raise(&self, request: StopRequest) {
        let level = match request {
            StopRequest::Continue => CONTINUE,
            StopRequest::Drain => DRAIN,
            StopRequest::Terminate(signal) => {
                let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
                let _ = self.signal.compare_exchange(0, signal, set, get);
                TERMINATE
            }
            StopRequest::Kill => TERMINATE + 1,
        };
        self.level.fetch_max(level, Ordering::SeqCst);
    }
}

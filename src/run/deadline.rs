//! The deadline of the whole run: when it passes, the process is sent the signal that asks it to end.
//!
//! It does not know what the run does about a signal.

use crate::sys::signals;
use crossbeam_channel::{RecvTimeoutError, Sender, bounded};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Instant;

/// A clock that runs until this is dropped.
pub(super) struct RunDeadline {
    passed: Arc<AtomicBool>,
    _running: Sender<()>,
}

impl RunDeadline {
    /// Starts the clock. The handlers of signals must be installed by then.
    ///
    /// # Errors
    /// When there is no thread to be had.
    pub(super) fn start(deadline: Instant) -> io::Result<Self> {
        let (sender, running) = bounded(0);
        let passed = Arc::new(AtomicBool::new(false));
        let own = Arc::clone(&passed);
        thread::Builder::new().name("deadline".into()).spawn(move || {
            signals::block_in_this_thread();
            if running.recv_deadline(deadline) == Err(RecvTimeoutError::Timeout) {
                own.store(true, Ordering::SeqCst);
                signals::send_self(signals::TERM);
            }
        })?;
        Ok(RunDeadline {
            passed,
            _running: sender,
        })
    }

    /// Returns whether the deadline has passed.
    pub(super) fn has_passed(&self) -> bool {
        self.passed.load(Ordering::SeqCst)
    }
}

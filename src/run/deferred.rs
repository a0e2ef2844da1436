//! What a run pays for only if it lasts: a thread for its signals.
//!
//! It does not know jobs.

use crate::sys::signals;
use crossbeam_channel::{Receiver, after, at, never};
use std::time::{Duration, Instant};

/// How long a run may last without them. Signals wait until then.
const SHORT: Duration = Duration::from_millis(10);

/// Starts them once a run that began then is no short one. Returns a channel that fires when this is to be called
/// again: what could not be had is asked for again, and signals are handled all the same.
pub(super) fn start_when_due(began: Instant) -> Receiver<Instant> {
    if began.elapsed() < SHORT {
        return at(began + SHORT);
    }
    match signals::start_thread() {
        Ok(()) => never(),
        Err(_) => {
            signals::drain_pending();
            after(SHORT)
        }
    }
}

//! What a run pays for only if it lasts: a thread for its signals.
//!
//! It does not know jobs.

use crate::sys::signals;
use crossbeam_channel::{Receiver, after, at, never};
use std::time::{Duration, Instant};

/// How long a run is a short one. Its signals lie until then.
const SHORT: Duration = Duration::from_millis(10);

/// Has a run that began then be ready to last, once it is no short one. Fires when this is to be called
/// again: what can't be had is asked for again, and signals are heard all the same.
pub fn since(began: Instant) -> Receiver<Instant> {
    if began.elapsed() < SHORT {
        return at(began + SHORT);
    }
    match signals::carry() {
        Ok(()) => never(),
        Err(_) => {
            signals::heed_untold();
            after(SHORT)
        }
    }
}

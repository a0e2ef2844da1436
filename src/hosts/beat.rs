//! The heartbeat of a worker: a thread with a connection of its own that renews the lease, says which jobs have been
//! started, and hears what the leader asks for.
//!
//! It does not know what follows from what it hears.

use super::caller::Caller;
use crate::queue::{BeatAnswer, Outside, StopMode};
use crate::sys::{signals, spawn_thread};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How often it beats at least: a job that kills its worker is to be known as started.
const LONGEST: Duration = Duration::from_secs(1);

/// What the worker's threads know of each other.
#[derive(Debug, Default)]
pub(super) struct BeatState(Mutex<Beat>);

/// What is said with each beat, and what was heard.
#[derive(Debug, Default)]
pub(super) struct Beat {
    /// The worker's name; empty while it has none.
    pub(super) worker: String,
    /// How many jobs it holds.
    pub(super) held: u64,
    /// The places of the jobs that may have been started.
    pub(super) started: Vec<u64>,
    /// Whether the worker is out of the run.
    pub(super) is_out: bool,
    /// How often in a row the server counted otherwise.
    pub(super) differs: u32,
    /// What the leader asks for.
    pub(super) stop: Option<StopMode>,
}

impl BeatState {
    pub(super) fn lock(&self) -> MutexGuard<'_, Beat> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Starts the thread. It ends when nobody else has the state, or when the server is not to be reached for as long as the
/// caller is patient.
///
/// # Errors
/// When there is no thread.
pub(super) fn start(state: &Arc<BeatState>, mut caller: Caller, lease: Duration) -> io::Result<()> {
    let shared = Arc::downgrade(state);
    let pause = (lease / 4).min(LONGEST);
    spawn_thread("beat", move || {
        signals::block_in_this_thread();
        while let Some(state) = shared.upgrade() {
            let (worker, held, started) = {
                let beat = state.lock();
                (beat.worker.clone(), beat.held, beat.started.clone())
            };
            // A call that waits must not keep the state alive.
            drop(state);
            if !worker.is_empty() {
                let heard = caller.call(|queue| queue.beat(&worker, lease, held, &started));
                let (Ok(heard), Some(state)) = (heard, shared.upgrade()) else {
                    return;
                };
                state.lock().hear(&worker, heard);
            }
            thread::sleep(pause);
        }
    })
}

impl Beat {
    /// Takes note of what was answered to this worker.
    fn hear(&mut self, worker: &str, heard: BeatAnswer) {
        // It may have another name by now.
        if self.worker != worker {
            return;
        }
        match heard {
            BeatAnswer::Alive { agrees, stop } => {
                self.differs = if agrees { 0 } else { self.differs + 1 };
                self.stop = stop;
            }
            BeatAnswer::Outside(Outside::Fenced) => self.is_out = true,
            // The worker's own calls hear it, too.
            BeatAnswer::Outside(Outside::NoRun | Outside::Over) => {}
        }
    }
}

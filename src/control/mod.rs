//! What the main thread asks of the workers, in a form that a thread blocked in `poll` hears; and what each
//! worker is doing, for the main thread to look at.
//!
//! A run has one [`Control`], each worker one [`WorkerHandle`]. It does not know processes or channels, and of
//! jobs only their numbers.

mod read_counter;
mod shortage;
mod slot;
mod stop_request;
#[cfg(test)]
mod tests;
mod worker_count;
mod worker_handle;

pub(crate) use read_counter::ReadCounter;
pub use shortage::Shortage;
pub use slot::Activity;
pub use stop_request::StopRequest;
pub use worker_handle::WorkerHandle;

use crate::sys::{self, Waker};
use slot::{Shared, WorkerSlot};
use std::io;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

/// A job that a worker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// The job's place in the input order, from 0.
    pub seq: u64,
    /// The number by which it is shown.
    pub number: u64,
    /// How long the worker has had it.
    pub age: Duration,
    /// Whether its child was stopped by somebody else.
    pub is_stopped: bool,
    /// How many bytes of its inputs this process has read.
    pub read: u64,
}

/// Descriptors that a worker with a child takes: its waker, four ends of two pipes, the input, the notice of
/// the exit, and one to spare.
const PER_WORKER: usize = 8;
/// Descriptors that are left to the run itself and to one child, however few there are.
const RESERVED: usize = 16;
/// Descriptors of others that may be open in this process, when nobody has counted them.
const OTHERS: usize = 64;

/// The main thread's end, and that of the thread that handles signals.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

impl Control {
    /// Makes a control with slots for this many workers, or for fewer when there are not descriptors for
    /// all: each has one to be woken by, and its child takes more.
    ///
    /// # Errors
    /// When there is not even a descriptor for one worker.
    pub fn new(workers: usize) -> io::Result<Self> {
        let (mut wakers, mut raised) = (Vec::new(), false);
        let scarce = sys::file_limit() < (workers.saturating_add(RESERVED + OTHERS)) as u64;
        let wanted = if scarce { workers + RESERVED } else { workers };
        while wakers.len() < wanted {
            match Waker::new() {
                Ok(waker) => wakers.push(waker),
                Err(e) if sys::is_out_of_files(&e) && !raised => {
                    sys::raise_file_limit();
                    raised = true;
                }
                Err(e) if sys::is_out_of_files(&e) && wakers.len() > 1 => {
                    let enough = wakers.len().saturating_sub(RESERVED) / PER_WORKER;
                    wakers.truncate(enough.max(1));
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        wakers.truncate(workers);
        let slots = wakers.into_iter().map(|waker| Some(WorkerSlot::new(waker)));
        Ok(Control {
            shared: Arc::new(Shared::new(slots.collect())),
        })
    }

    /// Returns how many slots for workers there are.
    pub fn slots(&self) -> usize {
        self.shared.slots().len()
    }

    /// Adds a slot.
    ///
    /// # Errors
    /// When there is no descriptor for it.
    pub fn add_slot(&self) -> io::Result<()> {
        let waker = match Waker::new() {
            Err(e) if sys::is_out_of_files(&e) => {
                sys::raise_file_limit();
                Waker::new()?
            }
            made => made?,
        };
        let mut slots = self.shared.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.push(Some(WorkerSlot::new(waker)));
        Ok(())
    }

    /// Asks workers to exit when they have ended their jobs, until this many are left.
    pub fn shrink_to(&self, workers: usize) {
        self.shared.count().shrink_to(workers);
    }

    /// Cancels one pending worker exit, if there is one.
    pub fn grow_by_one(&self) {
        self.shared.count().grow_by_one();
    }

    /// Returns whether there has been too little of something for the workers that there are.
    pub fn is_short(&self) -> bool {
        self.shared.count().shortage().is_some()
    }

    /// Returns the handle of the worker with this slot, which must be below the number of slots. Whoever takes
    /// it counts as a worker from then on.
    pub fn worker(&self, slot: usize) -> WorkerHandle {
        let own = self.shared.slots().get(slot).cloned().flatten();
        self.shared.count().add();
        WorkerHandle {
            slot,
            own: own.unwrap_or_else(|| panic!("no worker has slot {slot}")),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Asks every worker to stop in this way, at once. A request is never weakened.
    pub fn request_stop(&self, request: StopRequest) {
        self.shared.request.raise(request);
        self.shared.wake_all();
    }

    /// Says that the reader of our standard output has gone, so that nobody need read what children write.
    pub fn note_stdout_closed(&self) {
        self.shared.stdout_closed.store(true, Ordering::SeqCst);
    }

    /// Has every worker stop its children (STOP) and its timers, and blocks until they have, for `patience` at
    /// most. Then this process may stop itself.
    pub fn suspend(&self, patience: Duration) {
        self.shared.suspended.store(true, Ordering::SeqCst);
        self.shared.wake_all();
        let started = Instant::now();
        while self.any_running() && started.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Has every worker continue its children and its timers.
    pub fn resume(&self) {
        self.shared.suspended.store(false, Ordering::SeqCst);
        self.shared.wake_all();
    }

    /// Returns the jobs in flight, the lowest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let now = self.shared.start.elapsed();
        let job = |slot: &Arc<WorkerSlot>| {
            let seq = slot.job.load(Ordering::SeqCst).checked_sub(1)?;
            let since = Duration::from_millis(slot.since.load(Ordering::SeqCst));
            let activity = slot.activity.load(Ordering::SeqCst);
            Some(InFlight {
                seq,
                number: slot.number.load(Ordering::SeqCst),
                age: now.saturating_sub(since),
                read: slot.read.load(Ordering::Relaxed),
                is_stopped: activity == Activity::StoppedExternally as u8,
            })
        };
        let mut jobs: Vec<_> = self.shared.slots().iter().flatten().filter_map(job).collect();
        jobs.sort_unstable_by_key(|job| job.seq);
        jobs
    }

    /// Wakes the worker of job `seq` if it holds output back: its turn has come.
    pub fn wake_job(&self, seq: u64) {
        let slots = self.shared.slots();
        let mut slots = slots.iter().flatten();
        let holds = |slot: &&Arc<WorkerSlot>| {
            slot.job.load(Ordering::SeqCst) == seq + 1 && slot.holding.load(Ordering::SeqCst)
        };
        if let Some(slot) = slots.find(holds) {
            slot.waker.wake();
        }
    }

    fn any_running(&self) -> bool {
        let running = Activity::Running as u8;
        let slots = self.shared.slots();
        let mut slots = slots.iter().flatten();
        slots.any(|slot| slot.activity.load(Ordering::SeqCst) == running)
    }
}

//! What the main thread wants of the workers, in a form that a thread blocked in `poll` hears; and
//! what each worker is doing, for the main thread to look at.
//!
//! One [`Control`] for a run, one [`WorkerHandle`] for each worker. It does not know processes or
//! channels, and of jobs only their numbers.

mod shortage;
mod worker_handle;

pub use shortage::Shortage;
pub use worker_handle::WorkerHandle;

use crate::sys::{self, Wake};
use std::io;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// What is wanted of a worker's job in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum StopRequest {
    /// Carry on.
    Continue,
    /// Stop: children are sent this signal, and KILL after the grace.
    Terminate(i32),
    /// Stop now: children are killed.
    Kill,
}

/// What a worker's children are doing, for [`Control::suspend`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// There is no child.
    Idle,
    /// A child runs, or is about to be started.
    Running,
    /// The child and its group were sent STOP.
    Stopped,
    /// The child was stopped, and not by us.
    StoppedExternally,
}

/// A job in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InFlight {
    /// The job.
    pub seq: u64,
    /// How long it has been in flight.
    pub age: Duration,
    /// Whether its child was stopped, and not by us.
    pub is_stopped: bool,
}

/// How many descriptors a worker with a child takes: its slot_state, four ends of two pipes, the input,
/// the notice of the exit, and one to spare.
const SHARE: usize = 8;
/// How many are left to the run itself and to one child, however few there are for the seats.
const SPARE: usize = 16;
/// How many may be open that are not ours, where it is not tried how many there are.
const OTHERS: usize = 64;

/// The main thread's end, and that of whoever acts in its place.
#[derive(Debug, Clone)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    level: AtomicU8,
    signal: AtomicI32,
    suspended: AtomicBool,
    /// Whether any child was started.
    begun: AtomicBool,
    /// Whether nobody reads the run's output any more.
    unread: AtomicBool,
    /// None where the worker has left.
    slots: RwLock<Vec<Option<Arc<WorkerSlot>>>>,
    start: Instant,
    count: Mutex<WorkerCount>,
}

/// How many workers are there, how many of them are to leave, and for lack of what any was asked to.
#[derive(Debug, Default)]
struct WorkerCount {
    workers: usize,
    to_leave: usize,
    /// How many there are to be at most, where the user has changed that.
    most: Option<usize>,
    shortage: Option<Shortage>,
    /// When the last one left.
    left: Option<Instant>,
}

/// A worker that has a job keeps it.
const KEEPS: u8 = 0;
/// It may leave it to others.
const MAY_REQUEUE: u8 = 1;
/// It does.
const REQUEUED: u8 = 2;

#[derive(Debug)]
struct WorkerSlot {
    wake: Wake,
    activity: AtomicU8,
    /// Whether the job in flight is left to others.
    requeue: AtomicU8,
    /// The job in flight and one more; 0 where there is none.
    job: AtomicU64,
    /// When it was begun, in milliseconds of the run.
    since: AtomicU64,
    /// Whether output of it is held back until its turn.
    holding: AtomicBool,
}

impl Control {
    /// A control of this many workers that wishes everyone to go on; of fewer where there are not
    /// descriptors for all, as each has one to be woken by, and some more for its child.
    ///
    /// # Errors
    /// When there are not even descriptors for one worker.
    pub fn new(workers: usize) -> io::Result<Self> {
        let (mut wakes, mut raised) = (Vec::new(), false);
        let scarce = sys::file_limit() < (workers.saturating_add(SPARE + OTHERS)) as u64;
        let wanted = if scarce { workers + SPARE } else { workers };
        while wakes.len() < wanted {
            match Wake::new() {
                Ok(wake) => wakes.push(wake),
                Err(e) if sys::is_out_of_files(&e) && !raised => {
                    sys::raise_file_limit();
                    raised = true;
                }
                Err(e) if sys::is_out_of_files(&e) && wakes.len() > 1 => {
                    let enough = wakes.len().saturating_sub(SPARE) / SHARE;
                    wakes.truncate(enough.max(1));
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        wakes.truncate(workers);
        let slots: Vec<_> = wakes
            .into_iter()
            .map(|wake| Some(WorkerSlot::new(wake)))
            .collect();
        Ok(Control {
            shared: Arc::new(Shared {
                level: AtomicU8::new(0),
                signal: AtomicI32::new(0),
                suspended: AtomicBool::new(false),
                begun: AtomicBool::new(false),
                unread: AtomicBool::new(false),
                count: Mutex::default(),
                slots: RwLock::new(slots),
                start: Instant::now(),
            }),
        })
    }

    /// How many workers there are seats for.
    pub fn slots(&self) -> usize {
        self.shared.slots().len()
    }

    /// Adds a seat.
    ///
    /// # Errors
    /// When there is no descriptor for it.
    pub fn add_slot(&self) -> io::Result<()> {
        let wake = match Wake::new() {
            Err(e) if sys::is_out_of_files(&e) => {
                sys::raise_file_limit();
                Wake::new()?
            }
            made => made?,
        };
        let mut slots = self.shared.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.push(Some(WorkerSlot::new(wake)));
        Ok(())
    }

    /// Has workers leave when they have ended their jobs, so that so many are left.
    pub fn shrink_to(&self, workers: usize) {
        let mut count = self.shared.count();
        count.most = Some(workers);
        while count.workers - count.to_leave > workers.max(1) {
            count.to_leave += 1;
        }
    }

    /// Has one worker fewer leave, if any is to.
    pub fn grow_by_one(&self) {
        let mut count = self.shared.count();
        count.to_leave = count.to_leave.saturating_sub(1);
        count.most = count.most.map(|most| most + 1);
    }

    /// Whether there has been too little of something for the workers that are there.
    pub fn is_short(&self) -> bool {
        self.shared.count().shortage.is_some()
    }

    /// The seat of the worker with this slot, which must be below the number of seats. Whoever takes
    /// it counts as a worker from then on.
    pub fn worker(&self, slot: usize) -> WorkerHandle {
        let slot_state = self.shared.slots().get(slot).cloned().flatten();
        self.shared.count().workers += 1;
        WorkerHandle {
            slot,
            slot_state: slot_state.unwrap_or_else(|| panic!("no worker has slot {slot}")),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Asks every worker for `request`, at once; a wish is never weakened.
    pub fn request_stop(&self, request: StopRequest) {
        let level = match request {
            StopRequest::Continue => return,
            StopRequest::Terminate(signal) => {
                let _ = self
                    .shared
                    .signal
                    .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
                1
            }
            StopRequest::Kill => 2,
        };
        self.shared.level.fetch_max(level, Ordering::SeqCst);
        self.ring();
    }

    /// Says that nobody reads the run's output any more, so that nobody need read what children write.
    pub fn note_stdout_closed(&self) {
        self.shared.unread.store(true, Ordering::SeqCst);
    }

    /// Has every worker stop its children (STOP) and its timers, and waits for at most `patience`
    /// until they have: then this process may stop itself.
    pub fn suspend(&self, patience: Duration) {
        self.shared.suspended.store(true, Ordering::SeqCst);
        self.ring();
        let started = Instant::now();
        while self.any_running() && started.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Has every worker continue its children and its timers.
    pub fn resume(&self) {
        self.shared.suspended.store(false, Ordering::SeqCst);
        self.ring();
    }

    /// The jobs in flight, the lowest first.
    pub fn in_flight(&self) -> Vec<InFlight> {
        let now = self.shared.start.elapsed();
        let job = |slot_state: &Arc<WorkerSlot>| {
            let seq = slot_state.job.load(Ordering::SeqCst).checked_sub(1)?;
            let since = Duration::from_millis(slot_state.since.load(Ordering::SeqCst));
            Some(InFlight {
                seq,
                age: now.saturating_sub(since),
                is_stopped: slot_state.activity.load(Ordering::SeqCst) == Activity::StoppedExternally as u8,
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
        let its = |slot_state: &&Arc<WorkerSlot>| {
            slot_state.job.load(Ordering::SeqCst) == seq + 1 && slot_state.holding.load(Ordering::SeqCst)
        };
        if let Some(slot_state) = slots.find(its) {
            slot_state.wake.ring();
        }
    }

    fn any_running(&self) -> bool {
        let running = Activity::Running as u8;
        let slots = self.shared.slots();
        let mut slots = slots.iter().flatten();
        slots.any(|slot_state| slot_state.activity.load(Ordering::SeqCst) == running)
    }

    /// Wakes every worker: there is something to look at.
    pub fn ring(&self) {
        for slot_state in self.shared.slots().iter().flatten() {
            slot_state.wake.ring();
        }
    }
}

impl WorkerSlot {
    fn new(wake: Wake) -> Arc<Self> {
        Arc::new(WorkerSlot {
            wake,
            activity: AtomicU8::new(Activity::Idle as u8),
            requeue: AtomicU8::new(KEEPS),
            job: AtomicU64::new(0),
            since: AtomicU64::new(0),
            holding: AtomicBool::new(false),
        })
    }
}

impl Shared {
    fn slots(&self) -> RwLockReadGuard<'_, Vec<Option<Arc<WorkerSlot>>>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self) -> MutexGuard<'_, WorkerCount> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;

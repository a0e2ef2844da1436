//! What the main thread and one worker know of each other, and what all of them share.
//!
//! Plain fields behind atomics and locks. It does not know what is done with them.

use super::stop_request::StrongestRequest;
use super::worker_count::WorkerCount;
use crate::sys::Waker;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::Instant;

/// What a worker's children are doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activity {
    /// There is no child.
    Idle,
    /// A child runs, or is about to be started.
    Running,
    /// The child and its group were sent STOP by us.
    Stopped,
    /// The child was stopped by somebody else.
    StoppedExternally,
}

/// What may become of the job in flight when its worker is asked to exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Requeue {
    /// The worker keeps it.
    No,
    /// The worker may give it back to the queue.
    Allowed,
    /// The worker gives it back.
    Done,
}

/// What all workers share with the main thread.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) request: StrongestRequest,
    pub(super) suspended: AtomicBool,
    /// Whether any child was started.
    pub(super) child_started: AtomicBool,
    /// Whether the reader of our standard output has gone.
    pub(super) stdout_closed: AtomicBool,
    /// One for each worker that was ever started; `None` once it has exited.
    pub(super) slots: RwLock<Vec<Option<Arc<WorkerSlot>>>>,
    pub(super) start: Instant,
    pub(super) count: Mutex<WorkerCount>,
}

/// What one worker shares with the main thread.
#[derive(Debug)]
pub(super) struct WorkerSlot {
    pub(super) waker: Waker,
    /// An [`Activity`].
    pub(super) activity: AtomicU8,
    /// A [`Requeue`].
    pub(super) requeue: AtomicU8,
    /// The number of the job in flight plus one; 0 for none.
    pub(super) job: AtomicU64,
    /// The number by which it is shown.
    pub(super) number: AtomicU64,
    /// When that job was begun, in milliseconds of the run.
    pub(super) since: AtomicU64,
    /// How many bytes of its inputs this try has read, as far as it is this process that reads them.
    pub(super) read: AtomicU64,
    /// The size of those inputs that this try has opened, as far as it is this process that opens them.
    pub(super) size: AtomicU64,
    /// Whether the worker holds output of that job back until its turn.
    pub(super) holding: AtomicBool,
}

impl WorkerSlot {
    pub(super) fn new(waker: Waker) -> Arc<Self> {
        Arc::new(WorkerSlot {
            waker,
            activity: AtomicU8::new(Activity::Idle as u8),
            requeue: AtomicU8::new(Requeue::No as u8),
            job: AtomicU64::new(0),
            number: AtomicU64::new(0),
            since: AtomicU64::new(0),
            read: AtomicU64::new(0),
            size: AtomicU64::new(0),
            holding: AtomicBool::new(false),
        })
    }
}

impl Shared {
    pub(super) fn new(slots: Vec<Option<Arc<WorkerSlot>>>) -> Self {
        Shared {
            request: StrongestRequest::default(),
            suspended: AtomicBool::new(false),
            child_started: AtomicBool::new(false),
            stdout_closed: AtomicBool::new(false),
            slots: RwLock::new(slots),
            start: Instant::now(),
            count: Mutex::default(),
        }
    }

    /// Wakes every worker: there is something to look at.
    pub(super) fn wake_all(&self) {
        for slot in self.slots().iter().flatten() {
            slot.waker.wake();
        }
    }

    pub(super) fn slots(&self) -> RwLockReadGuard<'_, Vec<Option<Arc<WorkerSlot>>>> {
        self.slots.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn count(&self) -> MutexGuard<'_, WorkerCount> {
        self.count.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

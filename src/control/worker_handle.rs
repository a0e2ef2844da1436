//! A worker's end: what is wanted of it, and what it says that it is doing.

use super::{Activity, KEEPS, MAY_REQUEUE, REQUEUED, Shared, Shortage, StopRequest, WorkerSlot};
use crate::sys::{self, Beside, Group, Heard, Interest};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long it is seen whether there are enough processes now, before another worker is to leave.
const EACH: Duration = Duration::from_millis(50);

/// A worker's end.
#[derive(Debug, Clone)]
pub struct WorkerHandle {
    /// The worker's number, from 0.
    pub slot: usize,
    pub(super) slot_state: Arc<WorkerSlot>,
    pub(super) shared: Arc<Shared>,
}

impl WorkerHandle {
    /// What is wanted now.
    pub fn stop_request(&self) -> StopRequest {
        match self.shared.level.load(Ordering::SeqCst) {
            0 => StopRequest::Continue,
            1 => StopRequest::Terminate(self.shared.signal.load(Ordering::SeqCst)),
            _ => StopRequest::Kill,
        }
    }

    /// Whether children and timers are to stand still.
    pub fn is_suspended(&self) -> bool {
        self.shared.suspended.load(Ordering::SeqCst)
    }

    /// Whether nobody reads the run's output any more.
    pub fn is_stdout_closed(&self) -> bool {
        self.shared.unread.load(Ordering::SeqCst)
    }

    /// A descriptor that is readable once something new is wanted, until [`WorkerHandle::hush`].
    pub fn waker_fd(&self) -> BorrowedFd<'_> {
        self.slot_state().wake.as_fd()
    }

    /// Makes the descriptor unreadable; look at the request *after* this.
    pub fn clear(&self) {
        self.slot_state().wake.hush();
    }

    /// Waits until the leader of `group` has exited, there is what is waited for beside that, or something new
    /// is wanted.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub fn wait_for(&self, group: &Group, beside: Beside) -> io::Result<Heard> {
        self.slot_state().wake.wait_for(group, beside)
    }

    /// Says what this worker's children are doing. `Running` is said before a child is started,
    /// so that none slips past [`Control::suspend`].
    pub fn set_activity(&self, activity: Activity) {
        self.slot_state().activity.store(activity as u8, Ordering::SeqCst);
    }

    /// Says that a child was started.
    pub fn note_start(&self) {
        // Most workers find it said, and need not take it from the others' caches.
        if !self.has_started() {
            self.shared.begun.store(true, Ordering::Relaxed);
        }
    }

    /// Whether any worker has started a child.
    pub fn has_started(&self) -> bool {
        self.shared.begun.load(Ordering::Relaxed)
    }

    /// Says that this worker begins job `seq`.
    pub fn begin(&self, seq: u64) {
        let slot_state = self.slot_state();
        let since = self.shared.start.elapsed().as_millis();
        slot_state
            .since
            .store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::SeqCst);
        slot_state.holding.store(false, Ordering::SeqCst);
        slot_state.job.store(seq + 1, Ordering::SeqCst);
    }

    /// Says that this worker has no job.
    pub fn end(&self) {
        self.slot_state().job.store(0, Ordering::SeqCst);
    }

    /// Says that output of the job is held back, so that [`Control::wake_job`] wakes this worker. Look
    /// *after* this whether its turn has come meanwhile.
    pub fn hold(&self) {
        self.slot_state().holding.store(true, Ordering::SeqCst);
    }

    /// Whether another worker has a child.
    pub fn others_run(&self) -> bool {
        let idle = Activity::Idle as u8;
        let slots = self.shared.slots();
        let others = slots.iter().enumerate().filter(|&(slot, _)| slot != self.slot);
        let mut others = others.filter_map(|(_, slot_state)| slot_state.as_ref());
        others.any(|slot_state| slot_state.activity.load(Ordering::SeqCst) != idle)
    }

    /// Whether there is a worker without a job, there now or to come, for each that has one.
    pub fn has_spare(&self) -> bool {
        let (most, is_short) = {
            let count = self.shared.count();
            (count.most.unwrap_or(usize::MAX), count.shortage.is_some())
        };
        let slots = self.shared.slots();
        let jobs = slots
            .iter()
            .flatten()
            .filter(|slot_state| slot_state.job.load(Ordering::SeqCst) != 0);
        !is_short && jobs.count() * 2 <= slots.len().min(most)
    }

    /// Asks for one worker to leave when it has ended its job, unless one only would be left. For
    /// lack of processes they leave one after the other.
    pub fn ask_one_to_exit(&self, shortage: Shortage) {
        let mut count = self.shared.count();
        count.shortage = Some(shortage);
        let recent = count.left.is_some_and(|left| left.elapsed() < EACH);
        if shortage == Shortage::Processes && (recent || count.to_leave > 0) {
            return;
        }
        if count.workers - count.to_leave > 1 {
            count.to_leave += 1;
        }
    }

    /// What there was too little of when last a worker was asked to leave.
    pub fn shortage(&self) -> Option<Shortage> {
        self.shared.count().shortage
    }

    /// Whether this worker is to leave; then, how many are left of how many there were. Who asks
    /// and is told so must leave.
    pub fn leave(&self) -> Option<(usize, usize)> {
        let mut count = self.shared.count();
        count.to_leave = count.to_leave.checked_sub(1)?;
        count.workers -= 1;
        count.left = Some(Instant::now());
        Some((count.workers, self.shared.slots().len()))
    }

    /// Says that this worker leaves because there is nothing more to do.
    pub fn go(&self) {
        let mut count = self.shared.count();
        count.workers -= 1;
        count.to_leave = count.to_leave.min(count.workers.saturating_sub(1));
    }

    /// As [`WorkerHandle::go`], unless a worker is to leave; where this one goes, how many are left.
    pub fn exits_unasked(&self) -> Option<usize> {
        let mut count = self.shared.count();
        if count.to_leave > 0 {
            return None;
        }
        count.workers -= 1;
        Some(count.workers)
    }

    /// Gives the descriptor back, once this end is dropped: the worker does nothing more that can be stopped.
    pub fn free(&self) {
        let mut slots = self.shared.slots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot_state) = slots.get_mut(self.slot) {
            *slot_state = None;
        }
    }

    /// Says that the job in flight may be left to others.
    pub fn allow_requeue(&self) {
        self.slot_state().requeue.store(MAY_REQUEUE, Ordering::SeqCst);
    }

    /// Leaves the job in flight to others, if it may be and a worker is to leave.
    pub fn requeue_if_asked(&self) -> bool {
        let requeue = &self.slot_state().requeue;
        self.shared.count().to_leave > 0
            && requeue
                .compare_exchange(MAY_REQUEUE, REQUEUED, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// Whether the job in flight was left to others. One that is begun after that is not.
    pub fn take_requeued(&self) -> bool {
        self.slot_state().requeue.swap(KEEPS, Ordering::SeqCst) == REQUEUED
    }

    /// Waits for `duration`, or less when something new is wanted (the slot_state is left ringing).
    pub fn pause(&self, duration: Duration) {
        let slot_state = (self.waker_fd(), Interest::Read);
        // An error is no reason to go on early: the caller's loop would spin.
        if sys::poll([Some(slot_state)], Some(duration)).is_err() {
            thread::sleep(duration);
        }
    }

    fn slot_state(&self) -> &WorkerSlot {
        &self.slot_state
    }
}

//! A worker's end of the control: what is asked of it, and what it says that it is doing.

use super::shortage::Shortage;
use super::slot::{Activity, Requeue, Shared, WorkerSlot};
use super::stop_request::StopRequest;
use crate::sys::{self, AlsoAwait, Interest, ProcessGroup, WaitEnd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::thread;
use std::time::Duration;

/// One worker's end.
#[derive(Debug, Clone)]
pub struct WorkerHandle {
    /// The worker's number, from 0.
    pub slot: usize,
    pub(super) own: Arc<WorkerSlot>,
    pub(super) shared: Arc<Shared>,
}

impl WorkerHandle {
    /// Returns what is asked of the job in flight. A request to start nothing more leaves it alone, so it
    /// counts as [`StopRequest::Continue`] here.
    pub fn stop_request(&self) -> StopRequest {
        match self.shared.request.get() {
            StopRequest::Drain => StopRequest::Continue,
            request => request,
        }
    }

    /// Returns whether a job, or another try at one, may be started.
    pub fn may_start(&self) -> bool {
        self.shared.request.get() == StopRequest::Continue
    }

    /// Has no worker start anything more. The main thread learns why by an event.
    pub fn request_drain(&self) {
        self.shared.request.raise(StopRequest::Drain);
    }

    /// Returns whether children and timers are to stand still (Ctrl-Z).
    pub fn is_suspended(&self) -> bool {
        self.shared.suspended.load(Ordering::SeqCst)
    }

    /// Returns whether the reader of our standard output has gone.
    pub fn is_stdout_closed(&self) -> bool {
        self.shared.stdout_closed.load(Ordering::SeqCst)
    }

    /// Returns a descriptor that is readable once something new is asked, until [`WorkerHandle::clear`].
    pub fn waker_fd(&self) -> BorrowedFd<'_> {
        self.own.waker.as_fd()
    }

    /// Makes the descriptor unreadable. Look at what is asked *after* this.
    pub fn clear(&self) {
        self.own.waker.clear();
    }

    /// Blocks until the leader of `group` has exited, what is waited for beside that has come, or something
    /// new is asked.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(crate) fn wait_for(&self, group: &ProcessGroup, beside: AlsoAwait) -> io::Result<WaitEnd> {
        self.own.waker.wait_for_exit(group, beside)
    }

    /// Says what this worker's children are doing. Say `Running` before a child is started, so that none
    /// slips past [`super::Control::suspend`].
    pub fn set_activity(&self, activity: Activity) {
        self.own.activity.store(activity as u8, Ordering::SeqCst);
    }

    /// Says that a child was started.
    pub fn note_start(&self) {
        // Most workers find it said already: reading does not take the line from other caches, writing does.
        if !self.has_started() {
            self.shared.child_started.store(true, Ordering::Relaxed);
        }
    }

    /// Returns whether any worker has started a child.
    pub fn has_started(&self) -> bool {
        self.shared.child_started.load(Ordering::Relaxed)
    }

    /// Says that this worker begins job `seq`, which is shown by this number.
    pub fn begin(&self, seq: u64, number: u64) {
        let since = self.shared.start.elapsed().as_millis();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        self.own.since.store(since, Ordering::SeqCst);
        self.own.holding.store(false, Ordering::SeqCst);
        self.begin_try();
        self.own.number.store(number, Ordering::SeqCst);
        self.own.job.store(seq + 1, Ordering::SeqCst);
    }

    /// Says that this worker has no job.
    pub fn end(&self) {
        self.own.job.store(0, Ordering::SeqCst);
    }

    /// Says that output of the job is held back, so that [`super::Control::wake_job`] wakes this worker. Look
    /// *after* this whether the job's turn has come meanwhile.
    pub fn hold(&self) {
        self.own.holding.store(true, Ordering::SeqCst);
    }

    /// Returns whether another worker has a child.
    pub fn others_run(&self) -> bool {
        let idle = Activity::Idle as u8;
        let slots = self.shared.slots();
        let others = slots.iter().enumerate().filter(|&(slot, _)| slot != self.slot);
        let mut others = others.filter_map(|(_, slot)| slot.as_ref());
        others.any(|slot| slot.activity.load(Ordering::SeqCst) != idle)
    }

    /// Asks one worker to exit when it has ended its job, because of a shortage.
    pub fn ask_one_to_exit(&self, shortage: Shortage) {
        self.shared.count().ask_one_to_exit(shortage);
    }

    /// Returns the shortage for which a worker was last asked to exit.
    pub fn shortage(&self) -> Option<Shortage> {
        self.shared.count().shortage()
    }

    /// Returns whether this worker must exit, and then how many are left of how many there were.
    pub fn exit_if_asked(&self) -> Option<(usize, usize)> {
        let left = self.shared.count().exit_if_asked()?;
        Some((left, self.shared.slots().len()))
    }

    /// Says that this worker exits because there is nothing more to do.
    pub fn exit(&self) {
        self.shared.count().exit();
    }

    /// Does as [`WorkerHandle::exit`] unless some worker was asked to exit. Returns how many are left when
    /// this one exits.
    pub fn exits_unasked(&self) -> Option<usize> {
        self.shared.count().exit_unasked()
    }

    /// Releases this worker's descriptor once the handle is dropped: the worker does nothing more that could
    /// be stopped.
    pub fn release(&self) {
        let mut slots = self.shared.slots.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(slot) = slots.get_mut(self.slot) {
            *slot = None;
        }
    }

    /// Allows the job in flight to be given back to the queue.
    pub fn allow_requeue(&self) {
        self.own.requeue.store(Requeue::Allowed as u8, Ordering::SeqCst);
    }

    /// Gives the job in flight back to the queue, if that is allowed and a worker is to exit. Returns whether
    /// it did.
    pub fn requeue_if_asked(&self) -> bool {
        let (allowed, done) = (Requeue::Allowed as u8, Requeue::Done as u8);
        let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
        self.shared.count().is_exit_asked()
            && self.own.requeue.compare_exchange(allowed, done, set, get).is_ok()
    }

    /// Returns whether the job in flight was given back. The next one is kept until that is allowed again.
    pub fn take_requeued(&self) -> bool {
        self.own.requeue.swap(Requeue::No as u8, Ordering::SeqCst) == Requeue::Done as u8
    }

    /// Blocks for `duration`, or less when something new is asked. It leaves the descriptor readable.
    pub fn pause(&self, duration: Duration) {
        let waker = (self.waker_fd(), Interest::Read);
        // An error is no reason to go on early: the caller's loop would spin.
        if sys::poll([Some(waker)], Some(duration)).is_err() {
            thread::sleep(duration);
        }
    }
}

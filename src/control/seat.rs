//! A worker's end: what is wanted of it, and what it says that it is doing.

use super::{Activity, Bell, CEDES, KEEPS, Lack, MAY_CEDE, Shared, Wish};
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
pub struct Seat {
    /// The worker's number, from 0.
    pub slot: usize,
    pub(super) bell: Arc<Bell>,
    pub(super) shared: Arc<Shared>,
}

impl Seat {
    /// What is wanted now.
    pub fn wish(&self) -> Wish {
        match self.shared.level.load(Ordering::SeqCst) {
            0 => Wish::Go,
            1 => Wish::Terminate(self.shared.signal.load(Ordering::SeqCst)),
            _ => Wish::Kill,
        }
    }

    /// Whether children and timers are to stand still.
    pub fn is_suspended(&self) -> bool {
        self.shared.suspended.load(Ordering::SeqCst)
    }

    /// Whether nobody reads the run's output any more.
    pub fn is_unread(&self) -> bool {
        self.shared.unread.load(Ordering::SeqCst)
    }

    /// A descriptor that is readable once something new is wanted, until [`Seat::hush`].
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.bell().wake.as_fd()
    }

    /// Makes the descriptor unreadable; look at the wish *after* this.
    pub fn hush(&self) {
        self.bell().wake.hush();
    }

    /// Waits until the leader of `group` has exited, there is what is waited for beside that, or something new
    /// is wanted.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub fn wait_for(&self, group: &Group, beside: Beside) -> io::Result<Heard> {
        self.bell().wake.wait_for(group, beside)
    }

    /// Says what this worker's children are doing. `Running` is said before a child is started,
    /// so that none slips past [`Control::suspend`].
    pub fn set_activity(&self, activity: Activity) {
        self.bell().activity.store(activity as u8, Ordering::SeqCst);
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
        let bell = self.bell();
        let since = self.shared.start.elapsed().as_millis();
        bell.since
            .store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::SeqCst);
        bell.holding.store(false, Ordering::SeqCst);
        bell.job.store(seq + 1, Ordering::SeqCst);
    }

    /// Says that this worker has no job.
    pub fn end(&self) {
        self.bell().job.store(0, Ordering::SeqCst);
    }

    /// Says that output of the job is held back, so that [`Control::nudge`] wakes this worker. Look
    /// *after* this whether its turn has come meanwhile.
    pub fn hold(&self) {
        self.bell().holding.store(true, Ordering::SeqCst);
    }

    /// Whether another worker has a child.
    pub fn others_run(&self) -> bool {
        let idle = Activity::Idle as u8;
        let bells = self.shared.bells();
        let others = bells.iter().enumerate().filter(|&(slot, _)| slot != self.slot);
        let mut others = others.filter_map(|(_, bell)| bell.as_ref());
        others.any(|bell| bell.activity.load(Ordering::SeqCst) != idle)
    }

    /// Whether there is a worker without a job, there now or to come, for each that has one.
    pub fn has_spare(&self) -> bool {
        let (most, is_short) = {
            let crew = self.shared.crew();
            (crew.most.unwrap_or(usize::MAX), crew.lack.is_some())
        };
        let bells = self.shared.bells();
        let jobs = bells
            .iter()
            .flatten()
            .filter(|bell| bell.job.load(Ordering::SeqCst) != 0);
        !is_short && jobs.count() * 2 <= bells.len().min(most)
    }

    /// Asks for one worker to leave when it has ended its job, unless one only would be left. For
    /// lack of processes they leave one after the other.
    pub fn ask_one_to_leave(&self, lack: Lack) {
        let mut crew = self.shared.crew();
        crew.lack = Some(lack);
        let recent = crew.left.is_some_and(|left| left.elapsed() < EACH);
        if lack == Lack::Processes && (recent || crew.to_leave > 0) {
            return;
        }
        if crew.workers - crew.to_leave > 1 {
            crew.to_leave += 1;
        }
    }

    /// What there was too little of when last a worker was asked to leave.
    pub fn lack(&self) -> Option<Lack> {
        self.shared.crew().lack
    }

    /// Whether this worker is to leave; then, how many are left of how many there were. Who asks
    /// and is told so must leave.
    pub fn leave(&self) -> Option<(usize, usize)> {
        let mut crew = self.shared.crew();
        crew.to_leave = crew.to_leave.checked_sub(1)?;
        crew.workers -= 1;
        crew.left = Some(Instant::now());
        Some((crew.workers, self.shared.bells().len()))
    }

    /// Says that this worker leaves because there is nothing more to do.
    pub fn go(&self) {
        let mut crew = self.shared.crew();
        crew.workers -= 1;
        crew.to_leave = crew.to_leave.min(crew.workers.saturating_sub(1));
    }

    /// As [`Seat::go`], unless a worker is to leave; where this one goes, how many are left.
    pub fn goes_unasked(&self) -> Option<usize> {
        let mut crew = self.shared.crew();
        if crew.to_leave > 0 {
            return None;
        }
        crew.workers -= 1;
        Some(crew.workers)
    }

    /// Gives the descriptor back, once this end is dropped: the worker does nothing more that can be stopped.
    pub fn free(&self) {
        let mut bells = self.shared.bells.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get_mut(self.slot) {
            *bell = None;
        }
    }

    /// Says that the job in flight may be left to others.
    pub fn may_cede(&self) {
        self.bell().ceding.store(MAY_CEDE, Ordering::SeqCst);
    }

    /// Leaves the job in flight to others, if it may be and a worker is to leave.
    pub fn cedes(&self) -> bool {
        let ceding = &self.bell().ceding;
        self.shared.crew().to_leave > 0
            && ceding
                .compare_exchange(MAY_CEDE, CEDES, Ordering::SeqCst, Ordering::SeqCst)
                .is_ok()
    }

    /// Whether the job in flight was left to others. One that is begun after that is not.
    pub fn has_ceded(&self) -> bool {
        self.bell().ceding.swap(KEEPS, Ordering::SeqCst) == CEDES
    }

    /// Waits for `duration`, or less when something new is wanted (the bell is left ringing).
    pub fn pause(&self, duration: Duration) {
        let bell = (self.wake_fd(), Interest::Read);
        // An error is no reason to go on early: the caller's loop would spin.
        if sys::poll([Some(bell)], Some(duration)).is_err() {
            thread::sleep(duration);
        }
    }

    fn bell(&self) -> &Bell {
        &self.bell
    }
}

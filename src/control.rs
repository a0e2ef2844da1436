//! What the main thread wants of the workers, in a form that a thread blocked in `poll` hears; and
//! what each worker is doing, for the main thread to look at.
//!
//! One [`Control`] for a run, one [`Seat`] for each worker. It does not know processes or
//! channels, and of jobs only their numbers.

mod lack;

pub use lack::Lack;

use crate::sys::{self, Wake};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard};
use std::time::{Duration, Instant};

/// What is wanted of a worker's job in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Carry on.
    Go,
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
}

/// How many descriptors a worker with a child takes: its bell, four ends of two pipes, the input,
/// the notice of the exit, and one to spare.
const SHARE: usize = 8;

/// The main thread's end.
#[derive(Debug)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    level: AtomicU8,
    signal: AtomicI32,
    suspended: AtomicBool,
    bells: RwLock<Vec<Arc<Bell>>>,
    start: Instant,
    crew: Mutex<Crew>,
}

/// How many workers are there, how many of them are to leave, and for lack of what any was asked to.
#[derive(Debug, Default)]
struct Crew {
    workers: usize,
    to_leave: usize,
    lack: Option<Lack>,
    /// When the last one left.
    left: Option<Instant>,
}

/// How long it is seen whether there are enough processes now, before another worker is to leave.
const EACH: Duration = Duration::from_millis(50);

/// A worker that has a job keeps it.
const KEEPS: u8 = 0;
/// It may leave it to others.
const MAY_CEDE: u8 = 1;
/// It does.
const CEDES: u8 = 2;

#[derive(Debug)]
struct Bell {
    wake: Wake,
    activity: AtomicU8,
    /// Whether the job in flight is left to others.
    ceding: AtomicU8,
    /// The job in flight and one more; 0 where there is none.
    job: AtomicU64,
    /// When it was begun, in milliseconds of the run.
    since: AtomicU64,
    /// Whether output of it is held back until its turn.
    holding: AtomicBool,
}

/// A worker's end.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The worker's number, from 0.
    pub slot: usize,
    bell: Arc<Bell>,
    shared: Arc<Shared>,
}

impl Control {
    /// A control of this many workers that wishes everyone to go on; of fewer where there are not
    /// descriptors for all, as each has one to be woken by, and some more for its child.
    ///
    /// # Errors
    /// When there are not even descriptors for one worker.
    pub fn new(workers: usize) -> io::Result<Self> {
        let (mut wakes, mut raised) = (Vec::new(), false);
        while wakes.len() < workers {
            match Wake::new() {
                Ok(wake) => wakes.push(wake),
                Err(e) if sys::is_out_of_files(&e) && !raised => {
                    sys::raise_file_limit();
                    raised = true;
                }
                Err(e) if sys::is_out_of_files(&e) && wakes.len() > 1 => {
                    wakes.truncate(wakes.len().div_ceil(SHARE));
                    break;
                }
                Err(e) => return Err(e),
            }
        }
        let bells: Vec<_> = wakes.into_iter().map(Bell::new).collect();
        Ok(Control {
            shared: Arc::new(Shared {
                level: AtomicU8::new(0),
                signal: AtomicI32::new(0),
                suspended: AtomicBool::new(false),
                crew: Mutex::default(),
                bells: RwLock::new(bells),
                start: Instant::now(),
            }),
        })
    }

    /// How many workers there are seats for.
    pub fn seats(&self) -> usize {
        self.shared.bells().len()
    }

    /// Adds a seat.
    ///
    /// # Errors
    /// When there is no descriptor for it.
    pub fn add_seat(&self) -> io::Result<()> {
        let wake = match Wake::new() {
            Err(e) if sys::is_out_of_files(&e) => {
                sys::raise_file_limit();
                Wake::new()?
            }
            made => made?,
        };
        let mut bells = self.shared.bells.write().unwrap_or_else(PoisonError::into_inner);
        bells.push(Bell::new(wake));
        Ok(())
    }

    /// Has workers leave when they have ended their jobs, so that so many are left.
    pub fn have_at_most(&self, workers: usize) {
        let mut crew = self.shared.crew();
        while crew.workers - crew.to_leave > workers.max(1) {
            crew.to_leave += 1;
        }
    }

    /// Has one worker fewer leave, if any is to.
    pub fn have_one_stay(&self) {
        let mut crew = self.shared.crew();
        crew.to_leave = crew.to_leave.saturating_sub(1);
    }

    /// Whether there has been too little of something for the workers that are there.
    pub fn is_short(&self) -> bool {
        self.shared.crew().lack.is_some()
    }

    /// The seat of the worker with this slot, which must be below the number of seats. Whoever takes
    /// it counts as a worker from then on.
    pub fn seat(&self, slot: usize) -> Seat {
        let bell = self.shared.bells().get(slot).cloned();
        self.shared.crew().workers += 1;
        Seat {
            slot,
            bell: bell.unwrap_or_else(|| panic!("no worker has slot {slot}")),
            shared: Arc::clone(&self.shared),
        }
    }

    /// Asks every worker for `wish`, at once; a wish is never weakened.
    pub fn wish(&self, wish: Wish) {
        let level = match wish {
            Wish::Go => return,
            Wish::Terminate(signal) => {
                let _ = self
                    .shared
                    .signal
                    .compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
                1
            }
            Wish::Kill => 2,
        };
        self.shared.level.fetch_max(level, Ordering::SeqCst);
        self.ring();
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

    /// The jobs in flight and how long each has been, the lowest first.
    pub fn in_flight(&self) -> Vec<(u64, Duration)> {
        let now = self.shared.start.elapsed();
        let job = |bell: &Arc<Bell>| {
            let seq = bell.job.load(Ordering::SeqCst).checked_sub(1)?;
            let since = Duration::from_millis(bell.since.load(Ordering::SeqCst));
            Some((seq, now.saturating_sub(since)))
        };
        let mut jobs: Vec<_> = self.shared.bells().iter().filter_map(job).collect();
        jobs.sort_unstable();
        jobs
    }

    /// Wakes the worker of job `seq` if it holds output back: its turn has come.
    pub fn nudge(&self, seq: u64) {
        let bells = self.shared.bells();
        let mut bells = bells.iter();
        let its = |bell: &&Arc<Bell>| {
            bell.job.load(Ordering::SeqCst) == seq + 1 && bell.holding.load(Ordering::SeqCst)
        };
        if let Some(bell) = bells.find(its) {
            bell.wake.ring();
        }
    }

    fn any_running(&self) -> bool {
        let running = Activity::Running as u8;
        let bells = self.shared.bells();
        let mut bells = bells.iter();
        bells.any(|bell| bell.activity.load(Ordering::SeqCst) == running)
    }

    fn ring(&self) {
        for bell in self.shared.bells().iter() {
            bell.wake.ring();
        }
    }
}

impl Bell {
    fn new(wake: Wake) -> Arc<Self> {
        Arc::new(Bell {
            wake,
            activity: AtomicU8::new(Activity::Idle as u8),
            ceding: AtomicU8::new(KEEPS),
            job: AtomicU64::new(0),
            since: AtomicU64::new(0),
            holding: AtomicBool::new(false),
        })
    }
}

impl Shared {
    fn bells(&self) -> RwLockReadGuard<'_, Vec<Arc<Bell>>> {
        self.bells.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn crew(&self) -> MutexGuard<'_, Crew> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner)
    }
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

    /// A descriptor that is readable once something new is wanted, until [`Seat::hush`].
    pub fn wake_fd(&self) -> BorrowedFd<'_> {
        self.bell().wake.as_fd()
    }

    /// Makes the descriptor unreadable; look at the wish *after* this.
    pub fn hush(&self) {
        self.bell().wake.hush();
    }

    /// Says what this worker's children are doing. `Running` is said before a child is started,
    /// so that none slips past [`Control::suspend`].
    pub fn set_activity(&self, activity: Activity) {
        self.bell().activity.store(activity as u8, Ordering::SeqCst);
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
        let mut others = bells.iter().enumerate();
        others.any(|(slot, bell)| slot != self.slot && bell.activity.load(Ordering::SeqCst) != idle)
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
        let bell = (self.wake_fd(), crate::sys::Interest::Read);
        // An error is no reason to go on early: the caller's loop would spin.
        if crate::sys::poll([Some(bell)], Some(duration)).is_err() {
            std::thread::sleep(duration);
        }
    }

    fn bell(&self) -> &Bell {
        &self.bell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control() -> Control {
        Control::new(2).expect("two descriptors can be had")
    }

    #[test]
    fn a_wish_is_never_weakened() {
        let control = control();
        control.wish(Wish::Terminate(15));
        control.wish(Wish::Terminate(2));
        assert_eq!(control.seat(1).wish(), Wish::Terminate(15));
        control.wish(Wish::Kill);
        control.wish(Wish::Terminate(15));
        assert_eq!(control.seat(0).wish(), Wish::Kill);
    }

    #[test]
    fn a_wish_wakes_every_seat_until_it_is_hushed() {
        let control = control();
        control.wish(Wish::Kill);
        for slot in 0..2 {
            let seat = control.seat(slot);
            let started = Instant::now();
            seat.pause(Duration::from_secs(60));
            assert!(started.elapsed() < Duration::from_secs(30));
            seat.hush();
            let bell = Some((seat.wake_fd(), crate::sys::Interest::Read));
            let ready = crate::sys::poll([bell], Some(Duration::ZERO));
            assert_eq!(ready.expect("poll works"), [crate::sys::Ready::No]);
        }
    }

    #[test]
    fn only_the_worker_that_holds_output_of_the_job_is_woken() {
        let control = control();
        let (idle, holds) = (control.seat(0), control.seat(1));
        let rings = |seat: &Seat| {
            let bell = Some((seat.wake_fd(), crate::sys::Interest::Read));
            crate::sys::poll([bell], Some(Duration::ZERO)).expect("poll works") != [crate::sys::Ready::No]
        };
        idle.begin(3);
        holds.begin(4);
        control.nudge(4);
        assert!(!rings(&holds), "it holds nothing");
        holds.hold();
        control.nudge(3);
        assert!(!rings(&holds) && !rings(&idle), "another's turn");
        control.nudge(4);
        assert!(rings(&holds) && !rings(&idle));
        assert_eq!(
            control.in_flight().iter().map(|job| job.0).collect::<Vec<_>>(),
            [3, 4]
        );
        holds.end();
        assert_eq!(control.in_flight().len(), 1);
    }

    #[test]
    fn so_many_workers_leave_that_enough_are_left() {
        let control = control();
        control.add_seat().expect("a descriptor");
        let seats = [0, 1, 2].map(|slot| control.seat(slot));
        control.have_at_most(1);
        control.have_one_stay();
        let left: Vec<_> = seats.iter().filter_map(Seat::leave).collect();
        assert_eq!(left, [(2, 3)]);
    }

    #[test]
    fn suspend_waits_for_running_children_only() {
        let control = control();
        control.seat(0).set_activity(Activity::Stopped);
        control.suspend(Duration::from_secs(60));
        assert!(control.seat(1).is_suspended());
        control.resume();
        assert!(!control.seat(1).is_suspended());
    }
}

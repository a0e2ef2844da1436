//! What the main thread wants of the workers, in a form that a thread blocked in `poll` hears.
//!
//! One [`Control`] for a run, one [`Seat`] for each worker. It carries wishes and nothing else:
//! it does not know processes, jobs or channels.

use crate::sys::Wake;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU8, Ordering};
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
    bells: Vec<Bell>,
}

#[derive(Debug)]
struct Bell {
    wake: Wake,
    activity: AtomicU8,
}

/// A worker's end.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The worker's number, from 0.
    pub slot: usize,
    shared: Arc<Shared>,
}

impl Control {
    /// A control of this many workers that wishes everyone to go on.
    ///
    /// # Errors
    /// When the process may open no more files: each worker has a descriptor to be woken by.
    pub fn new(workers: usize) -> io::Result<Self> {
        let bells = (0..workers)
            .map(|_| {
                Ok(Bell {
                    wake: Wake::new()?,
                    activity: AtomicU8::new(Activity::Idle as u8),
                })
            })
            .collect::<io::Result<_>>()?;
        Ok(Control {
            shared: Arc::new(Shared {
                level: AtomicU8::new(0),
                signal: AtomicI32::new(0),
                suspended: AtomicBool::new(false),
                bells,
            }),
        })
    }

    /// The seat of the worker with this slot, which must be below the number of workers.
    pub fn seat(&self, slot: usize) -> Seat {
        assert!(slot < self.shared.bells.len(), "no worker has slot {slot}");
        Seat {
            slot,
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

    fn any_running(&self) -> bool {
        let running = Activity::Running as u8;
        let mut bells = self.shared.bells.iter();
        bells.any(|bell| bell.activity.load(Ordering::SeqCst) == running)
    }

    fn ring(&self) {
        for bell in &self.shared.bells {
            bell.wake.ring();
        }
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

    /// Waits for `duration`, or less when something new is wanted (the bell is left ringing).
    pub fn pause(&self, duration: Duration) {
        let bell = (self.wake_fd(), crate::sys::Interest::Read);
        // An error is no reason to go on early: the caller's loop would spin.
        if crate::sys::poll([Some(bell)], Some(duration)).is_err() {
            std::thread::sleep(duration);
        }
    }

    fn bell(&self) -> &Bell {
        &self.shared.bells[self.slot]
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
    fn suspend_waits_for_running_children_only() {
        let control = control();
        control.seat(0).set_activity(Activity::Stopped);
        control.suspend(Duration::from_secs(60));
        assert!(control.seat(1).is_suspended());
        control.resume();
        assert!(!control.seat(1).is_suspended());
    }
}

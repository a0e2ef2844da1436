//! What the main thread wants of the workers, in a form that a thread blocked in `poll` hears.
//!
//! One [`Control`] for a run, one [`Seat`] for each worker. It carries wishes and nothing else:
//! it does not know processes, jobs or channels.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU8, Ordering};

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

/// The main thread's end.
#[derive(Debug)]
pub struct Control {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    level: AtomicU8,
    signal: AtomicI32,
}

/// A worker's end.
#[derive(Debug, Clone)]
pub struct Seat {
    /// The worker's number, from 0.
    pub slot: usize,
    shared: Arc<Shared>,
}

impl Control {
    /// A control that wishes everyone to go on.
    pub fn new() -> Self {
        Control {
            shared: Arc::new(Shared {
                level: AtomicU8::new(0),
                signal: AtomicI32::new(0),
            }),
        }
    }

    /// The seat of the worker with this slot.
    pub fn seat(&self, slot: usize) -> Seat {
        Seat {
            slot,
            shared: Arc::clone(&self.shared),
        }
    }

    /// Asks every worker for `wish`; a wish is never weakened.
    pub fn wish(&self, wish: Wish) {
        let level = match wish {
            Wish::Go => 0,
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
    }
}

impl Default for Control {
    fn default() -> Self {
        Self::new()
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
}

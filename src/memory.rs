//! One budget of memory for the whole run, which every part that holds a lot takes from.
//!
//! A part that gets no more spills to a temporary file or takes a slower way. Only where there is no other
//! way it waits, for parts that wait for nobody: so a small budget never means a stuck run.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A number of bytes that several threads share.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: u64,
    used: AtomicU64,
    sharers: AtomicU64,
    /// Whether someone has more than there was left, and news for who waits.
    exceeded: Mutex<bool>,
    given_back: Condvar,
}

/// Bytes taken from a [`Budget`]; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u64,
}

impl Budget {
    /// A budget of that many bytes.
    pub fn new(limit: u64) -> Self {
        Budget {
            shared: Arc::new(Shared {
                limit,
                used: AtomicU64::new(0),
                sharers: AtomicU64::new(0),
                exceeded: Mutex::new(false),
                given_back: Condvar::new(),
            }),
        }
    }

    /// The whole budget, in bytes.
    pub fn limit(&self) -> u64 {
        self.shared.limit
    }

    /// One more who shares the budget evenly with all others that do. It is a measure to keep to;
    /// nothing is taken.
    pub fn share(&self) -> Share {
        self.shared.sharers.fetch_add(1, Ordering::Relaxed);
        Share { budget: self.clone() }
    }

    /// Takes `bytes`, or nothing when fewer are left.
    pub fn reserve(&self, bytes: u64) -> Option<Reservation> {
        let mut reservation = Reservation {
            budget: self.clone(),
            bytes: 0,
        };
        reservation.grow(bytes).then_some(reservation)
    }

    /// Takes `bytes` that there is no way to do without, and waits for them if need be: for as long as
    /// somebody has bytes in this way that the budget did not have. So the budget is exceeded by at most one
    /// of those who ask, who goes on at once when there are no others.
    ///
    /// Who has bytes in this way must not wait for more of them.
    pub fn insist(&self, bytes: u64) -> Insisted {
        let shared = &self.shared;
        let mut exceeded = shared.exceeded.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let reservation = self.reserve(bytes);
            if reservation.is_some() || !*exceeded {
                *exceeded |= reservation.is_none();
                return Insisted {
                    budget: self.clone(),
                    reservation,
                };
            }
            let waited = shared.given_back.wait(exceeded);
            exceeded = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Bytes from [`Budget::insist`]; given back when dropped.
#[derive(Debug)]
pub struct Insisted {
    budget: Budget,
    /// None where the budget did not have them.
    reservation: Option<Reservation>,
}

impl Drop for Insisted {
    fn drop(&mut self) {
        let shared = &self.budget.shared;
        let mut exceeded = shared.exceeded.lock().unwrap_or_else(PoisonError::into_inner);
        if self.reservation.take().is_none() {
            *exceeded = false;
        }
        shared.given_back.notify_all();
    }
}

impl Reservation {
    /// Takes `bytes` more; false, and nothing taken, when fewer are left.
    pub fn grow(&mut self, bytes: u64) -> bool {
        let shared = &self.budget.shared;
        let taken = shared
            .used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                used.checked_add(bytes).filter(|&sum| sum <= shared.limit)
            });
        if taken.is_ok() {
            self.bytes += bytes;
        }
        taken.is_ok()
    }

    /// Gives `bytes` of it back.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.shared.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// How many bytes are held.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// An even part of a [`Budget`]: the fewer share it, the larger it is.
#[derive(Debug)]
pub struct Share {
    budget: Budget,
}

impl Share {
    /// How many bytes it is just now.
    pub fn bytes(&self) -> u64 {
        let shared = &self.budget.shared;
        shared.limit / shared.sharers.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.shared.sharers.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;
    use std::thread;

    #[test]
    fn who_shares_gets_an_even_part_and_more_when_others_are_done() {
        let budget = Budget::new(120);
        let (first, second) = (budget.share(), budget.share());
        assert_eq!(first.bytes(), 60);
        let third = budget.share();
        assert_eq!((first.bytes(), second.bytes()), (40, 40));
        drop((second, third));
        assert_eq!(first.bytes(), 120);
    }

    #[test]
    fn one_may_exceed_the_budget_and_others_wait_for_it() {
        let budget = Budget::new(100);
        let within = budget.insist(80);
        let beyond = budget.insist(80);
        let (sender, receiver) = channel();
        let (other, ready) = (budget.clone(), sender.clone());
        let third = thread::spawn(move || {
            ready.send("asks").expect("somebody listens");
            let held = other.insist(30);
            ready.send("has it").expect("somebody listens");
            drop(held);
        });
        assert_eq!(receiver.recv(), Ok("asks"));
        sender.send("given back").expect("somebody listens");
        drop(beyond);
        let told: Vec<_> = receiver.iter().take(2).collect();
        assert_eq!(told, ["given back", "has it"]);
        third.join().expect("no panic");
        drop(within);
        assert!(budget.reserve(100).is_some(), "all was given back");
    }
}

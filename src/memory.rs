//! One memory budget for the whole run; whatever holds much memory reserves it here.
//!
//! A component that gets no more memory spills to a temporary file or takes a slower way. Only a component
//! that has no other way waits ([`Budget::insist`]), and those that it waits for wait for nobody: a small
//! budget never makes a run hang. The budget does not know what the memory is for.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// A number of bytes that several threads share. Clones are the same budget.
#[derive(Debug, Clone)]
pub struct Budget {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    limit: u64,
    used: AtomicU64,
    sharers: AtomicU64,
    /// Whether a thread holds bytes that exceed the budget.
    exceeded: Mutex<bool>,
    /// Notified when bytes of [`Budget::insist`] are released.
    released: Condvar,
}

/// Bytes reserved from a [`Budget`]; released when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u64,
}

impl Budget {
    /// Creates a budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Budget {
            shared: Arc::new(Shared {
                limit,
                used: AtomicU64::new(0),
                sharers: AtomicU64::new(0),
                exceeded: Mutex::new(false),
                released: Condvar::new(),
            }),
        }
    }

    /// Returns the whole budget, in bytes.
    pub fn limit(&self) -> u64 {
        self.shared.limit
    }

    /// Joins those who share the budget evenly. A share is a measure to keep to: it reserves nothing.
    pub fn share(&self) -> BudgetShare {
        self.shared.sharers.fetch_add(1, Ordering::Relaxed);
        BudgetShare { budget: self.clone() }
    }

    /// Reserves `bytes`, or returns `None` when fewer are left.
    pub fn reserve(&self, bytes: u64) -> Option<Reservation> {
        let mut reservation = Reservation {
            budget: self.clone(),
            bytes: 0,
        };
        reservation.grow(bytes).then_some(reservation)
    }

    /// Reserves `bytes` that the caller can't do without. When fewer are left, the reservation exceeds the
    /// budget; but only one may do so at a time, and while one does, this blocks. A single caller never
    /// blocks.
    ///
    /// A thread that holds bytes from `insist` must not call it again: it could deadlock.
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
            let waited = shared.released.wait(exceeded);
            exceeded = waited.unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// Bytes from [`Budget::insist`]; released when dropped.
#[derive(Debug)]
pub struct Insisted {
    budget: Budget,
    /// `None` when the bytes exceed the budget.
    reservation: Option<Reservation>,
}

impl Drop for Insisted {
    fn drop(&mut self) {
        let shared = &self.budget.shared;
        let mut exceeded = shared.exceeded.lock().unwrap_or_else(PoisonError::into_inner);
        if self.reservation.take().is_none() {
            *exceeded = false;
        }
        shared.released.notify_all();
    }
}

impl Reservation {
    /// Reserves `bytes` more. Returns false, and reserves nothing, when fewer are left.
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

    /// Releases `bytes` of the reservation.
    pub fn shrink(&mut self, bytes: u64) {
        let bytes = bytes.min(self.bytes);
        self.bytes -= bytes;
        self.budget.shared.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// Returns how many bytes are reserved.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.shrink(self.bytes);
    }
}

/// An even share of a [`Budget`]: the fewer share it, the larger it is.
#[derive(Debug)]
pub struct BudgetShare {
    budget: Budget,
}

impl BudgetShare {
    /// Returns its current size in bytes.
    pub fn bytes(&self) -> u64 {
        let shared = &self.budget.shared;
        shared.limit / shared.sharers.load(Ordering::Relaxed).max(1)
    }
}

impl Drop for BudgetShare {
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
    fn shares_are_even_and_grow_when_others_are_dropped() {
        let budget = Budget::new(120);
        let (first, second) = (budget.share(), budget.share());
        assert_eq!(first.bytes(), 60);
        let third = budget.share();
        assert_eq!((first.bytes(), second.bytes()), (40, 40));
        drop((second, third));
        assert_eq!(first.bytes(), 120);
    }

    #[test]
    fn one_reservation_may_exceed_the_budget_and_others_wait_for_it() {
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

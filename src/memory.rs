//! One budget of memory for the whole run, which every part that holds a lot takes from.
//!
//! A part that gets no more spills to a temporary file or takes a slower way; it never waits for
//! another part, so a small budget never means a stuck run.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

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
}

/// Bytes taken from a [`Budget`]; given back when dropped.
#[derive(Debug)]
pub struct Reservation {
    budget: Budget,
    bytes: u64,
}

impl Budget {
    /// A budget of `limit` bytes.
    pub fn new(limit: u64) -> Self {
        Budget {
            shared: Arc::new(Shared {
                limit,
                used: AtomicU64::new(0),
                sharers: AtomicU64::new(0),
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
}

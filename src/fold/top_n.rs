//! The best rows of many, as long as there is memory for them.

use crate::memory::{Budget, Reservation};
use std::collections::BinaryHeap;

/// What rows may take without asking, so that a small budget does not mean a file for a few.
const FREE: u64 = 32 << 10;

/// What a row takes beside its bytes: two lengths and places, and what the allocator adds.
const ROW_SIZE: usize = 96;

/// A row: where it stands, and what is printed.
pub(super) type RankedRow = (Vec<u8>, Vec<u8>);

/// So many rows of least rank.
pub(super) struct TopN {
    wanted: usize,
    /// The worst of them is on top.
    best: BinaryHeap<RankedRow>,
    size: u64,
    held: Reservation,
}

fn size((rank, line): &RankedRow) -> u64 {
    (rank.len() + line.len() + ROW_SIZE) as u64
}

impl TopN {
    pub fn new(wanted: usize, budget: &Budget) -> TopN {
        TopN {
            wanted,
            best: BinaryHeap::new(),
            size: 0,
            held: budget.reserve(0).expect("nothing can always be taken"),
        }
    }

    /// Takes a row if it is among the best. False, and it is not taken, when there is no memory.
    #[must_use]
    pub fn offer(&mut self, rank: &[u8], line: &[u8]) -> bool {
        let full = self.best.len() >= self.wanted;
        if full && self.best.peek().is_none_or(|worst| *rank >= worst.0[..]) {
            return true;
        }
        if full && let Some(worst) = self.best.pop() {
            self.size -= size(&worst);
        }
        let row = (rank.to_vec(), line.to_vec());
        let needed = (self.size + size(&row)).saturating_sub(FREE + self.held.bytes());
        if needed > 0 && !self.held.grow(needed.max(FREE)) {
            return false;
        }
        self.size += size(&row);
        self.best.push(row);
        true
    }

    /// The rows, the best first.
    pub fn into_sorted(self) -> Vec<RankedRow> {
        self.best.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_are_kept_as_long_as_there_is_memory() {
        for (budget, rows, fits) in [(0, 50, true), (1 << 20, 5_000, true), (0, 5_000, false)] {
            let mut top = TopN::new(rows, &Budget::new(budget));
            let ranks = (0..10_000u32).map(|i| i.wrapping_mul(7919) % 10_000);
            let mut taken = true;
            for rank in ranks {
                taken = taken && top.offer(&rank.to_be_bytes(), b"row");
            }
            assert_eq!(taken, fits, "{budget} bytes for {rows} rows");
            let best: Vec<_> = top.into_sorted().into_iter().map(|(rank, _)| rank).collect();
            let wanted: Vec<_> = (0..rows as u32).map(|rank| rank.to_be_bytes().to_vec()).collect();
            assert!(!fits || best == wanted);
        }
    }
}

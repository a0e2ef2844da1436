//! The rows of least rank out of many, as long as there is memory for them. It does not know how rows
//! are ranked.

use crate::memory::{Budget, Reservation};
use std::collections::BinaryHeap;

/// How many bytes rows take without a reservation, so that a small budget does not mean a file for a
/// few rows.
const FREE: u64 = 32 << 10;

/// How many bytes a row takes beside its own: two vectors, and what the allocator adds.
const ROW_SIZE: usize = 96;

/// A row: its rank, and its line.
pub(super) type RankedRow = (Vec<u8>, Vec<u8>);

/// The `wanted` rows of least rank.
pub(super) struct TopN {
    wanted: usize,
    /// The row of highest rank is on top.
    rows: BinaryHeap<RankedRow>,
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
            rows: BinaryHeap::new(),
            size: 0,
            held: budget.reserve(0).expect("nothing can always be taken"),
        }
    }

    /// Takes a row if it is among those of least rank. Returns false, and does not take it, when there is
    /// no memory.
    #[must_use]
    pub fn offer(&mut self, rank: &[u8], line: &[u8]) -> bool {
        let full = self.rows.len() >= self.wanted;
        if full && self.rows.peek().is_none_or(|worst| *rank >= worst.0[..]) {
            return true;
        }
        if full && let Some(worst) = self.rows.pop() {
            self.size -= size(&worst);
        }
        let row = (rank.to_vec(), line.to_vec());
        let needed = (self.size + size(&row)).saturating_sub(FREE + self.held.bytes());
        if needed > 0 && !self.held.grow(needed.max(FREE)) {
            return false;
        }
        self.size += size(&row);
        self.rows.push(row);
        true
    }

    /// Returns the rows by rank.
    pub fn sorted(&self) -> Vec<&RankedRow> {
        let mut rows: Vec<_> = self.rows.iter().collect();
        rows.sort_unstable();
        rows
    }

    /// Returns the rows by rank, and gives back their memory.
    pub fn into_sorted(self) -> Vec<RankedRow> {
        self.rows.into_sorted_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_are_kept_as_long_as_there_is_memory() {
        for (budget, rows, fits) in [(0, 50, true), (1 << 20, 5_000, true), (0, 5_000, false)] {
            let mut top = TopN::new(rows, &Budget::new(budget));
            let ranks = (0..10_000u32).map(|i| i.wrapping_mul(7919) % 10_000);
            let mut taken = true;
            for rank in ranks {
                taken = taken && top.offer(&rank.to_be_bytes(), b"row");
            }
            assert_eq!(taken, fits, "{budget} bytes for {rows} rows");
            let least: Vec<_> = top.into_sorted().into_iter().map(|(rank, _)| rank).collect();
            let wanted: Vec<_> = (0..rows as u32).map(|rank| rank.to_be_bytes().to_vec()).collect();
            assert!(!fits || least == wanted);
        }
    }
}

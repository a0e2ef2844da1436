//! Rows by their ranks: those of least rank in memory, or all of them in a table that spills. It does not know how rows
//! are ranked.

use super::alone;
use super::group_table::{GroupTable, has_none};
use super::sorted_entries::read_count;
use super::top_n::TopN;
use crate::memory::Budget;
use std::io;
use std::path::Path;

/// Rows, each with a rank of its own.
pub(super) struct RankedRows {
    /// How many rows are wanted.
    wanted: Option<usize>,
    /// The rows of least rank, as long as they fit in memory.
    top: Option<TopN>,
    /// The others, which a table sorts, with runs when they outgrow memory. A key is a rank and a row; its count is
    /// where the row begins.
    table: GroupTable,
    key: Vec<u8>,
    budget: Budget,
}

impl RankedRows {
    /// Returns no rows; `wanted` is how many of least rank will be asked for, if not all.
    pub fn new(seed: u64, wanted: Option<usize>, budget: &Budget, tmpdir: &Path) -> RankedRows {
        RankedRows {
            wanted,
            top: wanted.map(|wanted| TopN::new(wanted, budget)),
            table: GroupTable::new(seed, Vec::new(), budget, tmpdir),
            key: Vec::new(),
            budget: budget.clone(),
        }
    }

    /// Takes a row.
    ///
    /// # Errors
    /// When a sorted run can't be written.
    pub fn add(&mut self, rank: &[u8], row: &[u8]) -> io::Result<()> {
        if let Some(top) = &mut self.top {
            if top.offer(rank, row) {
                return Ok(());
            }
            self.move_top()?;
        }
        self.put(rank, row)
    }

    /// Moves the rows that memory holds no more into the table.
    fn move_top(&mut self) -> io::Result<()> {
        for (rank, row) in self.top.take().map_or_else(Vec::new, TopN::into_sorted) {
            self.put(&rank, &row)?;
        }
        Ok(())
    }

    fn put(&mut self, rank: &[u8], row: &[u8]) -> io::Result<()> {
        self.key.clear();
        self.key.extend_from_slice(rank);
        self.key.extend_from_slice(row);
        self.table.count(&self.key, rank.len() as u64)
    }

    /// Moves the rows of `other` into this one.
    ///
    /// # Errors
    /// When a sorted run can't be written or read.
    pub fn merge(&mut self, other: &mut RankedRows) -> io::Result<()> {
        match other.top.take() {
            Some(top) => {
                for (rank, row) in top.into_sorted() {
                    self.add(&rank, &row)?;
                }
            }
            None => {
                self.move_top()?;
                self.table.merge(&mut other.table, &mut has_none)?;
            }
        }
        other.clear();
        Ok(())
    }

    pub fn clear(&mut self) {
        self.table.clear();
        self.top = self.wanted.map(|wanted| TopN::new(wanted, &self.budget));
    }

    /// Gives the wanted rows to `take`, with their ranks, in their order.
    ///
    /// # Errors
    /// What `take` returns; when a sorted run can't be read.
    pub fn each(&mut self, mut take: impl FnMut(&[u8], &[u8]) -> io::Result<()>) -> io::Result<()> {
        if let Some(top) = &self.top {
            let rows = top.sorted();
            return rows.into_iter().try_for_each(|(rank, row)| take(rank, row));
        }
        let mut left = self.wanted.unwrap_or(usize::MAX);
        let mut sorted = self.table.sorted(&alone)?;
        while left > 0
            && let Some((key, start)) = sorted.next()?
        {
            let (rank, row) = key.split_at(read_count(start)? as usize);
            take(rank, row)?;
            left -= 1;
        }
        Ok(())
    }
}

//! Keys with a count, or with a row of states, in memory as far as the budget allows and in
//! sorted runs beyond.
//!
//! It does not know what keys mean or how results are written.

use super::aggregate::AggregateState;
use super::save_format::broken;
use super::sorted_entries::{SortedEntries, put_value, read_count};
use super::sorted_run::{RunWriter, SortedRun};
use super::table::Table;
use crate::memory::{Budget, BudgetShare, Reservation};
use std::io;
use std::path::{Path, PathBuf};

/// How many keys are hashed at once.
const BATCH: usize = 32;

/// How many bytes a table holds without a reservation, so that a small budget does not mean a run
/// for every key.
const FREE: u64 = 32 << 10;

/// How many runs of a level are merged into one of the next. So a key is written once for each
/// level, and few files are open.
const FAN: usize = 16;

/// Keys, each with a count or a row of states.
pub(super) struct GroupTable {
    table: Table,
    /// The row of states of a key that has taken nothing.
    empty_row: Vec<AggregateState>,
    /// Rows of states. A key's tally is the index of its row.
    states: Vec<AggregateState>,
    runs: Vec<SortedRun>,
    reservation: Reservation,
    /// A table takes no more than its share, so that no table that starts later gets nothing.
    share: BudgetShare,
    tmpdir: PathBuf,
}

impl GroupTable {
    /// Makes an empty table. When rows have no states, it counts keys.
    pub fn new(seed: u64, empty_row: Vec<AggregateState>, budget: &Budget, tmpdir: &Path) -> GroupTable {
        GroupTable {
            table: Table::new(seed),
            empty_row,
            states: Vec::new(),
            runs: Vec::new(),
            reservation: budget.reserve(0).expect("nothing can always be taken"),
            share: budget.share(),
            tmpdir: tmpdir.to_owned(),
        }
    }

    /// Adds to the count of a key.
    #[inline]
    pub fn count(&mut self, key: &[u8], count: u64) -> io::Result<()> {
        self.count_hashed(self.table.hash(key), key, count)
    }

    /// Adds 1 to the count of each key. One short loop hashes many keys, so that the processor waits
    /// for several of them at once when they are looked up.
    pub fn count_each(&mut self, keys: &[&[u8]]) -> io::Result<()> {
        let mut hashes = [0; BATCH];
        for keys in keys.chunks(BATCH) {
            for (hash, key) in hashes.iter_mut().zip(keys) {
                *hash = self.table.hash(key);
            }
            for (hash, key) in hashes.iter().zip(keys) {
                self.count_hashed(*hash, key, 1)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn count_hashed(&mut self, hash: u64, key: &[u8], count: u64) -> io::Result<()> {
        if let Some(tally) = self.table.find(hash, key) {
            *tally += count;
            return Ok(());
        }
        self.make_room(key.len())?;
        self.table.insert(hash, key, count);
        Ok(())
    }

    /// Returns the row of states of a key.
    #[inline]
    pub fn row(&mut self, key: &[u8]) -> io::Result<&mut [AggregateState]> {
        self.row_hashed(self.table.hash(key), key)
    }

    #[inline]
    fn row_hashed(&mut self, hash: u64, key: &[u8]) -> io::Result<&mut [AggregateState]> {
        let width = self.empty_row.len();
        let row = match self.table.find(hash, key) {
            Some(tally) => *tally as usize,
            None => self.new_row(hash, key)?,
        };
        Ok(&mut self.states[row * width..][..width])
    }

    fn new_row(&mut self, hash: u64, key: &[u8]) -> io::Result<usize> {
        self.make_room(key.len())?;
        let row = self.states.len() / self.empty_row.len();
        self.states.extend_from_slice(&self.empty_row);
        self.table.insert(hash, key, row as u64);
        Ok(row)
    }

    /// Reserves what one more key takes, or empties the table into a run.
    fn make_room(&mut self, length: usize) -> io::Result<()> {
        let capacity = self.states.capacity();
        let growth = self.table.growth(length)
            + match self.states.len() + self.empty_row.len() {
                needed if needed > capacity => states_size(capacity.max(16 * self.empty_row.len())),
                _ => 0,
            };
        let fits = Table::takes(length);
        if fits && (growth == 0 || self.reserve(growth)) {
            return Ok(());
        }
        if self.table.is_empty() {
            // One key that is larger than the budget: there is nothing to spill.
            return if fits {
                Ok(())
            } else {
                Err(io::ErrorKind::OutOfMemory.into())
            };
        }
        self.spill()?;
        self.make_room(length)
    }

    fn reserve(&mut self, growth: u64) -> bool {
        let size = self.table.size() + states_size(self.states.capacity()) + growth;
        let held = self.reservation.bytes();
        size <= FREE.max(held) || (size <= self.share.bytes() && self.reservation.grow(size - held))
    }

    /// Empties the table into a sorted run.
    fn spill(&mut self) -> io::Result<()> {
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut value = Vec::new();
        for slot in self.table.sorted() {
            value.clear();
            put_value(&self.states, self.empty_row.len(), slot.tally, &mut value);
            writer.entry((self.table.key(&slot), &value))?;
        }
        self.runs.push(writer.finish(0)?);
        self.forget_table();
        self.compact()
    }

    /// Merges runs of one level into one of the next, as long as any level has enough of them.
    fn compact(&mut self) -> io::Result<()> {
        let mut level = 0;
        while self.runs.iter().any(|run| run.level >= level) {
            if self.runs.iter().filter(|run| run.level == level).count() >= FAN {
                let (full, others) = self.runs.drain(..).partition(|run| run.level == level);
                self.runs = others;
                self.runs.push(self.merge_runs(full, level + 1)?);
            }
            level += 1;
        }
        Ok(())
    }

    fn merge_runs(&self, runs: Vec<SortedRun>, level: u32) -> io::Result<SortedRun> {
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut sorted = SortedEntries::from_runs(&runs, &self.empty_row, &self.tmpdir)?;
        while let Some(entry) = sorted.next()? {
            writer.entry(entry)?;
        }
        writer.finish(level)
    }

    fn forget_table(&mut self) {
        self.table.clear();
        self.states.clear();
    }

    pub fn clear(&mut self) {
        self.forget_table();
        self.runs.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty() && self.runs.is_empty()
    }

    /// Moves everything from `other`, which has the same kinds and seed, into this table.
    pub fn merge(&mut self, other: &mut GroupTable) -> io::Result<()> {
        if self.is_empty() {
            std::mem::swap(self, other);
            return Ok(());
        }
        // Keys that outgrew memory once do not go through it again one by one.
        if !self.runs.is_empty() && other.table.size() > FREE {
            other.spill()?;
        }
        self.runs.append(&mut other.runs);
        let width = other.empty_row.len();
        for (hash, key, tally) in other.table.iter() {
            if width == 0 {
                self.count_hashed(hash, key, tally)?;
            } else {
                let theirs = &other.states[tally as usize * width..][..width];
                for (state, theirs) in self.row_hashed(hash, key)?.iter_mut().zip(theirs) {
                    state.merge(theirs);
                }
            }
        }
        other.clear();
        self.compact()
    }

    /// Adds an entry that [`GroupTable::sorted`] gave.
    pub fn load(&mut self, key: &[u8], mut value: &[u8]) -> io::Result<()> {
        if self.empty_row.is_empty() {
            return self.count(key, read_count(value)?);
        }
        let mut row = self.row(key)?.iter_mut();
        row.try_for_each(|state| state.load(&mut value))?;
        if value.is_empty() { Ok(()) } else { Err(broken()) }
    }

    /// Returns all entries by the bytes of their keys, each key once.
    pub fn sorted(&mut self) -> io::Result<SortedEntries<'_>> {
        if self.runs.is_empty() {
            let entries = SortedEntries::from_table(&self.table, &self.states, &self.empty_row);
            return Ok(entries);
        }
        if !self.table.is_empty() {
            self.spill()?;
        }
        SortedEntries::from_runs(&self.runs, &self.empty_row, &self.tmpdir)
    }
}

/// Returns how many bytes so many states take.
fn states_size(states: usize) -> u64 {
    (states * size_of::<AggregateState>()) as u64
}

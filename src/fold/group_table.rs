//! Keys with a count, or with a row of states, in memory as far as the budget allows and in
//! sorted runs beyond.
//!
//! It does not know what keys mean or how results are written.

use super::aggregate::{State, StateKind};
use super::merge_runs::RunMerge;
use super::save_format::BATCH;
use super::sorted_run::{Entry, RunWriter, SortedRun, damaged};
use super::table::{Slot, Table};
use crate::memory::{Budget, Reservation, Share};
use std::io;
use std::path::{Path, PathBuf};

/// What a store holds without asking, so that a small budget does not mean a run for every key.
const FREE: u64 = 32 << 10;

/// How many runs of a level are merged into one of the next, so that a key is written only so
/// often as there are levels, and few files are open.
const FAN: usize = 16;

/// What a state is taken to need, box and all.
const STATE_SIZE: usize = 80;

/// Keys with what is kept of each.
pub(super) struct GroupTable {
    pub table: Table,
    kinds: Vec<StateKind>,
    /// A row of states for each key, at the index that is its tally; more than are in use.
    states: Vec<Box<dyn State>>,
    rows: usize,
    runs: Vec<SortedRun>,
    reservation: Reservation,
    /// Stores take no more than their share, so that none that is started later gets nothing.
    share: Share,
    tmpdir: PathBuf,
}

impl GroupTable {
    /// An empty store. Without kinds it counts keys.
    pub fn new(seed: u64, kinds: Vec<StateKind>, budget: &Budget, tmpdir: &Path) -> GroupTable {
        GroupTable {
            table: Table::new(seed),
            kinds,
            states: Vec::new(),
            rows: 0,
            runs: Vec::new(),
            reservation: budget.reserve(0).expect("nothing can always be taken"),
            share: budget.share(),
            tmpdir: tmpdir.to_owned(),
        }
    }

    /// Adds to the count of a key.
    #[inline]
    pub fn count(&mut self, hash: u64, key: &[u8], count: u64) -> io::Result<()> {
        if let Some(tally) = self.table.find(hash, key) {
            *tally += count;
            return Ok(());
        }
        self.make_room(key.len())?;
        self.table.insert(hash, key, count);
        Ok(())
    }

    /// The row of states of a key.
    #[inline]
    pub fn row(&mut self, hash: u64, key: &[u8]) -> io::Result<&mut [Box<dyn State>]> {
        let width = self.kinds.len();
        let row = match self.table.find(hash, key) {
            Some(tally) => *tally as usize,
            None => self.new_row(hash, key)?,
        };
        Ok(&mut self.states[row * width..][..width])
    }

    fn new_row(&mut self, hash: u64, key: &[u8]) -> io::Result<usize> {
        self.make_room(key.len())?;
        let row = self.rows;
        self.rows += 1;
        let width = self.kinds.len();
        if self.states.len() < self.rows * width {
            self.states.extend(self.kinds.iter().map(|kind| (kind.0)()));
        } else {
            self.states[row * width..][..width]
                .iter_mut()
                .for_each(|state| state.reset());
        }
        self.table.insert(hash, key, row as u64);
        Ok(row)
    }

    /// Takes what one more key needs from the budget, or empties the table into a run.
    fn make_room(&mut self, length: usize) -> io::Result<()> {
        let new_states = match (self.rows + 1) * self.kinds.len() {
            needed if needed > self.states.len() => self.states.len().max(self.kinds.len() * 16),
            _ => 0,
        };
        let growth = self.table.growth(length) + (new_states * STATE_SIZE) as u64;
        let room = Table::takes(length);
        if room && (growth == 0 || self.take(growth)) {
            return Ok(());
        }
        if self.table.is_empty() {
            // One key that is larger than the budget: there is nothing to spill.
            return if room {
                Ok(())
            } else {
                Err(io::ErrorKind::OutOfMemory.into())
            };
        }
        self.spill()?;
        self.make_room(length)
    }

    fn take(&mut self, growth: u64) -> bool {
        let size = self.table.size() + (self.states.len() * STATE_SIZE) as u64 + growth;
        let held = self.reservation.bytes();
        size <= FREE.max(held) || (size <= self.share.bytes() && self.reservation.grow(size - held))
    }

    /// Empties the table into a sorted run.
    fn spill(&mut self) -> io::Result<()> {
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut kept = Vec::new();
        for slot in self.table.sorted() {
            kept.clear();
            save(&self.states, self.kinds.len(), slot.tally, &mut kept);
            writer.entry((self.table.key(&slot), &kept))?;
        }
        self.runs.push(writer.finish(0)?);
        self.forget_table();
        self.compact()
    }

    /// Merges runs of one level into one of the next, wherever there are enough.
    fn compact(&mut self) -> io::Result<()> {
        let mut level = 0;
        while self.runs.iter().any(|run| run.level >= level) {
            if self.runs.iter().filter(|run| run.level == level).count() >= FAN {
                let (merged, others) = self.runs.drain(..).partition(|run| run.level == level);
                self.runs = others;
                self.runs.push(self.merged(merged, level + 1)?);
            }
            level += 1;
        }
        Ok(())
    }

    fn merged(&self, runs: Vec<SortedRun>, level: u32) -> io::Result<SortedRun> {
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut sorted = SortedEntries::of_runs(&runs, &self.kinds, &self.tmpdir)?;
        while let Some(item) = sorted.next()? {
            writer.entry(item)?;
        }
        writer.finish(level)
    }

    fn forget_table(&mut self) {
        self.table.clear();
        self.rows = 0;
    }

    pub fn clear(&mut self) {
        self.forget_table();
        self.runs.clear();
    }

    pub fn is_empty(&self) -> bool {
        self.table.is_empty() && self.runs.is_empty()
    }

    /// Moves everything from `other`, which has the same kinds and seed.
    pub fn merge(&mut self, other: &mut GroupTable) -> io::Result<()> {
        if self.is_empty() {
            std::mem::swap(self, other);
            return Ok(());
        }
        // What has outgrown memory once is not taken through it again key by key.
        if !self.runs.is_empty() && other.table.size() > FREE {
            other.spill()?;
        }
        self.runs.append(&mut other.runs);
        let width = other.kinds.len();
        for (hash, key, tally) in other.table.iter() {
            if width == 0 {
                self.count(hash, key, tally)?;
            } else {
                let theirs = &other.states[tally as usize * width..][..width];
                for (state, theirs) in self.row(hash, key)?.iter_mut().zip(theirs) {
                    state.merge(&**theirs);
                }
            }
        }
        other.clear();
        self.compact()
    }

    /// Adds entries that [`GroupTable::sorted`] gave, as many as a batch has; `None` when one is broken.
    pub fn load(&mut self, items: &[Entry<'_>]) -> io::Result<Option<()>> {
        // As for records: the processor waits for several keys at once.
        let mut hashes = [0; BATCH];
        for (hash, (key, _)) in hashes.iter_mut().zip(items) {
            *hash = self.table.hash(key);
        }
        for (hash, item) in hashes.iter().zip(items) {
            if self.load_one(*hash, *item)?.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(()))
    }

    fn load_one(&mut self, hash: u64, (key, mut kept): Entry<'_>) -> io::Result<Option<()>> {
        if self.kinds.is_empty() {
            let Some(count) = count_of(kept) else {
                return Ok(None);
            };
            self.count(hash, key, count)?;
            return Ok(Some(()));
        }
        for state in self.row(hash, key)? {
            if state.load(&mut kept).is_none() {
                return Ok(None);
            }
        }
        Ok(kept.is_empty().then_some(()))
    }

    /// All keys with what is kept of each, by the bytes of the keys, each key once.
    pub fn sorted(&mut self) -> io::Result<SortedEntries<'_>> {
        if self.runs.is_empty() {
            return Ok(SortedEntries {
                from: From::Table {
                    slots: self.table.sorted().into_iter(),
                    slot: Slot::default(),
                    table: &self.table,
                    states: &self.states,
                },
                kinds: &self.kinds,
                key: Vec::new(),
                kept: Vec::new(),
            });
        }
        if !self.table.is_empty() {
            self.spill()?;
        }
        SortedEntries::of_runs(&self.runs, &self.kinds, &self.tmpdir)
    }
}

/// Appends a count, without the zeros above it: most are small.
fn put_count(kept: &mut Vec<u8>, count: u64) {
    let length = 8 - count.leading_zeros() as usize / 8;
    kept.extend_from_slice(&count.to_le_bytes()[..length]);
}

/// The count that is kept of a key where there are no states.
#[inline]
pub(super) fn count_of(kept: &[u8]) -> Option<u64> {
    let mut bytes = [0; 8];
    bytes.get_mut(..kept.len())?.copy_from_slice(kept);
    Some(u64::from_le_bytes(bytes))
}

fn save(states: &[Box<dyn State>], width: usize, tally: u64, kept: &mut Vec<u8>) {
    if width == 0 {
        put_count(kept, tally);
    }
    for state in states.iter().skip(tally as usize * width).take(width) {
        state.save(kept);
    }
}

/// A store's entries by the bytes of their keys, each key once.
pub(super) struct SortedEntries<'a> {
    from: From<'a>,
    kinds: &'a [StateKind],
    key: Vec<u8>,
    kept: Vec<u8>,
}

enum From<'a> {
    Table {
        slots: std::vec::IntoIter<Slot>,
        slot: Slot,
        table: &'a Table,
        states: &'a [Box<dyn State>],
    },
    Runs {
        merge: RunMerge<'a>,
        row: Vec<Box<dyn State>>,
    },
}

impl<'a> SortedEntries<'a> {
    fn of_runs(
        runs: &'a [SortedRun],
        kinds: &'a [StateKind],
        tmpdir: &'a Path,
    ) -> io::Result<SortedEntries<'a>> {
        let merge = RunMerge::new(runs, tmpdir)?;
        Ok(SortedEntries {
            from: From::Runs {
                merge,
                row: kinds.iter().map(|kind| (kind.0)()).collect(),
            },
            kinds,
            key: Vec::new(),
            kept: Vec::new(),
        })
    }

    /// The next key and what is kept of it.
    pub fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        self.kept.clear();
        match &mut self.from {
            From::Table {
                slots,
                slot,
                table,
                states,
            } => {
                let Some(next) = slots.next() else {
                    return Ok(None);
                };
                *slot = next;
                save(states, self.kinds.len(), slot.tally, &mut self.kept);
                Ok(Some((table.key(slot), &self.kept)))
            }
            From::Runs { merge, row } => {
                let Some((key, kept)) = merge.entry() else {
                    return Ok(None);
                };
                self.key.clear();
                self.key.extend_from_slice(key);
                self.kept.extend_from_slice(kept);
                merge.advance()?;
                if merge.entry().is_some_and(|(key, _)| key == self.key) {
                    combine(merge, row, &self.key, &mut self.kept)?;
                }
                Ok(Some((&self.key, &self.kept)))
            }
        }
    }
}

/// Adds all further entries of this key to what is kept of it.
fn combine(
    merge: &mut RunMerge<'_>,
    row: &mut [Box<dyn State>],
    key: &[u8],
    kept: &mut Vec<u8>,
) -> io::Result<()> {
    let mut count = 0;
    row.iter_mut().for_each(|state| state.reset());
    let mut add = |row: &mut [Box<dyn State>], mut kept: &[u8]| -> Option<()> {
        if row.is_empty() {
            count += count_of(kept)?;
        }
        row.iter_mut().try_for_each(|state| state.load(&mut kept))
    };
    add(row, kept).ok_or_else(damaged)?;
    while let Some((_, more)) = merge.entry().filter(|entry| entry.0 == key) {
        add(row, more).ok_or_else(damaged)?;
        merge.advance()?;
    }
    kept.clear();
    if row.is_empty() {
        put_count(kept, count);
    }
    row.iter().for_each(|state| state.save(kept));
    Ok(())
}

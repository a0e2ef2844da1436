//! Keys with a count, or with a row of states, in memory as far as the budget allows and in
//! sorted runs beyond.
//!
//! It does not know what keys mean or how results are written, nor what becomes of the numbers in its lists when a
//! table is emptied: the caller takes them out before.

mod lists;
mod merging;
mod runs;

use super::aggregate::AggregateState;
use super::partition::{LOG, PARTITIONS, Partition, RowPlace};
use super::sorted_entries::{load_row, read_count};
use super::sorted_run::SortedRun;
use super::table::KeyHash;
use super::value_list::ValueEntry;
use crate::memory::{Budget, BudgetShare, Reservation};
use std::io;
use std::path::{Path, PathBuf};

/// How many keys are hashed at once.
const BATCH: usize = 32;

/// Is for tables without lists.
pub(super) fn has_none(_: &mut [Partition]) -> io::Result<()> {
    Ok(())
}

/// How many bytes a table holds without a reservation, so that a small budget does not mean a run
/// for every key.
const FREE: u64 = 32 << 10;

/// How many bytes a table has when it is partitioned: more than the caches next to a core hold.
const CACHED: u64 = 2 << 20;

/// How many runs of a level are merged into one of the next. So a key is written once for each
/// level, and few files are open.
const FAN: usize = 16;

/// Takes the numbers out of the lists of partitions, whose rows still have their keys.
pub(super) type TakeValues<'a> = dyn FnMut(&mut [Partition]) -> io::Result<()> + 'a;

/// Keys, each with a count or a row of states.
pub(super) struct GroupTable {
    /// One partition, or [`PARTITIONS`] of them by the highest bits of the hash.
    partitions: Vec<Partition>,
    /// How many bytes the log of a partition takes; 0 as long as there is one partition.
    log: usize,
    hash: KeyHash,
    /// The row of states of a key that has taken nothing.
    empty_row: Vec<AggregateState>,
    runs: Vec<SortedRun>,
    /// How often rows have lost their places.
    moves: u64,
    reservation: Reservation,
    /// A table takes no more than its share, so that no table that starts later gets nothing.
    share: BudgetShare,
    tmpdir: PathBuf,
}

impl GroupTable {
    /// Makes an empty table. When rows have no states, it counts keys.
    pub fn new(seed: u64, empty_row: Vec<AggregateState>, budget: &Budget, tmpdir: &Path) -> GroupTable {
        GroupTable {
            partitions: vec![Partition::default()],
            log: 0,
            hash: KeyHash::new(seed),
            empty_row,
            runs: Vec::new(),
            moves: 0,
            reservation: budget.reserve(0).expect("nothing can always be taken"),
            share: budget.share(),
            tmpdir: tmpdir.to_owned(),
        }
    }

    /// Adds to the count of a key.
    #[inline]
    pub fn count(&mut self, key: &[u8], count: u64) -> io::Result<()> {
        self.count_hashed(self.hash.of(key), key, count)
    }

    /// Adds 1 to the count of each key. One short loop hashes many keys, so that the processor waits
    /// for several of them at once when they are looked up.
    pub fn count_each(&mut self, keys: &[&[u8]]) -> io::Result<()> {
        let mut hashes = [0; BATCH];
        for keys in keys.chunks(BATCH) {
            for (hash, key) in hashes.iter_mut().zip(keys) {
                *hash = self.hash.of(key);
            }
            for (hash, key) in hashes.iter().zip(keys) {
                self.count_hashed(*hash, key, 1)?;
            }
        }
        Ok(())
    }

    #[inline]
    fn count_hashed(&mut self, hash: u32, key: &[u8], count: u64) -> io::Result<()> {
        if self.log == 0 || count != 1 || key.len() > self.log / 4 {
            return self.count_now(hash, key, count);
        }
        let place = self.place(hash);
        if self.partitions[place].log.is_full(key.len(), self.log) {
            self.empty_log(place)?;
        }
        self.partitions[place].log.push(hash, key);
        Ok(())
    }

    /// Adds to the count of a key in its table, past the log.
    #[inline]
    fn count_now(&mut self, hash: u32, key: &[u8], count: u64) -> io::Result<()> {
        let place = self.place(hash);
        if !self.partitions[place].table.add(hash, key, count) {
            let place = self.make_room(hash, key.len(), &mut has_none)?;
            self.partitions[place].table.insert(hash, key, count);
        }
        Ok(())
    }

    /// Returns the index of the partition of keys with this hash.
    #[inline]
    fn place(&self, hash: u32) -> usize {
        ((u64::from(hash) * self.partitions.len() as u64) >> 32) as usize
    }

    fn empty_log(&mut self, place: usize) -> io::Result<()> {
        let mut log = std::mem::take(&mut self.partitions[place].log);
        for (hash, key) in log.iter() {
            self.count_now(hash, key, 1)?;
        }
        log.clear();
        self.partitions[place].log = log;
        Ok(())
    }

    fn empty_logs(&mut self) -> io::Result<()> {
        (0..self.partitions.len()).try_for_each(|place| self.empty_log(place))
    }

    /// Returns the place of a key's row.
    #[inline]
    pub fn place_of(&mut self, key: &[u8], take: &mut TakeValues<'_>) -> io::Result<RowPlace> {
        self.place_hashed(self.hash.of(key), key, take)
    }

    #[inline]
    fn place_hashed(&mut self, hash: u32, key: &[u8], take: &mut TakeValues<'_>) -> io::Result<RowPlace> {
        let mut place = self.place(hash);
        let row = match self.partitions[place].table.find(hash, key) {
            Some(row) => row as usize,
            None => {
                place = self.make_room(hash, key.len(), take)?;
                self.partitions[place].insert_row(hash, key, &self.empty_row)
            }
        };
        Ok(RowPlace {
            partition: place as u32,
            row: row as u32,
        })
    }

    /// Returns the place of a key's row, if the table has it in memory.
    pub fn find(&self, key: &[u8]) -> Option<RowPlace> {
        let hash = self.hash.of(key);
        let place = self.place(hash);
        let row = self.partitions[place].table.find(hash, key)?;
        Some(RowPlace {
            partition: place as u32,
            row: row as u32,
        })
    }

    /// Returns how many bytes the table may take now.
    pub fn share(&self) -> u64 {
        self.share.bytes()
    }

    /// Returns the states of a row.
    #[inline]
    pub fn row(&mut self, place: RowPlace) -> &mut [AggregateState] {
        let width = self.empty_row.len();
        &mut self.partitions[place.partition as usize].states[place.row as usize * width..][..width]
    }

    /// Reserves what one more key takes, or empties the table into a run. Returns the index of the key's partition.
    fn make_room(&mut self, hash: u32, length: usize, take: &mut TakeValues<'_>) -> io::Result<usize> {
        let place = self.place(hash);
        let partition = &self.partitions[place];
        let growth = partition.growth(length, self.empty_row.len());
        let fits = partition.table.takes(length);
        if fits && growth == 0 {
            return Ok(place);
        }
        if self.log == 0 && self.size() + growth > CACHED && self.partition() {
            return self.make_room(hash, length, take);
        }
        if fits && self.reserve(growth) {
            return Ok(place);
        }
        if self.has_values() {
            self.take_values(take)?;
            return self.make_room(hash, length, take);
        }
        if self.partitions.iter().all(|partition| partition.table.is_empty()) {
            // One key that is larger than the budget: there is nothing to spill.
            return if fits {
                Ok(place)
            } else {
                Err(io::ErrorKind::OutOfMemory.into())
            };
        }
        self.spill()?;
        self.make_room(hash, length, take)
    }

    fn reserve(&mut self, growth: u64) -> bool {
        let size = self.size() + growth;
        let held = self.reservation.bytes();
        size <= FREE.max(held) || (size <= self.share.bytes() && self.reservation.grow(size - held))
    }

    /// Returns how many bytes the table holds.
    fn size(&self) -> u64 {
        let logs = (self.log * self.partitions.len()) as u64;
        logs + self.partitions.iter().map(Partition::size).sum::<u64>()
    }

    /// Distributes the keys over partitions, if it has not been done and the share has room for logs.
    pub fn partition(&mut self) -> bool {
        let log = LOG.min((self.share.bytes() / (8 * PARTITIONS as u64)) as usize);
        if self.log > 0 || log < LOG / 16 || !self.reserve((log * PARTITIONS) as u64) {
            return false;
        }
        self.log = log;
        self.moves += 1;
        let width = self.empty_row.len();
        let one = std::mem::take(&mut self.partitions[0]);
        self.partitions.resize_with(PARTITIONS, Partition::default);
        let mut places = vec![(0, 0); one.states.len().checked_div(width).unwrap_or(0)];
        for (hash, key, tally) in one.table.iter() {
            let place = self.place(hash);
            let partition = &mut self.partitions[place];
            match width {
                0 => _ = partition.table.insert(hash, key, tally),
                _ => {
                    let row = &one.states[tally as usize * width..][..width];
                    places[tally as usize] = (place, partition.insert_row(hash, key, row) as u32);
                }
            }
        }
        for (index, list) in one.lists.iter().enumerate() {
            for entry in list.entries() {
                let (place, row) = places[entry.row as usize];
                self.partitions[place]
                    .list(index)
                    .append(ValueEntry { row, ..*entry });
            }
        }
        true
    }

    fn forget_tables(&mut self) {
        if self.log == 0 {
            self.partitions[0].clear();
            return;
        }
        // What one partition took may be what another needs next.
        for partition in &mut self.partitions {
            let log = std::mem::take(&mut partition.log);
            *partition = Partition {
                log,
                ..Partition::default()
            };
        }
        self.release();
    }

    /// Gives back what was reserved beyond the size.
    fn release(&mut self) {
        let size = self.size();
        self.reservation
            .shrink(self.reservation.bytes().saturating_sub(size));
    }

    pub fn clear(&mut self) {
        for partition in &mut self.partitions {
            partition.clear();
            partition.log.clear();
        }
        self.runs.clear();
    }

    pub fn is_empty(&self) -> bool {
        let mut partitions = self.partitions.iter();
        self.runs.is_empty()
            && partitions.all(|partition| partition.table.is_empty() && partition.log.is_empty())
    }

    /// Adds an entry that [`GroupTable::sorted`] gave.
    pub fn load(&mut self, key: &[u8], value: &[u8], take: &mut TakeValues<'_>) -> io::Result<()> {
        if self.empty_row.is_empty() {
            return self.count(key, read_count(value)?);
        }
        let place = self.place_of(key, take)?;
        load_row(self.row(place), value)
    }
}

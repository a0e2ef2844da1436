//! Keys with a count, or with a row of states, in memory as far as the budget allows and in
//! sorted runs beyond.
//!
//! It does not know what keys mean or how results are written.

use super::Team;
use super::aggregate::AggregateState;
use super::partition::{LOG, PARTITIONS, Partition};
use super::save_format::broken;
use super::sorted_entries::{SortedEntries, put_value, read_count};
use super::sorted_keys;
use super::sorted_run::{RunWriter, SortedRun};
use super::table::KeyHash;
use crate::memory::{Budget, BudgetShare, Reservation};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// How many keys are hashed at once.
const BATCH: usize = 32;

/// How many bytes a table holds without a reservation, so that a small budget does not mean a run
/// for every key.
const FREE: u64 = 32 << 10;

/// How many bytes a table has when it is partitioned: more than the caches next to a core hold.
const CACHED: u64 = 2 << 20;

/// How many runs of a level are merged into one of the next. So a key is written once for each
/// level, and few files are open.
const FAN: usize = 16;

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
            let place = self.make_room(hash, key.len())?;
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

    /// Returns the row of states of a key.
    #[inline]
    pub fn row(&mut self, key: &[u8]) -> io::Result<&mut [AggregateState]> {
        self.row_hashed(self.hash.of(key), key)
    }

    #[inline]
    fn row_hashed(&mut self, hash: u32, key: &[u8]) -> io::Result<&mut [AggregateState]> {
        let width = self.empty_row.len();
        let mut place = self.place(hash);
        let row = match self.partitions[place].table.find(hash, key) {
            Some(row) => row as usize,
            None => {
                place = self.make_room(hash, key.len())?;
                self.partitions[place].insert_row(hash, key, &self.empty_row)
            }
        };
        Ok(&mut self.partitions[place].states[row * width..][..width])
    }

    /// Reserves what one more key takes, or empties the table into a run. Returns the index of the key's partition.
    fn make_room(&mut self, hash: u32, length: usize) -> io::Result<usize> {
        let place = self.place(hash);
        let partition = &self.partitions[place];
        let growth = partition.growth(length, self.empty_row.len());
        let fits = partition.table.takes(length);
        if fits && growth == 0 {
            return Ok(place);
        }
        if self.log == 0 && self.size() + growth > CACHED && self.partition() {
            return self.make_room(hash, length);
        }
        if fits && self.reserve(growth) {
            return Ok(place);
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
        self.make_room(hash, length)
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
        let width = self.empty_row.len();
        let one = std::mem::take(&mut self.partitions[0]);
        self.partitions.resize_with(PARTITIONS, Partition::default);
        for (hash, key, tally) in one.table.iter() {
            let place = self.place(hash);
            let partition = &mut self.partitions[place];
            match width {
                0 => partition.table.insert(hash, key, tally),
                _ => {
                    let row = &one.states[tally as usize * width..][..width];
                    partition.insert_row(hash, key, row);
                }
            }
        }
        true
    }

    /// Empties the tables into a sorted run. Keys wait in the logs.
    fn spill(&mut self) -> io::Result<()> {
        let mut writer = RunWriter::new(&self.tmpdir)?;
        let mut value = Vec::new();
        for sorted in sorted_keys::by_key(&self.partitions) {
            let partition = &self.partitions[sorted.partition as usize];
            let tally = partition.table.tally(sorted.slot);
            value.clear();
            put_value(&partition.states, self.empty_row.len(), tally, &mut value);
            writer.entry((sorted.key(&self.partitions), &value))?;
        }
        self.runs.push(writer.finish(0)?);
        self.forget_tables();
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

    /// Moves everything from `other`, which has the same kinds and seed, into this table.
    pub fn merge(&mut self, other: &mut GroupTable) -> io::Result<()> {
        if self.is_empty() {
            std::mem::swap(self, other);
            // What comes next is likely to be as much.
            if self.log > 0 {
                other.partition();
            }
            return Ok(());
        }
        // Keys that outgrew memory once do not go through it again one by one.
        if !self.runs.is_empty() && other.size() > FREE + (other.log * PARTITIONS) as u64 {
            other.spill()?;
        }
        self.runs.append(&mut other.runs);
        if other.log > 0 {
            self.partition();
        }
        let width = other.empty_row.len();
        for partition in &other.partitions {
            for (hash, key, tally) in partition.table.iter() {
                if width == 0 {
                    self.count_now(hash, key, tally)?;
                } else {
                    let theirs = &partition.states[tally as usize * width..][..width];
                    for (state, theirs) in self.row_hashed(hash, key)?.iter_mut().zip(theirs) {
                        state.merge(theirs);
                    }
                }
            }
            for (hash, key) in partition.log.iter() {
                self.count_now(hash, key, 1)?;
            }
        }
        other.clear();
        self.compact()
    }

    /// Moves everything from the others into this table, partitions side by side as far as memory allows.
    pub fn merge_all(&mut self, mut others: Vec<&mut GroupTable>, team: &Team<'_>) -> io::Result<()> {
        if self.log > 0 || others.iter().any(|other| other.log > 0) {
            self.partition();
            others.iter_mut().for_each(|other| _ = other.partition());
        }
        if !self.can_absorb(&others) {
            return others.into_iter().try_for_each(|other| self.merge(other));
        }
        let mut places: Vec<_> = self
            .partitions
            .drain(..)
            .map(|partition| vec![partition])
            .collect();
        for other in &mut others {
            for (place, partition) in places.iter_mut().zip(&mut other.partitions) {
                place.push(std::mem::take(partition));
            }
        }
        let places: Vec<_> = places.into_iter().map(Mutex::new).collect();
        let empty_row = &self.empty_row;
        team(PARTITIONS, &|place| {
            let mut place = places[place].lock().unwrap_or_else(PoisonError::into_inner);
            place.sort_by_key(|partition| partition.table.len());
            let mut largest = place.pop().unwrap_or_default();
            while let Some(other) = place.pop() {
                largest.absorb(other, empty_row);
            }
            place.push(largest);
        });
        let merged = places.into_iter();
        let merged =
            merged.filter_map(|place| place.into_inner().unwrap_or_else(PoisonError::into_inner).pop());
        self.partitions = merged.collect();
        others.iter_mut().for_each(|other| other.release());
        let missing = self.size().saturating_sub(self.reservation.bytes());
        // It is less than what the others gave back, but for what `can_absorb` has reserved.
        self.reservation.grow(missing);
        self.release();
        Ok(())
    }

    /// Returns whether all keys of the others may move into this table at once, and reserves what that takes: for a
    /// while, a partition and the one that it goes into have what both of them took.
    fn can_absorb(&mut self, others: &[&mut GroupTable]) -> bool {
        let whole = |table: &GroupTable| table.log > 0 && table.runs.is_empty();
        if !whole(self) || !others.iter().all(|other| whole(other)) {
            return false;
        }
        let size = |place: usize| {
            let others = others.iter().map(|other| other.partitions[place].size());
            self.partitions[place].size() + others.sum::<u64>()
        };
        let sizes = (0..PARTITIONS).map(size);
        let largest = sizes.clone().max().unwrap_or(0);
        largest < u64::from(u32::MAX) && self.reservation.grow(sizes.sum())
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

    /// Returns the partitions when they hold all keys and there are several of them.
    pub fn partitions(&mut self) -> io::Result<Option<&[Partition]>> {
        self.empty_logs()?;
        Ok((self.log > 0 && self.runs.is_empty()).then_some(&self.partitions))
    }

    /// Returns all entries by the bytes of their keys, each key once. Those in memory are sorted side by side.
    pub fn sorted(&mut self, team: &Team<'_>) -> io::Result<SortedEntries<'_>> {
        self.empty_logs()?;
        if self.runs.is_empty() {
            return Ok(SortedEntries::from_partitions(
                &self.partitions,
                &self.empty_row,
                team,
            ));
        }
        if self
            .partitions
            .iter()
            .any(|partition| !partition.table.is_empty())
        {
            self.spill()?;
        }
        SortedEntries::from_runs(&self.runs, &self.empty_row, &self.tmpdir)
    }
}

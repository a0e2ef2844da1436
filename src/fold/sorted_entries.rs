//! The entries of a table of groups by the bytes of their keys, each key once: from memory alone, or
//! merged out of sorted runs.
//!
//! It does not know what keys mean. An entry's value is a count, or a row of states one after
//! another.

use super::Team;
use super::aggregate::AggregateState;
use super::partition::{Partition, RowPlace};
use super::save_format::{Entry, broken};
use super::sorted_keys::{self, SortedKey};
use super::sorted_run::{RunMerge, SortedRun};
use std::io;
use std::iter::Flatten;
use std::path::Path;

/// A walk over entries, by the bytes of their keys.
pub(super) struct SortedEntries<'a> {
    source: Source<'a>,
    /// The row of states of a key that has taken nothing.
    empty_row: &'a [AggregateState],
    key: Vec<u8>,
    value: Vec<u8>,
}

enum Source<'a> {
    Memory {
        keys: Flatten<std::vec::IntoIter<Vec<SortedKey>>>,
        partitions: &'a [Partition],
    },
    Runs(RunMerge<'a>),
}

impl<'a> SortedEntries<'a> {
    /// The entries of partitions, which have no keys in common, sorted side by side.
    pub fn from_partitions(
        partitions: &'a [Partition],
        empty_row: &'a [AggregateState],
        team: &Team<'_>,
    ) -> SortedEntries<'a> {
        let source = Source::Memory {
            keys: sorted_keys::ranges_by_key(partitions, team).into_iter().flatten(),
            partitions,
        };
        SortedEntries::new(source, empty_row)
    }

    /// The entries of runs, which may have keys in common.
    pub fn from_runs(
        runs: &'a [SortedRun],
        empty_row: &'a [AggregateState],
        tmpdir: &'a Path,
    ) -> io::Result<SortedEntries<'a>> {
        let source = Source::Runs(RunMerge::new(runs, tmpdir)?);
        Ok(SortedEntries::new(source, empty_row))
    }

    fn new(source: Source<'a>, empty_row: &'a [AggregateState]) -> SortedEntries<'a> {
        SortedEntries {
            source,
            empty_row,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    /// Returns the next entry.
    pub fn next(&mut self) -> io::Result<Option<Entry<'_>>> {
        Ok(self.next_placed()?.map(|(_, entry)| entry))
    }

    /// Returns the next entry, and the place of its row when the table is in memory.
    pub fn next_placed(&mut self) -> io::Result<Option<(Option<RowPlace>, Entry<'_>)>> {
        self.value.clear();
        match &mut self.source {
            Source::Memory { keys, partitions } => {
                let Some(sorted) = keys.next() else {
                    return Ok(None);
                };
                let partition = &partitions[sorted.partition as usize];
                let tally = partition.table.tally(sorted.slot);
                put_value(&partition.states, self.empty_row.len(), tally, &mut self.value);
                let place = RowPlace {
                    partition: sorted.partition,
                    row: tally as u32,
                };
                Ok(Some((Some(place), (sorted.key(partitions), &self.value))))
            }
            Source::Runs(merge) => {
                let Some((key, value)) = merge.entry() else {
                    return Ok(None);
                };
                self.key.clear();
                self.key.extend_from_slice(key);
                self.value.extend_from_slice(value);
                merge.advance()?;
                if merge.entry().is_some_and(|(key, _)| key == self.key) {
                    combine(merge, self.empty_row, &self.key, &mut self.value)?;
                }
                Ok(Some((None, (&self.key, &self.value))))
            }
        }
    }
}

/// Adds all further entries with this key to its value.
fn combine(
    merge: &mut RunMerge<'_>,
    empty_row: &[AggregateState],
    key: &[u8],
    value: &mut Vec<u8>,
) -> io::Result<()> {
    let (mut count, mut row) = (0, empty_row.to_vec());
    let mut add = |value: &[u8]| {
        if empty_row.is_empty() {
            count += read_count(value)?;
            return Ok(());
        }
        load_row(&mut row, value)
    };
    add(value)?;
    while let Some((_, more)) = merge.entry().filter(|entry| entry.0 == key) {
        add(more)?;
        merge.advance()?;
    }
    value.clear();
    put_value(&row, row.len(), count, value);
    Ok(())
}

/// Appends the value of a key with this tally: a count when keys have no states, or a row of `width`
/// states.
pub(super) fn put_value(states: &[AggregateState], width: usize, tally: u64, value: &mut Vec<u8>) {
    if width == 0 {
        put_count(value, tally);
        return;
    }
    match &states[tally as usize * width..][..width] {
        [AggregateState::Count(count)] => put_count(value, *count),
        row => row.iter().for_each(|state| state.save(value)),
    }
}

/// Adds a row of states that [`put_value`] appended.
///
/// # Errors
/// When it is not such a row.
pub(super) fn load_row(row: &mut [AggregateState], mut value: &[u8]) -> io::Result<()> {
    if let [AggregateState::Count(count)] = row {
        *count = count.checked_add(read_count(value)?).ok_or_else(broken)?;
        return Ok(());
    }
    row.iter_mut().try_for_each(|state| state.load(&mut value))?;
    if value.is_empty() { Ok(()) } else { Err(broken()) }
}

/// Appends a count, without the zeros above it: most are small.
fn put_count(value: &mut Vec<u8>, count: u64) {
    let length = 8 - count.leading_zeros() as usize / 8;
    value.extend_from_slice(&count.to_le_bytes()[..length]);
}

/// Returns the count that a value is when keys have no states.
pub(super) fn read_count(value: &[u8]) -> io::Result<u64> {
    let mut bytes = [0; 8];
    let low = bytes.get_mut(..value.len()).ok_or_else(broken)?;
    low.copy_from_slice(value);
    Ok(u64::from_le_bytes(bytes))
}

//! A partition of a table of groups: the keys whose hashes begin alike, with their rows of states, and a log of
//! keys that wait.
//!
//! When all keys of a table together outgrow the processor's caches, each record would wait for memory several
//! times. So a record's key is only appended to the log of its partition, and a full log is emptied into its table
//! in one go, which the cache then holds. The partition does not know what a state is of, nor who pays for memory.

use super::aggregate::AggregateState;
use super::table::Table;
use super::value_list::{ValueEntry, ValueList};

/// How many partitions there are once a table has outgrown the caches.
pub(super) const PARTITIONS: usize = 128;

/// How many bytes a log takes at most.
pub(super) const LOG: usize = 64 << 10;

/// Where the row of a key is.
#[derive(Debug, Clone, Copy)]
pub(super) struct RowPlace {
    /// The index of its partition.
    pub partition: u32,
    /// The index of the row.
    pub row: u32,
}

/// Keys whose hashes begin alike.
#[derive(Debug, Default)]
pub(super) struct Partition {
    pub table: Table,
    /// Rows of states. A key's tally is the index of its row, when keys have states.
    pub states: Vec<AggregateState>,
    /// Numbers of the rows; as many lists as have been needed.
    pub lists: Vec<ValueList>,
    pub log: Log,
}

impl Partition {
    /// Returns how many more bytes the partition holds at most while it takes a key of this length with a row of so
    /// many states.
    pub fn growth(&self, length: usize, width: usize) -> u64 {
        let capacity = self.states.capacity();
        let rows = match self.states.len() + width {
            needed if needed > capacity => states_size(capacity.max(16 * width)),
            _ => 0,
        };
        self.table.growth(length) + rows
    }

    /// Returns how many bytes the partition holds, without its log.
    pub fn size(&self) -> u64 {
        let lists = self.lists.iter().map(ValueList::size).sum::<u64>();
        self.table.size() + states_size(self.states.capacity()) + lists
    }

    /// Forgets the keys that do not wait, and keeps the memory.
    pub fn clear(&mut self) {
        self.table.clear();
        self.states.clear();
        self.lists.iter_mut().for_each(ValueList::clear);
    }

    /// Returns the list with this index.
    #[inline]
    pub fn list(&mut self, index: usize) -> &mut ValueList {
        if self.lists.len() <= index {
            self.lists.resize_with(index + 1, ValueList::default);
        }
        &mut self.lists[index]
    }

    /// Returns whether a list has entries.
    pub fn has_values(&self) -> bool {
        self.lists.iter().any(|list| !list.is_empty())
    }

    /// Adds a new row and its key.
    pub fn insert_row(&mut self, hash: u32, key: &[u8], row: &[AggregateState]) -> usize {
        let index = self.states.len() / row.len();
        self.states.extend_from_slice(row);
        self.table.insert(hash, key, index as u64);
        index
    }

    /// Takes in all keys of another partition with the same hashes, whatever memory that takes, and those of both
    /// logs. `empty_row` is the row of states of a key that has taken nothing.
    pub fn absorb(&mut self, mut other: Partition, empty_row: &[AggregateState]) {
        let width = empty_row.len();
        // Which row each of theirs has gone into.
        let mut rows = vec![0; other.states.len().checked_div(width).unwrap_or(0)];
        for (hash, key, tally) in other.table.iter() {
            if width == 0 {
                self.put(hash, key, tally);
                continue;
            }
            let theirs = &other.states[tally as usize * width..][..width];
            let row = self.table.find(hash, key).map(|row| row as usize);
            let row = row.unwrap_or_else(|| self.insert_row(hash, key, empty_row));
            for (state, theirs) in self.states[row * width..].iter_mut().zip(theirs) {
                state.merge(theirs);
            }
            rows[tally as usize] = row as u32;
        }
        for (index, theirs) in other.lists.iter().enumerate() {
            let list = self.list(index);
            list.reserve(list.len() + theirs.len());
            for entry in theirs.entries() {
                let row = rows[entry.row as usize];
                list.append(ValueEntry { row, ..*entry });
            }
        }
        let logs = [std::mem::take(&mut self.log), std::mem::take(&mut other.log)];
        for (hash, key) in logs.iter().flat_map(Log::iter) {
            self.put(hash, key, 1);
        }
    }

    fn put(&mut self, hash: u32, key: &[u8], count: u64) {
        if !self.table.add(hash, key, count) {
            self.table.insert(hash, key, count);
        }
    }
}

/// Keys that wait to be counted, one after another: hash, length, bytes.
#[derive(Debug, Default)]
pub(super) struct Log(Vec<u8>);

/// How many bytes of a log a key takes beside its own.
const HEAD: usize = 8;

impl Log {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns whether one more key of this length makes it longer than `limit`.
    #[inline]
    pub fn is_full(&self, length: usize, limit: usize) -> bool {
        self.0.len() + HEAD + length > limit
    }

    /// Appends a key, which is no longer than a log.
    #[inline]
    pub fn push(&mut self, hash: u32, key: &[u8]) {
        let head = u64::from(hash) << 32 | key.len() as u64;
        self.0.extend_from_slice(&head.to_le_bytes());
        self.0.extend_from_slice(key);
    }

    /// Returns the keys with their hashes.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8])> {
        let mut rest = &self.0[..];
        std::iter::from_fn(move || {
            let (head, keys) = rest.split_first_chunk()?;
            let head = u64::from_le_bytes(*head);
            let (key, after) = keys.split_at(head as u32 as usize);
            rest = after;
            Some(((head >> 32) as u32, key))
        })
    }

    /// Forgets the keys and keeps the memory.
    pub fn clear(&mut self) {
        self.0.clear();
    }
}

/// Returns how many bytes so many states take.
fn states_size(states: usize) -> u64 {
    (states * size_of::<AggregateState>()) as u64
}

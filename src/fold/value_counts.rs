//! Counted pairs of key and value: what `pNN` and `distinct` are computed from.
//!
//! A pair is a key of an ordinary table, so pairs spill and merge as groups do. In sorted order
//! the pairs of one group lie together, by value, and groups come in the order of their keys.
//! Numbers of 8 bytes, and texts by their numbers in a dictionary, are in the lists of the groups' own table as long as
//! memory has room for them, which is faster, and become pairs when they have to leave it, or are saved.
//!
//! It does not know what else a row has.

use super::Team;
use super::aggregate::nearest_rank;
use super::dictionary::Dictionary;
use super::group_table::{GroupTable, has_none};
use super::key_order::{put_quantity, put_text, read_quantity, read_text, short_quantity};
use super::partition::Partition;
use super::quantity::Quantity;
use super::save_format::{Entry, broken};
use super::sorted_entries::{SortedEntries, read_count};
use super::table::{Slot, Table};
use super::value_list::ValueEntry;
use crate::record::Number;
use std::io;

/// Which columns are computed from one of the record's values.
#[derive(Debug)]
pub(super) struct ValueColumns {
    /// The index of the value.
    pub value: usize,
    /// Whether the value counts as a number, or as bytes.
    pub numeric: bool,
    pub percentiles: Vec<PercentileColumn>,
    /// Indices of columns.
    pub distinct: Vec<usize>,
}

#[derive(Debug)]
pub(super) struct PercentileColumn {
    pub column: usize,
    pub millionths: u64,
    /// The index of the state that counts the numbers.
    pub count: usize,
}

/// How many texts a dictionary has when it is judged whether it pays.
const MANY: usize = 1 << 15;

/// How often a text must come, on average, so that to number it pays.
const OFTEN: usize = 3;

/// The counted pairs of one value.
pub(super) struct ValueCounts {
    pub columns: ValueColumns,
    /// The list of the groups' table that has those values that no pair has.
    pub list: usize,
    /// The texts that values of the list stand for, when they are no numbers.
    dictionary: Option<Dictionary>,
    /// How many texts have got a number since the dictionary was empty, each as often as it came.
    numbered: usize,
    /// True when texts come so seldom again that to number them does not pay. It stays so.
    has_rare_texts: bool,
    #[cfg(test)]
    takes_pairs_only: bool,
    pub table: GroupTable,
    pair: Vec<u8>,
}

impl ValueCounts {
    /// Makes empty counts; only texts need a dictionary.
    pub fn new(
        columns: ValueColumns,
        list: usize,
        dictionary: Option<Dictionary>,
        table: GroupTable,
    ) -> ValueCounts {
        ValueCounts {
            columns,
            list,
            dictionary,
            numbered: 0,
            has_rare_texts: false,
            #[cfg(test)]
            takes_pairs_only: false,
            table,
            pair: Vec::new(),
        }
    }

    /// Returns a record's value as entries of the list have it; none when it has to be a pair.
    #[inline]
    pub fn listed(&mut self, values: &[&[u8]], quantities: &[Option<Quantity>]) -> Option<u64> {
        #[cfg(test)]
        if self.takes_pairs_only {
            return None;
        }
        match self.dictionary {
            Some(_) => self.number(values[self.columns.value]),
            None => short_quantity(quantities[self.columns.value].as_ref()?),
        }
    }

    /// Returns the number of a text; none when it has to be a pair.
    #[inline]
    fn number(&mut self, text: &[u8]) -> Option<u64> {
        let dictionary = self.dictionary.as_mut().filter(|_| !self.has_rare_texts)?;
        let number = dictionary.number(text, self.table.share());
        self.numbered += 1;
        let texts = dictionary.len();
        self.has_rare_texts = number.is_none() || texts > MANY && self.numbered < OFTEN * texts;
        number.map(u64::from)
    }

    /// Takes over from others that numbering texts does not pay.
    pub fn learn_from(&mut self, other: &ValueCounts) {
        self.has_rare_texts |= other.has_rare_texts;
    }

    /// Returns whether values of the list that are texts should be pairs.
    pub fn has_rare_texts(&self) -> bool {
        self.has_rare_texts
    }

    /// Makes all values pairs from now on.
    #[cfg(test)]
    pub fn take_pairs_only(&mut self) {
        self.takes_pairs_only = true;
    }

    /// Returns how many texts the values of the list stand for.
    pub fn texts(&self) -> usize {
        self.dictionary.as_ref().map_or(0, Dictionary::len)
    }

    /// Returns the number here of each text that values of the other's list stand for. Returns none when there is no
    /// room for one of them, and no numbers when values are no texts.
    pub fn numbers_of(&mut self, other: &ValueCounts) -> Option<Vec<u32>> {
        match (&mut self.dictionary, &other.dictionary) {
            (Some(mine), Some(theirs)) => {
                let numbers = mine.numbers_of(theirs, self.table.share());
                self.has_rare_texts |= numbers.is_none();
                self.numbered += other.numbered;
                numbers
            }
            _ => Some(Vec::new()),
        }
    }

    /// Forgets all pairs, and the texts that values of the list stood for.
    pub fn clear(&mut self) {
        self.table.clear();
        if let Some(dictionary) = &mut self.dictionary {
            dictionary.clear();
        }
        self.numbered = 0;
    }

    /// Counts a record's pair, unless its value should be a number and is none.
    pub fn add(&mut self, key: &[u8], values: &[&[u8]], quantities: &[Option<Quantity>]) -> io::Result<()> {
        self.pair.clear();
        put_text(&mut self.pair, key);
        if self.columns.numeric {
            match &quantities[self.columns.value] {
                Some(quantity) if quantity.is_number() => put_quantity(&mut self.pair, quantity),
                _ => return Ok(()),
            }
        } else {
            self.pair.extend_from_slice(values[self.columns.value]);
        }
        self.table.count(&self.pair, 1)
    }

    /// Counts the pair of an entry of the list.
    fn count_listed(&mut self, key: &[u8], entry: &ValueEntry) -> io::Result<()> {
        self.pair.clear();
        put_text(&mut self.pair, key);
        match &self.dictionary {
            Some(dictionary) => self.pair.extend_from_slice(dictionary.text(entry.value as u32)),
            None => self.pair.extend_from_slice(&entry.value.to_be_bytes()),
        }
        self.table.count(&self.pair, u64::from(entry.count))
    }

    /// Returns the value of a pair as entries of the list have it, from the bytes behind the pair's key.
    fn listed_bytes(&mut self, bytes: &[u8]) -> Option<u64> {
        match self.dictionary {
            Some(_) => self.number(bytes),
            None => Some(u64::from_be_bytes(bytes.try_into().ok()?)),
        }
    }

    /// Does as [`GroupTable::load`] for the key that `change` makes of the pair's own.
    ///
    /// # Errors
    /// When the pair is broken, or a sorted run can't be written.
    pub fn load_changed(
        &mut self,
        pair: &[u8],
        value: &[u8],
        change: impl FnOnce(&[u8]) -> Vec<u8>,
    ) -> io::Result<()> {
        let (key, rest) = read_text(pair).ok_or_else(broken)?;
        self.pair.clear();
        put_text(&mut self.pair, &change(&key));
        self.pair.extend_from_slice(rest);
        self.table.load(&self.pair, value, &mut has_none)
    }

    /// Begins a walk over all pairs, which are sorted side by side.
    pub fn walk(&mut self, team: &Team<'_>) -> io::Result<ValueWalk<'_>> {
        let mut walk = ValueWalk {
            columns: &self.columns,
            sorted: self.table.sorted(team)?,
            pair: Vec::new(),
            count: 0,
            ended: false,
            prefix: Vec::new(),
        };
        walk.advance()?;
        Ok(walk)
    }
}

/// Returns what makes the values in one of the lists pairs.
pub(super) fn take_one_into(counts: &mut ValueCounts) -> impl FnMut(&mut [Partition]) -> io::Result<()> {
    |partitions| {
        for partition in partitions.iter_mut().filter(|partition| partition.has_values()) {
            let list = std::mem::take(partition.list(counts.list));
            let slots = slots_of_rows(&partition.table);
            for entry in list.entries() {
                counts.count_listed(partition.table.key(slots[entry.row as usize]), entry)?;
            }
        }
        Ok(())
    }
}

/// Returns the slot of each row's key.
fn slots_of_rows(table: &Table) -> Vec<Slot> {
    let mut slots: Vec<_> = table.slots().collect();
    slots.sort_unstable_by_key(|slot| table.tally(*slot));
    slots
}

/// Returns what makes the values in lists pairs.
pub(super) fn take_into(counted: &mut [ValueCounts]) -> impl FnMut(&mut [Partition]) -> io::Result<()> {
    |partitions| {
        for partition in partitions.iter_mut().filter(|partition| partition.has_values()) {
            let lists = std::mem::take(&mut partition.lists);
            let table = &partition.table;
            let slots = slots_of_rows(table);
            for counts in counted.iter_mut() {
                let list = lists.get(counts.list);
                for entry in list.into_iter().flat_map(|list| list.entries()) {
                    counts.count_listed(table.key(slots[entry.row as usize]), entry)?;
                }
            }
        }
        Ok(())
    }
}

/// Adds a pair of the counted values with this index; `groups` has the groups that were saved with it.
///
/// # Errors
/// When the pair is broken, or a sorted run can't be written.
pub(super) fn load_pair(
    counted: &mut [ValueCounts],
    at: usize,
    groups: &mut GroupTable,
    (pair, value): Entry<'_>,
) -> io::Result<()> {
    let count = u32::try_from(read_count(value)?);
    if let Ok(count) = count
        && let Some((key, rest)) = read_text(pair)
        && let Some(place) = groups.find(&key)
        && let Some(value) = counted[at].listed_bytes(rest)
    {
        let row = place.row;
        let entry = (place.partition, ValueEntry { row, value, count });
        let list = counted[at].list;
        if groups.push_value(list, entry, &mut take_into(counted))? {
            return Ok(());
        }
    }
    counted[at].table.load(pair, value, &mut has_none)
}

/// A walk over all pairs, group by group.
pub(super) struct ValueWalk<'a> {
    columns: &'a ValueColumns,
    sorted: SortedEntries<'a>,
    pair: Vec<u8>,
    count: u64,
    ended: bool,
    prefix: Vec<u8>,
}

impl ValueWalk<'_> {
    fn advance(&mut self) -> io::Result<()> {
        match self.sorted.next()? {
            None => self.ended = true,
            Some((pair, count)) => {
                self.pair.clear();
                self.pair.extend_from_slice(pair);
                self.count = read_count(count)?;
            }
        }
        Ok(())
    }

    /// Computes the columns of the group with this key; keys must come in order. `counts` has the
    /// results of the group's states.
    pub fn fill_columns(
        &mut self,
        key: &[u8],
        counts: &[u64],
        columns: &mut [Option<Quantity>],
    ) -> io::Result<()> {
        self.prefix.clear();
        put_text(&mut self.prefix, key);
        let (mut distinct, mut seen) = (0, 0);
        while !self.ended && self.pair.starts_with(&self.prefix) {
            distinct += 1;
            let before = seen;
            seen += self.count;
            for percentile in &self.columns.percentiles {
                let rank = nearest_rank(percentile.millionths, counts[percentile.count]);
                if (before + 1..=seen).contains(&rank) {
                    columns[percentile.column] = read_quantity(&self.pair[self.prefix.len()..]);
                }
            }
            self.advance()?;
        }
        for &column in &self.columns.distinct {
            columns[column] = Some(Quantity::Number(Number::Int(distinct)));
        }
        Ok(())
    }
}

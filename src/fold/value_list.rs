//! The values of groups in memory: a list of entries of 16 bytes, each the row of a group, a value and how often the
//! group has it. A value is a number, or stands for a text.
//!
//! Taking a value is one append. A list that grows long is sorted once in a while, so that equal entries become one:
//! it never holds more than a few times the different ones. It does not know keys, nor who pays for memory.

use super::aggregate::nearest_rank;

/// A value of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ValueEntry {
    /// The index of the group's row.
    pub row: u32,
    /// A number as 8 bytes whose order is that of numbers, or the number of a text.
    pub value: u64,
    /// How often the group has it.
    pub count: u32,
}

/// How many entries a list has when equal ones become one for the first time.
const LONG: usize = 1 << 16;

/// How many entries are sorted by a copy; more are sorted where they are.
const COPIED: usize = 1 << 20;

/// How many entries a list has room for at first.
const FIRST: usize = 64;

/// Entries in no order.
#[derive(Debug, Clone, Default)]
pub(super) struct ValueList {
    entries: Vec<ValueEntry>,
    /// How many there were after equal ones had become one.
    settled: usize,
}

impl ValueList {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    pub fn entries(&self) -> &[ValueEntry] {
        &self.entries
    }

    /// Returns how many bytes the list holds.
    pub fn size(&self) -> u64 {
        (self.entries.capacity() * size_of::<ValueEntry>()) as u64
    }

    /// Appends an entry if there is room for it. Returns false when there is none.
    #[inline]
    pub fn push(&mut self, entry: ValueEntry) -> bool {
        let has_room = self.entries.len() < self.entries.capacity();
        if has_room {
            self.entries.push(entry);
        }
        has_room
    }

    /// Appends an entry, whatever memory that takes.
    pub fn append(&mut self, entry: ValueEntry) {
        self.entries.push(entry);
    }

    /// Returns true when it is time to make equal entries one.
    pub fn is_long(&self) -> bool {
        self.entries.len() >= LONG.max(4 * self.settled)
    }

    /// Makes equal entries one, unless most of them were different not long ago.
    pub fn settle(&mut self) {
        if self.entries.len() < 2 * self.settled {
            return;
        }
        self.entries.sort_unstable();
        self.entries.dedup_by(|next, entry| {
            let is_equal = (next.row, next.value) == (entry.row, entry.value);
            let sum = entry.count.checked_add(next.count).filter(|_| is_equal);
            entry.count = sum.unwrap_or(entry.count);
            sum.is_some()
        });
        self.settled = self.entries.len();
    }

    /// Returns how many bytes more the list takes while it grows: it has the old and the new entries then.
    pub fn growth(&self) -> u64 {
        (self.entries.capacity().max(FIRST) * size_of::<ValueEntry>()) as u64
    }

    /// Makes room for as many entries as there are.
    pub fn grow(&mut self) {
        let room = self.entries.capacity().max(FIRST);
        self.entries
            .reserve_exact(self.entries.capacity() - self.entries.len() + room);
    }

    /// Makes room for so many entries in all, and no more.
    pub fn reserve(&mut self, entries: usize) {
        self.entries
            .reserve_exact(entries.saturating_sub(self.entries.len()));
    }

    /// Forgets the first entries.
    pub fn skip(&mut self, entries: usize) {
        self.entries.drain(..entries);
    }

    /// Forgets the entries and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.settled = 0;
    }

    /// Replaces each value by what `change` returns for it.
    pub fn change_values(&mut self, change: impl Fn(u64) -> u64) {
        for entry in &mut self.entries {
            entry.value = change(entry.value);
        }
        self.settled = 0;
    }

    /// Returns how many different values each of so many rows has; all values are less than `values`.
    pub fn distinct(mut self, rows: usize, values: usize) -> Vec<u64> {
        let mut distinct = vec![0; rows];
        // To mark a value costs less than to sort it, unless there are far more values than entries.
        if self.entries.len() > COPIED || values / 16 > self.entries.len() {
            self.entries.sort_unstable();
            self.entries.dedup_by_key(|entry| (entry.row, entry.value));
            for entry in &self.entries {
                distinct[entry.row as usize] += 1;
            }
            return distinct;
        }
        self.sort_by_row(rows);
        let mut marks = vec![0; values];
        for entry in &self.entries {
            let mark = &mut marks[entry.value as usize];
            distinct[entry.row as usize] += u64::from(*mark != entry.row + 1);
            *mark = entry.row + 1;
        }
        distinct
    }

    /// Returns, for each of so many rows and each rank in millionths of a percent, the number of nearest rank, row
    /// after row; none when the group has no number.
    pub fn nearest_ranks(mut self, rows: usize, ranks: &[u64]) -> Vec<Option<u64>> {
        if self.entries.len() > COPIED && rows > 1 {
            self.entries.sort_unstable();
        } else if rows > 1 {
            self.sort_by_row(rows);
        }
        let mut found = Vec::with_capacity(rows * ranks.len());
        let mut rest = &mut self.entries[..];
        for row in 0..rows {
            let end = rest.partition_point(|entry| entry.row as usize <= row);
            let (of_row, others) = rest.split_at_mut(end);
            nearest_of(of_row, ranks, &mut found);
            rest = others;
        }
        found
    }

    /// Sorts the entries by their rows alone.
    fn sort_by_row(&mut self, rows: usize) {
        let mut places = vec![0; rows];
        for entry in &self.entries {
            places[entry.row as usize] += 1;
        }
        let mut start = 0;
        for place in &mut places {
            start += std::mem::replace(place, start);
        }
        let mut sorted = self.entries.clone();
        for entry in &self.entries {
            let place = &mut places[entry.row as usize];
            sorted[*place] = *entry;
            *place += 1;
        }
        self.entries = sorted;
    }
}

/// Appends the number of each nearest rank among the entries of one row.
fn nearest_of(entries: &mut [ValueEntry], ranks: &[u64], found: &mut Vec<Option<u64>>) {
    let total = entries.iter().map(|entry| u64::from(entry.count)).sum::<u64>();
    if total == 0 {
        found.extend(ranks.iter().map(|_| None));
        return;
    }
    let wanted = ranks.iter().map(|millionths| nearest_rank(*millionths, total));
    if total == entries.len() as u64 && ranks.len() < 4 {
        // Each entry stands for one number: to select is faster than to sort.
        let selected = wanted.map(|rank| entries.select_nth_unstable(rank as usize - 1).1.value);
        found.extend(selected.map(Some));
        return;
    }
    entries.sort_unstable();
    found.extend(wanted.map(|rank| {
        let mut seen = 0;
        let reached = entries.iter().find(|entry| {
            seen += u64::from(entry.count);
            seen >= rank
        });
        reached.map(|entry| entry.value)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashSet;

    proptest! {
        #[test]
        fn nearest_ranks_are_those_of_sorted_values(
            entries in prop::collection::vec((0u32..4, 1u32..4, 0u64..20), 0..200),
            ones in any::<bool>(),
            settles in any::<bool>(),
        ) {
            let ranks = [0, 50_000_000, 99_900_000];
            let mut list = ValueList::default();
            let mut model = vec![Vec::new(); 5];
            for (row, count, value) in entries {
                let count = if ones { 1 } else { count };
                list.append(ValueEntry { row, count, value });
                model[row as usize].extend(std::iter::repeat_n(value, count as usize));
            }
            if settles {
                list.settle();
                let mut keys: Vec<_> = list.entries().iter().map(|e| (e.row, e.value)).collect();
                keys.dedup();
                prop_assert_eq!(keys.len(), list.len());
            }
            let mut want = Vec::new();
            for values in &mut model {
                values.sort_unstable();
                let count = values.len() as u64;
                want.extend(ranks.map(|rank| values.get(nearest_rank(rank, count) as usize - 1).copied()));
            }
            let distinct = |values: &Vec<u64>| values.iter().collect::<HashSet<_>>().len() as u64;
            let distinct: Vec<_> = model.iter().map(distinct).collect();
            prop_assert_eq!(&list.clone().distinct(5, 20), &distinct);
            prop_assert_eq!(list.clone().distinct(5, 20_000), distinct);
            prop_assert_eq!(list.nearest_ranks(5, &ranks), want);
        }
    }

    #[test]
    fn counts_beyond_32_bits_stay_several_entries() {
        let mut list = ValueList::default();
        let entry = |count, value| ValueEntry { row: 0, count, value };
        list.append(entry(u32::MAX, 7));
        list.append(entry(u32::MAX, 7));
        list.append(entry(5, 9));
        list.settle();
        assert_eq!(list.len(), 3);
        assert_eq!(
            list.nearest_ranks(1, &[100_000_000, 50_000_000]),
            [Some(9), Some(7)]
        );
    }
}

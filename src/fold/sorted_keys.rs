//! Keys of partitions in order: by a rank, then by their bytes.
//!
//! It does not know what ranks are of.

use super::partition::Partition;
use super::table::{Slot, Table};
use super::{Team, side_by_side};
use std::cmp::Ordering;

/// The number of keys from which they are sorted in ranges.
const MANY: usize = 1 << 15;

/// How many ranges they are cut into at most.
const RANGES: usize = 64;

/// How many keys of each range are looked at to find where to cut.
const SAMPLE: usize = 16;

/// A key of a partition, with its rank and its first bytes, so that most comparisons read no other memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortedKey {
    /// The rank, or 8 bytes when all ranks are equal, then the next 8. Of keys that are compared, the bytes before are
    /// equal.
    first: [u64; 2],
    pub slot: Slot,
    /// The index of its partition.
    pub partition: u32,
}

impl SortedKey {
    /// Returns a key of the partition with this index. When one of some keys has a rank, all have.
    pub fn new(partitions: &[Partition], partition: usize, slot: Slot, rank: Option<u64>) -> SortedKey {
        let key = partitions[partition].table.key(slot);
        let first = match rank {
            Some(rank) => [rank, word(key)],
            None => [word(key), word(key.get(8..).unwrap_or_default())],
        };
        SortedKey {
            first,
            slot,
            partition: partition as u32,
        }
    }

    /// Returns a key without a rank; all keys that it is compared with have the same first `shared` bytes.
    fn after(partitions: &[Partition], partition: usize, slot: Slot, shared: usize) -> SortedKey {
        let key = &partitions[partition].table.key(slot)[shared..];
        SortedKey {
            first: [word(key), word(key.get(8..).unwrap_or_default())],
            slot,
            partition: partition as u32,
        }
    }

    pub fn key<'a>(&self, partitions: &'a [Partition]) -> &'a [u8] {
        partitions[self.partition as usize].table.key(self.slot)
    }

    /// Compares by rank, then by the keys' bytes.
    #[inline]
    pub fn order(&self, other: &SortedKey, partitions: &[Partition]) -> Ordering {
        let first = self.first.cmp(&other.first);
        first.then_with(|| self.key(partitions).cmp(other.key(partitions)))
    }
}

/// Returns all keys of the partitions by their bytes.
pub(super) fn by_key(partitions: &[Partition]) -> Vec<SortedKey> {
    let mut keys = Vec::with_capacity(partitions.iter().map(|partition| partition.table.len()).sum());
    for (index, partition) in partitions.iter().enumerate() {
        let start = keys.len();
        let slots = partition.table.slots();
        keys.extend(slots.map(|slot| SortedKey::new(partitions, index, slot, None)));
        keys[start..].sort_unstable_by(|a, b| a.order(b, partitions));
    }
    // The sorted stretches that it is made of are merged.
    if partitions.len() > 1 {
        keys.sort_by(|a, b| a.order(b, partitions));
    }
    keys
}

/// Returns all keys of the partitions by their bytes, in ranges that follow each other and are sorted side by side.
pub(super) fn ranges_by_key(partitions: &[Partition], team: &Team<'_>) -> Vec<Vec<SortedKey>> {
    let count = partitions.iter().map(|partition| partition.table.len()).sum();
    if count < MANY {
        return vec![by_key(partitions)];
    }
    let cuts = cuts(partitions, count);
    let parts = side_by_side(team, partitions.len(), |at| cut(&partitions[at].table, &cuts));
    side_by_side(team, cuts.len() + 1, |range| {
        sort_range(partitions, &parts, range)
    })
}

/// Returns keys between which there are about as many keys each.
fn cuts(partitions: &[Partition], count: usize) -> Vec<&[u8]> {
    let keys = partitions
        .iter()
        .flat_map(|Partition { table, .. }| table.slots().map(|slot| table.key(slot)));
    let mut sample: Vec<_> = keys.step_by(count / (RANGES * SAMPLE)).collect();
    sample.sort_unstable();
    let mut cuts: Vec<_> = sample.into_iter().step_by(SAMPLE).skip(1).collect();
    cuts.dedup();
    cuts
}

/// Distributes the keys of a table over the ranges between cuts.
fn cut(table: &Table, cuts: &[&[u8]]) -> Vec<Vec<Slot>> {
    let range = |slot| cuts.partition_point(|cut| *cut <= table.key(slot));
    let ranges: Vec<_> = table.slots().map(range).collect();
    let mut counts = vec![0; cuts.len() + 1];
    ranges.iter().for_each(|&range| counts[range] += 1);
    let mut parts: Vec<_> = counts.into_iter().map(Vec::with_capacity).collect();
    for (slot, range) in table.slots().zip(ranges) {
        parts[range].push(slot);
    }
    parts
}

/// Sorts the keys of one range of all partitions.
fn sort_range(partitions: &[Partition], parts: &[Vec<Vec<Slot>>], range: usize) -> Vec<SortedKey> {
    let slots = || {
        let parts = parts.iter().enumerate();
        parts.flat_map(move |(partition, ranges)| ranges[range].iter().map(move |slot| (partition, *slot)))
    };
    let mut keys = slots().map(|(partition, slot)| partitions[partition].table.key(slot));
    let first = keys.next().unwrap_or_default();
    let shared = keys.fold(first.len(), |shared, key| {
        let equal = first[..shared].iter().zip(key).take_while(|(a, b)| a == b);
        equal.count()
    });
    let mut sorted = Vec::with_capacity(parts.iter().map(|ranges| ranges[range].len()).sum());
    sorted.extend(slots().map(|(partition, slot)| SortedKey::after(partitions, partition, slot, shared)));
    sorted.sort_unstable_by(|a, b| a.order(b, partitions));
    sorted
}

/// Returns the first 8 bytes as a number of the same order, with zeros behind a short key.
#[inline]
fn word(key: &[u8]) -> u64 {
    match key.first_chunk() {
        Some(word) => u64::from_be_bytes(*word),
        None => {
            let mut word = [0; 8];
            word[..key.len()].copy_from_slice(key);
            u64::from_be_bytes(word)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fold::table::KeyHash;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn keys_come_by_their_bytes_wherever_they_lie(
            keys in prop::collection::hash_map("[ab\0]{0,40}", 0..3usize, 0..200),
        ) {
            let hash = KeyHash::new(1);
            let mut partitions: Vec<_> = (0..3).map(|_| Partition::default()).collect();
            for (key, &partition) in &keys {
                partitions[partition].table.insert(hash.of(key.as_bytes()), key.as_bytes(), 1);
            }
            let mut want: Vec<_> = keys.keys().map(|key| key.as_bytes()).collect();
            want.sort_unstable();
            let sorted = by_key(&partitions);
            let got: Vec<_> = sorted.iter().map(|key| key.key(&partitions)).collect();
            prop_assert_eq!(got, want);
        }
    }

    #[test]
    fn ranges_of_many_keys_follow_each_other() {
        let hash = KeyHash::new(1);
        for prefix in ["", "a prefix of twenty b"] {
            let mut rng = fastrand::Rng::with_seed(16);
            let mut partitions: Vec<_> = (0..5).map(|_| Partition::default()).collect();
            let mut want = std::collections::BTreeSet::new();
            while want.len() < 40_000 {
                // Most keys are alike in their first bytes, and some begin as others do.
                let number = rng.u32(..60_000);
                let text = format!(
                    "{prefix}{}",
                    &format!("{number:032b}\0{number}")[..rng.usize(18..38).min(34)]
                );
                let key = text.into_bytes();
                let place = hash.of(&key) as usize % 5;
                if want.insert(key.clone()) {
                    partitions[place].table.insert(hash.of(&key), &key, 1);
                }
            }
            let ranges = ranges_by_key(&partitions, &crate::fold::alone);
            assert!(ranges.len() > 1);
            let got: Vec<_> = ranges
                .iter()
                .flatten()
                .map(|key| key.key(&partitions).to_vec())
                .collect();
            assert!(got.into_iter().eq(want));
        }
    }
}

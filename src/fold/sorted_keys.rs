//! Keys of partitions in order: by a rank, then by their bytes.
//!
//! It does not know what ranks are of.

use super::partition::Partition;
use super::table::Slot;
use std::cmp::Ordering;

/// A key of a partition, with its rank and its first bytes, so that most comparisons read no other memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct SortedKey {
    /// The rank, or the first 8 bytes when all ranks are equal, then the next 8.
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
}

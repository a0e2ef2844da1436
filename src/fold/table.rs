//! A hash table of byte keys, each with a tally: entries of 16 bytes in the table itself, keys in one arena.
//!
//! An entry has 32 bits of its key's hash, so that growing reads no key, and 32 bits of its tally; what a count has
//! above them is kept aside. The table does not know what a tally means, nor where memory comes from; it says how
//! much it holds.

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use hashbrown::HashTable;
use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(0x0066_616e_666f_6c64));

/// Hashes keys alike for all tables of one seed.
#[derive(Debug, Clone)]
pub(super) struct KeyHash(SeedableRandomState);

impl KeyHash {
    pub fn new(seed: u64) -> KeyHash {
        KeyHash(SeedableRandomState::with_seed(seed, &SHARED))
    }

    /// Returns the highest 32 bits of a key's hash.
    #[inline]
    pub fn of(&self, key: &[u8]) -> u32 {
        let mut hasher: FoldHasher<'_> = self.0.build_hasher();
        hasher.write(key);
        (hasher.finish() >> 32) as u32
    }
}

/// Where a key lies in the arena, and its tally's low bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot {
    start: u32,
    length: u32,
    tally: u32,
}

/// A slot, and the hash of its key.
#[derive(Debug, Clone, Copy)]
struct Entry {
    hash: u32,
    slot: Slot,
}

/// Byte keys with tallies.
#[derive(Debug, Default)]
pub(super) struct Table {
    entries: HashTable<Entry>,
    arena: Vec<u8>,
    /// How many times 2^32 a tally exceeds what its slot has, by the place of its key. Few do.
    excess: HashMap<(u32, u32), u64>,
}

impl Table {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Returns the tally of a key, if the table has it.
    #[inline]
    pub fn find(&self, hash: u32, key: &[u8]) -> Option<u64> {
        let found = self
            .entries
            .find(spread(hash), |entry| is_of(entry, hash, key, &self.arena));
        found.map(|entry| self.tally(entry.slot))
    }

    /// Adds to the tally of a key. Returns false when the table does not have the key.
    #[inline]
    pub fn add(&mut self, hash: u32, key: &[u8], tally: u64) -> bool {
        let arena = &self.arena;
        let found = self
            .entries
            .find_mut(spread(hash), |entry| is_of(entry, hash, key, arena));
        let Some(Entry { slot, .. }) = found else {
            return false;
        };
        let low = u64::from(slot.tally) + (tally & u64::from(u32::MAX));
        slot.tally = low as u32;
        let excess = (tally >> 32) + (low >> 32);
        if excess > 0 {
            *self.excess.entry((slot.start, slot.length)).or_default() += excess;
        }
        true
    }

    /// Returns how many more bytes the table holds at most while it inserts a key of this length.
    pub fn growth(&self, length: usize) -> u64 {
        let mut growth = 0;
        if self.arena.capacity() - self.arena.len() < length {
            growth += arena_growth(self.arena.capacity(), length);
        }
        if self.entries.len() == self.entries.capacity() {
            // While entries move, the table holds the old and the new ones.
            growth += 2 * entries_size(self.entries.capacity().max(16));
        }
        growth as u64
    }

    /// Returns how many bytes the table holds.
    pub fn size(&self) -> u64 {
        (self.arena.capacity() + entries_size(self.entries.capacity())) as u64
    }

    /// Returns whether the table takes one more key of this length.
    pub fn takes(&self, length: usize) -> bool {
        u32::try_from(self.arena.len() + length).is_ok()
    }

    /// Inserts a key that the table does not have, and that it [takes](Table::takes). Returns its slot.
    pub fn insert(&mut self, hash: u32, key: &[u8], tally: u64) -> Slot {
        if self.arena.capacity() - self.arena.len() < key.len() {
            self.arena
                .reserve_exact(arena_growth(self.arena.capacity(), key.len()));
        }
        let place = |length| u32::try_from(length).expect("the caller has asked whether the table takes it");
        let slot = Slot {
            start: place(self.arena.len()),
            length: place(key.len()),
            tally: tally as u32,
        };
        if tally >> 32 > 0 {
            self.excess.insert((slot.start, slot.length), tally >> 32);
        }
        self.arena.extend_from_slice(key);
        self.entries
            .insert_unique(spread(hash), Entry { hash, slot }, |entry| spread(entry.hash));
        slot
    }

    /// Returns all keys with hash and tally, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u32, &[u8], u64)> {
        let entries = self.entries.iter();
        entries.map(|entry| (entry.hash, self.key(entry.slot), self.tally(entry.slot)))
    }

    /// Returns all slots, in no order.
    pub fn slots(&self) -> impl Iterator<Item = Slot> {
        self.entries.iter().map(|entry| entry.slot)
    }

    /// Returns the key of one of its slots.
    #[inline]
    pub fn key(&self, slot: Slot) -> &[u8] {
        &self.arena[slot.start as usize..][..slot.length as usize]
    }

    /// Returns the tally of one of its slots.
    #[inline]
    pub fn tally(&self, slot: Slot) -> u64 {
        let low = u64::from(slot.tally);
        if self.excess.is_empty() {
            return low;
        }
        let excess = self.excess.get(&(slot.start, slot.length));
        low + (excess.copied().unwrap_or(0) << 32)
    }

    /// Forgets the keys and keeps the memory.
    pub fn clear(&mut self) {
        self.entries.clear();
        self.arena.clear();
        self.excess.clear();
    }
}

#[inline]
fn is_of(entry: &Entry, hash: u32, key: &[u8], arena: &[u8]) -> bool {
    let Slot { start, length, .. } = entry.slot;
    entry.hash == hash && length as usize == key.len() && equal(&arena[start as usize..][..key.len()], key)
}

/// Returns the hash that the hash table looks at: of the keys of one partition, the highest bits are equal.
#[inline]
fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// Returns whether two keys of equal length are equal: short ones by a few loads that may overlap.
#[inline]
fn equal(a: &[u8], b: &[u8]) -> bool {
    if a.len() > 16 {
        return a == b;
    }
    if let (Some(c), Some(d), Some(e), Some(f)) = (
        a.first_chunk::<8>(),
        b.first_chunk::<8>(),
        a.last_chunk::<8>(),
        b.last_chunk::<8>(),
    ) {
        return c == d && e == f;
    }
    if let (Some(c), Some(d), Some(e), Some(f)) = (
        a.first_chunk::<4>(),
        b.first_chunk::<4>(),
        a.last_chunk::<4>(),
        b.last_chunk::<4>(),
    ) {
        return c == d && e == f;
    }
    a.iter().eq(b)
}

/// Returns by how much an arena grows for a key: by a third at least, so that little of it stays free.
fn arena_growth(capacity: usize, length: usize) -> usize {
    (capacity / 3).max(length).max(1024)
}

/// How many bytes a key takes besides its own: its entry, a control byte, and its place in a sort with the half
/// that a merge of places needs.
const KEY_SIZE: usize = size_of::<Entry>() + 1 + 48;

/// Returns about how many bytes a table of entries takes: an eighth of them stays free.
fn entries_size(capacity: usize) -> usize {
    capacity / 7 * 8 * KEY_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn short_keys_are_equal_when_their_bytes_are(
            a in prop::collection::vec(0u8..2, 0..=24),
            at in 0..24usize,
        ) {
            prop_assert!(equal(&a, &a.clone()));
            let mut b = a.clone();
            if let Some(byte) = b.get_mut(at) {
                *byte ^= 1;
                prop_assert!(!equal(&a, &b));
            }
        }

        #[test]
        fn keys_of_all_lengths_are_found(
            keys in prop::collection::hash_map("[ab\0]{0,40}", prop_oneof![0..9u64, any::<u64>()], 0..200),
        ) {
            let (mut table, hash) = (Table::default(), KeyHash::new(1));
            for (key, &tally) in &keys {
                let key = key.as_bytes();
                prop_assert_eq!(table.find(hash.of(key), key), None);
                prop_assert!(!table.add(hash.of(key), key, 1));
                table.insert(hash.of(key), key, tally / 2);
                prop_assert!(table.add(hash.of(key), key, tally - tally / 2));
            }
            for (key, &tally) in &keys {
                prop_assert_eq!(table.find(hash.of(key.as_bytes()), key.as_bytes()), Some(tally));
            }
            prop_assert_eq!(table.iter().count(), keys.len());
            prop_assert!(table.iter().all(|(h, key, _)| h == hash.of(key)));
            for (slot, (_, key, tally)) in table.slots().zip(table.iter()) {
                prop_assert_eq!((table.key(slot), table.tally(slot)), (key, tally));
            }
        }
    }
}

//! A hash table of byte keys, each with a tally: short keys lie in their slots, long ones in one
//! arena.
//!
//! It does not know what a tally means, nor where memory comes from; it says how much it holds.

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use hashbrown::HashTable;
use std::cmp::Ordering;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(0x0066_616e_666f_6c64));

/// The longest key that a slot holds itself. Most keys are short, and then no other memory is read.
const INLINE: usize = 20;

/// One key and its tally. A key that is too long for the slot lies in the arena, and the slot has
/// its first 8 bytes, its place, and some bits of its hash.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Slot {
    pub tally: u64,
    length: u32,
    bytes: [u8; INLINE],
}

/// Byte keys with tallies.
#[derive(Debug)]
pub(super) struct Table {
    slots: HashTable<Slot>,
    arena: Vec<u8>,
    hash: SeedableRandomState,
}

impl Table {
    pub fn new(seed: u64) -> Table {
        Table {
            slots: HashTable::new(),
            arena: Vec::new(),
            hash: SeedableRandomState::with_seed(seed, &SHARED),
        }
    }

    #[inline]
    pub fn hash(&self, key: &[u8]) -> u64 {
        hash(&self.hash, key)
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// Returns the tally of a key, if the table has it.
    #[inline]
    pub fn find(&mut self, hash: u64, key: &[u8]) -> Option<&mut u64> {
        let arena = &self.arena;
        let slot = if key.len() <= INLINE {
            self.slots.find_mut(hash, |slot| {
                slot.length as usize == key.len() && equal_short(&slot.bytes[..key.len()], key)
            })
        } else {
            self.slots.find_mut(hash, |slot| {
                slot.length as usize == key.len() && slot.mark() == mark(hash) && slot.key(arena) == key
            })
        };
        slot.map(|slot| &mut slot.tally)
    }

    /// Returns how many more bytes the table holds at most while it inserts a key of this length.
    pub fn growth(&self, length: usize) -> u64 {
        let mut growth = 0;
        if length > INLINE && self.arena.capacity() - self.arena.len() < length {
            growth += self.arena.capacity().max(length).max(1024);
        }
        if self.slots.len() == self.slots.capacity() {
            // While slots move, the table holds the old and the new ones.
            growth += 2 * slots_size(self.slots.capacity().max(16));
        }
        growth as u64
    }

    /// Returns how many bytes the table holds.
    pub fn size(&self) -> u64 {
        (self.arena.capacity() + slots_size(self.slots.capacity())) as u64
    }

    /// Inserts a key that the table does not have, and that it [takes](Table::takes).
    pub fn insert(&mut self, hash: u64, key: &[u8], tally: u64) {
        let mut slot = Slot {
            tally,
            length: u32::try_from(key.len()).expect("the caller has asked whether the table takes it"),
            bytes: [0; INLINE],
        };
        if key.len() <= INLINE {
            slot.bytes[..key.len()].copy_from_slice(key);
        } else {
            slot.bytes[..8].copy_from_slice(&key[..8]);
            slot.bytes[8..16].copy_from_slice(&(self.arena.len() as u64).to_le_bytes());
            slot.bytes[16..].copy_from_slice(&mark(hash).to_le_bytes());
            self.arena.extend_from_slice(key);
        }
        let (arena, state) = (&self.arena, &self.hash);
        self.slots
            .insert_unique(hash, slot, |slot| self::hash(state, slot.key(arena)));
    }

    /// Returns whether the table takes keys of this length.
    pub fn takes(length: usize) -> bool {
        u32::try_from(length).is_ok()
    }

    /// Returns all keys with hash and tally, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8], u64)> {
        self.slots.iter().map(|slot| {
            let key = slot.key(&self.arena);
            (self.hash(key), key, slot.tally)
        })
    }

    /// Returns the key of one of its slots.
    #[inline]
    pub fn key<'a>(&'a self, slot: &'a Slot) -> &'a [u8] {
        slot.key(&self.arena)
    }

    /// Returns copies of all slots, by the bytes of their keys: who walks over them need not go back to
    /// the table, where they lie in no order.
    pub fn sorted(&self) -> Vec<Slot> {
        let mut all: Vec<_> = self.slots.iter().copied().collect();
        all.sort_unstable_by(|a, b| a.order(b, &self.arena));
        all
    }

    /// Forgets the keys and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.arena.clear();
    }
}

impl Slot {
    #[inline]
    fn key<'a>(&'a self, arena: &'a [u8]) -> &'a [u8] {
        let length = self.length as usize;
        if length <= INLINE {
            &self.bytes[..length]
        } else {
            &arena[self.word(8) as usize..][..length]
        }
    }

    /// Returns the bits of the hash that the slot of a long key has.
    #[inline]
    fn mark(&self) -> u32 {
        let [.., a, b, c, d] = self.bytes;
        u32::from_le_bytes([a, b, c, d])
    }

    /// Compares two keys. The first bytes of both are in their slots, with zeros behind a short one.
    #[inline]
    fn order(&self, other: &Slot, arena: &[u8]) -> Ordering {
        let first = self.word(0).swap_bytes().cmp(&other.word(0).swap_bytes());
        if first.is_ne() {
            return first;
        }
        if self.length.max(other.length) as usize > INLINE {
            return self.key(arena).cmp(other.key(arena));
        }
        let rest = self.bytes[8..].cmp(&other.bytes[8..]);
        rest.then(self.length.cmp(&other.length))
    }

    #[inline]
    fn word(&self, at: usize) -> u64 {
        let mut word = [0; 8];
        word.copy_from_slice(&self.bytes[at..at + 8]);
        u64::from_le_bytes(word)
    }
}

#[inline]
fn hash(state: &SeedableRandomState, key: &[u8]) -> u64 {
    let mut hasher: FoldHasher<'_> = state.build_hasher();
    hasher.write(key);
    hasher.finish()
}

/// Returns whether two short keys of equal length are equal, by a few loads that may overlap.
#[inline]
fn equal_short(a: &[u8], b: &[u8]) -> bool {
    if let (Some((a, a_rest)), Some((b, b_rest))) = (a.split_first_chunk::<8>(), b.split_first_chunk::<8>()) {
        if a != b {
            return false;
        }
        return match (a_rest.last_chunk::<8>(), b_rest.last_chunk::<8>()) {
            (Some(c), Some(d)) if a_rest.len() <= 16 => {
                c == d && a_rest.first_chunk::<8>() == b_rest.first_chunk::<8>()
            }
            _ => a_rest.iter().eq(b_rest),
        };
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

/// Returns the bits of a hash that a slot has: others than the hash table itself looks at first.
#[inline]
fn mark(hash: u64) -> u32 {
    (hash >> 20) as u32
}

/// How many bytes a key takes besides its own: its slot, a control byte, and its slot in a sort.
const KEY_SIZE: usize = 2 * size_of::<Slot>() + 1;

/// Returns about how many bytes a table of slots takes: an eighth of them stays free.
fn slots_size(capacity: usize) -> usize {
    capacity / 7 * 8 * KEY_SIZE
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn short_keys_are_equal_when_their_bytes_are(
            a in prop::collection::vec(0u8..2, 0..=INLINE),
            at in 0..INLINE,
        ) {
            prop_assert!(equal_short(&a, &a.clone()));
            let mut b = a.clone();
            if let Some(byte) = b.get_mut(at) {
                *byte ^= 1;
                prop_assert!(!equal_short(&a, &b));
            }
        }

        #[test]
        fn keys_of_all_lengths_are_found(keys in prop::collection::hash_set("[ab\0]{0,40}", 0..200)) {
            let mut table = Table::new(1);
            for (i, key) in keys.iter().enumerate() {
                let hash = table.hash(key.as_bytes());
                prop_assert_eq!(table.find(hash, key.as_bytes()), None);
                table.insert(hash, key.as_bytes(), i as u64);
            }
            for (i, key) in keys.iter().enumerate() {
                let hash = table.hash(key.as_bytes());
                prop_assert_eq!(table.find(hash, key.as_bytes()).copied(), Some(i as u64));
            }
            prop_assert!(table.iter().all(|(hash, key, _)| hash == table.hash(key)));
            let mut want: Vec<_> = keys.iter().map(|key| key.as_bytes()).collect();
            want.sort_unstable();
            let sorted = table.sorted();
            let got: Vec<_> = sorted.iter().map(|slot| table.key(slot)).collect();
            prop_assert_eq!(got, want);
        }
    }
}

//! A table of byte keys, each with a tally: keys in one arena, hashes kept.
//!
//! It does not know what a tally means, nor where memory comes from; it says how much it holds.

use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};
use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use std::hash::{BuildHasher, Hasher};
use std::sync::LazyLock;

static SHARED: LazyLock<SharedSeed> = LazyLock::new(|| SharedSeed::from_u64(0x0066_616e_666f_6c64));

/// One key: where it is in the arena, its hash, and its tally.
#[derive(Debug, Clone, Copy)]
pub(super) struct Slot {
    pub hash: u64,
    pub tally: u64,
    offset: u32,
    length: u32,
}

/// Byte keys with tallies.
#[derive(Debug)]
pub(super) struct Table {
    slots: HashTable<Slot>,
    arena: Vec<u8>,
    hash: SeedableRandomState,
}

/// The most that an arena holds: offsets are 32 bits.
pub(super) const ARENA_LIMIT: usize = u32::MAX as usize;

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
        let mut hasher: FoldHasher<'_> = self.hash.build_hasher();
        hasher.write(key);
        hasher.finish()
    }

    pub fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// The tally of a key that is there.
    #[inline]
    pub fn find(&mut self, hash: u64, key: &[u8]) -> Option<&mut u64> {
        let arena = &self.arena;
        let slot = self
            .slots
            .find_mut(hash, |slot| slot.hash == hash && slot.key(arena) == key)?;
        Some(&mut slot.tally)
    }

    /// How many bytes more it will hold, at its highest, when a key of this length comes in.
    pub fn growth(&self, length: usize) -> u64 {
        let mut growth = 0;
        if self.arena.capacity() - self.arena.len() < length {
            growth += self.arena.capacity().max(length).max(1024);
        }
        if self.slots.len() == self.slots.capacity() {
            // The old and the new slots are held together while they are moved.
            growth += 2 * slots_size(self.slots.capacity().max(16));
        }
        growth as u64
    }

    /// How many bytes it holds.
    pub fn size(&self) -> u64 {
        (self.arena.capacity() + slots_size(self.slots.capacity())) as u64
    }

    /// Puts in a key that is not there. The arena must have room: see [`ARENA_LIMIT`].
    pub fn insert(&mut self, hash: u64, key: &[u8], tally: u64) {
        let slot = Slot {
            hash,
            tally,
            offset: u32::try_from(self.arena.len()).expect("the caller keeps the arena in bounds"),
            length: u32::try_from(key.len()).expect("the caller keeps the arena in bounds"),
        };
        self.arena.extend_from_slice(key);
        match self.slots.entry(hash, |_| false, |slot| slot.hash) {
            Entry::Occupied(_) => {}
            Entry::Vacant(vacant) => {
                vacant.insert(slot);
            }
        }
    }

    /// Whether a key of this length has room in the arena.
    pub fn has_room(&self, length: usize) -> bool {
        self.arena.len().saturating_add(length) <= ARENA_LIMIT
    }

    /// All keys with hash and tally, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (u64, &[u8], u64)> {
        self.slots
            .iter()
            .map(|slot| (slot.hash, slot.key(&self.arena), slot.tally))
    }

    /// All keys with their tallies, by the bytes of the keys.
    pub fn sorted(&self) -> Vec<(&[u8], u64)> {
        let mut all: Vec<_> = self
            .iter()
            .map(|(_, key, tally)| (prefix(key), key, tally))
            .collect();
        all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)));
        all.into_iter().map(|(_, key, tally)| (key, tally)).collect()
    }

    /// Forgets the keys and keeps the memory.
    pub fn clear(&mut self) {
        self.slots.clear();
        self.arena.clear();
    }
}

impl Slot {
    #[inline]
    fn key<'a>(&self, arena: &'a [u8]) -> &'a [u8] {
        &arena[self.offset as usize..][..self.length as usize]
    }
}

/// The first bytes of a key as a number: most comparisons need not look further.
fn prefix(key: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    let length = key.len().min(8);
    bytes[..length].copy_from_slice(&key[..length]);
    u64::from_be_bytes(bytes)
}

/// What a key takes besides its bytes: its slot, a byte of control, and its place in a sort.
const KEY_SIZE: usize = size_of::<Slot>() + 1 + size_of::<(u64, &[u8], u64)>();

/// About what a table of slots takes: an eighth is left free.
fn slots_size(capacity: usize) -> usize {
    capacity / 7 * 8 * KEY_SIZE
}

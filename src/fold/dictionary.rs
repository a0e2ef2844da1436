//! Texts by numbers: each different text has one, from 0, in the order in which they came.
//!
//! It does not know what the texts are of.

use super::table::{KeyHash, Slot, Table};
use crate::memory::{Budget, Reservation};

/// How many bytes a dictionary takes without a reservation.
const FREE: u64 = 8 << 10;

/// How many bytes it takes at most: beyond what caches hold, looking a text up is no longer cheap.
const MOST: u64 = 32 << 20;

/// Different texts.
pub(super) struct Dictionary {
    table: Table,
    hash: KeyHash,
    slots: Vec<Slot>,
    reservation: Reservation,
}

impl Dictionary {
    pub fn new(seed: u64, budget: &Budget) -> Dictionary {
        Dictionary {
            table: Table::default(),
            hash: KeyHash::new(seed),
            slots: Vec::new(),
            reservation: budget.reserve(0).expect("nothing can always be taken"),
        }
    }

    pub fn len(&self) -> usize {
        self.slots.len()
    }

    /// Returns the number of a text; none when it is new and there is no room for it within `share` bytes.
    #[inline]
    pub fn number(&mut self, text: &[u8], share: u64) -> Option<u32> {
        let hash = self.hash.of(text);
        match self.table.find(hash, text) {
            Some(number) => Some(number as u32),
            None => self.insert(hash, text, share),
        }
    }

    fn insert(&mut self, hash: u32, text: &[u8], share: u64) -> Option<u32> {
        let growth = self.growth(text.len());
        if growth > 0 {
            let size = self.size() + growth;
            let held = self.reservation.bytes();
            let fits = size <= FREE.max(held)
                || size <= share.min(MOST) && self.reservation.grow(size.saturating_sub(held));
            if !fits || !self.table.takes(text.len()) {
                return None;
            }
        }
        let number = u32::try_from(self.slots.len()).ok()?;
        self.slots.push(self.table.insert(hash, text, u64::from(number)));
        Some(number)
    }

    /// Returns the text with this number.
    pub fn text(&self, number: u32) -> &[u8] {
        self.table.key(self.slots[number as usize])
    }

    /// Returns the numbers here of all texts of another dictionary; none when there is no room for one of them.
    pub fn numbers_of(&mut self, other: &Dictionary, share: u64) -> Option<Vec<u32>> {
        let texts = other.slots.iter().map(|slot| other.table.key(*slot));
        texts.map(|text| self.number(text, share)).collect()
    }

    /// Forgets the texts and keeps the memory.
    pub fn clear(&mut self) {
        self.table.clear();
        self.slots.clear();
    }

    fn size(&self) -> u64 {
        self.table.size() + (self.slots.capacity() * size_of::<Slot>()) as u64
    }

    /// Returns how many more bytes it holds at most while it takes a text of this length.
    fn growth(&self, length: usize) -> u64 {
        let capacity = self.slots.capacity();
        let slots = match self.slots.len() < capacity {
            true => 0,
            false => capacity.max(4) * size_of::<Slot>(),
        };
        self.table.growth(length) + slots as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_keep_their_numbers_until_there_is_no_room() {
        let budget = Budget::new(1 << 20);
        let mut dictionary = Dictionary::new(1, &budget);
        let mut number = 0;
        let text = |number: u32| format!("text {number}");
        while dictionary.number(text(number).as_bytes(), u64::MAX) == Some(number) {
            number += 1;
        }
        assert!(number > 5_000 && dictionary.size() <= 1 << 20, "{number}");
        assert_eq!(dictionary.len(), number as usize);
        for known in 0..number {
            assert_eq!(dictionary.text(known), text(known).as_bytes());
            assert_eq!(dictionary.number(text(known).as_bytes(), 0), Some(known));
        }
        let mut other = Dictionary::new(1, &Budget::new(0));
        for text in ["new", "text 7", ""] {
            other.number(text.as_bytes(), 0).expect("few need no budget");
        }
        assert_eq!(dictionary.numbers_of(&other, u64::MAX), None);
        dictionary.clear();
        assert_eq!(dictionary.number(b"text 7", 0), Some(0));
        assert_eq!(dictionary.numbers_of(&other, 0), Some(vec![1, 0, 2]));
    }
}

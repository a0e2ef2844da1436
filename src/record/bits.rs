//! A set of indexes, of which the small ones cost no memory of their own.
//!
//! It does not know what they are indexes of.

/// A set of indexes: a bit for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bits {
    low: u64,
    high: Vec<u64>,
}

impl Bits {
    /// Makes a set without indexes.
    pub const fn new() -> Bits {
        Bits {
            low: 0,
            high: Vec::new(),
        }
    }

    /// Removes all indexes.
    #[inline]
    pub fn clear(&mut self) {
        self.low = 0;
        if !self.high.is_empty() {
            self.high.clear();
        }
    }

    /// Adds an index.
    #[inline]
    pub fn insert(&mut self, index: usize) {
        match index {
            0..64 => self.low |= 1 << index,
            _ => self.insert_high(index / 64 - 1, index % 64),
        }
    }

    #[cold]
    fn insert_high(&mut self, word: usize, bit: usize) {
        if self.high.len() <= word {
            self.high.resize(word + 1, 0);
        }
        self.high[word] |= 1 << bit;
    }

    /// Tells whether an index is in the set.
    #[inline]
    pub fn contains(&self, index: usize) -> bool {
        let word = match index {
            0..64 => self.low,
            _ => self.high.get(index / 64 - 1).copied().unwrap_or(0),
        };
        word & 1 << (index % 64) != 0
    }

    /// Tells whether no index is in the set.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.low == 0 && self.high.iter().all(|word| *word == 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_index_is_held_until_it_is_cleared() {
        let mut bits = Bits::new();
        assert!(bits.is_empty());
        for index in [0, 63, 64, 127, 128, 1000] {
            assert!(!bits.contains(index), "{index}");
            bits.insert(index);
            assert!(bits.contains(index) && !bits.contains(index + 1), "{index}");
            assert!(!bits.is_empty());
        }
        bits.clear();
        assert!(bits.is_empty() && !bits.contains(1000));
    }
}

//! A set of places in a queue, a bit for each.

/// Places in a queue, which are counted from 1 without large holes.
#[derive(Debug, Default)]
pub(super) struct PlaceSet {
    words: Vec<u64>,
}

impl PlaceSet {
    /// Adds a place. Returns true when it was not in the set.
    pub(super) fn insert(&mut self, place: u64) -> bool {
        let at = usize::try_from(place / 64).expect("what a set in memory holds has such an index");
        if self.words.len() <= at {
            self.words.resize(at + 1, 0);
        }
        let bit = 1 << (place % 64);
        let is_new = self.words[at] & bit == 0;
        self.words[at] |= bit;
        is_new
    }

    /// Returns how many places there are.
    pub(super) fn len(&self) -> u64 {
        self.words.iter().map(|word| u64::from(word.count_ones())).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_new_once() {
        let mut set = PlaceSet::default();
        for place in [1, 64, 63, 1000] {
            assert!(set.insert(place) && !set.insert(place), "{place}");
        }
        assert_eq!(set.len(), 4);
    }
}

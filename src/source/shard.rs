//! `--shard I/N`: every N-th input, so that N machines that list the same inputs share them without a word.
//!
//! It sees all names, and keeps their number and a hash of them: whether the machines listed the same is checked when
//! their answers are added up. It does not know how jobs are made of inputs.

use super::error::{InputResult, SourceError};
use crate::job::Input;
use crate::plan::Shard;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::{Arc, OnceLock};

/// All inputs of a run, those of other shards too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// How many there are, missing ones counted.
    pub(crate) inputs: u64,
    /// The SHA-256 of their names, each after its length.
    pub(crate) sha256: [u8; 32],
}

/// The listing, once it is complete.
pub(crate) type SharedListing = Arc<OnceLock<Listing>>;

/// Yields the inputs of one shard. A file that is missing takes its place too, so that one that vanished on one machine
/// shifts nothing.
pub(crate) struct Sharded<I> {
    found: I,
    shard: Option<Shard>,
    /// How many inputs came, those of other shards too.
    place: u64,
    names: Sha256,
    listing: SharedListing,
}

impl<I: Iterator<Item = InputResult>> Sharded<I> {
    /// Yields all inputs when there is no shard, and sets `listing` at the end.
    pub(crate) fn new(found: I, shard: Option<Shard>, listing: SharedListing) -> Self {
        Sharded {
            found,
            shard,
            place: 0,
            names: Sha256::new(),
            listing,
        }
    }

    fn note(&mut self, name: &OsStr) {
        self.place += 1;
        self.names.update((name.len() as u64).to_le_bytes());
        self.names.update(name.as_bytes());
    }
}

impl<I: Iterator<Item = InputResult>> Iterator for Sharded<I> {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        loop {
            let Some(found) = self.found.next() else {
                let listing = Listing {
                    inputs: self.place,
                    sha256: self.names.clone().finalize().into(),
                };
                // It is set already when this is asked again.
                let _ = self.listing.set(listing);
                return None;
            };
            match &found {
                Ok(input) => self.note(input.name()),
                Err(SourceError::Input { name, .. }) => self.note(name),
                // It is about all inputs.
                Err(_) => return Some(found),
            }
            if self.shard.is_none_or(|shard| shard.owns(self.place)) {
                return Some(found);
            }
        }
    }
}

/// Returns the inputs of all shards, each with theirs. What is about no single input goes to `own`.
pub(crate) fn deal(
    found: impl Iterator<Item = InputResult>,
    own: Shard,
    listing: SharedListing,
) -> BTreeMap<Shard, Vec<InputResult>> {
    let mut shards: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut all = Sharded::new(found, None, listing);
    while let Some(found) = all.next() {
        let shard = match &found {
            Ok(_) | Err(SourceError::Input { .. }) => own.of_place(all.place),
            Err(_) => own,
        };
        shards.entry(shard).or_default().push(found);
    }
    shards
}

/// Gives jobs the numbers that are shown: from 1 on without gaps, or under a shard the place of a job's first input among
/// the inputs of all shards. Each number is higher than the one before, and no other shard has it.
pub(crate) struct Numbering {
    shard: Option<Shard>,
    /// How many inputs of the shard came before.
    inputs: u64,
    /// The lowest number that is free.
    free: u64,
}

impl Numbering {
    pub(crate) fn new(shard: Option<Shard>) -> Self {
        Numbering {
            shard,
            inputs: 0,
            free: shard.map_or(1, Shard::first),
        }
    }

    /// Returns the number of the next job.
    pub(crate) fn next(&mut self, inputs: &[Input]) -> u64 {
        let (first, step) = self.shard.map_or((1, 1), |shard| (shard.first(), shard.count));
        let number = match self.shard {
            Some(_) => self.free.max(self.inputs * step + first),
            None => self.free,
        };
        self.inputs += inputs.iter().filter(|input| !input.is_continued()).count() as u64;
        self.free = number + step;
        number
    }

    /// Takes note of an input that is missing.
    pub(crate) fn skip(&mut self) {
        self.inputs += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shard(index: u64, count: u64) -> Shard {
        Shard { index, count }
    }

    fn found(name: &[u8], missing: bool) -> InputResult {
        let name = OsStr::from_bytes(name).to_owned();
        match missing {
            false => Ok(Input::File(name)),
            true => Err(SourceError::Input {
                name,
                cause: std::io::ErrorKind::NotFound.into(),
            }),
        }
    }

    fn name(found: &InputResult) -> Vec<u8> {
        match found {
            Ok(input) => input.name().as_bytes().to_vec(),
            Err(SourceError::Input { name, .. }) => name.as_bytes().to_vec(),
            Err(_) => panic!("not an input"),
        }
    }

    proptest! {
        #[test]
        fn shards_are_disjoint_and_together_all(
            inputs in prop::collection::vec((prop::collection::vec(any::<u8>(), 1..9), any::<bool>()), 0..90),
            count in 1u64..40,
        ) {
            let all = || inputs.iter().map(|(name, missing)| found(name, *missing));
            let mut places = BTreeMap::new();
            let mut listings = Vec::new();
            for index in 1..=count {
                let listing = SharedListing::default();
                let mut numbers = Numbering::new(Some(shard(index, count)));
                for item in Sharded::new(all(), Some(shard(index, count)), Arc::clone(&listing)) {
                    let name = name(&item);
                    let place = match &item {
                        Ok(input) => numbers.next(std::slice::from_ref(input)),
                        Err(_) => {
                            let place = numbers.inputs * count + shard(index, count).first();
                            numbers.skip();
                            place
                        }
                    };
                    prop_assert!(places.insert(place, name).is_none());
                }
                listings.push(listing.get().cloned());
            }
            let expected: BTreeMap<_, _> = (1..).zip(inputs.iter().map(|(name, _)| name.clone())).collect();
            prop_assert_eq!(places, expected);
            listings.dedup();
            prop_assert_eq!(listings.len(), 1);
            prop_assert_eq!(listings[0].as_ref().map(|all| all.inputs), Some(inputs.len() as u64));
        }
    }

    #[test]
    fn parts_of_a_file_have_numbers_that_no_other_shard_has() {
        let part = |end| Input::Range {
            name: "a".into(),
            start: 0,
            end,
        };
        let mut numbers = Numbering::new(Some(shard(2, 3)));
        let inputs = [part(1), part(2), part(u64::MAX), Input::File("b".into())];
        let given: Vec<u64> = inputs
            .iter()
            .map(|input| numbers.next(std::slice::from_ref(input)))
            .collect();
        assert_eq!(given, [2, 5, 8, 11]);
    }

    #[test]
    fn a_listing_depends_on_where_names_begin() {
        let of = |names: &[&[u8]]| {
            let listing = SharedListing::default();
            let found = names.iter().map(|name| found(name, false));
            Sharded::new(found, None, Arc::clone(&listing)).for_each(drop);
            listing.get().cloned()
        };
        assert_ne!(of(&[b"ab", b"c"]), of(&[b"a", b"bc"]));
        assert_eq!(of(&[b"ab", b"c"]), of(&[b"ab", b"c"]));
    }

    #[test]
    fn shard_0_is_shard_n() {
        let (zero, last) = (shard(0, 4), shard(4, 4));
        assert_eq!(
            (zero.owns(8), last.owns(8), zero.owns(5), last.first()),
            (true, true, false, 4)
        );
        assert_eq!(zero.of_place(8).of_place(3).index, 3);
    }
}

//! What is remembered, in memory: 32 bytes a job, by a hash of its inputs' names.
//!
//! 128 bits of a keyed hash stand for the names: two of a million jobs collide with a chance of
//! 10^-27, and nobody who makes file names knows the key.

use super::row::Outcome;
use super::stamp::Stamp;
use crate::job::Input;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;

/// Jobs by their inputs.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: RandomState,
    /// Sorted.
    entries: Vec<Entry>,
    /// Where the entries begin whose hash begins with so many bits, in their order, and the end: a
    /// look-up touches two places in memory and not twenty.
    starts: Vec<u32>,
    bits: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    names: u128,
    stamps: u64,
    /// The row, and in the lowest bits whether there are several inputs, the outcome, and whether it
    /// was taken.
    row: u64,
}

/// What is remembered of a job.
pub(super) struct Known {
    pub row: i64,
    pub outcome: Outcome,
    /// Whether its inputs are what they were.
    pub same: bool,
}

const TAKEN: u64 = 1;
const OUTCOME: u64 = 0b110;
const SEVERAL: u64 = 0b1000;
const BITS: u32 = 4;

impl Index {
    pub fn with_capacity(jobs: usize) -> Self {
        Index {
            keys: RandomState::new(),
            entries: Vec::with_capacity(jobs),
            starts: Vec::new(),
            bits: 0,
        }
    }

    /// Adds a job with several inputs.
    pub fn add(&mut self, inputs: &[Input], stamps: &[Stamp], row: i64, outcome: Outcome) {
        let names = self.names(inputs.iter().map(columns));
        let stamps = self.stamps(stamps);
        self.push(names, stamps, row, outcome);
        if inputs.len() > 1
            && let Some(entry) = self.entries.last_mut()
        {
            entry.row |= SEVERAL;
        }
    }

    /// Adds a job with one input.
    pub fn add_one(
        &mut self,
        name: &[u8],
        range: [Option<i64>; 2],
        stamp: Stamp,
        row: i64,
        outcome: Outcome,
    ) {
        let names = self.names([(name, range)].into_iter());
        let stamps = self.stamps(&[stamp]);
        self.push(names, stamps, row, outcome);
    }

    fn push(&mut self, names: u128, stamps: u64, row: i64, outcome: Outcome) {
        let row = row.cast_unsigned() << BITS | (outcome as u64) << 1;
        self.entries.push(Entry { names, stamps, row });
    }

    /// Takes the last one back.
    pub fn drop_last(&mut self) {
        self.entries.pop();
    }

    /// To be called when all are in.
    pub fn sort(&mut self) {
        self.entries
            .sort_unstable_by_key(|entry| (entry.names, entry.row));
        // About four to a start.
        self.bits = (self.entries.len() / 4).checked_ilog2().unwrap_or(0).min(30);
        self.starts = Vec::with_capacity((1 << self.bits) + 1);
        for (at, entry) in self.entries.iter().enumerate() {
            let start = start_of(entry.names, self.bits);
            while self.starts.len() <= start {
                self.starts.push(at as u32);
            }
        }
        self.starts
            .resize((1 << self.bits) + 1, self.entries.len() as u32);
    }

    /// An entry of a job with these inputs that was not yet taken, one that is done and the same
    /// before any other.
    pub fn take(&mut self, inputs: &[Input], stamps: &[Stamp]) -> Option<Known> {
        if self.entries.is_empty() {
            return None;
        }
        let names = self.names(inputs.iter().map(columns));
        let stamps = self.stamps(stamps);
        let start = start_of(names, self.bits);
        let near = self.starts[start] as usize..self.starts[start + 1] as usize;
        let equal = self.entries[near].iter_mut().filter(|entry| entry.names == names);
        let free = equal.filter(|entry| entry.row & TAKEN == 0);
        let done = |entry: &&mut Entry| entry.outcome() == Outcome::Done && entry.stamps == stamps;
        let entry = free.min_by_key(|entry| !done(entry))?;
        entry.row |= TAKEN;
        Some(Known {
            row: (entry.row >> BITS).cast_signed(),
            outcome: entry.outcome(),
            same: entry.stamps == stamps,
        })
    }

    /// The rows of jobs with several inputs that were not taken.
    pub fn batches_left(&self) -> impl Iterator<Item = i64> {
        let left = self.entries.iter();
        left.filter(|entry| entry.row & (SEVERAL | TAKEN) == SEVERAL)
            .map(|entry| (entry.row >> BITS).cast_signed())
    }

    fn names<'a>(&self, inputs: impl Iterator<Item = (&'a [u8], [Option<i64>; 2])>) -> u128 {
        let mut halves = [self.keys.build_hasher(), self.keys.build_hasher()];
        halves[1].write_u8(1);
        for input in inputs {
            halves.iter_mut().for_each(|half| input.hash(half));
        }
        let [high, low] = halves.map(|half| u128::from(half.finish()));
        high << 64 | low
    }

    fn stamps(&self, stamps: &[Stamp]) -> u64 {
        self.keys.hash_one(stamps)
    }
}

/// The first bits of a hash.
fn start_of(names: u128, bits: u32) -> usize {
    names.checked_shr(128 - bits).unwrap_or(0) as usize
}

impl Entry {
    fn outcome(self) -> Outcome {
        Outcome::ALL[((self.row & OUTCOME) >> 1) as usize]
    }
}

fn columns(input: &Input) -> (&[u8], [Option<i64>; 2]) {
    let range = match input {
        Input::Range { start, end, .. } | Input::Part { start, end, .. } => {
            [Some(start.cast_signed()), Some(end.cast_signed())]
        }
        Input::File(_) | Input::Stdin | Input::Word { .. } => [None, None],
    };
    (input.name().as_bytes(), range)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAMP: Stamp = Stamp::File { size: 1, mtime: 2 };
    const LATER: Stamp = Stamp::File { size: 1, mtime: 3 };

    fn file(name: &str) -> Input {
        Input::File(name.into())
    }

    fn index(entries: &[(&[Input], Stamp, Outcome)]) -> Index {
        let mut index = Index::with_capacity(0);
        for (at, (inputs, stamp, outcome)) in entries.iter().enumerate() {
            index.add(inputs, &vec![*stamp; inputs.len()], at as i64 + 1, *outcome);
        }
        index.sort();
        index
    }

    fn take(index: &mut Index, inputs: &[Input], stamp: Stamp) -> Option<(i64, Outcome, bool)> {
        let known = index.take(inputs, &vec![stamp; inputs.len()])?;
        Some((known.row, known.outcome, known.same))
    }

    #[test]
    fn every_one_of_many_jobs_is_found() {
        for jobs in [0, 1, 3, 4, 7, 8, 1000] {
            let name = |n: i64| format!("{n}");
            let mut index = Index::with_capacity(0);
            for n in 1..=jobs {
                index.add(&[file(&name(n))], &[STAMP], n, Outcome::Done);
            }
            index.sort();
            for n in 1..=jobs {
                let found = take(&mut index, &[file(&name(n))], STAMP);
                assert_eq!(found, Some((n, Outcome::Done, true)), "{n} of {jobs}");
            }
            assert_eq!(take(&mut index, &[file("0")], STAMP), None);
        }
    }

    #[test]
    fn a_job_is_known_by_all_its_inputs_in_their_order() {
        let batch = [file("a"), file("b")];
        let mut index = index(&[(&batch, STAMP, Outcome::Done)]);
        assert_eq!(take(&mut index, &[file("a")], STAMP), None);
        assert_eq!(take(&mut index, &[file("b"), file("a")], STAMP), None);
        assert_eq!(take(&mut index, &[file("ab")], STAMP), None);
        assert_eq!(take(&mut index, &batch, STAMP), Some((1, Outcome::Done, true)));
    }

    #[test]
    fn a_name_that_is_given_twice_is_known_as_often_as_it_was_done() {
        let one = [file("a")];
        let mut index = index(&[(&one, LATER, Outcome::Failed), (&one, STAMP, Outcome::Done)]);
        assert_eq!(take(&mut index, &one, STAMP), Some((2, Outcome::Done, true)));
        assert_eq!(take(&mut index, &one, STAMP), Some((1, Outcome::Failed, false)));
        assert_eq!(take(&mut index, &one, STAMP), None);
    }

    #[test]
    fn parts_of_a_file_are_jobs_of_their_own() {
        let range = |start, end| Input::Range {
            name: "a".into(),
            start,
            end,
        };
        let last = [range(10, u64::MAX)];
        let mut index = index(&[(&last, STAMP, Outcome::Done)]);
        assert_eq!(take(&mut index, &[range(0, 10)], STAMP), None);
        assert_eq!(take(&mut index, &[file("a")], STAMP), None);
        assert_eq!(take(&mut index, &last, LATER), Some((1, Outcome::Done, false)));
    }
}

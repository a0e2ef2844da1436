//! The index of stored jobs in memory: 40 bytes a job, found by a hash of the names of its inputs.
//!
//! A keyed hash of 128 bits stands for the names: the chance that two of a million jobs collide is 10^-27,
//! and nobody who chooses file names knows the key. The index does not know the database.

use super::fingerprint::Fingerprint;
use super::job_end::{RowRef, StoredOutcome};
use super::split_rows::SplitRows;
use crate::job::Input;
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt as _;

/// The stored jobs by their inputs.
#[derive(Debug, Default)]
pub(super) struct Index {
    keys: RandomState,
    /// Sorted.
    entries: Vec<Entry>,
    /// For each value of the first `bits` bits of a hash, the index of its first entry; the length at the
    /// end. With it a look-up touches two places in memory and not twenty.
    starts: Vec<u32>,
    bits: u32,
    splits: SplitRows,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    /// The hash in halves, the higher first: a `u128` would pad the entry to 48 bytes.
    names: [u64; 2],
    fingerprints: u64,
    /// The row's checksum.
    sum: i64,
    /// The row number, shifted by `BITS`; the lowest bits hold `SEVERAL`, the outcome and `TAKEN`.
    row: u64,
}

/// The answer to a look-up.
pub(super) struct Known {
    pub kept: RowRef,
    pub outcome: StoredOutcome,
    /// True when its inputs are unchanged.
    pub same: bool,
}

const TAKEN: u64 = 1;
const OUTCOME: u64 = 0b110;
const SEVERAL: u64 = 0b1000;
const BITS: u32 = 4;

/// The range of a file that is not split.
const WHOLE: [Option<i64>; 2] = [None, None];

/// The highest row number that fits an entry.
pub(super) const MAX_ROW: i64 = i64::MAX >> BITS;

impl Index {
    /// Builds an empty index with room for `jobs`.
    pub fn with_capacity(jobs: usize) -> Self {
        Index {
            keys: RandomState::new(),
            entries: Vec::with_capacity(jobs),
            starts: Vec::new(),
            bits: 0,
            splits: SplitRows::default(),
        }
    }

    /// Adds a job with any number of inputs.
    pub fn add(
        &mut self,
        inputs: &[Input],
        fingerprints: &[Fingerprint],
        kept: RowRef,
        outcome: StoredOutcome,
    ) {
        let names = self.names(inputs.iter().map(columns));
        let fingerprints = self.fingerprint(fingerprints);
        self.push(names, fingerprints, kept, outcome);
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
        fingerprint: Fingerprint,
        kept: RowRef,
        outcome: StoredOutcome,
    ) {
        if range != WHOLE {
            self.splits.add(name, kept.row);
        }
        let names = self.names([(name, range)].into_iter());
        let fingerprints = self.fingerprint(&[fingerprint]);
        self.push(names, fingerprints, kept, outcome);
    }

    fn push(&mut self, names: [u64; 2], fingerprints: u64, kept: RowRef, outcome: StoredOutcome) {
        let (row, sum) = (kept.row.cast_unsigned() << BITS | (outcome as u64) << 1, kept.sum);
        self.entries.push(Entry {
            names,
            fingerprints,
            sum,
            row,
        });
    }

    /// Removes the job that was added last.
    pub fn remove_last(&mut self) {
        self.entries.pop();
    }

    /// Sorts the entries. It must be called after all jobs are added and before the first look-up.
    pub fn sort(&mut self) {
        self.entries
            .sort_unstable_by_key(|entry| (entry.names, entry.likeness(), entry.row));
        // About four entries per start.
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

    /// Takes an entry of a job with these inputs that was not taken before. A done and unchanged one comes
    /// before any other.
    pub fn take(&mut self, inputs: &[Input], fingerprints: &[Fingerprint]) -> Option<Known> {
        if self.entries.is_empty() {
            return None;
        }
        if let [input] = inputs {
            self.note_split(input);
        }
        let names = self.names(inputs.iter().map(columns));
        let fingerprints = self.fingerprint(fingerprints);
        let near = self.near(names);
        let near = &mut self.entries[near];
        // There are few, unless a name occurs often.
        let from = near.iter().position(|entry| entry.names == names)?;
        let near = &mut near[from..];
        let equal = near.partition_point(|entry| entry.names == names);
        let entry = free(&mut near[..equal], (false, fingerprints))?;
        entry.row |= TAKEN;
        Some(Known {
            kept: RowRef {
                row: entry.row(),
                sum: entry.sum,
            },
            outcome: entry.outcome(),
            same: entry.fingerprints == fingerprints,
        })
    }

    /// Returns the range that holds the entries of these names, if there are any.
    fn near(&self, names: [u64; 2]) -> Range<usize> {
        let start = start_of(names, self.bits);
        self.starts[start] as usize..self.starts[start + 1] as usize
    }

    /// Notes an input whose file is split, or was.
    fn note_split(&mut self, input: &Input) {
        let begins = matches!(
            input,
            Input::Range { start: 0, .. } | Input::Part { start: 0, .. }
        );
        if begins {
            let whole = self.whole(input).collect();
            self.splits.mark_found(input.name(), whole);
        } else if !self.splits.is_empty() {
            self.splits.mark_found(input.name(), Vec::new());
        }
    }

    /// Returns the rows of jobs on the whole file to which this range belongs.
    fn whole(&self, range: &Input) -> impl Iterator<Item = i64> {
        let names = self.names([(range.name().as_bytes(), WHOLE)].into_iter());
        let near = self.entries[self.near(names)].iter();
        near.filter(move |entry| entry.names == names)
            .map(|entry| entry.row())
    }

    /// Returns the rows that were not taken: first those of jobs that can't come back, then the others.
    pub fn not_taken(&self) -> (Vec<i64>, Vec<i64>) {
        let split = self.splits.found();
        let left = self.entries.iter().filter(|entry| entry.row & TAKEN == 0);
        let never = |entry: &&Entry| entry.row & SEVERAL != 0 || split.contains(&entry.row());
        let (never, gone): (Vec<&Entry>, Vec<&Entry>) = left.partition(never);
        let rows = |entries: Vec<&Entry>| entries.into_iter().map(|entry| entry.row()).collect();
        (rows(never), rows(gone))
    }

    fn names<'a>(&self, inputs: impl Iterator<Item = (&'a [u8], [Option<i64>; 2])>) -> [u64; 2] {
        let mut halves = [self.keys.build_hasher(), self.keys.build_hasher()];
        halves[1].write_u8(1);
        for input in inputs {
            halves.iter_mut().for_each(|half| input.hash(half));
        }
        halves.map(|half| half.finish())
    }

    fn fingerprint(&self, fingerprints: &[Fingerprint]) -> u64 {
        self.keys.hash_one(fingerprints)
    }
}

/// Returns the first bits of a hash.
fn start_of(names: [u64; 2], bits: u32) -> usize {
    names[0].checked_shr(u64::BITS - bits).unwrap_or(0) as usize
}

/// Returns an entry that was not taken, out of entries of the same names; preferably one whose likeness is
/// `best`. Entries of equal likeness are adjacent and are taken in their order, so that the search stays
/// short for a name that occurs often.
fn free(equal: &mut [Entry], best: (bool, u64)) -> Option<&mut Entry> {
    let alike = |from: usize| {
        let rest = &equal[from..];
        let like = rest.first()?.likeness();
        let taken = rest.partition_point(|entry| entry.likeness() == like && entry.row & TAKEN != 0);
        let end = rest.partition_point(|entry| entry.likeness() == like);
        Some((taken < end, from + taken, from + end))
    };
    let first = equal.partition_point(|entry| entry.likeness() < best);
    let found = alike(first).filter(|(free, at, _)| *free && equal[*at].likeness() == best);
    let mut next = found.map(|(_, at, _)| at);
    let mut from = 0;
    while next.is_none() {
        let (free, at, end) = alike(from)?;
        next = free.then_some(at);
        from = end;
    }
    equal.get_mut(next?)
}

impl Entry {
    /// Returns what distinguishes entries of the same names: whether the job is not done, and the hash of its
    /// fingerprints.
    fn likeness(self) -> (bool, u64) {
        (self.outcome() != StoredOutcome::Done, self.fingerprints)
    }

    fn row(self) -> i64 {
        (self.row >> BITS).cast_signed()
    }

    fn outcome(self) -> StoredOutcome {
        StoredOutcome::ALL[((self.row & OUTCOME) >> 1) as usize]
    }
}

/// Returns the name and the range of an input, as they are hashed.
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

    const BEFORE: Fingerprint = Fingerprint::File { size: 1, mtime: 2 };
    const LATER: Fingerprint = Fingerprint::File { size: 1, mtime: 3 };

    fn kept(row: i64) -> RowRef {
        RowRef { row, sum: -row }
    }

    fn file(name: &str) -> Input {
        Input::File(name.into())
    }

    fn index(entries: &[(&[Input], Fingerprint, StoredOutcome)]) -> Index {
        let mut index = Index::with_capacity(0);
        for (at, (inputs, fingerprint, outcome)) in entries.iter().enumerate() {
            index.add(
                inputs,
                &vec![*fingerprint; inputs.len()],
                kept(at as i64 + 1),
                *outcome,
            );
        }
        index.sort();
        index
    }

    fn take(
        index: &mut Index,
        inputs: &[Input],
        fingerprint: Fingerprint,
    ) -> Option<(i64, StoredOutcome, bool)> {
        let known = index.take(inputs, &vec![fingerprint; inputs.len()])?;
        assert_eq!(known.kept, kept(known.kept.row));
        Some((known.kept.row, known.outcome, known.same))
    }

    #[test]
    fn every_one_of_many_jobs_is_found() {
        for jobs in [0, 1, 3, 4, 7, 8, 1000] {
            let name = |n: i64| format!("{n}");
            let mut index = Index::with_capacity(0);
            for n in 1..=jobs {
                index.add(&[file(&name(n))], &[BEFORE], kept(n), StoredOutcome::Done);
            }
            index.sort();
            for n in 1..=jobs {
                let found = take(&mut index, &[file(&name(n))], BEFORE);
                assert_eq!(found, Some((n, StoredOutcome::Done, true)), "{n} of {jobs}");
            }
            assert_eq!(take(&mut index, &[file("0")], BEFORE), None);
        }
    }

    #[test]
    fn a_job_is_known_by_all_its_inputs_in_their_order() {
        let batch = [file("a"), file("b")];
        let mut index = index(&[(&batch, BEFORE, StoredOutcome::Done)]);
        assert_eq!(take(&mut index, &[file("a")], BEFORE), None);
        assert_eq!(take(&mut index, &[file("b"), file("a")], BEFORE), None);
        assert_eq!(take(&mut index, &[file("ab")], BEFORE), None);
        assert_eq!(
            take(&mut index, &batch, BEFORE),
            Some((1, StoredOutcome::Done, true))
        );
    }

    #[test]
    fn a_name_that_is_given_twice_is_known_as_often_as_it_was_done() {
        let one = [file("a")];
        let mut index = index(&[
            (&one, LATER, StoredOutcome::Failed),
            (&one, BEFORE, StoredOutcome::Done),
        ]);
        assert_eq!(
            take(&mut index, &one, BEFORE),
            Some((2, StoredOutcome::Done, true))
        );
        assert_eq!(
            take(&mut index, &one, BEFORE),
            Some((1, StoredOutcome::Failed, false))
        );
        assert_eq!(take(&mut index, &one, BEFORE), None);
    }

    #[test]
    fn a_name_that_is_given_very_often_is_not_looked_for_long() {
        const TIMES: i64 = 50_000;
        let one = [file("a")];
        let mut index = Index::with_capacity(0);
        for row in 1..=TIMES {
            let fingerprint = if row % 2 == 0 { BEFORE } else { LATER };
            index.add(&one, &[fingerprint], kept(row), StoredOutcome::Done);
        }
        index.sort();
        for row in (2..=TIMES).step_by(2) {
            assert_eq!(
                take(&mut index, &one, BEFORE),
                Some((row, StoredOutcome::Done, true))
            );
        }
        for row in (1..=TIMES).step_by(2) {
            assert_eq!(
                take(&mut index, &one, BEFORE),
                Some((row, StoredOutcome::Done, false))
            );
        }
        assert_eq!(take(&mut index, &one, BEFORE), None);
    }

    #[test]
    fn a_job_without_inputs_is_known_too() {
        let mut index = index(&[
            (&[], BEFORE, StoredOutcome::Done),
            (&[file("a")], BEFORE, StoredOutcome::Done),
        ]);
        assert_eq!(
            take(&mut index, &[], BEFORE),
            Some((1, StoredOutcome::Done, true))
        );
        assert_eq!(take(&mut index, &[], BEFORE), None);
    }

    #[test]
    fn parts_of_a_file_are_jobs_of_their_own() {
        let range = |start, end| Input::Range {
            name: "a".into(),
            start,
            end,
        };
        let last = [range(10, u64::MAX)];
        let mut index = index(&[(&last, BEFORE, StoredOutcome::Done)]);
        assert_eq!(take(&mut index, &[range(0, 10)], BEFORE), None);
        assert_eq!(take(&mut index, &[file("a")], BEFORE), None);
        assert_eq!(
            take(&mut index, &last, LATER),
            Some((1, StoredOutcome::Done, false))
        );
    }
}

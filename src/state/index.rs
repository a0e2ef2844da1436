//! The index of stored jobs in memory, ordered by a hash of the names of their inputs.
//!
//! A keyed hash of 128 bits stands for the names: the chance that two of a million jobs collide is 10^-27,
//! and nobody who chooses file names knows the key. The index does not know the database.

use super::fingerprint::Fingerprint;
use super::job_end::{RowRef, StoredOutcome};
use crate::job::Input;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::hash::{BuildHasher as _, Hash as _, Hasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;

/// The stored jobs that were not looked up yet, by their inputs.
#[derive(Debug, Default)]
pub(super) struct Index {
    hashes: RandomState,
    jobs: BTreeMap<Key, StoredJob>,
    /// The rows of ranges of files, keyed by a hash of the file's name.
    ranges: HashMap<u64, Vec<i64>>,
    /// The rows that do not come back: of ranges of files that are inputs of this run, of whole files that this run splits,
    /// and of earlier versions of files.
    outdated: HashSet<i64>,
}

/// How many rows of the same input are looked at for one that can be of use.
const NAMESAKES: usize = 8;

/// Jobs with the same inputs are ordered by outcome, done ones first, and then by fingerprints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    /// The hash in halves.
    names: [u64; 2],
    outcome: StoredOutcome,
    fingerprints: u64,
    row: i64,
}

#[derive(Debug)]
struct StoredJob {
    /// The row's checksum.
    sum: i64,
    /// True when the job has several inputs.
    is_batch: bool,
}

/// The range of a file that is not split.
const WHOLE: [Option<i64>; 2] = [None, None];

impl Index {
    /// Adds a job.
    pub fn add(
        &mut self,
        inputs: &[Input],
        fingerprints: &[Fingerprint],
        kept: RowRef,
        outcome: StoredOutcome,
    ) {
        if let [input] = inputs
            && stored_range(input) != WHOLE
        {
            let name = self.hashes.hash_one(input.name().as_bytes());
            self.ranges.entry(name).or_default().push(kept.row);
        }
        let key = Key {
            names: self.names(inputs.iter().map(columns)),
            outcome,
            fingerprints: self.hashes.hash_one(fingerprints),
            row: kept.row,
        };
        let job = StoredJob {
            sum: kept.sum,
            is_batch: inputs.len() > 1,
        };
        self.jobs.insert(key, job);
    }

    /// Takes a job with these inputs out that is done and unchanged.
    pub fn take_done(&mut self, inputs: &[Input], fingerprints: &[Fingerprint]) -> Option<RowRef> {
        if self.jobs.is_empty() {
            return None;
        }
        if let [input] = inputs {
            self.note_split(input);
        }
        let best = Key {
            names: self.names(inputs.iter().map(columns)),
            outcome: StoredOutcome::Done,
            fingerprints: self.hashes.hash_one(fingerprints),
            row: i64::MIN,
        };
        let (&key, _) = self.jobs.range(best..).next()?;
        let same = Key { row: key.row, ..best };
        (key == same).then(|| self.remove(key)).flatten()
    }

    /// Takes a job with these inputs out that is not as it should be: it is replaced by what becomes of the job now.
    pub fn take_other(&mut self, inputs: &[Input]) -> Option<(i64, StoredOutcome)> {
        let names = self.names(inputs.iter().map(columns));
        let (&key, _) = self.with_names(names).next()?;
        self.remove(key);
        Some((key.row, key.outcome))
    }

    /// Takes the job of a row with this input out; returns false when it was taken before.
    pub fn take_row(
        &mut self,
        row: i64,
        input: &Input,
        fingerprint: Fingerprint,
        outcome: StoredOutcome,
    ) -> bool {
        let key = Key {
            names: self.names([columns(input)].into_iter()),
            outcome,
            fingerprints: self.hashes.hash_one([fingerprint].as_slice()),
            row,
        };
        self.remove(key).is_some()
    }

    /// Returns the rows of the same input, and of the rest of its file that it was once the last part of.
    pub fn namesakes(&self, input: &Input) -> Vec<i64> {
        let (name, [start, end]) = columns(input);
        let mut ranges = vec![[start, end]];
        if start.is_some() && end != Some(-1) {
            ranges.push([start, Some(-1)]);
        }
        let names = ranges
            .into_iter()
            .map(|range| self.names([(name, range)].into_iter()));
        let rows = names.flat_map(|names| self.with_names(names).take(NAMESAKES));
        rows.map(|(key, _)| key.row).collect()
    }

    /// Leaves the jobs with this input for others to be found to be, and takes note that they are not of this input any
    /// more. Returns false when there is none that could be found.
    pub fn outdate(&mut self, input: &Input) -> bool {
        let names = self.names([columns(input)].into_iter());
        let rows: Vec<_> = self
            .with_names(names)
            .map(|(key, _)| (key.row, key.outcome))
            .collect();
        let can_be_found = rows.iter().any(|(_, outcome)| *outcome != StoredOutcome::Failed);
        if can_be_found {
            self.outdated.extend(rows.into_iter().map(|(row, _)| row));
        }
        can_be_found
    }

    /// Returns whether no stored job is left.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    fn remove(&mut self, key: Key) -> Option<RowRef> {
        let job = self.jobs.remove(&key)?;
        Some(RowRef {
            row: key.row,
            sum: job.sum,
        })
    }

    /// Returns the jobs with inputs of these names.
    fn with_names(&self, names: [u64; 2]) -> impl Iterator<Item = (&Key, &StoredJob)> {
        let first = Key {
            names,
            outcome: StoredOutcome::Done,
            fingerprints: 0,
            row: i64::MIN,
        };
        self.jobs
            .range(first..)
            .take_while(move |(key, _)| key.names == names)
    }

    /// Notes the rows that can't come back because of an input whose file is split, or was.
    fn note_split(&mut self, input: &Input) {
        let name = input.name().as_bytes();
        if matches!(
            input,
            Input::Range { start: 0, .. } | Input::Part { start: 0, .. }
        ) {
            let whole = self.names([(name, WHOLE)].into_iter());
            let rows: Vec<i64> = self.with_names(whole).map(|(key, _)| key.row).collect();
            self.outdated.extend(rows);
        }
        if !self.ranges.is_empty() {
            let rows = self.ranges.remove(&self.hashes.hash_one(name));
            self.outdated.extend(rows.into_iter().flatten());
        }
    }

    /// Returns the rows that were not taken: first those of jobs that can't come back, then the others.
    pub fn not_taken(&self) -> (Vec<i64>, Vec<i64>) {
        let never = |(key, job): &(&Key, &StoredJob)| job.is_batch || self.outdated.contains(&key.row);
        let (never, gone): (Vec<_>, Vec<_>) = self.jobs.iter().partition(never);
        let rows = |jobs: Vec<(&Key, _)>| jobs.into_iter().map(|(key, _)| key.row).collect();
        (rows(never), rows(gone))
    }

    fn names<'a>(&self, inputs: impl Iterator<Item = (&'a [u8], [Option<i64>; 2])>) -> [u64; 2] {
        let mut halves = [self.hashes.build_hasher(), self.hashes.build_hasher()];
        halves[1].write_u8(1);
        for input in inputs {
            halves.iter_mut().for_each(|half| input.hash(half));
        }
        halves.map(|half| half.finish())
    }
}

/// Returns the name and the range of an input, as they are hashed.
fn columns(input: &Input) -> (&[u8], [Option<i64>; 2]) {
    (input.name().as_bytes(), stored_range(input))
}

/// Returns the range of an input as it is stored: `u64::MAX`, which stands for the end of the file, becomes
/// -1.
pub(super) fn stored_range(input: &Input) -> [Option<i64>; 2] {
    match input {
        Input::Range { start, end, .. } | Input::Part { start, end, .. } => {
            [Some(start.cast_signed()), Some(end.cast_signed())]
        }
        Input::Tail {
            start: Some(start),
            end,
            ..
        } => [Some(start.cast_signed()), Some(end.cast_signed())],
        Input::Tail { start: None, .. } => WHOLE,
        Input::File(_)
        | Input::Opened(_)
        | Input::Stdin
        | Input::Block(_)
        | Input::Queue(_)
        | Input::Word { .. } => WHOLE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: Fingerprint = Fingerprint::File { size: 1, mtime: 2 };
    const LATER: Fingerprint = Fingerprint::File { size: 1, mtime: 3 };

    fn kept(row: i64) -> RowRef {
        RowRef { row, sum: -row }
    }

    /// What a look-up takes: a done and unchanged job before any other.
    #[derive(Debug, PartialEq)]
    enum Taken {
        Done(RowRef),
        Other(i64, StoredOutcome),
        Nothing,
    }

    fn done(row: i64) -> Taken {
        Taken::Done(kept(row))
    }

    fn undone(row: i64, outcome: StoredOutcome) -> Taken {
        Taken::Other(row, outcome)
    }

    fn file(name: &str) -> Input {
        Input::File(name.into())
    }

    fn index(entries: &[(&[Input], Fingerprint, StoredOutcome)]) -> Index {
        let mut index = Index::default();
        for (row, (inputs, fingerprint, outcome)) in (1..).zip(entries) {
            index.add(inputs, &vec![*fingerprint; inputs.len()], kept(row), *outcome);
        }
        index
    }

    fn take(index: &mut Index, inputs: &[Input], fingerprint: Fingerprint) -> Taken {
        match index.take_done(inputs, &vec![fingerprint; inputs.len()]) {
            Some(done) => Taken::Done(done),
            None => index
                .take_other(inputs)
                .map_or(Taken::Nothing, |(row, outcome)| Taken::Other(row, outcome)),
        }
    }

    #[test]
    fn a_job_is_known_by_all_its_inputs_in_their_order() {
        let batch = [file("a"), file("b")];
        let mut index = index(&[(&batch, BEFORE, StoredOutcome::Done)]);
        assert_eq!(take(&mut index, &[file("a")], BEFORE), Taken::Nothing);
        assert_eq!(take(&mut index, &[file("b"), file("a")], BEFORE), Taken::Nothing);
        assert_eq!(take(&mut index, &[file("ab")], BEFORE), Taken::Nothing);
        assert_eq!(take(&mut index, &batch, BEFORE), done(1));
    }

    #[test]
    fn a_name_that_is_given_twice_is_known_as_often_as_it_was_done() {
        let one = [file("a")];
        let mut index = index(&[
            (&one, LATER, StoredOutcome::Failed),
            (&one, BEFORE, StoredOutcome::Done),
        ]);
        assert_eq!(take(&mut index, &one, BEFORE), done(2));
        assert_eq!(take(&mut index, &one, BEFORE), undone(1, StoredOutcome::Failed));
        assert_eq!(take(&mut index, &one, BEFORE), Taken::Nothing);
    }

    #[test]
    fn a_name_that_is_given_very_often_is_not_looked_for_long() {
        const TIMES: i64 = 50_000;
        let one = [file("a")];
        let mut index = Index::default();
        for row in 1..=TIMES {
            let fingerprint = if row % 2 == 0 { BEFORE } else { LATER };
            index.add(&one, &[fingerprint], kept(row), StoredOutcome::Done);
        }
        for row in (2..=TIMES).step_by(2) {
            assert_eq!(take(&mut index, &one, BEFORE), done(row));
        }
        for row in (1..=TIMES).step_by(2) {
            let changed = undone(row, StoredOutcome::Done);
            assert_eq!(take(&mut index, &one, BEFORE), changed);
        }
        assert_eq!(take(&mut index, &one, BEFORE), Taken::Nothing);
    }

    #[test]
    fn a_job_without_inputs_is_known_too() {
        let mut index = index(&[
            (&[], BEFORE, StoredOutcome::Done),
            (&[file("a")], BEFORE, StoredOutcome::Done),
        ]);
        assert_eq!(take(&mut index, &[], BEFORE), done(1));
        assert_eq!(take(&mut index, &[], BEFORE), Taken::Nothing);
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
        assert_eq!(take(&mut index, &[range(0, 10)], BEFORE), Taken::Nothing);
        assert_eq!(take(&mut index, &[file("a")], BEFORE), Taken::Nothing);
        assert_eq!(take(&mut index, &last, LATER), undone(1, StoredOutcome::Done));
    }
}

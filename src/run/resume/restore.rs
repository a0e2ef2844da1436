//! Restores what jobs of earlier runs contributed to a fold: from a bundle, when it is made of exactly the jobs
//! that count now, and otherwise from the part of each job. Then it makes new bundles for the next run.
//!
//! It does not know which jobs count, nor what is in their parts.

use crate::job::Job;
use crate::state::{RowRef, State, StateError, StoredPart, range};
use crate::worker::{Bundle, Task};
use std::collections::HashSet;
use std::vec;

/// How many parts a worker gets at once, and how many bytes of them.
const PARTS: usize = 64;
const PARTS_SIZE: u64 = 1 << 20;

/// A bundle of fewer jobs saves too little.
const FEW: usize = 32;

/// When parts are larger than this on average, in bytes, a bundle saves too little: then the content of the
/// parts takes the time, not their number.
const LARGE: u64 = 2048;

/// How many bundles the workers may be making at once.
const BUNDLES: usize = 8;

/// The contributions of the jobs that need not run.
#[derive(Default)]
pub struct Restore {
    /// The rows of done jobs, and the jobs' places.
    kept: Vec<(RowRef, Place)>,
    /// How many of them the workers have got. Before the first is sent, `kept` is sorted by row.
    taken: usize,
    /// Rows whose part turned out to be damaged.
    lost: HashSet<i64>,
    /// Ranges whose bundle was used.
    bundled: HashSet<i64>,
    /// The rows of each bundle that is to be made; `None` before that is known.
    wanted: Option<vec::IntoIter<Vec<RowRef>>>,
    /// How many bundles the workers are making.
    under_way: usize,
    /// Parts that were gathered when a damaged one came up; they are sent after it.
    waiting: Option<Task>,
}

/// The place of a job in the input order, and the number by which it is shown.
#[derive(Clone, Copy)]
struct Place {
    seq: u64,
    number: u64,
}

/// What the main thread does next.
pub enum Next {
    Task(Task),
    /// It runs this job again, which has this row: its part is damaged.
    Lost(Job, i64),
    Nothing,
}

impl Restore {
    /// Adds a job that counts.
    pub fn add(&mut self, kept: RowRef, job: &Job) {
        let place = Place {
            seq: job.seq,
            number: job.number,
        };
        self.kept.push((kept, place));
    }

    /// Returns whether nothing comes any more.
    pub fn is_dry(&self) -> bool {
        let bundles = self.wanted.as_ref().is_some_and(|wanted| wanted.len() == 0);
        self.waiting.is_none() && self.taken == self.kept.len() && bundles
    }

    /// Returns what comes next, once all jobs are found; `ended` says that all have ended and are stored.
    pub fn next(&mut self, state: &mut State, ended: bool) -> Result<Next, StateError> {
        if let Some(task) = self.waiting.take() {
            return Ok(Next::Task(task));
        }
        if self.taken == 0 {
            state.settle_names()?;
            // The order in which they lie in the file.
            self.kept.sort_unstable_by_key(|(kept, _)| kept.row);
        }
        if self.taken < self.kept.len() {
            return self.next_parts(state);
        }
        if self.wanted.is_none() && ended {
            self.wanted = Some(self.stale_ranges(state.take_new_rows()).into_iter());
        }
        self.next_bundle(state)
    }

    /// Returns the next parts for a worker to add to its fold, or a job whose part is damaged.
    fn next_parts(&mut self, state: &State) -> Result<Next, StateError> {
        // One snapshot for all of them: without it, each read would lock the file again.
        let _snapshot = state.snapshot()?;
        let (mut parts, mut size) = (Vec::new(), 0);
        while parts.len() < PARTS
            && size < PARTS_SIZE
            && let Some(&(kept, place)) = self.kept.get(self.taken)
        {
            let (stored, jobs) = match self.bundle(state)? {
                Some((stored, jobs)) => (Some(stored), jobs),
                None => (state.read_part(kept.row, u64::MAX)?, 1),
            };
            self.taken += jobs;
            let Some(stored) = stored else {
                self.lost.insert(kept.row);
                let inputs = state.inputs(kept.row)?;
                self.waiting = (!parts.is_empty()).then_some(Task::Parts(parts));
                let Place { seq, number } = place;
                return Ok(Next::Lost(Job { seq, number, inputs }, kept.row));
            };
            size += stored.part.size;
            parts.push(stored.part);
        }
        Ok(Next::Task(Task::Parts(parts)))
    }

    /// Returns the bundle of the rows that come next, and how many they are, if a range with a bundle begins
    /// there.
    fn bundle(&mut self, state: &State) -> Result<Option<(StoredPart, usize)>, StateError> {
        let row = self.kept[self.taken].0.row;
        let before = self.kept[..self.taken]
            .last()
            .map(|(before, _)| range(before.row));
        if before == Some(range(row)) {
            return Ok(None);
        }
        let rows = rows(&self.kept, range(row));
        if rows.len() < FEW {
            return Ok(None);
        }
        let stored = state.read_bundle(&rows)?;
        if stored.is_some() {
            self.bundled.insert(range(row));
        }
        Ok(stored.map(|stored| (stored, rows.len())))
    }

    /// Returns the rows of each range whose bundle is out of date, if they are not too few; `fresh` are the rows
    /// of jobs that succeeded in this run.
    fn stale_ranges(&self, fresh: Vec<RowRef>) -> Vec<Vec<RowRef>> {
        let changed: HashSet<i64> = fresh.iter().map(|kept| range(kept.row)).collect();
        let stale = |kept: &&RowRef| {
            let range = range(kept.row);
            !self.bundled.contains(&range) || changed.contains(&range)
        };
        let kept = self.kept.iter().map(|(kept, _)| kept);
        let kept = kept.filter(|kept| !self.lost.contains(&kept.row));
        let mut all: Vec<RowRef> = kept.filter(stale).chain(&fresh).copied().collect();
        all.sort_unstable_by_key(|kept| kept.row);
        let ranges = all.chunk_by(|a, b| range(a.row) == range(b.row));
        let worthwhile = ranges.filter(|rows| rows.len() >= FEW);
        worthwhile.map(<[RowRef]>::to_vec).collect()
    }

    /// Returns the next bundle for a worker to make.
    fn next_bundle(&mut self, state: &State) -> Result<Next, StateError> {
        while self.under_way < BUNDLES
            && let Some(rows) = self.wanted.as_mut().and_then(Iterator::next)
        {
            if let Some(bundle) = self.ingredients(state, rows)? {
                self.under_way += 1;
                return Ok(Next::Task(Task::Bundle(bundle)));
            }
        }
        Ok(Next::Nothing)
    }

    /// Returns what a bundle of these rows is made of: the bundle that exists, if it was used, and the parts of
    /// the other rows. Returns `None` when a bundle is not worth its while.
    fn ingredients(&self, state: &State, rows: Vec<RowRef>) -> Result<Option<Bundle>, StateError> {
        let _snapshot = state.snapshot()?;
        let range = range(rows[0].row);
        let (mut parts, mut bad_lines) = (Vec::new(), 0);
        let mut room = LARGE * rows.len() as u64;
        let mut old = Vec::new();
        if self.bundled.contains(&range) {
            old = self::rows(&self.kept, range);
            let Some(stored) = state.read_bundle(&old)? else {
                return Ok(None);
            };
            bad_lines = stored.bad_lines;
            parts.push(stored.part);
        }
        let is_old = |kept: &RowRef| old.binary_search_by_key(&kept.row, |old| old.row).is_ok();
        for kept in rows.iter().filter(|kept| !is_old(kept)) {
            let Some(stored) = state.read_part(kept.row, room)? else {
                return Ok(None);
            };
            room -= stored.part.size;
            bad_lines = stored.bad_lines.saturating_add(bad_lines);
            parts.push(stored.part);
        }
        Ok(Some(Bundle {
            rows,
            bad_lines,
            parts,
        }))
    }

    /// Stores a bundle that a worker made.
    pub fn store_bundle(&mut self, mut bundle: Bundle, state: &State) -> Result<(), StateError> {
        self.under_way -= 1;
        let bad_lines = bundle.bad_lines;
        match bundle.parts.pop() {
            Some(part) => state.write_bundle(&bundle.rows, &mut StoredPart { part, bad_lines }),
            None => Ok(()),
        }
    }
}

/// Returns the rows of one range, out of rows in order.
fn rows(kept: &[(RowRef, Place)], of: i64) -> Vec<RowRef> {
    let from = kept.partition_point(|(kept, _)| range(kept.row) < of);
    let rest = kept[from..].iter().map(|(kept, _)| *kept);
    rest.take_while(|kept| range(kept.row) == of).collect()
}

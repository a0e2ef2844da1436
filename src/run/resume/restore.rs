//! What jobs of earlier runs gave a fold: bundles where they are of just the jobs that count now, parts where
//! they are not, and new bundles for the next run.
//!
//! It does not know which jobs count, nor what is in their parts.

use crate::job::Job;
use crate::state::{RowRef, State, StateError, StoredPart, range};
use crate::worker::{Bundle, Task};
use std::collections::HashSet;
use std::vec;

/// How many parts are given to a worker at once, and how many bytes of them.
const PARTS: usize = 64;
const PARTS_SIZE: u64 = 1 << 20;

/// Jobs below which a bundle saves too little.
const FEW: usize = 32;

/// The bytes of a part on average above which a bundle saves too little: reading what is in them takes
/// the time then, and not reading each.
const LARGE: u64 = 2048;

/// How many bundles may be under way.
const BUNDLES: usize = 8;

/// What was given by the jobs that need not run.
#[derive(Default)]
pub struct Restore {
    /// The rows of done jobs, and the numbers of the jobs.
    kept: Vec<(RowRef, u64)>,
    /// How many of them were given to workers; they are sorted once the first is.
    taken: usize,
    /// Rows whose part turned out to be damaged.
    lost: HashSet<i64>,
    /// Ranges that a bundle was read of.
    bundled: HashSet<i64>,
    /// The bundles that are to be made: the rows of each.
    wanted: Option<vec::IntoIter<Vec<RowRef>>>,
    /// How many are being made.
    under_way: usize,
    /// Tasks that the queue had no room for.
    pub waiting: Vec<Task>,
    /// Lines that could not be read, of jobs whose parts were given to workers.
    pub bad_lines: u64,
}

/// What comes next.
pub enum Next {
    Task(Task),
    /// A job whose part turned out to be damaged, and its row.
    Lost(Job, i64),
    Nothing,
}

impl Restore {
    /// Takes note of a job that counts.
    pub fn add(&mut self, kept: RowRef, seq: u64) {
        self.kept.push((kept, seq));
    }

    /// Whether nothing comes any more.
    pub fn is_dry(&self) -> bool {
        let bundles = self.wanted.as_ref().is_some_and(|wanted| wanted.len() == 0);
        self.waiting.is_empty() && self.taken == self.kept.len() && bundles
    }

    /// What comes next, when all jobs are known; `ended` says that all have ended and are stored.
    pub fn next(&mut self, state: &mut State, ended: bool) -> Result<Next, StateError> {
        if let Some(task) = self.waiting.pop() {
            return Ok(Next::Task(task));
        }
        if self.taken == 0 {
            // As they lie in the file.
            self.kept.sort_unstable_by_key(|(kept, _)| kept.row);
        }
        if self.taken < self.kept.len() {
            return self.next_parts(state);
        }
        if self.wanted.is_none() && ended {
            let mut wanted = self.wanted(state.take_new_rows());
            wanted.retain(|rows| rows.len() >= FEW);
            self.wanted = Some(wanted.into_iter());
        }
        self.next_bundle(state)
    }

    /// The next parts for a worker to add, or a job whose part is damaged.
    fn next_parts(&mut self, state: &State) -> Result<Next, StateError> {
        // One look for all of them: each would lock the file again.
        let _snapshot = state.snapshot()?;
        let (mut parts, mut size) = (Vec::new(), 0);
        while parts.len() < PARTS
            && size < PARTS_SIZE
            && let Some(&(kept, seq)) = self.kept.get(self.taken)
        {
            let bundle = self.bundle(state)?;
            let (stored, jobs) = match bundle {
                Some((stored, jobs)) => (Some(stored), jobs),
                None => (state.read_part(kept.row, u64::MAX)?, 1),
            };
            self.taken += jobs;
            let Some(stored) = stored else {
                self.lost.insert(kept.row);
                let inputs = state.inputs(kept.row)?;
                // What was gathered so far comes next.
                if !parts.is_empty() {
                    self.waiting.push(Task::Parts(parts));
                }
                return Ok(Next::Lost(Job { seq, inputs }, kept.row));
            };
            self.bad_lines = self.bad_lines.saturating_add(stored.bad_lines);
            size += stored.part.size;
            parts.push(stored.part);
        }
        Ok(Next::Task(Task::Parts(parts)))
    }

    /// The bundle of the rows that come next, and how many they are, where a range begins.
    fn bundle(&mut self, state: &State) -> Result<Option<(StoredPart, usize)>, StateError> {
        let row = self.kept[self.taken].0.row;
        let before = self.taken.checked_sub(1).map(|before| self.kept[before].0.row);
        if before.map(range) == Some(range(row)) {
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

    /// The rows of each range whose bundle is not what it should be; `fresh` are those of jobs that
    /// were done in this run.
    fn wanted(&self, mut fresh: Vec<RowRef>) -> Vec<Vec<RowRef>> {
        fresh.sort_unstable_by_key(|kept| kept.row);
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
        ranges.map(<[RowRef]>::to_vec).collect()
    }

    /// The next bundle for a worker to make.
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

    /// What a bundle of these rows is made of: the one there was, where it is of some of them, and parts.
    /// None where it is not worth the while.
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
            bad_lines = stored.bad_lines.saturating_add(bad_lines);
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

    /// Takes a bundle that was made.
    pub fn bundled(&mut self, bundle: Bundle, state: &State) -> Result<(), StateError> {
        self.under_way -= 1;
        let Bundle {
            rows,
            bad_lines,
            mut parts,
        } = bundle;
        match parts.pop() {
            Some(part) => state.write_bundle(&rows, &mut StoredPart { part, bad_lines }),
            None => Ok(()),
        }
    }
}

/// The rows of one range, out of rows in order.
fn rows(kept: &[(RowRef, u64)], of: i64) -> Vec<RowRef> {
    let from = kept.partition_point(|(kept, _)| range(kept.row) < of);
    let rest = kept[from..].iter().map(|(kept, _)| *kept);
    rest.take_while(|kept| range(kept.row) == of).collect()
}

//! What was done, in an SQLite file, so that the same command line carries on.
//!
//! One process at a time holds a state; only its main thread reads and writes it. It does not know
//! how jobs are run, nor what is in the parts that it keeps.

mod bundle;
mod fingerprint;
mod index;
mod open;
mod overview;
mod packed_part;
mod prune;
mod row;
mod sqlite_file;

pub use bundle::range;
pub use fingerprint::{Fingerprint, fingerprints};
pub use overview::{FailureCause, Overview};
pub use packed_part::{PackedPart, PartPacker, PartUnpacker};
pub use row::{JobEnd, StoredOutcome};

use crate::job::{Input, Job};
use crate::message;
use crate::plan::{Existing, Rerun, StateAccess, StatePlan};
use index::{Index, Known};
use rusqlite::{Connection, Transaction};
use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::time::SystemTime;

/// Why a state can't be used.
#[derive(Debug)]
pub struct StateError {
    file: String,
    what: String,
    /// What kind of reason it is.
    pub kind: StateErrorKind,
}

/// What kind of reason there is for a state not to be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateErrorKind {
    /// It is no state, a newer one, a damaged one, or that of another command line; it was left
    /// as it is.
    Refused,
    /// Another process holds it.
    InUse,
    /// It can't be read or written.
    Io,
}

/// A row of a job that is done: its number, and a checksum of all that it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowRef {
    /// The number.
    pub row: i64,
    /// The checksum.
    pub sum: i64,
}

/// What is remembered of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lookup {
    /// It was done, with its inputs as they are now: the row that says so.
    Done(RowRef),
    /// It failed, it has changed since, or its input could not be told from a changed one.
    Undone {
        /// The row that will be replaced.
        row: i64,
        /// How it ended.
        outcome: StoredOutcome,
    },
    /// Nothing.
    New,
}

/// How far a run has come, for those who look at the state while it runs and afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RunProgress {
    /// Jobs that were found so far.
    pub found: u64,
    /// Whether these are all.
    pub complete: bool,
    /// How many of them were remembered as done.
    pub remembered: u64,
}

/// A job's part of a fold as it was stored, or that of several jobs.
#[derive(Debug)]
pub struct StoredPart {
    /// The part.
    pub part: PackedPart,
    /// How many of the lines could not be read.
    pub bad_lines: u64,
}

/// A state that is held.
pub struct State {
    shown: String,
    db: Option<Connection>,
    index: Index,
    next_row: i64,
    /// This run's row.
    run: i64,
    progress: RunProgress,
    rerun: Rerun,
    /// The rows of jobs that were done in this run, with a part.
    fresh: Vec<RowRef>,
    tmpdir: std::path::PathBuf,
    /// Dropped last: while the file is locked, no other process begins.
    _lock: Option<File>,
}

impl State {
    /// Takes hold of the state that the plan names, and makes it where there is none.
    ///
    /// # Errors
    /// [`StateError`], by its [`StateErrorKind`].
    pub fn open(plan: &StatePlan, tmpdir: &Path) -> Result<State, StateError> {
        let shown = message::shown(plan.file.as_os_str()).into_owned();
        let (db, lock) = match plan.access {
            StateAccess::Write => {
                let (db, lock) = open::hold(&plan.file, plan.existing)?;
                open::claim(&db, &plan.meaning).map_err(|wrong| wrong.in_file(&shown))?;
                (Some(db), Some(lock))
            }
            StateAccess::Read if plan.existing == Existing::Forget => (None, None),
            StateAccess::Read => {
                let db = open::look(&plan.file)?;
                if let Some(db) = &db {
                    open::same_command(db, &plan.meaning).map_err(|wrong| wrong.in_file(&shown))?;
                }
                (db, None)
            }
        };
        let mut state = State {
            shown,
            index: Index::default(),
            next_row: 1,
            run: 0,
            progress: RunProgress::default(),
            rerun: plan.rerun,
            fresh: Vec::new(),
            tmpdir: tmpdir.to_owned(),
            db,
            _lock: lock,
        };
        state.begin(plan.access).map_err(|cause| state.error(&cause))?;
        Ok(state)
    }

    /// Reads what is remembered, and writes that a run has begun: what can't be written is better
    /// known now.
    fn begin(&mut self, access: StateAccess) -> rusqlite::Result<()> {
        let Some(db) = &self.db else { return Ok(()) };
        let mut damaged = Vec::new();
        (self.index, self.next_row) = row::read_all(db, &mut damaged)?;
        if !damaged.is_empty() {
            message::say(format_args!(
                "{}: {} damaged entries are forgotten: their jobs run again",
                self.shown,
                damaged.len()
            ));
        }
        if access == StateAccess::Read {
            return Ok(());
        }
        let writing = db.unchecked_transaction()?;
        for id in damaged {
            row::delete(db, id)?;
        }
        let now = row::seconds(SystemTime::now());
        db.execute("INSERT INTO runs (started) VALUES (?1)", [now])?;
        self.run = db.last_insert_rowid();
        writing.commit()
    }

    /// What is remembered of a job whose inputs have these fingerprints. A name that stands in the
    /// inputs twice is remembered twice.
    pub fn look_up(&mut self, job: &Job, fingerprints: &[Fingerprint]) -> Lookup {
        match self.index.take(&job.inputs, fingerprints) {
            None => Lookup::New,
            Some(Known { kept, outcome, same }) => match outcome {
                StoredOutcome::Done if same => Lookup::Done(kept),
                _ => Lookup::Undone {
                    row: kept.row,
                    outcome,
                },
            },
        }
    }

    /// Whether a job that is not done is to be run now.
    pub fn wants(&self, memory: Lookup) -> bool {
        match (self.rerun, memory) {
            (_, Lookup::Done(_)) => false,
            (Rerun::Unfinished, _) => true,
            (Rerun::Failed, Lookup::Undone { outcome, .. }) => outcome == StoredOutcome::Failed,
            (Rerun::Failed, Lookup::New) => false,
        }
    }

    /// Stores how jobs ended, all of them or none, and notes in each record which row has it.
    ///
    /// # Errors
    /// When the file can't be written: nothing of this was stored.
    pub fn commit<'r>(
        &mut self,
        records: impl Iterator<Item = &'r mut JobEnd>,
        progress: RunProgress,
    ) -> Result<(), StateError> {
        let stored = self.store(records, progress);
        stored.map_err(|cause| self.error(&cause))?;
        self.progress = progress;
        Ok(())
    }

    fn store<'r>(
        &mut self,
        records: impl Iterator<Item = &'r mut JobEnd>,
        progress: RunProgress,
    ) -> rusqlite::Result<()> {
        let Some(db) = self.db.as_ref().filter(|_| self.run > 0) else {
            return Ok(());
        };
        let writing = db.unchecked_transaction()?;
        for record in records {
            let row = record.row.unwrap_or(self.next_row);
            self.next_row = self.next_row.max(row + 1);
            let sum = row::write(db, row, self.run, record)?;
            record.row = Some(row);
            if record.part.is_some() {
                self.fresh.push(RowRef { row, sum });
            }
        }
        if progress != self.progress {
            self.write_progress(db, progress)?;
        }
        writing.commit()
    }

    /// Stores that jobs which were done have failed after all, by this cause.
    ///
    /// # Errors
    /// When the file can't be written: nothing of this was stored.
    pub fn take_back(&mut self, rows: &[i64], cause: &str) -> Result<(), StateError> {
        let taken: HashSet<i64> = rows.iter().copied().collect();
        self.fresh.retain(|kept| !taken.contains(&kept.row));
        let Some(db) = self.db.as_ref().filter(|_| self.run > 0) else {
            return Ok(());
        };
        let written = db.unchecked_transaction().and_then(|writing| {
            rows.iter().try_for_each(|&row| row::take_back(db, row, cause))?;
            writing.commit()
        });
        written.map_err(|cause| self.error(&cause))
    }

    fn write_progress(&self, db: &Connection, progress: RunProgress) -> rusqlite::Result<()> {
        let sql = "UPDATE runs SET found = ?2, complete = ?3, remembered = ?4 WHERE id = ?1";
        let found = progress.found.cast_signed();
        let remembered = progress.remembered.cast_signed();
        db.prepare_cached(sql)?
            .execute((self.run, found, progress.complete, remembered))?;
        Ok(())
    }

    /// Has what is read until the answer is dropped be of one moment.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn look(&self) -> Result<Option<Transaction<'_>>, StateError> {
        let look = self.db.as_ref().map(Connection::unchecked_transaction);
        look.transpose().map_err(|cause| self.error(&cause))
    }

    /// The part that was stored with this row; `None` where it is damaged, or of more than `most` bytes.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn part(&self, row: i64, most: u64) -> Result<Option<StoredPart>, StateError> {
        let Some(db) = &self.db else { return Ok(None) };
        row::part(db, row, most, &self.tmpdir).map_err(|cause| self.error(&cause))
    }

    /// The part of all jobs of these rows, which are of one [`range`] and in order, if it was stored for
    /// just these.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn bundle(&self, rows: &[RowRef]) -> Result<Option<StoredPart>, StateError> {
        let Some(db) = self.db.as_ref().filter(|_| self.run > 0) else {
            return Ok(None);
        };
        bundle::read(db, rows, &self.tmpdir).map_err(|cause| self.error(&cause))
    }

    /// Stores the part of all jobs of these rows, which are of one [`range`] and in order.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn keep_bundle(&self, rows: &[RowRef], stored: &mut StoredPart) -> Result<(), StateError> {
        let Some(db) = self.db.as_ref().filter(|_| self.run > 0) else {
            return Ok(());
        };
        let written = bundle::write(db, rows, stored.bad_lines, &mut stored.part);
        written.map_err(|cause| self.error(&cause))
    }

    /// The rows of jobs that were done in this run with a part, since this was last asked.
    pub fn take_fresh(&mut self) -> Vec<RowRef> {
        std::mem::take(&mut self.fresh)
    }

    /// The inputs of the job of this row.
    ///
    /// # Errors
    /// When the file can't be read.
    pub fn inputs(&self, row: i64) -> Result<Vec<Input>, StateError> {
        let Some(db) = &self.db else {
            return Ok(Vec::new());
        };
        row::inputs(db, row).map_err(|cause| self.error(&cause))
    }

    /// Writes that the run has come to its end; `all` is whether all jobs were found and looked up.
    ///
    /// # Errors
    /// When the file can't be written.
    pub fn finish(mut self, progress: RunProgress, all: bool) -> Result<(), StateError> {
        let Some(db) = self.db.take().filter(|_| self.run > 0) else {
            return Ok(());
        };
        if all {
            let prune = self.rerun == Rerun::Unfinished;
            prune::settle(&db, &self.index, prune).map_err(|cause| self.error(&cause))?;
        }
        let now = row::seconds(SystemTime::now());
        let ended = self
            .write_progress(&db, progress)
            .and_then(|()| db.execute("UPDATE runs SET ended = ?2 WHERE id = ?1", (self.run, now)));
        ended.map_err(|cause| self.error(&cause))?;
        db.close().map_err(|(_, cause)| self.error(&cause))
    }

    fn error(&self, cause: &rusqlite::Error) -> StateError {
        open::OpenError::from(cause).in_file(&self.shown)
    }
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

impl std::error::Error for StateError {}

//! The record of finished jobs in an SQLite file, by which the same command line carries on.
//!
//! One process at a time writes a state, and only from its main thread. This module does not know how jobs
//! run, nor what is in the parts of folds that it stores.

mod bundle;
mod error;
mod file_mark;
mod fingerprint;
mod history;
mod index;
mod job_end;
mod known_files;
mod open;
mod overview;
mod packed_part;
mod prune;
mod row;
mod schema;
mod sqlite_file;
mod stored_fold;
mod stored_mark;

pub use error::{StateError, StateErrorKind};

pub(crate) use bundle::range;
pub(crate) use file_mark::{FileMark, Growth};
pub(crate) use fingerprint::{Fingerprint, fingerprints};
pub(crate) use history::{History, HistoryJob};
pub(crate) use job_end::{GrownFile, JobEnd, JobLookup, RowRef, StoredOutcome};
pub(crate) use overview::Overview;
pub(crate) use packed_part::{PackedPart, PartPacker, StoredPart};
pub(crate) use stored_fold::{StoredFold, StoredInput, is_database};

use crate::job::{Input, Job};
use crate::message;
use crate::plan::{Existing, Growing, Recognition, Rerun, StateAccess, StatePlan};
use index::Index;
use known_files::{Known, KnownFiles, Question};
use rusqlite::{Connection, Transaction};
use std::collections::HashSet;
use std::fs::File;
use std::path::Path;
use std::time::SystemTime;
use stored_mark::StoredMark;

/// The progress of a run, for those who read the state during the run and afterwards.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct RunProgress {
    /// The number of jobs that were found so far.
    pub found: u64,
    /// True when these are all jobs.
    pub complete: bool,
    /// How many of them were already done.
    pub remembered: u64,
}

/// What a run need not have read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Savings {
    /// How many jobs have files with other names now.
    pub renamed: u64,
    /// How many jobs read only what was appended.
    pub grown: u64,
    /// The sizes of what they did not read, together.
    pub bytes: u64,
}

/// A job whose row is to be written again.
struct Renamed {
    mark: StoredMark,
    input: Input,
    fingerprint: Fingerprint,
    sum: i64,
}

/// An open state.
pub(crate) struct State {
    shown: String,
    db: Option<Connection>,
    index: Index,
    next_row: i64,
    /// The row of this run in `runs`; 0 when the state is only read.
    run: i64,
    progress: RunProgress,
    rerun: Rerun,
    /// By what inputs are known again.
    recognition: Recognition,
    known: KnownFiles,
    /// Jobs whose inputs have other names now, or other times, with the new sums of their rows. The next commit writes them.
    renamed: Vec<Renamed>,
    savings: Savings,
    written_savings: Savings,
    /// The rows with a part that this run has stored since the last [`State::take_new_rows`].
    new_rows: Vec<RowRef>,
    tmpdir: std::path::PathBuf,
    /// The last field to drop: while the file is locked, no other process writes the state.
    _lock: Option<File>,
}

impl State {
    /// Opens the state that the plan names, and creates it when there is none.
    pub fn open(plan: &StatePlan, tmpdir: &Path) -> Result<State, StateError> {
        let shown = message::display_name(plan.file.as_os_str()).into_owned();
        let (db, lock) = match plan.access {
            StateAccess::Write => {
                let (db, lock) = open::open_locked(&plan.file, plan.existing, plan.held)?;
                schema::claim(&db, &plan.meaning).map_err(|error| error.in_file(&shown))?;
                (Some(db), Some(lock))
            }
            StateAccess::Read if plan.existing == Existing::Forget => (None, None),
            StateAccess::Read => {
                let db = open::open_read_only(&plan.file)?;
                if let Some(db) = &db {
                    schema::check_command(db, &plan.meaning).map_err(|error| error.in_file(&shown))?;
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
            recognition: plan.recognition,
            known: KnownFiles::default(),
            renamed: Vec::new(),
            savings: Savings::default(),
            written_savings: Savings::default(),
            new_rows: Vec::new(),
            tmpdir: tmpdir.to_owned(),
            db,
            _lock: lock,
        };
        state.begin(plan.access).map_err(|cause| state.error(cause))?;
        Ok(state)
    }

    /// Reads the stored jobs and writes the start of the run, so that a state that can't be written fails
    /// at once.
    fn begin(&mut self, access: StateAccess) -> rusqlite::Result<()> {
        let Some(db) = &self.db else { return Ok(()) };
        let mut damaged = Vec::new();
        (self.index, self.next_row) = row::read_all(db, &mut damaged)?;
        if !damaged.is_empty() {
            message::say(format_args!(
                "{}: {} damaged entries are ignored: their jobs run again",
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

    /// Looks up a job whose inputs have these fingerprints. Each call takes one row, so that a job that
    /// occurs twice counts as done twice only if it was done twice.
    pub fn look_up(&mut self, job: &Job, fingerprints: &[Fingerprint]) -> Result<JobLookup, StateError> {
        if let Some(done) = self.index.take_done(&job.inputs, fingerprints) {
            return Ok(JobLookup::Done(done));
        }
        if self.index.is_empty() {
            return Ok(JobLookup::New);
        }
        let known = match (&job.inputs[..], fingerprints) {
            ([input @ (Input::File(_) | Input::Range { .. })], &[fingerprint]) => {
                self.find(input, fingerprint).map_err(|cause| self.error(cause))?
            }
            _ => None,
        };
        if let Some(known) = known {
            if let ([input], true) = (&job.inputs[..], self.recognition.renames) {
                self.index.outdate(input);
            }
            return Ok(known);
        }
        // The file of that row may have another name now, and come later.
        if let [input] = &job.inputs[..]
            && self.recognition.renames
            && self.index.outdate(input)
        {
            return Ok(JobLookup::New);
        }
        let other = self.index.take_other(&job.inputs);
        Ok(other.map_or(JobLookup::New, |(row, outcome)| JobLookup::Undone {
            row,
            outcome,
        }))
    }

    /// Looks up a job by its file.
    fn find(&mut self, input: &Input, fingerprint: Fingerprint) -> rusqlite::Result<Option<JobLookup>> {
        let Recognition { renames, growing } = self.recognition;
        let grows = growing == Growing::Tail;
        let Some(db) = self.db.as_ref().filter(|_| renames || grows) else {
            return Ok(None);
        };
        // An older state that is only read has no marks.
        if self.run == 0 && !schema::has(db, "files")? {
            return Ok(None);
        }
        let question = Question {
            input,
            fingerprint,
            namesakes: self.index.namesakes(input),
            grows,
            renames,
        };
        match self.known.find(db, &mut self.index, &question)? {
            Some(Known::Same(mark)) => {
                let is_recent = fingerprint.is_recent(SystemTime::now());
                if is_recent && mark.outcome != StoredOutcome::Done {
                    self.savings.bytes += mark.read();
                    return Ok(Some(JobLookup::Done(mark.job)));
                }
                // A file that was changed just now may change again without showing it.
                let fingerprint = match is_recent {
                    true => mark.fingerprint,
                    false => fingerprint,
                };
                let sum = row::sum_with(db, mark.job.row, input, fingerprint)?;
                let row = mark.job.row;
                self.savings.renamed += u64::from(mark.input.name() != input.name());
                self.savings.bytes += mark.read();
                self.renamed.push(Renamed {
                    mark,
                    input: input.clone(),
                    fingerprint,
                    sum,
                });
                Ok(Some(JobLookup::Done(RowRef { row, sum })))
            }
            Some(Known::Grown(mark)) => {
                let Some(base) = mark.stem(db, &self.tmpdir)? else {
                    let (row, outcome) = (mark.job.row, StoredOutcome::Unsettled);
                    return Ok(Some(JobLookup::Undone { row, outcome }));
                };
                self.savings.grown += 1;
                self.savings.bytes += mark.read() - mark.read_again();
                Ok(Some(JobLookup::Grown(Box::new(GrownFile {
                    row: mark.job.row,
                    input: mark.tail_of(input),
                    base,
                    lines: mark.lines,
                    oldest: mark.oldest,
                    given: mark.given.saturating_sub(mark.read_again()),
                }))))
            }
            None => Ok(None),
        }
    }

    /// Returns true when a job with this answer is to run now.
    pub fn wants(&self, lookup: &JobLookup) -> bool {
        match (self.rerun, lookup) {
            (_, JobLookup::Done(_)) => false,
            (Rerun::Unfinished, _) => true,
            (Rerun::Failed, JobLookup::Undone { outcome, .. }) => *outcome == StoredOutcome::Failed,
            (Rerun::Failed, JobLookup::New | JobLookup::Grown(_)) => false,
        }
    }

    /// Stores the ends of jobs, all of them or none, and sets the row of each.
    pub fn commit<'r>(
        &mut self,
        ends: impl Iterator<Item = &'r mut JobEnd>,
        progress: RunProgress,
    ) -> Result<(), StateError> {
        let stored = self.store(ends, progress);
        stored.map_err(|cause| self.error(cause))?;
        self.progress = progress;
        Ok(())
    }

    fn store<'r>(
        &mut self,
        ends: impl Iterator<Item = &'r mut JobEnd>,
        progress: RunProgress,
    ) -> rusqlite::Result<()> {
        let Some(db) = self.db.as_ref().filter(|_| self.run > 0) else {
            return Ok(());
        };
        let writing = db.unchecked_transaction()?;
        for end in ends {
            let row = end.row.unwrap_or(self.next_row);
            self.next_row = self.next_row.max(row + 1);
            let sum = row::write(db, row, self.run, end)?;
            if let Some(mark) = &mut end.mark {
                stored_mark::write(db, RowRef { row, sum }, mark)?;
            }
            end.row = Some(row);
            if end.part.is_some() && end.outcome == StoredOutcome::Done {
                self.new_rows.push(RowRef { row, sum });
            }
        }
        if progress != self.progress {
            self.write_progress(db, progress)?;
        }
        self.write_renamed(db)?;
        writing.commit()?;
        self.renamed.clear();
        self.written_savings = self.savings;
        Ok(())
    }

    /// Writes what was found out about the names and times of files, before rows are read or the run ends.
    pub fn settle_names(&mut self) -> Result<(), StateError> {
        if self.renamed.is_empty() && self.savings == self.written_savings {
            return Ok(());
        }
        let progress = self.progress;
        self.commit(std::iter::empty(), progress)
    }

    fn write_renamed(&self, db: &Connection) -> rusqlite::Result<()> {
        for renamed in &self.renamed {
            let Renamed {
                mark,
                input,
                fingerprint,
                sum,
            } = renamed;
            let identity =
                std::fs::metadata(input.name()).map_or((0, 0), |found| file_mark::identity(&found));
            row::rename(db, mark.job.row, (input, *fingerprint), *sum)?;
            mark.rewrite(db, *sum, identity)?;
        }
        if self.savings != self.written_savings {
            let Savings {
                renamed,
                grown,
                bytes,
            } = self.savings;
            let [renamed, grown, bytes] = [renamed, grown, bytes].map(u64::cast_signed);
            db.prepare_cached("INSERT OR REPLACE INTO savings VALUES (?1, ?2, ?3, ?4)")?
                .execute((self.run, renamed, grown, bytes))?;
        }
        Ok(())
    }

    /// Turns done jobs into failed ones, with this cause; all of them or none.
    pub fn revoke(&mut self, rows: &[i64], cause: &str) -> Result<(), StateError> {
        let revoked: HashSet<i64> = rows.iter().copied().collect();
        self.new_rows.retain(|kept| !revoked.contains(&kept.row));
        let Some(db) = self.writable() else {
            return Ok(());
        };
        let written = db.unchecked_transaction().and_then(|writing| {
            rows.iter().try_for_each(|&row| row::revoke(db, row, cause))?;
            writing.commit()
        });
        written.map_err(|cause| self.error(cause))
    }

    /// Returns the database when the state is not only read.
    fn writable(&self) -> Option<&Connection> {
        self.db.as_ref().filter(|_| self.run > 0)
    }

    fn write_progress(&self, db: &Connection, progress: RunProgress) -> rusqlite::Result<()> {
        let sql = "UPDATE runs SET found = ?2, complete = ?3, remembered = ?4 WHERE id = ?1";
        let found = progress.found.cast_signed();
        let remembered = progress.remembered.cast_signed();
        db.prepare_cached(sql)?
            .execute((self.run, found, progress.complete, remembered))?;
        Ok(())
    }

    /// Begins a snapshot: all that is read while it lives is of one moment.
    pub fn snapshot(&self) -> Result<Option<Transaction<'_>>, StateError> {
        let snapshot = self.db.as_ref().map(Connection::unchecked_transaction);
        snapshot.transpose().map_err(|cause| self.error(cause))
    }

    /// Reads the part of a row; `None` when it is damaged or has more than `most` bytes.
    pub fn read_part(&self, row: i64, most: u64) -> Result<Option<StoredPart>, StateError> {
        let Some(db) = &self.db else { return Ok(None) };
        row::part(db, row, most, &self.tmpdir).map_err(|cause| self.error(cause))
    }

    /// Reads the bundle of exactly these rows, which are sorted and of one [`range`], if it is stored.
    pub fn read_bundle(&self, rows: &[RowRef]) -> Result<Option<StoredPart>, StateError> {
        let Some(db) = self.writable() else {
            return Ok(None);
        };
        bundle::read(db, rows, &self.tmpdir).map_err(|cause| self.error(cause))
    }

    /// Writes the bundle of these rows, which are sorted and of one [`range`].
    pub fn write_bundle(&self, rows: &[RowRef], stored: &mut StoredPart) -> Result<(), StateError> {
        let Some(db) = self.writable() else {
            return Ok(());
        };
        let written = bundle::write(db, rows, stored.bad_lines, &mut stored.part);
        written.map_err(|cause| self.error(cause))
    }

    /// Takes the rows with a part that this run has stored since the last call.
    pub fn take_new_rows(&mut self) -> Vec<RowRef> {
        std::mem::take(&mut self.new_rows)
    }

    /// Reads the inputs of the job of a row.
    pub fn inputs(&self, row: i64) -> Result<Vec<Input>, StateError> {
        let Some(db) = &self.db else {
            return Ok(Vec::new());
        };
        row::inputs(db, row).map_err(|cause| self.error(cause))
    }

    /// Writes the end of the run and closes the state; `all` says whether all jobs were found and looked up.
    pub fn finish(mut self, progress: RunProgress, all: bool) -> Result<(), StateError> {
        self.settle_names()?;
        let Some(db) = self.db.take().filter(|_| self.run > 0) else {
            return Ok(());
        };
        if all {
            let delete = self.rerun == Rerun::Unfinished;
            prune::prune(&db, &self.index, delete).map_err(|cause| self.error(cause))?;
        }
        let now = row::seconds(SystemTime::now());
        let ended = self
            .write_progress(&db, progress)
            .and_then(|()| db.execute("UPDATE runs SET ended = ?2 WHERE id = ?1", (self.run, now)));
        ended.map_err(|cause| self.error(cause))?;
        db.close().map_err(|(_, cause)| self.error(cause))
    }

    fn error(&self, cause: rusqlite::Error) -> StateError {
        StateError::from(cause).in_file(&self.shown)
    }
}

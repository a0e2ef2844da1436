//! The fold of a state that no run uses: what its done jobs added to it, and what is missing from it.
//!
//! It does not know what is in the parts, nor with which other folds they are added up.

use super::error::StateError;
use super::index::stored_range;
use super::job_end::{RowRef, StoredOutcome};
use super::packed_part::PackedPart;
use super::{bundle, open, overview, range, row, schema};
use crate::job::Input;
use crate::message;
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::collections::HashSet;
use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};

/// What every state begins with.
const HEADING: &[u8; 16] = b"SQLite format 3\0";

/// Returns whether a file is a state or another database, and nothing else that can be read but once.
pub(crate) fn is_database(file: &Path) -> bool {
    let mut head = [0; HEADING.len()];
    let mut read = || File::open(file).and_then(|mut file| file.read_exact(&mut head));
    fs::metadata(file).is_ok_and(|found| found.is_file()) && read().is_ok() && head == *HEADING
}

/// The fold of a state.
#[derive(Debug)]
pub(crate) struct StoredFold {
    db: Connection,
    shown: String,
    tmpdir: PathBuf,
    /// The command line in canonical form, by labels.
    pub(crate) command: Vec<(String, Vec<u8>)>,
    /// When its first run began, which tells states apart, and when the last did and ended.
    pub(crate) created: f64,
    pub(crate) started: f64,
    pub(crate) ended: Option<f64>,
    done: Vec<RowRef>,
    /// How many inputs are done.
    pub(crate) done_inputs: u64,
    /// How many lines of theirs could not be read.
    pub(crate) bad_lines: u64,
    pub(crate) failures: Vec<StoredFailure>,
    /// How many jobs are to run again: their inputs had just been changed, or changed meanwhile.
    pub(crate) unsettled: u64,
    /// How many jobs of the last run have not ended.
    pub(crate) left: u64,
    /// Whether the last run found all of its jobs, and ended.
    pub(crate) is_complete: bool,
    /// All inputs, whatever became of them.
    pub(crate) inputs: Vec<StoredInput>,
    /// The last field to drop: meanwhile no run begins.
    _lock: File,
}

/// A job that failed.
#[derive(Debug)]
pub(crate) struct StoredFailure {
    pub(crate) row: u64,
    /// Its inputs.
    pub(crate) names: Vec<String>,
    pub(crate) cause: String,
    /// Whether a command failed, and not its input.
    pub(crate) is_of_command: bool,
}

/// An input.
#[derive(Debug)]
pub(crate) struct StoredInput {
    pub(crate) input: Input,
    /// The device and the inode of the file, its size and a checksum of its beginning, where they were stored.
    pub(crate) mark: Option<[i64; 4]>,
}

impl StoredFold {
    /// Opens a state and reads what is known of its jobs.
    ///
    /// # Errors
    /// When it is in use, is damaged, or can't be read.
    pub(crate) fn open(file: &Path, tmpdir: &Path) -> Result<Self, StateError> {
        let shown = message::display_name(file.as_os_str()).into_owned();
        let (db, lock) = open::open_at_rest(file)?;
        let mut fold = StoredFold {
            db,
            tmpdir: tmpdir.to_owned(),
            command: Vec::new(),
            created: 0.0,
            started: 0.0,
            ended: None,
            done: Vec::new(),
            done_inputs: 0,
            bad_lines: 0,
            failures: Vec::new(),
            unsettled: 0,
            left: 0,
            is_complete: false,
            inputs: Vec::new(),
            _lock: lock,
            shown,
        };
        let read = schema::check_command(&fold.db, &[]).and_then(|()| fold.read());
        match read {
            Ok(()) => Ok(fold),
            Err(error) => Err(error.in_file(&fold.shown)),
        }
    }

    /// Returns the name of the file for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Calls `add` with the parts of all done jobs.
    ///
    /// # Errors
    /// A part that is damaged, and what `add` fails with.
    pub(crate) fn each_part<E: From<StateError>>(
        &self,
        mut add: impl FnMut(PackedPart) -> Result<(), E>,
    ) -> Result<(), E> {
        let error = |cause: rusqlite::Error| StateError::from(cause).in_file(&self.shown);
        let bundled = schema::has(&self.db, "bundles").map_err(error)?;
        for rows in self.done.chunk_by(|a, b| range(a.row) == range(b.row)) {
            if bundled && let Some(all) = bundle::read(&self.db, rows, &self.tmpdir).map_err(error)? {
                add(all.part)?;
                continue;
            }
            for kept in rows {
                let part = row::part(&self.db, kept.row, u64::MAX, &self.tmpdir).map_err(error)?;
                let part =
                    part.ok_or_else(|| StateError::damaged("the part of a job").in_file(&self.shown))?;
                add(part.part)?;
            }
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), StateError> {
        let mut damaged = Vec::new();
        row::read_all(&self.db, &mut damaged)?;
        if !damaged.is_empty() {
            return Err(StateError::damaged("entries of jobs"));
        }
        Ok(self.read_jobs()?)
    }

    fn read_jobs(&mut self) -> rusqlite::Result<()> {
        let last = overview::Last::read(&self.db)?;
        let first = self
            .db
            .query_row("SELECT started FROM runs ORDER BY id LIMIT 1", (), |row| {
                row.get(0)
            });
        self.command = overview::command(&self.db)?;
        self.created = first.optional()?.unwrap_or(0.0);
        (self.started, self.ended) = (last.started.unwrap_or(0.0), last.ended);
        self.is_complete = last.complete && last.ended.is_some();
        let here = overview::here(&self.db, last.run)?;
        let jobs = jobs(&self.db, &here)?;
        let of_last = jobs.iter().filter(|job| job.run == last.run).count() as u64;
        self.left = last.found.saturating_sub(of_last);
        // A file that is read in ranges counts as a whole or not at all.
        let undone = jobs.iter().filter(|job| job.outcome != StoredOutcome::Done);
        let undone = undone.filter_map(StoredJob::split_name).map(ToOwned::to_owned);
        let undone: HashSet<_> = undone.collect();
        for job in jobs {
            let is_partial = job.split_name().is_some_and(|name| undone.contains(name));
            self.add(job, is_partial);
        }
        Ok(())
    }

    fn add(&mut self, job: StoredJob, is_partial: bool) {
        // The last range of a file stands for it.
        let ends = job.inputs.iter().filter(|input| !input.is_continued()).count() as u64;
        match job.outcome {
            StoredOutcome::Done if is_partial => {}
            StoredOutcome::Done => {
                self.done.push(job.kept);
                self.done_inputs += ends;
                self.bad_lines += job.bad_lines;
            }
            StoredOutcome::Unsettled => self.unsettled += 1,
            StoredOutcome::Failed => {
                let names = job.inputs.iter();
                let names = names.map(|input| message::display_name(input.name()).into_owned());
                self.failures.push(StoredFailure {
                    row: job.kept.row.cast_unsigned(),
                    names: names.collect(),
                    is_of_command: job.is_of_command,
                    cause: job.cause,
                });
            }
        }
        let inputs = job.inputs.into_iter();
        self.inputs.extend(inputs.map(|input| StoredInput {
            input,
            mark: job.mark,
        }));
    }
}

/// What is stored of a job.
struct StoredJob {
    kept: RowRef,
    run: i64,
    inputs: Vec<Input>,
    outcome: StoredOutcome,
    bad_lines: u64,
    cause: String,
    is_of_command: bool,
    mark: Option<[i64; 4]>,
}

impl StoredJob {
    /// Returns the name of the file when the job is about a range of it.
    fn split_name(&self) -> Option<&std::ffi::OsStr> {
        match &self.inputs[..] {
            [input] if stored_range(input) != [None, None] => Some(input.name()),
            _ => None,
        }
    }
}

/// Reads the jobs that are here, in the order of their rows.
fn jobs(db: &Connection, here: &str) -> rusqlite::Result<Vec<StoredJob>> {
    let (mark, join) = match schema::has(db, "files")? {
        true => (
            "files.device, files.inode, files.size, files.head",
            "LEFT JOIN files ON files.job = jobs.id",
        ),
        false => ("NULL, NULL, NULL, NULL", ""),
    };
    let sql = format!(
        "SELECT id, jobs.sum, run, outcome, bad_lines, coalesce(cause, ''), status IS NOT NULL OR signal IS NOT NULL, \
         {mark} FROM jobs {join} WHERE {here} ORDER BY id"
    );
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query(())?;
    let mut jobs = Vec::new();
    while let Some(row) = rows.next()? {
        jobs.push(job(db, row)?);
    }
    Ok(jobs)
}

fn job(db: &Connection, row: &Row<'_>) -> rusqlite::Result<StoredJob> {
    let kept = RowRef {
        row: row.get(0)?,
        sum: row.get(1)?,
    };
    let outcome = StoredOutcome::from_name(row::bytes(row.get_ref(3)?)?);
    let cause: String = row.get(5)?;
    let mark = match (row.get(7)?, row.get(8)?, row.get(9)?, row.get(10)?) {
        (Some(device), Some(inode), Some(size), Some(head)) => Some([device, inode, size, head]),
        _ => None,
    };
    Ok(StoredJob {
        run: row.get(2)?,
        inputs: row::inputs(db, kept.row)?,
        // The sums of all rows were right.
        outcome: outcome.unwrap_or(StoredOutcome::Unsettled),
        bad_lines: row.get::<_, i64>(4)?.cast_unsigned(),
        // The message about a program begins with its name in quotes.
        is_of_command: row.get(6)? || cause.starts_with('\'') || cause.starts_with("the map panicked"),
        cause,
        mark,
        kept,
    })
}

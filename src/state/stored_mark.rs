//! The rows of the table `files`: how marks are written, found and read.
//!
//! This file does not know which of them fits a job.

use super::file_mark::{Ends, FileMark};
use super::fingerprint::Fingerprint;
use super::job_end::{RowRef, StoredOutcome};
use super::packed_part::{PackedPart, checksum};
use super::row;
use crate::job::Input;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use std::collections::HashSet;
use std::hash::Hasher as _;
use std::path::Path;

/// A mark as it is stored, and the job that it is of.
#[derive(Debug, Clone)]
pub(super) struct StoredMark {
    pub job: RowRef,
    pub input: Input,
    pub fingerprint: Fingerprint,
    pub outcome: StoredOutcome,
    pub device: i64,
    pub size: u64,
    pub ends: Ends,
    pub resume: Option<u64>,
    pub packed: bool,
    pub lines: u64,
    pub oldest: Option<i64>,
    /// The checksum of the stem, when there is one.
    pub stem: Option<i64>,
    /// How many bytes the job gave.
    pub given: u64,
    inode: i64,
}

/// By what marks are found.
#[derive(Debug, Clone, Copy)]
pub(super) enum By {
    Job(i64),
    Inode(i64),
    Head(i64),
}

/// The numbers of a row of `files`, in the order of its columns from `device` on, without its sum.
type Numbers = [Option<i64>; 11];

fn row_sum(job: RowRef, numbers: &Numbers) -> i64 {
    let mut all = checksum();
    for number in [Some(job.row), Some(job.sum)].iter().chain(numbers) {
        all.write(&[u8::from(number.is_some())]);
        all.write(&number.unwrap_or(0).to_le_bytes());
    }
    all.finish().cast_signed()
}

/// Writes the mark of a job whose row was written without one.
pub(super) fn write(db: &Connection, job: RowRef, mark: &mut FileMark) -> rusqlite::Result<()> {
    let growth = mark.growth.as_mut();
    let stem = growth.as_ref().and_then(|growth| growth.stem.as_ref());
    let numbers = [
        Some(mark.device),
        Some(mark.inode),
        Some(mark.size.cast_signed()),
        Some(mark.ends.head),
        Some(mark.ends.tail),
        Some(mark.ends.ending),
        growth.as_ref().map(|growth| growth.resume.cast_signed()),
        Some(i64::from(growth.as_ref().is_some_and(|growth| growth.packed))),
        Some(growth.as_ref().map_or(0, |growth| growth.lines.cast_signed())),
        growth.as_ref().and_then(|growth| growth.oldest),
        stem.map(PackedPart::sum),
    ];
    insert(db, job, &numbers)?;
    let unreadable = |cause| rusqlite::Error::ToSqlConversionFailure(Box::new(cause));
    if let Some(stem) = growth.and_then(|growth| growth.stem.as_mut()) {
        for number in 0..stem.count() {
            let chunk = stem.chunk(number).map_err(unreadable)?;
            db.prepare_cached("INSERT OR REPLACE INTO stems VALUES (?1, ?2, ?3)")?
                .execute(params![job.row, number as i64 + 1, chunk])?;
        }
    }
    Ok(())
}

fn insert(db: &Connection, job: RowRef, numbers: &Numbers) -> rusqlite::Result<()> {
    let sql = "INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)";
    let [a, b, c, d, e, f, g, h, i, j, k] = numbers;
    db.prepare_cached(sql)?.execute(params![
        job.row,
        a,
        b,
        c,
        d,
        e,
        f,
        g,
        h,
        i,
        j,
        k,
        row_sum(job, numbers)
    ])?;
    Ok(())
}

/// Reads the intact marks that are found so.
pub(super) fn find(db: &Connection, by: By) -> rusqlite::Result<Vec<StoredMark>> {
    let (column, value) = match by {
        By::Job(row) => ("files.job", row),
        By::Inode(inode) => ("files.inode", inode),
        By::Head(head) => ("files.head", head),
    };
    let sql = format!(
        "SELECT files.*, jobs.sum, jobs.outcome, jobs.bytes, jobs.input, jobs.first, jobs.last, jobs.size, jobs.mtime \
         FROM files JOIN jobs ON jobs.id = files.job WHERE {column} = ?1 AND jobs.inputs = 1 ORDER BY files.job"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query([value])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        // A row that can't be read is one that is missing.
        found.extend(read(row).ok().flatten());
    }
    Ok(found)
}

/// Reads the checksums of all beginnings.
pub(super) fn heads(db: &Connection) -> rusqlite::Result<HashSet<i64>> {
    let mut statement = db.prepare("SELECT head FROM files")?;
    let rows = statement.query_map((), |row| row.get(0))?;
    rows.collect()
}

fn read(row: &Row<'_>) -> rusqlite::Result<Option<StoredMark>> {
    let mut numbers: Numbers = [None; 11];
    for (at, number) in (1..).zip(&mut numbers) {
        *number = row.get(at)?;
    }
    let job = RowRef {
        row: row.get(0)?,
        sum: row.get(13)?,
    };
    let outcome = StoredOutcome::from_name(row::bytes(row.get_ref(14)?)?);
    let (true, Some(outcome)) = (row.get::<_, i64>(12)? == row_sum(job, &numbers), outcome) else {
        return Ok(None);
    };
    let [
        device,
        inode,
        size,
        head,
        tail,
        ending,
        resume,
        packed,
        lines,
        oldest,
        stem,
    ] = numbers;
    let (input, fingerprint) = row::input(row, 16)?;
    Ok(Some(StoredMark {
        job,
        input,
        fingerprint,
        outcome,
        device: device.unwrap_or(0),
        size: size.unwrap_or(0).cast_unsigned(),
        ends: Ends {
            head: head.unwrap_or(0),
            tail: tail.unwrap_or(0),
            ending: ending.unwrap_or(0),
        },
        resume: resume.map(i64::cast_unsigned),
        packed: packed == Some(1),
        lines: lines.unwrap_or(0).cast_unsigned(),
        oldest,
        stem,
        given: row.get::<_, i64>(15)?.cast_unsigned(),
        inode: inode.unwrap_or(0),
    }))
}

impl StoredMark {
    /// Returns whether it is of this file.
    pub fn is_of(&self, (device, inode): (i64, i64)) -> bool {
        (self.device, self.inode) == (device, inode)
    }

    /// Returns how long the file was at least.
    pub fn file_size(&self) -> u64 {
        match self.fingerprint {
            Fingerprint::File { size, .. } => self.size.max(size.cast_unsigned()),
            _ => self.size,
        }
    }

    /// Returns how many bytes of the file its job read.
    pub fn read(&self) -> u64 {
        self.size - self.start().unwrap_or(0)
    }

    /// Returns how many of these bytes are read again when the file has grown.
    pub fn read_again(&self) -> u64 {
        self.resume.map_or(0, |resume| self.size - resume)
    }

    /// Returns what is to be read of an input whose file has grown.
    pub fn tail_of(&self, input: &Input) -> Input {
        Input::Tail {
            name: input.name().to_owned(),
            start: self.start(),
            from: self.resume.unwrap_or(0),
            end: match input {
                Input::Range { end, .. } => *end,
                _ => u64::MAX,
            },
            packed: self.packed,
        }
    }

    fn start(&self) -> Option<u64> {
        match self.input {
            Input::Range { start, .. } => Some(start),
            _ => None,
        }
    }

    /// Writes the mark again, for a job whose sum and file changed.
    pub fn rewrite(&self, db: &Connection, sum: i64, (device, inode): (i64, i64)) -> rusqlite::Result<()> {
        let job = RowRef {
            row: self.job.row,
            sum,
        };
        let numbers = [
            Some(device),
            Some(inode),
            Some(self.size.cast_signed()),
            Some(self.ends.head),
            Some(self.ends.tail),
            Some(self.ends.ending),
            self.resume.map(u64::cast_signed),
            Some(i64::from(self.packed)),
            Some(self.lines.cast_signed()),
            self.oldest,
            self.stem,
        ];
        insert(db, job, &numbers)
    }

    /// Reads what the lines before [`StoredMark::resume`] added to the fold; `None` when it is damaged.
    pub fn stem(&self, db: &Connection, tmpdir: &Path) -> rusqlite::Result<Option<PackedPart>> {
        let Some(wanted) = self.stem else {
            let stored = row::part(db, self.job.row, u64::MAX, tmpdir)?;
            return Ok(stored.map(|stored| stored.part));
        };
        let mut statement = db.prepare_cached("SELECT bytes FROM stems WHERE job = ?1 ORDER BY chunk")?;
        let mut rows = statement.query([self.job.row])?;
        let mut stem = PackedPart::new(tmpdir);
        while let Some(row) = rows.next()? {
            if let ValueRef::Blob(chunk) = row.get_ref(0)? {
                let unwritable = |cause| rusqlite::Error::ToSqlConversionFailure(Box::new(cause));
                stem.push(chunk).map_err(unwritable)?;
            }
        }
        Ok((stem.sum() == wanted).then_some(stem))
    }
}

//! The rows of jobs: how the end of a job is written, and how all rows are read into the index.
//!
//! This file does not open the database or begin transactions.

use super::fingerprint::Fingerprint;
use super::index::{Index, stored_range};
use super::job_end::{JobEnd, RowRef, StoredOutcome};
use super::packed_part::{PackedPart, StoredPart, checksum};
use crate::job::Input;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, Row, params};
use std::ffi::OsString;
use std::hash::Hasher as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::time::SystemTime;

/// The highest row number that is accepted; no state has as many rows.
const MAX_ROW: i64 = (1 << 59) - 1;

/// Converts a time to seconds since 1970.
pub(super) fn seconds(time: SystemTime) -> f64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH);
    since.unwrap_or_default().as_secs_f64()
}

/// Returns a name as it is stored: text when it is UTF-8, so that users can type queries.
pub(super) fn text(name: &[u8]) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match std::str::from_utf8(name) {
        Ok(_) => ValueRef::Text(name),
        Err(_) => ValueRef::Blob(name),
    })
}

/// Returns the name that [`text`] stored.
pub(super) fn bytes(value: ValueRef<'_>) -> rusqlite::Result<&[u8]> {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(bytes),
        other => Err(rusqlite::Error::InvalidColumnType(
            0,
            String::new(),
            other.data_type(),
        )),
    }
}

/// The five columns of an input.
struct Columns<'a> {
    name: &'a [u8],
    range: [Option<i64>; 2],
    fingerprint: [Option<i64>; 2],
}

impl<'a> Columns<'a> {
    /// The columns of a job without inputs.
    const NONE: Columns<'static> = Columns {
        name: b"",
        range: [None, None],
        fingerprint: [None, None],
    };

    fn new(input: &'a Input, fingerprint: Fingerprint) -> Self {
        Columns {
            name: input.name().as_bytes(),
            range: stored_range(input),
            fingerprint: match fingerprint {
                Fingerprint::File { size, mtime } => [Some(size), Some(mtime)],
                Fingerprint::Name | Fingerprint::Stream => [None, None],
            },
        }
    }

    /// Reads the five columns that begin at `at`.
    fn read(row: &'a Row<'_>, at: usize) -> rusqlite::Result<Self> {
        Ok(Columns {
            name: bytes(row.get_ref(at)?)?,
            range: [row.get(at + 1)?, row.get(at + 2)?],
            fingerprint: [row.get(at + 3)?, row.get(at + 4)?],
        })
    }

    fn input(&self) -> Input {
        let name = OsString::from_vec(self.name.to_vec());
        match self.range {
            [Some(start), Some(end)] => Input::Range {
                name,
                start: start.cast_unsigned(),
                end: end.cast_unsigned(),
            },
            _ => Input::File(name),
        }
    }

    fn fingerprint(&self) -> Fingerprint {
        match self.fingerprint {
            [Some(size), Some(mtime)] => Fingerprint::File { size, mtime },
            _ => Fingerprint::Name,
        }
    }
}

/// The checksum of the columns that decide the meaning of a row.
struct RowChecksum(twox_hash::XxHash64);

impl RowChecksum {
    fn new(id: i64, inputs: i64, outcome: &[u8], bad_lines: i64, part: Option<i64>) -> Self {
        let mut sum = RowChecksum(checksum());
        sum.number(Some(id));
        sum.number(Some(inputs));
        sum.text(outcome);
        sum.number(Some(bad_lines));
        sum.number(part);
        sum
    }

    fn number(&mut self, number: Option<i64>) {
        self.0.write(&[u8::from(number.is_some())]);
        self.0.write(&number.unwrap_or(0).to_le_bytes());
    }

    fn text(&mut self, text: &[u8]) {
        self.0.write(&(text.len() as u64).to_le_bytes());
        self.0.write(text);
    }

    fn input(&mut self, columns: &Columns<'_>) {
        self.text(columns.name);
        columns
            .range
            .iter()
            .chain(&columns.fingerprint)
            .for_each(|number| self.number(*number));
    }

    fn finish(&self) -> i64 {
        self.0.finish().cast_signed()
    }
}

/// Writes the row of a job, its further inputs and its part, replaces what was stored before, and returns
/// the row's checksum.
pub(super) fn write(db: &Connection, id: i64, run: i64, record: &mut JobEnd) -> rusqlite::Result<i64> {
    if record.row.is_some() {
        delete(db, id)?;
    }
    let (count, bad_lines) = (record.inputs.len() as i64, record.bad_lines.cast_signed());
    let part = record.part.as_ref().map(PackedPart::sum);
    let outcome = record.outcome.name();
    let mut sum = RowChecksum::new(id, count, outcome.as_bytes(), bad_lines, part);
    let inputs = record.inputs.iter().zip(&record.fingerprints);
    let inputs: Vec<_> = inputs.map(|(input, now)| Columns::new(input, *now)).collect();
    inputs.iter().for_each(|input| sum.input(input));
    let sum = sum.finish();
    for (place, input) in (1..).zip(&inputs).skip(1) {
        let sql = "INSERT INTO inputs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
        let ([first, last], [size, mtime]) = (input.range, input.fingerprint);
        db.prepare_cached(sql)?
            .execute((id, place, text(input.name), first, last, size, mtime))?;
    }
    let first = inputs.first().unwrap_or(&Columns::NONE);
    let sql = "INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, \
               ?16, ?17, ?18, ?19)";
    db.prepare_cached(sql)?.execute(params![
        id,
        count,
        text(first.name),
        first.range[0],
        first.range[1],
        first.fingerprint[0],
        first.fingerprint[1],
        outcome,
        bad_lines,
        part,
        sum,
        run,
        record.cause,
        record.status,
        record.signal,
        record.tries,
        seconds(record.started),
        record.took.as_secs_f64(),
        record.bytes.cast_signed(),
    ])?;
    // A row that a damaged state kept is replaced.
    db.prepare_cached("INSERT OR REPLACE INTO details VALUES (?1, ?2, nullif(?3, x''))")?
        .execute(params![id, record.slot as i64, record.stderr])?;
    if let Some(part) = &mut record.part {
        write_part(db, id, part)?;
    }
    Ok(sum)
}

/// Returns the sum of the row of a done job once its file is this input.
pub(super) fn sum_with(
    db: &Connection,
    id: i64,
    input: &Input,
    fingerprint: Fingerprint,
) -> rusqlite::Result<i64> {
    let sql = "SELECT bad_lines, part FROM jobs WHERE id = ?1";
    db.prepare_cached(sql)?.query_row([id], |row| {
        let mut sum = RowChecksum::new(
            id,
            1,
            StoredOutcome::Done.name().as_bytes(),
            row.get(0)?,
            row.get(1)?,
        );
        sum.input(&Columns::new(input, fingerprint));
        Ok(sum.finish())
    })
}

/// Makes the row of a done job one of this input; `sum` is that of [`sum_with`].
pub(super) fn rename(
    db: &Connection,
    id: i64,
    (input, fingerprint): (&Input, Fingerprint),
    sum: i64,
) -> rusqlite::Result<()> {
    let columns = Columns::new(input, fingerprint);
    let sql = "UPDATE jobs SET input = ?2, size = ?3, mtime = ?4, sum = ?5, outcome = 'done' WHERE id = ?1";
    let [size, mtime] = columns.fingerprint;
    db.prepare_cached(sql)?
        .execute(params![id, text(columns.name), size, mtime, sum])?;
    Ok(())
}

/// Reads the input whose five columns begin at `at`.
pub(super) fn input(row: &Row<'_>, at: usize) -> rusqlite::Result<(Input, Fingerprint)> {
    let columns = Columns::read(row, at)?;
    Ok((columns.input(), columns.fingerprint()))
}

/// Writes the chunks of a job's part.
fn write_part(db: &Connection, id: i64, part: &mut PackedPart) -> rusqlite::Result<()> {
    let unreadable = |cause| rusqlite::Error::ToSqlConversionFailure(Box::new(cause));
    for number in 0..part.count() {
        let chunk = part.chunk(number).map_err(unreadable)?;
        db.prepare_cached("INSERT INTO parts VALUES (?1, ?2, ?3)")?
            .execute(params![id, number as i64 + 1, chunk])?;
    }
    Ok(())
}

/// Turns a done job into a failed one: deletes its part and keeps its inputs.
pub(super) fn revoke(db: &Connection, id: i64, cause: &str) -> rusqlite::Result<()> {
    let outcome = StoredOutcome::Failed.name();
    let sql = "SELECT inputs, input, first, last, size, mtime, bad_lines FROM jobs WHERE id = ?1";
    let sum = db.prepare_cached(sql)?.query_row([id], |row| {
        let mut sum = RowChecksum::new(id, row.get(0)?, outcome.as_bytes(), row.get(6)?, None);
        each_input(db, id, row, |columns| sum.input(columns))?;
        Ok(sum.finish())
    })?;
    let sql = "UPDATE jobs SET outcome = ?2, part = NULL, sum = ?3, cause = ?4 WHERE id = ?1";
    db.prepare_cached(sql)?
        .execute(params![id, outcome, sum, cause])?;
    db.prepare_cached("DELETE FROM parts WHERE job = ?1")?
        .execute([id])?;
    Ok(())
}

/// Deletes the row of a job and all that belongs to it.
pub(super) fn delete(db: &Connection, id: i64) -> rusqlite::Result<()> {
    for sql in [
        "DELETE FROM jobs WHERE id = ?1",
        "DELETE FROM inputs WHERE job = ?1",
        "DELETE FROM parts WHERE job = ?1",
        "DELETE FROM details WHERE job = ?1",
        "DELETE FROM files WHERE job = ?1",
        "DELETE FROM stems WHERE job = ?1",
    ] {
        db.prepare_cached(sql)?.execute([id])?;
    }
    Ok(())
}

/// Reads all rows into an index and returns it with the first free row number. The numbers of rows with a
/// wrong checksum are appended to `damaged`.
pub(super) fn read_all(db: &Connection, damaged: &mut Vec<i64>) -> rusqlite::Result<(Index, i64)> {
    let mut index = Index::default();
    let mut statement = db.prepare(
        "SELECT inputs, input, first, last, size, mtime, id, outcome, bad_lines, part, sum FROM jobs \
         ORDER BY id",
    )?;
    let mut rows = statement.query(())?;
    let mut before = 0;
    while let Some(row) = rows.next()? {
        let id: i64 = row.get(6)?;
        if id <= before || id > MAX_ROW {
            // Rows that repeat or that fanfold never writes: a page is damaged, and nothing here can be
            // trusted.
            let twice = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_CORRUPT);
            return Err(rusqlite::Error::SqliteFailure(twice, None));
        }
        before = id;
        if !matches!(read(db, id, row, &mut index), Ok(true)) {
            damaged.push(id);
        }
    }
    Ok((index, before + 1))
}

/// Reads one row into the index; returns false when its checksum is wrong.
fn read(db: &Connection, id: i64, row: &Row<'_>, index: &mut Index) -> rusqlite::Result<bool> {
    let count: i64 = row.get(0)?;
    let name = bytes(row.get_ref(7)?)?;
    let mut sum = RowChecksum::new(id, count, name, row.get(8)?, row.get(9)?);
    let (mut inputs, mut fingerprints) = (Vec::new(), Vec::new());
    each_input(db, id, row, |columns| {
        sum.input(columns);
        inputs.push(columns.input());
        fingerprints.push(columns.fingerprint());
    })?;
    let kept = RowRef {
        row: id,
        sum: row.get(10)?,
    };
    match StoredOutcome::from_name(name) {
        Some(outcome) if inputs.len() as i64 == count && sum.finish() == kept.sum => {
            index.add(&inputs, &fingerprints, kept, outcome);
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Calls `each` with the inputs of a job; `row` begins with their number and the columns of the first.
fn each_input(
    db: &Connection,
    id: i64,
    row: &Row<'_>,
    mut each: impl FnMut(&Columns<'_>),
) -> rusqlite::Result<()> {
    let count: i64 = row.get(0)?;
    if count != 0 {
        each(&Columns::read(row, 1)?);
    }
    if count > 1 {
        let sql = "SELECT input, first, last, size, mtime FROM inputs WHERE job = ?1 ORDER BY place";
        let mut statement = db.prepare_cached(sql)?;
        let mut rows = statement.query([id])?;
        while let Some(row) = rows.next()? {
            each(&Columns::read(row, 0)?);
        }
    }
    Ok(())
}

/// Reads the inputs of a job.
pub(super) fn inputs(db: &Connection, id: i64) -> rusqlite::Result<Vec<Input>> {
    let sql = "SELECT inputs, input, first, last, size, mtime FROM jobs WHERE id = ?1";
    let mut all = Vec::new();
    db.prepare_cached(sql)?.query_row([id], |row| {
        each_input(db, id, row, |columns| all.push(columns.input()))
    })?;
    Ok(all)
}

/// Reads the part of a row; `None` when it is damaged or has more than `most` bytes.
pub(super) fn part(
    db: &Connection,
    id: i64,
    most: u64,
    tmpdir: &Path,
) -> rusqlite::Result<Option<StoredPart>> {
    let unwritable = |cause| rusqlite::Error::ToSqlConversionFailure(Box::new(cause));
    let sql = "SELECT jobs.part, jobs.bad_lines, parts.bytes FROM jobs LEFT JOIN parts ON parts.job = jobs.id \
               WHERE jobs.id = ?1 ORDER BY parts.chunk";
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([id])?;
    let mut part = PackedPart::new(tmpdir);
    let (mut wanted, mut bad_lines) = (None, 0);
    while let Some(row) = rows.next()? {
        wanted = row.get::<_, Option<i64>>(0)?;
        bad_lines = row.get::<_, i64>(1)?.cast_unsigned();
        if let ValueRef::Blob(chunk) = row.get_ref(2)? {
            if part.size + chunk.len() as u64 > most {
                return Ok(None);
            }
            part.push(chunk).map_err(unwritable)?;
        }
    }
    Ok((wanted == Some(part.sum())).then_some(StoredPart { part, bad_lines }))
}

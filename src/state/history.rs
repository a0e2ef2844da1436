//! How the jobs of a state went, for `fanfold report`.
//!
//! It does not know how that is shown.

use super::error::StateError;
use super::job_end::StoredOutcome;
use super::{open, overview, row, schema};
use crate::message;
use rusqlite::{Connection, OptionalExtension as _, Row};
use std::path::Path;

/// What a state says beside its jobs.
#[derive(Debug)]
pub(crate) struct History {
    /// The command line in canonical form, by labels.
    pub command: Vec<(String, Vec<u8>)>,
    /// The number of jobs that runs before the last one did.
    pub earlier: u64,
    /// The number of jobs of the last run that have not ended.
    pub left: u64,
    /// True when the last run found all of its jobs.
    pub is_complete: bool,
    /// True when the last run was neither killed nor goes on.
    pub is_ended: bool,
}

/// How a job went.
#[derive(Debug)]
pub(crate) struct HistoryJob {
    /// The first input's name.
    pub input: Vec<u8>,
    pub inputs: u64,
    /// The range of the first input, if it is one; the end is `None` at the end of the file.
    pub range: Option<(u64, Option<u64>)>,
    pub outcome: StoredOutcome,
    pub cause: Option<String>,
    pub tries: u32,
    /// The start of the first try, in seconds since 1970.
    pub started: f64,
    /// The duration of all tries together, in seconds.
    pub seconds: f64,
    pub bytes: u64,
    /// The worker's slot, from 0, where it was stored.
    pub slot: Option<usize>,
    /// The end of what it wrote to standard error.
    pub stderr: Vec<u8>,
    /// True for the jobs of the last run that ran any.
    pub is_of_last_run: bool,
}

impl History {
    /// Reads a state, which may be in use: calls `each` with every job of the last run that ran any, and with those that
    /// failed before and were not run again.
    pub fn read(file: &Path, mut each: impl FnMut(HistoryJob)) -> Result<History, StateError> {
        let shown = message::display_name(file.as_os_str());
        let db = open::open_read_only(file)?
            .ok_or_else(|| StateError::refused("no such state file").in_file(&shown))?;
        let history = read(&db, &mut each);
        history.map_err(|cause| StateError::from(cause).in_file(&shown))
    }
}

fn read(db: &Connection, each: &mut dyn FnMut(HistoryJob)) -> rusqlite::Result<History> {
    // One snapshot for all queries, because the state may be in use.
    let _snapshot = db.unchecked_transaction()?;
    let last = overview::Last::read(db)?;
    let shown: Option<i64> = db
        .query_row("SELECT max(run) FROM jobs", (), |row| row.get(0))
        .optional()?
        .flatten();
    let shown = shown.unwrap_or(0);
    let here = match schema::has(db, "gone")? {
        true => "(run = ?1 OR id NOT IN (SELECT job FROM gone))",
        false => "TRUE",
    };
    let (details, join) = match schema::has(db, "details")? {
        true => (
            "details.slot, details.stderr",
            "LEFT JOIN details ON details.job = jobs.id",
        ),
        false => ("NULL, NULL", ""),
    };
    let sql = format!(
        "SELECT input, inputs, first, last, outcome, cause, tries, started, seconds, bytes, run = ?1, {details} FROM jobs {join} \
         WHERE (run = ?1 OR outcome = 'failed' AND {here}) ORDER BY id"
    );
    let mut statement = db.prepare(&sql)?;
    let mut rows = statement.query([shown])?;
    while let Some(row) = rows.next()? {
        each(job(row)?);
    }
    let count = |sql: &str, run: i64| -> rusqlite::Result<u64> {
        Ok(db
            .query_row(sql, [run], |row| row.get::<_, i64>(0))?
            .cast_unsigned())
    };
    let earlier = format!("SELECT count(*) FROM jobs WHERE run != ?1 AND outcome != 'failed' AND {here}");
    let ended = count("SELECT count(*) FROM jobs WHERE run = ?1", last.run)?;
    Ok(History {
        command: overview::command(db)?,
        earlier: count(&earlier, shown)?,
        left: last.found.saturating_sub(ended),
        is_complete: last.complete,
        is_ended: last.ended.is_some(),
    })
}

fn job(row: &Row<'_>) -> rusqlite::Result<HistoryJob> {
    let outcome = row::bytes(row.get_ref(4)?)?.to_vec();
    let number = |at: usize| row.get::<_, i64>(at).map(|number| number.max(0).cast_unsigned());
    let first: Option<i64> = row.get(2)?;
    let last: Option<i64> = row.get(3)?;
    let range = first.map(|first| {
        (
            first.cast_unsigned(),
            last.filter(|last| *last >= 0).map(i64::cast_unsigned),
        )
    });
    Ok(HistoryJob {
        input: row::bytes(row.get_ref(0)?)?.to_vec(),
        inputs: number(1)?,
        range,
        outcome: StoredOutcome::from_name(&outcome).unwrap_or(StoredOutcome::Unsettled),
        cause: row.get(5)?,
        tries: u32::try_from(number(6)?).unwrap_or(u32::MAX),
        started: row.get(7)?,
        seconds: row.get(8)?,
        bytes: number(9)?,
        slot: row
            .get::<_, Option<i64>>(11)?
            .and_then(|slot| usize::try_from(slot).ok()),
        stderr: row.get::<_, Option<Vec<u8>>>(12)?.unwrap_or_default(),
        is_of_last_run: row.get(10)?,
    })
}

//! The summary of a state, for `fanfold status`.
//!
//! It does not know how the summary is shown.

use super::Savings;
use super::error::StateError;
use super::{open, row, schema};
use crate::message;
use rusqlite::{Connection, OptionalExtension as _};
use std::path::Path;

/// The number of causes that are listed.
const MAX_CAUSES: i64 = 20;

/// The SQL for the size of an input; that of a range is its length.
const SIZE: &str = "CASE WHEN first IS NULL THEN size WHEN last = -1 THEN size - first ELSE last - first END";

/// The summary of a state.
#[derive(Debug)]
pub(crate) struct Overview {
    /// The command line in canonical form, by labels.
    pub command: Vec<(String, Vec<u8>)>,
    /// The number of done jobs. Jobs that are gone count in `gone` only.
    pub done: u64,
    pub failed: u64,
    /// The number of jobs that succeeded but will run again.
    pub unsettled: u64,
    /// The number of stored jobs that the last complete run did not have.
    pub gone: u64,
    /// The number of jobs of the last run that have not ended; a lower bound unless the run is `complete`.
    pub left: u64,
    /// True when the last run found all of its jobs.
    pub complete: bool,
    /// The duration of the last run of every job, summed, in seconds.
    pub seconds: f64,
    /// The sizes of the inputs of done jobs, summed.
    pub size: u64,
    /// The number of bytes that done jobs emitted.
    pub bytes: u64,
    /// The causes of failures, the most frequent first.
    pub causes: Vec<FailureCause>,
    pub runs: u64,
    /// What the last run need not have read.
    pub saved: Savings,
    /// The start of the last run, in seconds since 1970.
    pub started: Option<f64>,
    /// The end of the last run; `None` while it runs, and when it was killed.
    pub ended: Option<f64>,
}

/// A cause of failures.
#[derive(Debug)]
pub(crate) struct FailureCause {
    /// The text of the cause.
    pub cause: String,
    /// The number of jobs that failed by it.
    pub jobs: u64,
    /// The input of one of them.
    pub input: Vec<u8>,
}

impl Overview {
    /// Reads the overview of a state, which may be in use.
    pub fn read(file: &Path) -> Result<Overview, StateError> {
        let shown = message::display_name(file.as_os_str());
        let db = open::open_read_only(file)?
            .ok_or_else(|| StateError::refused("no such state file").in_file(&shown))?;
        let overview = read(&db);
        overview.map_err(|cause| StateError::from(cause).in_file(&shown))
    }
}

fn read(db: &Connection) -> rusqlite::Result<Overview> {
    // One snapshot for all queries, because the state may be in use.
    let _snapshot = db.unchecked_transaction()?;
    let number = |sql: &str| -> rusqlite::Result<u64> {
        let number: Option<i64> = db.query_row(sql, (), |row| row.get(0))?;
        Ok(number.unwrap_or(0).max(0).cast_unsigned())
    };
    let last = Last::read(db)?;
    let run = last.run;
    let here = here(db, run)?;
    let ended = |outcome| {
        number(&format!(
            "SELECT count(*) FROM jobs WHERE outcome = '{outcome}' AND {here}"
        ))
    };
    let ended_now = number(&format!("SELECT count(*) FROM jobs WHERE run = {run}"))?;
    let done = format!("outcome = 'done' AND {here}");
    let seconds = format!("SELECT total(seconds) FROM jobs WHERE {here}");
    Ok(Overview {
        command: command(db)?,
        done: ended("done")?,
        failed: ended("failed")?,
        unsettled: ended("unsettled")?,
        gone: number(&format!("SELECT count(*) FROM jobs WHERE NOT {here}"))?,
        left: last.found.saturating_sub(ended_now),
        complete: last.complete,
        seconds: db.query_row(&seconds, (), |row| row.get(0))?,
        size: number(&format!(
            "SELECT sum({SIZE}) FROM (SELECT size, first, last FROM jobs WHERE {done} UNION ALL SELECT inputs.size, \
             inputs.first, inputs.last FROM inputs JOIN jobs ON jobs.id = inputs.job WHERE {done})"
        ))?,
        bytes: number(&format!("SELECT sum(bytes) FROM jobs WHERE {done}"))?,
        causes: causes(db, &here)?,
        runs: number("SELECT count(*) FROM runs")?,
        saved: savings(db, run)?,
        started: last.started,
        ended: last.ended,
    })
}

/// Returns the SQL for a job being one of the inputs that the last run had. A job that ended in the last run is present,
/// even if an earlier run marked it as gone.
pub(super) fn here(db: &Connection, run: i64) -> rusqlite::Result<String> {
    Ok(match schema::has(db, "gone")? {
        true => format!("(run = {run} OR id NOT IN (SELECT job FROM gone))"),
        false => "TRUE".into(),
    })
}

fn savings(db: &Connection, run: i64) -> rusqlite::Result<Savings> {
    if !schema::has(db, "savings")? {
        return Ok(Savings::default());
    }
    let sql = "SELECT renamed, grown, bytes FROM savings WHERE run = ?1";
    let number = |row: &rusqlite::Row<'_>, at| row.get::<_, i64>(at).map(i64::cast_unsigned);
    let saved = db.query_row(sql, [run], |row| {
        Ok(Savings {
            renamed: number(row, 0)?,
            grown: number(row, 1)?,
            bytes: number(row, 2)?,
        })
    });
    Ok(saved.optional()?.unwrap_or_default())
}

/// The row of the last run.
#[derive(Default)]
pub(super) struct Last {
    pub(super) run: i64,
    pub(super) started: Option<f64>,
    pub(super) ended: Option<f64>,
    /// The number of jobs that were found and not done before.
    pub(super) found: u64,
    pub(super) complete: bool,
}

impl Last {
    pub(super) fn read(db: &Connection) -> rusqlite::Result<Last> {
        let sql = "SELECT id, started, ended, found, remembered, complete FROM runs ORDER BY id DESC LIMIT 1";
        let last = db.query_row(sql, (), |row| {
            let found = row.get::<_, i64>(3)?.saturating_sub(row.get(4)?);
            Ok(Last {
                run: row.get(0)?,
                started: row.get(1)?,
                ended: row.get(2)?,
                found: found.max(0).cast_unsigned(),
                complete: row.get(5)?,
            })
        });
        Ok(last.optional()?.unwrap_or_default())
    }
}

pub(super) fn command(db: &Connection) -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
    let mut statement = db.prepare("SELECT label, value FROM command WHERE value != '' ORDER BY label")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row::bytes(row.get_ref(1)?)?.to_vec())))?;
    rows.collect()
}

fn causes(db: &Connection, here: &str) -> rusqlite::Result<Vec<FailureCause>> {
    let mut statement = db.prepare(&format!(
        "SELECT coalesce(cause, ''), count(*) AS jobs, min(input) FROM jobs WHERE outcome = 'failed' AND {here} \
         GROUP BY cause ORDER BY jobs DESC, cause LIMIT ?1"
    ))?;
    let rows = statement.query_map([MAX_CAUSES], |row| {
        Ok(FailureCause {
            cause: row.get(0)?,
            jobs: row.get::<_, i64>(1)?.cast_unsigned(),
            input: row::bytes(row.get_ref(2)?)?.to_vec(),
        })
    })?;
    rows.collect()
}

//! What a state says, in sum: for `fanfold status`.

use super::{StateError, open, row};
use crate::message;
use rusqlite::{Connection, OptionalExtension as _};
use std::path::Path;

/// Causes that are told one by one.
const CAUSES: i64 = 20;

/// The bytes of an input, of which a range is its own.
const SIZE: &str = "CASE WHEN first IS NULL THEN size WHEN last = -1 THEN size - first ELSE last - first END";

/// What a state says, in sum.
#[derive(Debug)]
pub struct Overview {
    /// What the command line means, part by part.
    pub command: Vec<(String, Vec<u8>)>,
    /// Jobs that were done. Those that are gone are in no number but their own.
    pub done: u64,
    /// Jobs that failed.
    pub failed: u64,
    /// Jobs that ran well and will be run again.
    pub unsettled: u64,
    /// Jobs that are remembered and that the last run did not have, of those that found all their inputs.
    pub gone: u64,
    /// Jobs of the last run that have not ended; at least so many where it had not found all.
    pub left: u64,
    /// Whether the last run had found all jobs.
    pub complete: bool,
    /// How long all jobs took, in seconds, their last run counted.
    pub seconds: f64,
    /// The sizes of the inputs of jobs that are done.
    pub size: u64,
    /// What jobs that are done gave.
    pub bytes: u64,
    /// Why jobs failed, the most frequent first.
    pub causes: Vec<FailureCause>,
    /// How often the command line was started.
    pub runs: u64,
    /// When the last run began, in seconds since 1970.
    pub started: Option<f64>,
    /// When it ended; none where it still runs, or was killed.
    pub ended: Option<f64>,
}

/// Why jobs failed.
#[derive(Debug)]
pub struct FailureCause {
    /// The cause.
    pub cause: String,
    /// How many jobs.
    pub jobs: u64,
    /// The input of one of them.
    pub input: Vec<u8>,
}

impl Overview {
    /// Looks at a state, which may be in use.
    ///
    /// # Errors
    /// [`StateError`] when there is none.
    pub fn read(file: &Path) -> Result<Overview, StateError> {
        let shown = message::shown(file.as_os_str());
        let db = open::look(file)?.ok_or_else(|| open::nothing().in_file(&shown))?;
        let overview = read(&db);
        overview.map_err(|cause| open::OpenError::from(&cause).in_file(&shown))
    }
}

fn read(db: &Connection) -> rusqlite::Result<Overview> {
    // One moment for all of it, though the state may be in use.
    let _moment = db.unchecked_transaction()?;
    let number = |sql: &str| -> rusqlite::Result<u64> {
        let number: Option<i64> = db.query_row(sql, (), |row| row.get(0))?;
        Ok(number.unwrap_or(0).max(0).cast_unsigned())
    };
    let last = Last::read(db)?;
    let run = last.run;
    // What has ended in the last run is there, whatever was the case before.
    let here = match open::has_gone(db)? {
        true => format!("(run = {run} OR id NOT IN (SELECT job FROM gone))"),
        false => "TRUE".into(),
    };
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
        started: last.started,
        ended: last.ended,
    })
}

/// The last run.
#[derive(Default)]
struct Last {
    run: i64,
    started: Option<f64>,
    ended: Option<f64>,
    /// Jobs that were found and had not been done before.
    found: u64,
    complete: bool,
}

impl Last {
    fn read(db: &Connection) -> rusqlite::Result<Last> {
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

fn command(db: &Connection) -> rusqlite::Result<Vec<(String, Vec<u8>)>> {
    let mut statement = db.prepare("SELECT label, value FROM command WHERE value != '' ORDER BY label")?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row::bytes(row.get_ref(1)?)?.to_vec())))?;
    rows.collect()
}

fn causes(db: &Connection, here: &str) -> rusqlite::Result<Vec<FailureCause>> {
    let mut statement = db.prepare(&format!(
        "SELECT coalesce(cause, ''), count(*) AS jobs, min(input) FROM jobs WHERE outcome = 'failed' AND {here} \
         GROUP BY cause ORDER BY jobs DESC, cause LIMIT ?1"
    ))?;
    let rows = statement.query_map([CAUSES], |row| {
        Ok(FailureCause {
            cause: row.get(0)?,
            jobs: row.get::<_, i64>(1)?.cast_unsigned(),
            input: row::bytes(row.get_ref(2)?)?.to_vec(),
        })
    })?;
    rows.collect()
}

//! The tables of a state: their creation, their version, and the command line that they belong to.
//!
//! It does not know what the rows mean.

use super::error::StateError;
use super::row;
use crate::message;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// The application id in the header of every state: `fanf`.
pub(super) const APPLICATION: i32 = 0x6661_6e66;

/// The version of the schema.
pub(super) const VERSION: i32 = 2;

/// The tables, which src/help/state.md documents. A change of a table changes the version.
const SCHEMA: &str = include_str!("schema.sql");

/// Tables that older fanfolds did not create. A state without them is given them.
const YOUNGER: [&str; 6] = ["bundles", "details", "files", "gone", "savings", "stems"];

/// Builds the error of a state that a newer fanfold wrote.
pub(super) fn newer(version: i32) -> StateError {
    StateError::refused(format!(
        "a state of version {version}, and this fanfold knows version {VERSION} and older ones"
    ))
}

/// Prepares a state for a run: an empty one is given its tables, an existing one must belong to the same
/// command line.
pub(super) fn claim(db: &Connection, command_key: &[(&'static str, Vec<u8>)]) -> Result<(), StateError> {
    if version(db)? == 0 {
        create(db, command_key)?;
    } else {
        check_command(db, command_key)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        // All of it or nothing: a state that is killed meanwhile is still of the older version.
        let upgrading = db.unchecked_transaction()?;
        db.execute_batch(SCHEMA)?;
        if version(db)? < VERSION {
            db.pragma_update(None, "user_version", VERSION)?;
        }
        upgrading.commit()?;
    }
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// Returns the version of a state, 0 for an empty database.
pub(super) fn version(db: &Connection) -> Result<i32, StateError> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, version) if version > VERSION => Err(newer(version)),
        (APPLICATION, version) if version > 0 && tables > 0 => Ok(version),
        (0, 0) if tables == 0 => Ok(0),
        _ => Err(StateError::refused(
            "not a state file, but another SQLite database",
        )),
    }
}

/// Returns the names and definitions of the tables of a state, without foreign ones.
fn tables(db: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = db.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE name IN \
         ('command', 'runs', 'jobs', 'inputs', 'parts', 'bundles', 'details', 'gone', 'files', 'stems', 'savings') \
         ORDER BY name",
    )?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn is_among(tables: &[(String, String)], name: &str) -> bool {
    tables.iter().any(|(table, _)| table == name)
}

/// Returns true when a state has this table. An older one that was only read since lacks the younger ones.
pub(super) fn has(db: &Connection, table: &str) -> rusqlite::Result<bool> {
    Ok(is_among(&tables(db)?, table))
}

/// Creates the tables in an empty database.
fn create(db: &Connection, command_key: &[(&'static str, Vec<u8>)]) -> Result<(), StateError> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    let making = db.unchecked_transaction()?;
    db.execute_batch(SCHEMA)?;
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", VERSION)?;
    for (label, value) in command_key {
        let value = row::text(value);
        db.execute(
            "INSERT INTO command (label, value) VALUES (?1, ?2)",
            (label, value),
        )?;
    }
    making.commit()?;
    // Copies the log into the file, so that the file's own header identifies it.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    Ok(())
}

/// Refuses a state that belongs to another command line or has other tables.
pub(super) fn check_command(
    db: &Connection,
    command_key: &[(&'static str, Vec<u8>)],
) -> Result<(), StateError> {
    version(db)?;
    let empty = Connection::open_in_memory()?;
    empty.execute_batch(SCHEMA)?;
    let (found, mut wanted) = (tables(db)?, tables(&empty)?);
    wanted.retain(|(name, _)| !YOUNGER.contains(&name.as_str()) || is_among(&found, name));
    if found != wanted {
        return Err(StateError::damaged("its tables are not those of this version"));
    }
    let stored = |label: &str| -> rusqlite::Result<Vec<u8>> {
        let sql = "SELECT value FROM command WHERE label = ?1";
        let value = db.query_row(sql, [label], |row| Ok(row::bytes(row.get_ref(0)?)?.to_vec()));
        Ok(value.optional()?.unwrap_or_default())
    };
    for (label, now) in command_key {
        let stored = stored(label)?;
        if stored != *now {
            return Err(StateError::refused(format!(
                "the state of another command line: {label}: stored '{}', now '{}'",
                message::display_name(OsStr::from_bytes(&stored)),
                message::display_name(OsStr::from_bytes(now))
            )));
        }
    }
    Ok(())
}

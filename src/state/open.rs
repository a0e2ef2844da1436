//! Opening and locking of a state file.
//!
//! A file that is not a state stays unchanged: SQLite opens it only when its header does not decide, and
//! then to read. This file does not know the tables of a state.

use super::error::StateError;
use super::schema::{APPLICATION, VERSION, newer, version};
use super::sqlite_file::{SqliteFile, is_log_refused};
use crate::message;
use crate::plan::{Existing, LockHeld};
use crate::sys::{lock_file, lock_to_read};
use rusqlite::Connection;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

/// The length of SQLite's header.
const HEADER: usize = 100;

/// The time for which a lock may outlive its owner: when fanfold is killed while it spawns a child, the
/// child keeps the file open until its exec.
const LOCK_LEFTOVER: Duration = Duration::from_millis(300);

/// Locks a state file, which it creates when there is none, and opens it to be written.
pub(super) fn open_locked(
    file: &Path,
    existing: Existing,
    held: LockHeld,
) -> Result<(Connection, File), StateError> {
    let shown = message::display_name(file.as_os_str());
    let opened = lock(file, held).and_then(|lock| {
        let found = recognize(&lock)?;
        let files = SqliteFile::from_path(file)?;
        if existing == Existing::Forget {
            forget(&files, &lock, found)?;
        }
        let db = files.open()?;
        prepare(&db)?;
        Ok((db, lock))
    });
    opened.map_err(|error: StateError| error.in_file(&shown))
}

/// Empties a state. A file that is not a state is refused and stays unchanged.
fn forget(files: &SqliteFile, database: &File, found: Found) -> Result<(), StateError> {
    if found == Found::Unknown {
        let db = files.open()?;
        if version(&db)? == 0 {
            return Ok(());
        }
    }
    Ok(files.empty(database)?)
}

/// Opens a state to be read, which another process may use; `None` when there is none.
pub(super) fn open_read_only(file: &Path) -> Result<Option<Connection>, StateError> {
    let shown = message::display_name(file.as_os_str());
    let open = || -> Result<Option<Connection>, StateError> {
        match File::open(file) {
            Ok(found) => recognize(&found)?,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause.into()),
        };
        let db = SqliteFile::from_path(file)?
            .open_read_only()
            .map_err(|cause| match cause {
                cause if is_log_refused(&cause) => StateError::not_closed(),
                cause => cause.into(),
            })?;
        // An empty file is a state that is being created, or whose creator was killed.
        let made = version(&db)? != 0;
        Ok(Some(db).filter(|_| made))
    };
    open().map_err(|error| error.in_file(&shown))
}

/// Opens a state to be read that no run uses, and keeps runs from using it.
pub(super) fn open_at_rest(file: &Path) -> Result<(Connection, File), StateError> {
    let shown = message::display_name(file.as_os_str());
    let lock = || -> Result<File, StateError> {
        let lock = lock_to_read(file, Instant::now() + LOCK_LEFTOVER)?;
        lock.ok_or_else(|| StateError::in_use("fanfold"))
    };
    let lock = lock().map_err(|error| error.in_file(&shown))?;
    let db = open_read_only(file)?.ok_or_else(|| StateError::refused("no jobs are in it").in_file(&shown))?;
    Ok((db, lock))
}

/// Locks the file that has this name now, exclusively.
fn lock(file: &Path, held: LockHeld) -> Result<File, StateError> {
    let until = match held {
        LockHeld::Refuse => Some(Instant::now() + LOCK_LEFTOVER),
        LockHeld::Wait { until } => until,
    };
    let Some(open) = lock_file(file, 0o600, until)? else {
        return Err(StateError::in_use("fanfold"));
    };
    match open.metadata()?.is_file() {
        true => Ok(open),
        false => Err(StateError::refused("not a regular file")),
    }
}

/// What the header of a file says about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// The file is empty. SQLite then takes the database for empty, whatever logs lie beside it.
    Empty,
    /// The file is a state.
    State,
    /// The file is one page without an application id: a state whose creator was killed, or the beginning
    /// of any other database. Only its log can tell.
    Unknown,
}

/// Reads the header, which SQLite specifies at
/// <https://www.sqlite.org/fileformat.html#the_database_header>, and refuses a file that can't be a state.
fn recognize(file: &File) -> Result<Found, StateError> {
    let size = file.metadata()?.len();
    if size == 0 {
        return Ok(Found::Empty);
    }
    let mut header = [0; HEADER];
    let read = file.read_exact_at(&mut header, 0);
    let number = |at: usize| {
        let bytes = header[at..at + 4].try_into();
        i32::from_be_bytes(bytes.expect("four bytes"))
    };
    if read.is_err() || !header.starts_with(b"SQLite format 3\0") {
        return Err(StateError::refused("not a state file"));
    }
    // The write and the read version: 1 is a rollback journal, 2 a write-ahead log. SQLite itself would
    // report any other value as a file that can't be written.
    if header[18..20].iter().any(|version| !matches!(version, 1 | 2)) {
        return Err(StateError::damaged("not an SQLite database header"));
    }
    let page = u64::from(u16::from_be_bytes([header[16], header[17]])).max(512);
    match number(68) {
        APPLICATION if number(60) > VERSION => Err(newer(number(60))),
        APPLICATION => Ok(Found::State),
        0 if size <= page && number(60) == 0 => Ok(Found::Unknown),
        _ => Err(StateError::refused(
            "not a state file, but another SQLite database",
        )),
    }
}

/// Sets the pragmas of a state that is written.
fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    // A commit is one write, which survives our own death. When the machine dies, the last commits may be
    // lost but are never torn: their jobs run again.
    db.pragma_update(None, "synchronous", "NORMAL")?;
    // More statements than a run prepares.
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

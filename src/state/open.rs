//! Taking hold of a state file: what it is, whether it is free, and whose it is.
//!
//! A file that is no state is left as it is: SQLite opens it only where its header can't tell, and then to read.

use super::sqlite_file::{SqliteFile, is_kept_out};
use super::{StateError, StateErrorKind};
use crate::message;
use crate::plan::Existing;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OptionalExtension as _};
use rustix::fs::{FlockOperation, flock};
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// What stands in the header of every state: `fanf`.
const APPLICATION: i32 = 0x6661_6e66;

/// The version of the schema.
const VERSION: i32 = 1;

/// The tables. Documented in README.md; what changes in one changes the version. Some are younger than
/// the others: a state that has none of them is given them.
const SCHEMA: &str = include_str!("schema.sql");

const YOUNGER: [&str; 2] = ["bundles", "gone"];

/// The length of SQLite's header, of which we read a little ourselves.
const HEADER: usize = 100;

/// How long a lock may outlive who held it: a child that was being started when its parent was killed
/// has the file until it becomes another program.
const LEFTOVER: Duration = Duration::from_millis(300);

/// Why a state can't be used, before the file's name is added.
pub(super) struct OpenError {
    kind: StateErrorKind,
    what: String,
}

impl OpenError {
    pub fn in_file(self, file: &str) -> StateError {
        StateError {
            file: file.to_owned(),
            what: self.what,
            kind: self.kind,
        }
    }
}

fn refused(what: impl Into<String>) -> OpenError {
    OpenError {
        kind: StateErrorKind::Refused,
        what: what.into(),
    }
}

fn damaged(how: &str) -> OpenError {
    refused(format!("damaged ({how}); --fresh begins anew"))
}

/// What was last written to it is still in its log, and reading that takes more than may be done.
fn unfinished() -> OpenError {
    OpenError {
        kind: StateErrorKind::Io,
        what: "it is in use or was not closed, and can only be read by who may write to its directory".into(),
    }
}

/// There is no state.
pub(super) fn nothing() -> OpenError {
    refused("no state is there")
}

impl From<io::Error> for OpenError {
    fn from(cause: io::Error) -> Self {
        OpenError {
            kind: StateErrorKind::Io,
            what: message::cause(&cause),
        }
    }
}

impl From<rusqlite::Error> for OpenError {
    fn from(cause: rusqlite::Error) -> Self {
        OpenError::from(&cause)
    }
}

impl From<&rusqlite::Error> for OpenError {
    fn from(cause: &rusqlite::Error) -> Self {
        let said = cause.to_string();
        match cause.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => refused("not a state file"),
            // With `Unknown`, SQLite means a statement that does not fit the tables as it finds them.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => damaged(&said),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError {
                kind: StateErrorKind::InUse,
                what: "in use by another program".into(),
            },
            Some(_) => OpenError {
                kind: StateErrorKind::Io,
                what: format!("the state can't be written: {said}"),
            },
        }
    }
}

/// Locks the state file, making it where there is none, and opens it.
pub(super) fn hold(file: &Path, existing: Existing) -> Result<(Connection, File), StateError> {
    let shown = message::shown(file.as_os_str());
    let held = lock(file).and_then(|lock| {
        let found = recognise(&lock)?;
        let files = SqliteFile::from_path(file)?;
        if existing == Existing::Forget {
            forget(&files, &lock, found)?;
        }
        let db = files.open()?;
        prepare(&db)?;
        Ok((db, lock))
    });
    held.map_err(|wrong: OpenError| wrong.in_file(&shown))
}

/// Forgets a state; what is none is refused, and left as it is.
fn forget(files: &SqliteFile, database: &File, found: Found) -> Result<(), OpenError> {
    if found == Found::Unsaid {
        let db = files.open()?;
        if version(&db)? == 0 {
            return Ok(());
        }
    }
    Ok(files.empty(database)?)
}

/// Opens an existing state for a look; `None` where there is none.
pub(super) fn look(file: &Path) -> Result<Option<Connection>, StateError> {
    let shown = message::shown(file.as_os_str());
    let looked = || -> Result<Option<Connection>, OpenError> {
        match File::open(file) {
            Ok(found) => recognise(&found)?,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(cause) => return Err(cause.into()),
        };
        let db = SqliteFile::from_path(file)?.look().map_err(|cause| match cause {
            cause if is_kept_out(&cause) => unfinished(),
            cause => cause.into(),
        })?;
        // An empty one is about to be made, or was about to be when its maker was killed.
        let made = version(&db)? != 0;
        Ok(Some(db).filter(|_| made))
    };
    looked().map_err(|wrong| wrong.in_file(&shown))
}

/// An exclusive lock on the file that has this name now.
fn lock(file: &Path) -> Result<File, OpenError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).mode(0o600);
    let until = Instant::now() + LEFTOVER;
    loop {
        let open = options.open(file)?;
        let found = open.metadata()?;
        if !found.is_file() {
            return Err(refused("not a regular file"));
        }
        match flock(&open, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(rustix::io::Errno::WOULDBLOCK) if Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
                continue;
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                return Err(OpenError {
                    kind: StateErrorKind::InUse,
                    what: "in use by another fanfold".into(),
                });
            }
            Err(cause) => return Err(io::Error::from(cause).into()),
        }
        // Someone may have put another file in its place meanwhile.
        match fs::metadata(file) {
            Ok(now) if (now.dev(), now.ino()) == (found.dev(), found.ino()) => return Ok(open),
            _ => {}
        }
    }
}

/// What a file says of itself that can be a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    /// It is empty. So it is to SQLite, whatever lies beside it.
    Empty,
    /// It is a state.
    State,
    /// It is one page that says nothing: what is left of a maker that was killed, or the beginning of any
    /// database. What it is stands in its log, if anywhere.
    Unsaid,
}

/// Whether this can be a state: by its header, which SQLite specifies at
/// <https://www.sqlite.org/fileformat.html#the_database_header>.
fn recognise(file: &File) -> Result<Found, OpenError> {
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
        return Err(refused("not a state file"));
    }
    // How it may be written and read: by a journal or a log. SQLite would call another a file that can't be
    // written.
    if header[18..20].iter().any(|version| !matches!(version, 1 | 2)) {
        return Err(damaged("its header is none"));
    }
    let page = u64::from(u16::from_be_bytes([header[16], header[17]])).max(512);
    match number(68) {
        APPLICATION if number(60) > VERSION => Err(newer(number(60))),
        APPLICATION => Ok(Found::State),
        0 if size <= page && number(60) == 0 => Ok(Found::Unsaid),
        _ => Err(refused("not a state file, but another SQLite database")),
    }
}

fn newer(version: i32) -> OpenError {
    refused(format!(
        "a state of version {version}, and this fanfold knows version {VERSION} and older ones"
    ))
}

fn prepare(db: &Connection) -> rusqlite::Result<()> {
    db.pragma_update(None, "cell_size_check", true)?;
    db.pragma_update(None, "trusted_schema", false)?;
    // A commit is one write, which outlives our death. Where the machine dies, the last commits
    // may be lost, never torn: those jobs run again.
    db.pragma_update(None, "synchronous", "NORMAL")?;
    // The names of more columns than anyone asks for.
    db.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Makes the state ours: a new one is given its tables, one that exists is to be of the same
/// command line.
pub(super) fn claim(db: &Connection, meaning: &[(&'static str, Vec<u8>)]) -> Result<(), OpenError> {
    if version(db)? == 0 {
        make(db, meaning)?;
    } else {
        same_command(db, meaning)?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        for missing in missing(db)? {
            db.execute_batch(&missing)?;
        }
    }
    db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(())
}

/// The version of a state, 0 for an empty database.
pub(super) fn version(db: &Connection) -> Result<i32, OpenError> {
    let number = |name: &str| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let tables: i64 = db.query_row("SELECT count(*) FROM sqlite_schema", (), |row| row.get(0))?;
    match (number("application_id")?, number("user_version")?) {
        (APPLICATION, version) if version > VERSION => Err(newer(version)),
        (APPLICATION, version) if version > 0 && tables > 0 => Ok(version),
        (0, 0) if tables == 0 => Ok(0),
        _ => Err(refused("not a state file, but another SQLite database")),
    }
}

/// An empty state in memory.
fn made() -> rusqlite::Result<Connection> {
    let db = Connection::open_in_memory()?;
    db.execute_batch(SCHEMA)?;
    Ok(db)
}

/// How the tables of a state are defined. Others may stand beside them.
fn tables(db: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = db.prepare(
        "SELECT name, sql FROM sqlite_schema WHERE name IN \
         ('command', 'runs', 'jobs', 'inputs', 'parts', 'bundles', 'gone') ORDER BY name",
    )?;
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect()
}

fn is_younger(name: &str) -> bool {
    YOUNGER.contains(&name)
}

fn is_among(tables: &[(String, String)], name: &str) -> bool {
    tables.iter().any(|(table, _)| table == name)
}

/// The definitions of the younger tables that a state has not.
fn missing(db: &Connection) -> rusqlite::Result<Vec<String>> {
    let found = tables(db)?;
    if YOUNGER.iter().all(|name| is_among(&found, name)) {
        return Ok(Vec::new());
    }
    let all = tables(&made()?)?.into_iter();
    let missing = all.filter(|(name, _)| is_younger(name) && !is_among(&found, name));
    Ok(missing.map(|(_, sql)| sql).collect())
}

/// Whether a state says which of its jobs are gone: one that was only looked at since there is this may not.
pub(super) fn has_gone(db: &Connection) -> rusqlite::Result<bool> {
    Ok(is_among(&tables(db)?, "gone"))
}

fn make(db: &Connection, meaning: &[(&'static str, Vec<u8>)]) -> Result<(), OpenError> {
    db.pragma_update(None, "journal_mode", "WAL")?;
    let making = db.unchecked_transaction()?;
    db.execute_batch(SCHEMA)?;
    db.pragma_update(None, "application_id", APPLICATION)?;
    db.pragma_update(None, "user_version", VERSION)?;
    for (label, value) in meaning {
        let value = super::row::text(value);
        db.execute(
            "INSERT INTO command (label, value) VALUES (?1, ?2)",
            (label, value),
        )?;
    }
    making.commit()?;
    // From now on the file itself says what it is.
    db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |_| Ok(()))?;
    Ok(())
}

/// Compares the command line with that of the state.
pub(super) fn same_command(db: &Connection, meaning: &[(&'static str, Vec<u8>)]) -> Result<(), OpenError> {
    version(db)?;
    let (found, mut wanted) = (tables(db)?, tables(&made()?)?);
    wanted.retain(|(name, _)| !is_younger(name) || is_among(&found, name));
    if found != wanted {
        return Err(damaged("its tables are not those of this version"));
    }
    let stored = |label: &str| -> rusqlite::Result<Vec<u8>> {
        let sql = "SELECT value FROM command WHERE label = ?1";
        let value = db.query_row(sql, [label], |row| {
            Ok(super::row::bytes(row.get_ref(0)?)?.to_vec())
        });
        Ok(value.optional()?.unwrap_or_default())
    };
    for (label, now) in meaning {
        let stored = stored(label)?;
        if stored != *now {
            return Err(refused(format!(
                "the state of another command line: {label}: stored '{}', now '{}'",
                message::shown(OsStr::from_bytes(&stored)),
                message::shown(OsStr::from_bytes(now))
            )));
        }
    }
    Ok(())
}

//! An SQLite database and the log that SQLite keeps beside it: how both are opened and emptied.
//!
//! This file does not know that the database is a state, nor its tables.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The time to wait for another program that reads the database.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// An existing database, by its canonical path: SQLite gives names like `:memory:` and `file:x` a meaning
/// of their own, and puts the log of a symbolic link beside the link's target.
pub(super) struct SqliteFile {
    database: PathBuf,
}

impl SqliteFile {
    /// Resolves the name of an existing database.
    pub fn from_path(name: &Path) -> io::Result<Self> {
        let database = fs::canonicalize(name)?;
        Ok(SqliteFile { database })
    }

    /// Returns the path of a file beside the database.
    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(end);
        name.into()
    }

    /// Returns true when a log may hold changes that the database lacks.
    fn has_log(&self) -> bool {
        fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0)
    }

    /// Opens the database to be written. An existing log stays when the connection closes; a log that this
    /// connection creates is removed.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let log = self.beside("-wal").exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&self.database, flags)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log)?;
        db.busy_timeout(BUSY_TIMEOUT)?;
        Ok(db)
    }

    /// Opens the database to be read.
    pub fn open_read_only(&self) -> rusqlite::Result<Connection> {
        // The last connection that closes removes the log, for which it must be able to write.
        let db = self.open()?;
        db.pragma_update(None, "query_only", true)?;
        let read = db.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()));
        match read {
            // SQLite can't create a log there. Without a log nobody writes, and the file alone is complete.
            Err(cause) if is_log_refused(&cause) && !self.has_log() => self.open_immutable(),
            read => read.map(|()| db),
        }
    }

    /// Opens the database as a file that nobody changes.
    fn open_immutable(&self) -> rusqlite::Result<Connection> {
        let mut name = String::from("file:");
        for byte in self.database.as_os_str().as_bytes() {
            // Writing to memory does not fail.
            let _ = match byte {
                b'/' | b'.' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => {
                    write!(name, "{}", char::from(*byte))
                }
                _ => write!(name, "%{byte:02x}"),
            };
        }
        name.push_str("?immutable=1");
        let how = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Connection::open_with_flags(name, how | OpenFlags::SQLITE_OPEN_URI)
    }

    /// Empties the database and removes its logs. The database comes first, so that a kill in between can't
    /// bring old content back.
    pub fn empty(&self, database: &File) -> io::Result<()> {
        database.set_len(0)?;
        for end in ["-wal", "-shm"] {
            match fs::remove_file(self.beside(end)) {
                Err(cause) if cause.kind() != io::ErrorKind::NotFound => return Err(cause),
                _ => {}
            }
        }
        Ok(())
    }
}

/// Returns true when the cause is that SQLite could not create a log.
pub(super) fn is_log_refused(cause: &rusqlite::Error) -> bool {
    let code = cause.sqlite_error_code();
    matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

//! The files of a state: the database, and the log that SQLite keeps beside it while it is open; how they are
//! opened and emptied.
//!
//! It does not know whose they are, nor what is in them.

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};
use std::fmt::Write as _;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long to wait for another program that looks at the file.
const PATIENCE: Duration = Duration::from_secs(5);

/// A database that is there, by a name that can't be taken for anything else: SQLite reads a meaning of its own
/// into `:memory:` and `file:x`, and puts what belongs to a link beside the file that it is a link to.
pub(super) struct SqliteFile {
    database: PathBuf,
}

impl SqliteFile {
    /// The files of the database that has this name.
    pub fn from_path(name: &Path) -> io::Result<Self> {
        let database = fs::canonicalize(name)?;
        Ok(SqliteFile { database })
    }

    fn beside(&self, end: &str) -> PathBuf {
        let mut name = self.database.clone().into_os_string();
        name.push(end);
        name.into()
    }

    /// Whether there is anything in a log that is not in the database.
    fn has_log(&self) -> bool {
        fs::metadata(self.beside("-wal")).is_ok_and(|log| log.len() > 0)
    }

    /// Opens it. A log that lies there is left as it is when it is closed; one that was made for us is removed.
    pub fn open(&self) -> rusqlite::Result<Connection> {
        let log = self.beside("-wal").exists();
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(&self.database, flags)?;
        db.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, log)?;
        db.busy_timeout(PATIENCE)?;
        Ok(db)
    }

    /// Opens it to be read.
    pub fn look(&self) -> rusqlite::Result<Connection> {
        // To be the last that closes it and takes its log away, one has to be able to write.
        let db = self.open()?;
        db.pragma_update(None, "query_only", true)?;
        let read = db.query_row("SELECT count(*) FROM sqlite_schema", (), |_| Ok(()));
        match read {
            // There is no making a log there. Where there is none, nobody writes: the file says it all.
            Err(cause) if is_kept_out(&cause) && !self.has_log() => self.open_still(),
            read => read.map(|()| db),
        }
    }

    /// Opens it as a file that nobody changes.
    fn open_still(&self) -> rusqlite::Result<Connection> {
        let mut name = String::from("file:");
        for byte in self.database.as_os_str().as_bytes() {
            // Into memory: it can't fail.
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

    /// Forgets everything. First the database, so that a kill in between leaves no old one to return.
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

/// Whether SQLite could not make a log.
pub(super) fn is_kept_out(cause: &rusqlite::Error) -> bool {
    let code = cause.sqlite_error_code();
    matches!(code, Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly))
}

//! The reasons why a state can't be used.

use crate::message;
use rusqlite::ErrorCode;
use std::{fmt, io};

/// The reason why a state can't be used, with the name of its file.
#[derive(Debug)]
pub struct StateError {
    file: String,
    what: String,
    /// The kind of the reason.
    pub kind: StateErrorKind,
}

/// The kind of a [`StateError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateErrorKind {
    /// The file is not a state, is a newer one, is damaged, or belongs to another command line. It was left
    /// unchanged.
    Refused,
    /// Another process uses it.
    InUse,
    /// It can't be read or written.
    Io,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

impl std::error::Error for StateError {}

/// A [`StateError`] that does not name its file yet.
pub(super) struct OpenError {
    kind: StateErrorKind,
    what: String,
}

impl OpenError {
    /// Adds the name of the file.
    pub fn in_file(self, file: &str) -> StateError {
        StateError {
            file: file.to_owned(),
            what: self.what,
            kind: self.kind,
        }
    }

    /// Builds the error of a file that is not a usable state.
    pub fn refused(what: impl Into<String>) -> Self {
        OpenError {
            kind: StateErrorKind::Refused,
            what: what.into(),
        }
    }

    /// Builds the error of a damaged state.
    pub fn damaged(how: &str) -> Self {
        OpenError::refused(format!("damaged ({how}); --fresh begins anew"))
    }

    /// Builds the error of a file that does not exist.
    pub fn missing() -> Self {
        OpenError::refused("no such state file")
    }

    /// Builds the error of a state that another program uses.
    pub fn in_use(by: &str) -> Self {
        OpenError {
            kind: StateErrorKind::InUse,
            what: format!("in use by another {by}"),
        }
    }

    /// Builds the error of a state whose last changes are still in SQLite's log, when the directory is not
    /// writable: SQLite can't read a log without writing beside it.
    pub fn not_closed() -> Self {
        OpenError {
            kind: StateErrorKind::Io,
            what: "in use or not closed: reading it takes write access to its directory".into(),
        }
    }
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
            Some(ErrorCode::NotADatabase) => OpenError::refused("not a state file"),
            // SQLite gives `Unknown` when a statement does not fit the tables that it finds.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => OpenError::damaged(&said),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::in_use("program"),
            Some(_) => OpenError {
                kind: StateErrorKind::Io,
                what: format!("can't write the state: {said}"),
            },
        }
    }
}

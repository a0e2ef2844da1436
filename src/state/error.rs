//! The reasons why a state can't be used.

use crate::message;
use rusqlite::ErrorCode;
use std::{fmt, io};

/// The reason why a state can't be used.
#[derive(Debug)]
pub struct StateError {
    /// The name of the file; empty until [`StateError::in_file`].
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

impl StateError {
    fn new(kind: StateErrorKind, what: impl Into<String>) -> Self {
        StateError {
            file: String::new(),
            what: what.into(),
            kind,
        }
    }

    /// Adds the name of the file.
    pub(super) fn in_file(self, file: &str) -> Self {
        StateError {
            file: file.to_owned(),
            ..self
        }
    }

    /// Builds the error of a file that is not a usable state.
    pub(super) fn refused(what: impl Into<String>) -> Self {
        StateError::new(StateErrorKind::Refused, what)
    }

    /// Builds the error of a damaged state.
    pub(super) fn damaged(how: &str) -> Self {
        StateError::refused(format!("damaged ({how}); --fresh begins anew"))
    }

    /// Builds the error of a state that another program uses.
    pub(super) fn in_use(by: &str) -> Self {
        StateError::new(StateErrorKind::InUse, format!("in use by another {by}"))
    }

    /// Builds the error of a state whose last changes are still in SQLite's log, when the directory is not
    /// writable: SQLite can't read a log without writing beside it.
    pub(super) fn not_closed() -> Self {
        let what = "in use or not closed: reading it takes write access to its directory";
        StateError::new(StateErrorKind::Io, what)
    }
}

impl From<io::Error> for StateError {
    fn from(cause: io::Error) -> Self {
        StateError::new(StateErrorKind::Io, message::cause(&cause))
    }
}

impl From<rusqlite::Error> for StateError {
    fn from(cause: rusqlite::Error) -> Self {
        let said = cause.to_string();
        match cause.sqlite_error_code() {
            Some(ErrorCode::NotADatabase) => StateError::refused("not a state file"),
            // SQLite gives `Unknown` when a statement does not fit the tables that it finds.
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::Unknown) | None => StateError::damaged(&said),
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => StateError::in_use("program"),
            Some(_) => StateError::new(StateErrorKind::Io, format!("can't write the state: {said}")),
        }
    }
}

//! The error of a run that finds the lock of another.

use crate::message;
use std::fmt;
use std::path::{Path, PathBuf};

/// Another run holds the lock.
#[derive(Debug)]
pub(super) struct LockInUse(PathBuf);

impl LockInUse {
    /// Builds the error about this file.
    pub(super) fn new(file: &Path) -> Self {
        LockInUse(file.to_owned())
    }
}

impl fmt::Display for LockInUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: another run holds the lock",
            message::display_name(self.0.as_os_str())
        )
    }
}

impl std::error::Error for LockInUse {}

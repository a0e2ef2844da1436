//! The error of a command line that asks for something impossible.

use std::fmt;

/// What is wrong with the command line. fanfold exits with 2; xargs exits with 1 and points to `--help`.
#[derive(Debug)]
pub(super) struct UsageError(pub(super) String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

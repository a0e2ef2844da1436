//! Why saved folds can't be added up.

use std::fmt;

/// Why saved folds can't be added up.
#[derive(Debug)]
pub struct SavedError(pub(crate) String);

impl fmt::Display for SavedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SavedError {}

impl SavedError {
    /// Builds the error of a file.
    pub(super) fn of_file(shown: &str, what: impl fmt::Display) -> Self {
        SavedError(format!("{shown}: {what}"))
    }
}

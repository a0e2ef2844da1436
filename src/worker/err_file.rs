//! The file of what a command writes to standard error in one try.
//!
//! It does not know whether the try counts.

use crate::job::Failure;
use crate::output::NewFile;

/// The standard error of one try. Dropped, it leaves nothing.
pub(crate) struct ErrFile {
    file: NewFile,
    /// Why a write failed.
    failure: Option<Failure>,
}

impl ErrFile {
    /// Returns a file that is made when the first bytes come.
    pub(super) fn new(file: NewFile) -> Self {
        ErrFile { file, failure: None }
    }

    /// Adds bytes, unless a write has failed before.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.file.write(bytes).err();
        }
    }

    /// Tells whether a write has failed: then the job fails, and need not go on.
    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Gives the file its name.
    ///
    /// # Errors
    /// `Own`, when it could not be written.
    pub(crate) fn commit(self) -> Result<(), Failure> {
        match self.failure {
            Some(failure) => Err(failure),
            None => self.file.commit(),
        }
    }
}

//! Where the output of a try goes.
//!
//! It does not know what is written.

use crate::job::Failure;
use crate::merge::{MergeOutput, Merged};
use crate::output::NewFile;

/// Where the output of a try goes. Dropped, it leaves nothing of the try.
pub(crate) enum TryDestination<'a> {
    /// To the main thread, piece by piece, or into a fold.
    Main,
    /// To the job's own file.
    File(NewFile),
    /// To what is merged, or to what a merge makes of it.
    Merge(MergeOutput<'a>),
}

impl TryDestination<'_> {
    /// Tells whether the output goes to the main thread, or into a fold.
    pub(super) fn is_main(&self) -> bool {
        matches!(self, TryDestination::Main)
    }

    /// Writes bytes, unless they go to the main thread.
    ///
    /// # Errors
    /// `Own`, when they cannot be written.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        match self {
            TryDestination::Main => Ok(()),
            TryDestination::File(file) => file.write(bytes),
            TryDestination::Merge(output) => output.write(bytes),
        }
    }

    /// Makes the output count: gives the file its name, or ends what is merged.
    ///
    /// # Errors
    /// `Own`, when it cannot be written.
    pub(crate) fn commit(self) -> Result<Option<Merged>, Failure> {
        match self {
            TryDestination::Main => Ok(None),
            TryDestination::File(file) => file.commit().map(|()| None),
            TryDestination::Merge(output) => output.finish().map(Some),
        }
    }
}

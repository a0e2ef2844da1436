//! What a command writes to standard error in one try: the file of it, and its end.
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

/// How many bytes of the end are kept.
const TAIL: usize = 2048;

/// The end of standard error.
#[derive(Debug, Default)]
pub(super) struct ErrTail(Vec<u8>);

impl ErrTail {
    /// Adds bytes, and forgets what is no longer of the end.
    pub(super) fn add(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(TAIL)..];
        let over = (self.0.len() + bytes.len()).saturating_sub(TAIL);
        self.0.drain(..over);
        self.0.extend_from_slice(bytes);
    }

    /// Returns the bytes.
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_however_it_comes() {
        let bytes: Vec<u8> = (0..10_000_u32).map(|at| (at % 251) as u8).collect();
        for size in [1, 7, 2047, 2048, 2049, 10_000] {
            let mut tail = ErrTail::default();
            bytes.chunks(size).for_each(|chunk| tail.add(chunk));
            assert!(tail.into_bytes() == bytes[10_000 - TAIL..], "{size}");
        }
    }
}

//! A file that a child is fed.
//!
//! A file that may keep its reader waiting (a FIFO, a terminal) is waited for together with the child, so that
//! neither the child's end nor its timeout nor the end of the run goes unnoticed. It does not know the child.

use crate::control::ReadCounter;
use crate::map::SizedFile;
use crate::sys::open_nonblocking;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::{AsFd as _, BorrowedFd};

/// An open file.
#[derive(Debug)]
pub(super) struct StdinFile {
    file: File,
    /// Its size, when it is a regular file.
    size: Option<u64>,
}

/// Waits until there is something to read from a file. Returns false when the child takes no more.
type AwaitSource<'r> = dyn FnMut(BorrowedFd<'_>) -> bool + 'r;

impl StdinFile {
    /// Opens the file with this name, a FIFO even when nobody writes to it yet.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn open(name: &OsStr) -> io::Result<Self> {
        let file = match open_nonblocking(name.as_ref()) {
            // Another process has a lease on it, and is given the time to return that.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => File::open(name),
            opened => opened,
        }?;
        let found = file.metadata()?;
        let size = found.is_file().then_some(found.len());
        Ok(StdinFile { file, size })
    }

    /// Returns the size of a regular file.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns a reader that waits by `await_source` when there may be nothing to read yet.
    /// What it reads is counted.
    pub(super) fn reader<'r>(
        &'r self,
        counter: &ReadCounter,
        await_source: &'r mut AwaitSource<'r>,
    ) -> StdinReader<'r> {
        StdinReader {
            input: self,
            // Files that the kernel makes up have size 0.
            sized: self
                .size
                .filter(|size| *size > 0)
                .map(|size| SizedFile::new(&self.file, size, 0).counted(counter.clone())),
            await_source,
            is_unwanted: false,
        }
    }
}

/// Reads a file for a child.
pub(super) struct StdinReader<'r> {
    input: &'r StdinFile,
    /// The file, when it has a size that is read.
    sized: Option<SizedFile<&'r File>>,
    await_source: &'r mut AwaitSource<'r>,
    /// Whether nothing was read because the child takes no more.
    pub(super) is_unwanted: bool,
}

impl Read for StdinReader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(file) = &mut self.sized {
            return file.read(buffer);
        }
        let mut file = &self.input.file;
        let may_wait = self.input.size.is_none();
        loop {
            if may_wait && !(self.await_source)(file.as_fd()) {
                self.is_unwanted = true;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            match file.read(buffer) {
                // Another reader of the same FIFO was faster.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && may_wait => {}
                end => return end,
            }
        }
    }
}

//! An input that a child is fed.
//!
//! What may keep its reader waiting (a FIFO, a terminal) is waited for together with the child, so that
//! neither its end nor its time nor the end of the run passes unheard.

use super::command::Supervision;
use crate::sys::open_nonblocking;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::AsFd as _;

/// An open input.
pub(super) struct StdinFile {
    file: File,
    /// Its size, where it is a file that has one.
    size: Option<u64>,
}

impl StdinFile {
    /// Opens the file with this name; a FIFO also where nobody writes to it yet.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn open(name: &OsStr) -> io::Result<Self> {
        let file = match open_nonblocking(name.as_ref()) {
            // Another has a lease on it, which it is given the time to return.
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => File::open(name),
            opened => opened,
        }?;
        let found = file.metadata()?;
        let size = found.is_file().then_some(found.len());
        Ok(StdinFile { file, size })
    }

    /// How large it is, where that is known.
    pub(super) fn size(&self) -> Option<u64> {
        self.size
    }

    /// What reads it for this child.
    pub(super) fn reader<'r, 'c>(&'r self, child: &'r RefCell<&'r mut Supervision<'c>>) -> Reader<'r, 'c> {
        Reader {
            input: self,
            child,
            unwanted: false,
        }
    }
}

/// Reads an input, and looks after the child where there is nothing to read yet.
pub(super) struct Reader<'r, 'c> {
    input: &'r StdinFile,
    child: &'r RefCell<&'r mut Supervision<'c>>,
    /// Whether nothing was read because the child took no more.
    pub(super) unwanted: bool,
}

impl Read for Reader<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut file = &self.input.file;
        loop {
            if self.input.size.is_none() && !self.child.borrow_mut().await_input(file.as_fd()) {
                self.unwanted = true;
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            match file.read(buffer) {
                // Another reader of the same FIFO was faster.
                Err(e) if e.kind() == io::ErrorKind::WouldBlock && self.input.size.is_none() => {}
                end => return end,
            }
        }
    }
}

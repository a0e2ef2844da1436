//! Standard input, whether or not whoever gave it to us made it non-blocking.

use rustix::event::{self, PollFd, PollFlags};
use rustix::fs::FileType;
use std::io::{self, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// Standard input, unbuffered. A read waits when nothing is there yet, even on a descriptor that does not block.
#[derive(Debug, Default)]
pub(crate) struct Stdin(());

impl Stdin {
    /// Returns a reader of it. It has no buffer, so several of them may follow one another.
    pub(crate) fn new() -> Self {
        Stdin(())
    }

    /// Returns whether it is a regular file, so that a read never waits for a writer.
    pub(crate) fn is_regular(&self) -> bool {
        rustix::fs::fstat(self).is_ok_and(|found| FileType::from_raw_mode(found.st_mode).is_file())
    }
}

impl AsFd for Stdin {
    fn as_fd(&self) -> BorrowedFd<'_> {
        // Not std's, which comes with a buffer.
        rustix::stdio::stdin()
    }
}

impl Read for Stdin {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let input = self.as_fd();
        loop {
            match rustix::io::read(input, &mut *buffer) {
                Err(rustix::io::Errno::AGAIN) => {
                    event::poll(&mut [PollFd::new(&input, PollFlags::IN)], None)?;
                }
                end => return Ok(end?),
            }
        }
    }
}

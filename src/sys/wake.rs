//! A doorbell that a thread blocked in `poll` hears.

use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

/// A doorbell: [`Wake::ring`] makes its descriptor readable until [`Wake::hush`].
#[derive(Debug)]
pub struct Wake {
    bell: OwnedFd,
}

impl Wake {
    /// A silent bell.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Wake { bell })
    }

    /// Makes the descriptor readable.
    pub fn ring(&self) {
        // The one failure is a full counter, and then the bell rings already.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
    }

    /// Makes the descriptor unreadable. Look at what the bell was for *after* this.
    pub fn hush(&self) {
        let _ = rustix::io::read(&self.bell, &mut [0u8; 8]);
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

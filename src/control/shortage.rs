//! Which system resource is too scarce for all workers: EMFILE and ENFILE, EAGAIN and ENOMEM.
//!
//! It does not know what is done about it: whoever meets a shortage asks a worker to exit.

use crate::sys::is_out_of_files;
use std::io;

/// A resource of which there is too little.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// File descriptors.
    Files,
    /// Processes, or threads, which the system counts as processes.
    Processes,
}

impl Shortage {
    /// Returns the resource whose lack is the cause of this error, if one is.
    pub fn from_error(error: &io::Error) -> Option<Self> {
        match error.kind() {
            // EAGAIN, or no memory for another process or its program.
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => Some(Shortage::Processes),
            _ => is_out_of_files(error).then_some(Shortage::Files),
        }
    }
}

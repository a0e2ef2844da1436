//! What the system has too little of for all workers.

use crate::sys::is_out_of_files;
use std::io;

/// What there is too little of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortage {
    /// Descriptors.
    Files,
    /// Processes, or threads, which count as such.
    Processes,
}

impl Shortage {
    /// What is lacking where this is why something could not be had.
    pub fn of(error: &io::Error) -> Option<Self> {
        match error.kind() {
            // There is no memory for another process, or for its program.
            io::ErrorKind::WouldBlock | io::ErrorKind::OutOfMemory => Some(Shortage::Processes),
            _ => is_out_of_files(error).then_some(Shortage::Files),
        }
    }
}

//! What std does not ask of files.

use rustix::fs::{Access, FlockOperation, OFlags, access, flock};
use rustix::io::Errno;
use std::fs::File;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Opens a file to be read, a FIFO also when nobody writes to it yet. Reads from what is no regular file return
/// `WouldBlock` when they would have to wait.
///
/// # Errors
/// What the system said.
pub(crate) fn open_nonblocking(name: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(name)
}

/// Locks the open file for this process alone; false when another has it locked.
///
/// # Errors
/// What the system said.
pub(crate) fn try_lock(file: &File) -> io::Result<bool> {
    match flock(file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(Errno::WOULDBLOCK) => Ok(false),
        Err(cause) => Err(cause.into()),
    }
}

/// Returns whether this user may execute the file.
///
/// # Errors
/// Why not.
pub(crate) fn check_executable(file: &Path) -> io::Result<()> {
    Ok(access(file, Access::EXEC_OK)?)
}

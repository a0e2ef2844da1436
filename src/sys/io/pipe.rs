//! Pipes, and reads and writes that do not wait.

use rustix::io::{Errno, retry_on_intr};
use rustix::pipe::{PipeFlags, pipe_with};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

/// Makes a pipe that children do not inherit: the end to read from, and the end to write to.
///
/// # Errors
/// When the process may open no more files.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    Ok(pipe_with(PipeFlags::CLOEXEC)?)
}

/// Has the pipe hold so many bytes. When that is more than the system allows, the pipe stays as it is.
pub(crate) fn enlarge_pipe(write_end: BorrowedFd<'_>, bytes: usize) {
    let _ = rustix::pipe::fcntl_setpipe_size(write_end, bytes);
}

/// Has writes return `WouldBlock` when they would have to wait for room.
///
/// # Errors
/// What the system said; not to be expected of a pipe.
pub(crate) fn set_nonblocking(write_end: BorrowedFd<'_>) -> io::Result<()> {
    Ok(rustix::io::ioctl_fionbio(write_end, true)?)
}

/// Reads once; 0 is the end.
///
/// # Errors
/// What the system said; not to be expected of a pipe.
pub(crate) fn read_pipe(read_end: BorrowedFd<'_>, buffer: &mut [u8]) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::read(read_end, &mut *buffer))?)
}

/// Writes what a pipe that does not block has room for, and returns how much that was; None when nobody reads from
/// it any more.
///
/// # Errors
/// What the system said; not to be expected of a pipe.
pub(crate) fn write_pipe(write_end: BorrowedFd<'_>, bytes: &[u8]) -> io::Result<Option<usize>> {
    match rustix::io::write(write_end, bytes) {
        Ok(written) => Ok(Some(written)),
        Err(Errno::AGAIN | Errno::INTR) => Ok(Some(0)),
        Err(Errno::PIPE) => Ok(None),
        Err(cause) => Err(cause.into()),
    }
}

/// Returns how many bytes lie in a pipe that nobody has read yet. None when the system does not say.
pub(crate) fn bytes_in_pipe(end: BorrowedFd<'_>) -> Option<usize> {
    let bytes = rustix::io::ioctl_fionread(end).ok()?;
    usize::try_from(bytes).ok()
}

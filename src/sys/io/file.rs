//! What std does not ask of files.

use rustix::fs::{Access, FlockOperation, OFlags, access, flock};
use rustix::io::Errno;
use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// Opens a file to be read, a FIFO also when nobody writes to it yet. Reads from what is no regular file return
/// `WouldBlock` when they would have to wait.
///
/// # Errors
/// What the system said.
pub(crate) fn open_nonblocking(name: &Path) -> io::Result<File> {
    let flags = OFlags::NONBLOCK.bits().cast_signed();
    File::options().read(true).custom_flags(flags).open(name)
}

/// How often it is tried to lock a file that another process has locked: less often after a while.
const LOCK_TRIES: [Duration; 2] = [Duration::from_millis(5), Duration::from_millis(50)];

/// Opens the file that has this name now, to be read and written, and locks it for this process alone. Creates it with
/// this mode when there is none. While another process has it locked, waits, until then if there is a limit; `None`
/// when it has been locked all the time.
///
/// # Errors
/// What the system said.
pub(crate) fn lock_file(name: &Path, mode: u32, until: Option<Instant>) -> io::Result<Option<File>> {
    let mut options = File::options();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(mode);
    lock(name, &options, FlockOperation::NonBlockingLockExclusive, until)
}

/// Opens the file that has this name now, to be read, and keeps others from locking it with [`lock_file`]. While one has
/// it locked, waits until then; `None` when it has been locked all the time.
///
/// # Errors
/// What the system said.
pub(crate) fn lock_to_read(name: &Path, until: Instant) -> io::Result<Option<File>> {
    let mut options = File::options();
    options.read(true);
    lock(name, &options, FlockOperation::NonBlockingLockShared, Some(until))
}

fn lock(
    name: &Path,
    options: &OpenOptions,
    how: FlockOperation,
    until: Option<Instant>,
) -> io::Result<Option<File>> {
    let started = Instant::now();
    loop {
        let open = options.open(name)?;
        let found = open.metadata()?;
        match flock(&open, how) {
            // Another file may have taken the name between open and lock.
            Ok(()) => match std::fs::metadata(name) {
                Ok(now) if (now.dev(), now.ino()) == (found.dev(), found.ino()) => return Ok(Some(open)),
                _ => {}
            },
            Err(Errno::WOULDBLOCK) if until.is_none_or(|until| Instant::now() < until) => {
                let is_new = started.elapsed() < Duration::from_secs(1);
                std::thread::sleep(LOCK_TRIES[usize::from(!is_new)]);
            }
            Err(Errno::WOULDBLOCK) => return Ok(None),
            Err(cause) => return Err(cause.into()),
        }
    }
}

/// Returns whether this user may execute the file.
///
/// # Errors
/// Why not.
pub(crate) fn check_executable(file: &Path) -> io::Result<()> {
    Ok(access(file, Access::EXEC_OK)?)
}

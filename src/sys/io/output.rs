//! fanfold's own standard output and error, unbuffered.
//!
//! It does not know what is written.

use super::passage::{Writer, pass, stdout_is_terminal};
use super::std_fds::was_closed;
use crate::sys::signals::{self, Interruptible};
use rustix::event::{self, PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, IsTerminal as _, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// One of the two, or what takes the place of standard output, under a descriptor of its own. A write waits for room,
/// whether or not whoever gave us the descriptor made it non-blocking. After a shutdown signal, it gives up with
/// `WouldBlock` when there is no room for 200 ms (a reader that stands still).
#[derive(Debug)]
pub(crate) struct OutputStream {
    file: io::Result<File>,
    /// Who writes, when something may be drawn below what is written.
    writer: Option<Writer>,
}

impl OutputStream {
    /// Returns standard output.
    pub(crate) fn stdout() -> Self {
        OutputStream {
            file: opened(io::stdout()),
            writer: stdout_is_terminal().then_some(Writer::Terminal),
        }
    }

    /// Returns standard error, for what this writer writes.
    pub(crate) fn stderr(writer: Writer) -> Self {
        OutputStream {
            file: opened(io::stderr()),
            writer: Some(writer),
        }
    }

    /// Returns what writes to this file, which was opened to be written.
    pub(crate) fn from_file(file: File) -> Self {
        OutputStream {
            file: Ok(file),
            writer: None,
        }
    }

    /// Returns whether it is a terminal.
    pub(crate) fn is_terminal(&self) -> bool {
        self.file.as_ref().is_ok_and(File::is_terminal)
    }

    /// Returns whether anything can be written at all.
    ///
    /// # Errors
    /// What every write would return.
    pub(crate) fn check(&self) -> io::Result<()> {
        match &self.file {
            Ok(_) => Ok(()),
            // An error of the system has a number, and an io::Error is not Clone.
            Err(cause) => Err(cause
                .raw_os_error()
                .map_or_else(|| cause.kind().into(), io::Error::from_raw_os_error)),
        }
    }

    /// Has the system copy some of `file` from `at` on, moves `at` past it, and returns how much it was; 0 at the end.
    /// It gives up as a write does.
    ///
    /// # Errors
    /// `InvalidInput` or `Unsupported` when the output can only be written to (a file that is appended to, say); what
    /// the write said.
    pub(crate) fn send(&mut self, file: &File, at: &mut u64) -> io::Result<usize> {
        let out = &*self.file()?;
        write_patiently(out.as_fd(), usize::MAX, |most| send(out, file, at, most))
    }

    fn file(&mut self) -> io::Result<&mut File> {
        self.check()?;
        Ok(self.file.as_mut().expect("it was checked"))
    }
}

fn opened(stream: impl AsFd + AsRawFd) -> io::Result<File> {
    if was_closed(stream.as_raw_fd()) {
        return Err(Errno::BADF.into());
    }
    stream.as_fd().try_clone_to_owned().map(File::from)
}

fn send(out: &File, file: &File, at: &mut u64, most: usize) -> io::Result<usize> {
    /// So many bytes go between two looks at the signals.
    const STEP: usize = 1 << 20;
    Ok(rustix::fs::sendfile(out, file, Some(at), most.min(STEP))?)
}

/// How long after a shutdown signal writes still wait for room, all together: what is finished is to be printed, but not
/// to a reader that stands still.
const PATIENCE: Duration = Duration::from_millis(200);

/// Returns whether a write of so many bytes may have to wait for room.
fn may_wait(out: BorrowedFd<'_>, bytes: usize) -> bool {
    let has_room = || await_room(out, Some(Duration::ZERO)).is_ok_and(|has| has);
    !is_file(out) && (bytes > libc::PIPE_BUF || !has_room())
}

/// Calls `write`, with the most bytes that it may take, until it has written. `least` is how many bytes there are.
fn write_patiently(
    out: BorrowedFd<'_>,
    least: usize,
    mut write: impl FnMut(usize) -> io::Result<usize>,
) -> io::Result<usize> {
    if !signals::thread_is_running() && may_wait(out, least) {
        // Without that thread, signals are handled once there is room.
        let _ = signals::start_thread();
    }
    loop {
        let mut interruptible = Some(Interruptible::now());
        let mut most = usize::MAX;
        if signals::shutdown_signal().is_some() && !is_file(out) {
            interruptible = None;
            await_room_briefly(out)?;
            // A pipe with any room takes as much as this without waiting.
            most = libc::PIPE_BUF;
        }
        match write(most) {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => match await_room(out, None) {
                Err(e) if e.kind() != io::ErrorKind::Interrupted => return Err(e),
                _ => {}
            },
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            end => return end,
        }
        drop(interruptible);
    }
}

/// Blocks until there is room, after a shutdown signal; another signal ends the wait.
fn await_room_briefly(out: BorrowedFd<'_>) -> io::Result<()> {
    static SINCE: OnceLock<Instant> = OnceLock::new();
    let left = PATIENCE.saturating_sub(SINCE.get_or_init(Instant::now).elapsed());
    match await_room(out, Some(left)) {
        Ok(true) => Ok(()),
        _ => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Blocks until there is room, or nobody who makes any; false when the time is over before.
fn await_room(out: BorrowedFd<'_>, most: Option<Duration>) -> io::Result<bool> {
    let most = most.and_then(|most| Timespec::try_from(most).ok());
    let mut asked = [PollFd::from_borrowed_fd(out, PollFlags::OUT)];
    Ok(event::poll(&mut asked, most.as_ref())? > 0)
}

fn is_file(out: BorrowedFd<'_>) -> bool {
    fstat(out).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
}

/// Writes all of this to standard error, as an [`OutputStream`] does.
///
/// # Errors
/// What the system said.
pub(crate) fn write_stderr(mut bytes: &[u8]) -> io::Result<()> {
    while !bytes.is_empty() {
        let written = pass(Writer::Messages, bytes, &mut write_stderr_once)?;
        bytes = &bytes[written..];
    }
    Ok(())
}

/// Writes some of this to standard error, past everything that is shown there.
///
/// # Errors
/// What the system said.
pub(crate) fn write_stderr_once(bytes: &[u8]) -> io::Result<usize> {
    let err = io::stderr().lock();
    write_patiently(err.as_fd(), bytes.len(), |most| {
        Ok(rustix::io::write(&err, &bytes[..most.min(bytes.len())])?)
    })
}

/// Writes to standard error as much of this as there is room for, without waiting.
pub(crate) fn write_stderr_now(bytes: &[u8]) {
    // What there is no room for is dropped.
    let _ = pass(Writer::Status, bytes, &mut |bytes| Ok(draw_on_stderr(bytes)));
}

/// Writes to standard error as much of this as there is room for, without waiting and past everything that is shown
/// there. Returns how much it was.
pub(crate) fn draw_on_stderr(bytes: &[u8]) -> usize {
    let err = io::stderr();
    let mut written = 0;
    while written < bytes.len() && await_room(err.as_fd(), Some(Duration::ZERO)).unwrap_or(false) {
        // As much as a pipe with any room takes.
        let most = (bytes.len() - written).min(libc::PIPE_BUF);
        match rustix::io::write(&err, &bytes[written..written + most]) {
            Ok(more) => written += more,
            Err(_) => break,
        }
    }
    written
}

/// Returns whether standard output and standard error go to the same file, pipe or terminal.
pub(crate) fn outputs_are_same() -> bool {
    let [out, err] = [fstat(io::stdout()), fstat(io::stderr())];
    matches!((out, err), (Ok(out), Ok(err)) if (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino))
}

/// Returns whether standard output is a pipe or a socket that nobody reads any more.
pub(crate) fn stdout_is_unread() -> bool {
    let out = io::stdout();
    let kind = fstat(&out).map(|found| FileType::from_raw_mode(found.st_mode));
    if !matches!(kind, Ok(FileType::Fifo | FileType::Socket)) {
        return false;
    }
    // No flag asks for room to write: a pipe that is full has a reader.
    let mut asked = [PollFd::new(&out, PollFlags::empty())];
    let polled = event::poll(&mut asked, Some(&Timespec::default()));
    polled.is_ok() && asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

impl Write for OutputStream {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let writer = self.writer;
        let mut out = &*self.file()?;
        let mut write = |bytes: &[u8]| {
            write_patiently(out.as_fd(), bytes.len(), |most| {
                out.write(&bytes[..most.min(bytes.len())])
            })
        };
        match writer {
            Some(writer) => pass(writer, bytes, &mut write),
            None => write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

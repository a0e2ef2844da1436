//! fanfold's own standard output and error, unbuffered.

use super::std_fds::was_closed;
use crate::sys::signals::{self, Interruptible};
use rustix::event::{self, PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// One of the two, or what takes the place of standard output, by a descriptor of its own. Where there is no room (a reader that stands still), a write
/// waits, whether or not whoever gave us the descriptor has it wait. Once a signal came that ends the run, it
/// gives up with `WouldBlock` where there is no room for 200 ms.
#[derive(Debug)]
pub(crate) struct Output {
    file: io::Result<File>,
}

impl Output {
    /// Standard output.
    pub(crate) fn stdout() -> Self {
        Output {
            file: opened(io::stdout()),
        }
    }

    /// Standard error.
    pub(crate) fn stderr() -> Self {
        Output {
            file: opened(io::stderr()),
        }
    }

    /// Another one, that was opened to be written.
    pub(crate) fn of(file: File) -> Self {
        Output { file: Ok(file) }
    }

    /// Whether anything can be written at all.
    ///
    /// # Errors
    /// What every write would be told.
    pub(crate) fn check(&self) -> io::Result<()> {
        match &self.file {
            Ok(_) => Ok(()),
            // An error of the system has a number, and an io::Error is not Clone.
            Err(cause) => Err(cause
                .raw_os_error()
                .map_or_else(|| cause.kind().into(), io::Error::from_raw_os_error)),
        }
    }

    /// Has the system copy some of `file` from `at` on, which is moved past it; 0 at its end. It gives up as a
    /// write does.
    ///
    /// # Errors
    /// `InvalidInput` or `Unsupported` where it can only be written (a file that is appended to, say); what the
    /// write said.
    pub(crate) fn send(&mut self, file: &File, at: &mut u64) -> io::Result<usize> {
        let out = &*self.file()?;
        waiting(out.as_fd(), usize::MAX, |most| send(out, file, at, most))
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
    /// A signal is looked for after each of these, in bytes.
    const STEP: usize = 1 << 20;
    Ok(rustix::fs::sendfile(out, file, Some(at), most.min(STEP))?)
}

/// How long after a signal that ends the run a write still waits for room: what is finished is to be printed,
/// but not to a reader that stands still.
const PATIENCE: Duration = Duration::from_millis(200);

/// Whether so many bytes may have to wait for room.
fn may_wait(out: BorrowedFd<'_>, bytes: usize) -> bool {
    let has_room = || await_room(out, Some(Duration::ZERO)).is_ok_and(|has| has);
    !is_file(out) && (bytes > libc::PIPE_BUF || !has_room())
}

/// Calls `write`, with the most bytes that it may take, until it did not have to wait, or has waited.
fn waiting(
    out: BorrowedFd<'_>,
    least: usize,
    mut write: impl FnMut(usize) -> io::Result<usize>,
) -> io::Result<usize> {
    if !signals::are_carried() && may_wait(out, least) {
        // Without a thread, they are heard when there is room.
        let _ = signals::carry();
    }
    loop {
        let mut interruptible = Some(Interruptible::now());
        let mut most = usize::MAX;
        if signals::ending().is_some() && !is_file(out) {
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

/// After a signal; another one ends it.
fn await_room_briefly(out: BorrowedFd<'_>) -> io::Result<()> {
    static SINCE: OnceLock<Instant> = OnceLock::new();
    let left = PATIENCE.saturating_sub(SINCE.get_or_init(Instant::now).elapsed());
    match await_room(out, Some(left)) {
        Ok(true) => Ok(()),
        _ => Err(io::ErrorKind::WouldBlock.into()),
    }
}

/// Whether there is room, or nobody who makes any, before the time is over.
fn await_room(out: BorrowedFd<'_>, most: Option<Duration>) -> io::Result<bool> {
    let most = most.and_then(|most| Timespec::try_from(most).ok());
    let mut asked = [PollFd::from_borrowed_fd(out, PollFlags::OUT)];
    Ok(event::poll(&mut asked, most.as_ref())? > 0)
}

fn is_file(out: BorrowedFd<'_>) -> bool {
    fstat(out).is_ok_and(|found| FileType::from_raw_mode(found.st_mode) == FileType::RegularFile)
}

/// Writes all of it to standard error, as an [`Output`] does.
///
/// # Errors
/// What the system said.
pub(crate) fn tell(mut bytes: &[u8]) -> io::Result<()> {
    let err = io::stderr().lock();
    while !bytes.is_empty() {
        let written = waiting(err.as_fd(), bytes.len(), |most| {
            Ok(rustix::io::write(&err, &bytes[..most.min(bytes.len())])?)
        })?;
        bytes = &bytes[written..];
    }
    Ok(())
}

/// Writes of it to standard error what there is room for, without waiting.
pub(crate) fn tell_now(mut bytes: &[u8]) {
    let err = io::stderr();
    while !bytes.is_empty() && await_room(err.as_fd(), Some(Duration::ZERO)).unwrap_or(false) {
        // As much as a pipe with any room takes.
        let most = bytes.len().min(libc::PIPE_BUF);
        match rustix::io::write(&err, &bytes[..most]) {
            Ok(written) => bytes = &bytes[written..],
            Err(_) => return,
        }
    }
}

/// Whether standard output and standard error go to the same file, pipe or terminal.
pub(crate) fn outputs_are_one() -> bool {
    let [out, err] = [fstat(io::stdout()), fstat(io::stderr())];
    matches!((out, err), (Ok(out), Ok(err)) if (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino))
}

/// Whether standard output is a pipe or a socket that nobody reads any more.
pub(crate) fn is_unread() -> bool {
    let out = io::stdout();
    let kind = fstat(&out).map(|found| FileType::from_raw_mode(found.st_mode));
    if !matches!(kind, Ok(FileType::Fifo | FileType::Socket)) {
        return false;
    }
    // That there is room to write is not asked: a pipe that is full has a reader.
    let mut asked = [PollFd::new(&out, PollFlags::empty())];
    let told = event::poll(&mut asked, Some(&Timespec::default()));
    told.is_ok() && asked[0].revents().intersects(PollFlags::ERR | PollFlags::HUP)
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut out = &*self.file()?;
        waiting(out.as_fd(), bytes.len(), |most| {
            out.write(&bytes[..most.min(bytes.len())])
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

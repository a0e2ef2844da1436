//! fanfold's own standard output and error, unbuffered.

use super::closed::was_closed;
use super::signals;
use rustix::event::{self, PollFd, PollFlags, Timespec};
use rustix::fs::{FileType, fstat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd};

/// One of the two, by a descriptor of its own. A write that blocks (a reader that stands still)
/// gives up with `WouldBlock` when a signal comes that ends the run.
#[derive(Debug)]
pub struct Output {
    file: io::Result<File>,
}

impl Output {
    /// Standard output.
    pub fn stdout() -> Self {
        Output {
            file: opened(io::stdout()),
        }
    }

    /// Standard error.
    pub fn stderr() -> Self {
        Output {
            file: opened(io::stderr()),
        }
    }

    /// Whether anything can be written at all.
    ///
    /// # Errors
    /// What every write would be told.
    pub fn check(&self) -> io::Result<()> {
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
    pub fn send(&mut self, file: &File, at: &mut u64) -> io::Result<usize> {
        let out = self.file()?;
        given_up(send(out, file, at))
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

#[cfg(target_os = "linux")]
fn send(out: &File, file: &File, at: &mut u64) -> io::Result<usize> {
    /// A signal is looked for after each of these, in bytes.
    const STEP: usize = 1 << 20;
    Ok(rustix::fs::sendfile(out, file, Some(at), STEP)?)
}

#[cfg(not(target_os = "linux"))]
fn send(_: &File, _: &File, _: &mut u64) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}

fn given_up(end: io::Result<usize>) -> io::Result<usize> {
    match end {
        Err(e) if e.kind() == io::ErrorKind::Interrupted && signals::pending() => {
            Err(io::ErrorKind::WouldBlock.into())
        }
        end => end,
    }
}

/// Whether standard output and standard error go to the same file, pipe or terminal.
pub fn outputs_are_one() -> bool {
    let [out, err] = [fstat(io::stdout()), fstat(io::stderr())];
    matches!((out, err), (Ok(out), Ok(err)) if (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino))
}

/// Whether standard output is a pipe or a socket that nobody reads any more.
pub fn is_unread() -> bool {
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
        given_up(self.file()?.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

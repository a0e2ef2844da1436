//! fanfold's own standard output and error, unbuffered.

use super::signals;
use rustix::fs::fstat;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;

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
            file: io::stdout().as_fd().try_clone_to_owned().map(File::from),
        }
    }

    /// Standard error.
    pub fn stderr() -> Self {
        Output {
            file: io::stderr().as_fd().try_clone_to_owned().map(File::from),
        }
    }
}

/// Whether standard output and standard error go to the same file, pipe or terminal.
pub fn outputs_are_one() -> bool {
    let [out, err] = [fstat(io::stdout()), fstat(io::stderr())];
    matches!((out, err), (Ok(out), Ok(err)) if (out.st_dev, out.st_ino) == (err.st_dev, err.st_ino))
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = match &mut self.file {
            Ok(file) => file,
            // Closed by whoever started us: told by whoever tries to write to it.
            Err(cause) => {
                return Err(cause
                    .raw_os_error()
                    .map_or_else(|| cause.kind().into(), io::Error::from_raw_os_error));
            }
        };
        match file.write(bytes) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted && signals::pending() => {
                Err(io::ErrorKind::WouldBlock.into())
            }
            end => end,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

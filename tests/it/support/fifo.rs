//! Named pipes, which fix the order in which a test and the processes that it started go on.

use super::deadline::{Timed, until};
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};
use rustix::io::Errno;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;

/// Makes a named pipe.
pub fn make(path: &Path) {
    mknodat(CWD, path, FileType::Fifo, Mode::from_raw_mode(0o600), 0).expect("a FIFO");
}

/// Opens a FIFO for reading. Its first read waits for a writer.
pub fn reader(path: &Path) -> Timed<File> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let fifo = rustix::fs::open(path, flags, Mode::empty()).expect("a FIFO");
    Timed::new(File::from(fifo))
}

/// Returns what processes write into a FIFO until all have closed it.
#[track_caller]
pub fn read(path: &Path) -> String {
    let mut text = String::new();
    let read = reader(path).read_to_string(&mut text);
    read.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    text
}

/// Returns the next lines of a FIFO, whoever writes them; it stays open between two writers.
#[track_caller]
pub fn lines(path: &Path, count: usize) -> Vec<String> {
    let lines = BufReader::new(Timed::new(both_ends(path))).lines().take(count);
    let line = |line: std::io::Result<String>| {
        line.unwrap_or_else(|error| panic!("{}: {error}", path.display()))
            .trim()
            .to_owned()
    };
    lines.map(line).collect()
}

/// Waits until a process has written its number into a FIFO.
#[track_caller]
pub fn pid(path: &Path) -> u32 {
    read(path).trim().parse().expect("a pid")
}

/// Opens a FIFO for writing once a process has opened it for reading.
#[track_caller]
pub fn writer(path: &Path) -> File {
    let flags = OFlags::WRONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let mut fifo = None;
    until(&format!("a reader of {}", path.display()), || {
        fifo = match rustix::fs::open(path, flags, Mode::empty()) {
            Err(Errno::NXIO) => None,
            opened => Some(opened.expect("a FIFO")),
        };
        fifo.is_some()
    });
    let fifo = fifo.expect("it is open");
    rustix::io::ioctl_fionbio(&fifo, false).expect("a FIFO");
    File::from(fifo)
}

/// Writes to whoever reads a FIFO, and closes it: a gate that opens once.
#[track_caller]
pub fn write(path: &Path, text: &str) {
    writer(path).write_all(text.as_bytes()).expect("it is read");
}

/// Opens both ends of a FIFO: as long as this lives, its readers wait for ever.
pub fn both_ends(path: &Path) -> File {
    let both = File::options().read(true).write(true).open(path);
    both.expect("a FIFO")
}

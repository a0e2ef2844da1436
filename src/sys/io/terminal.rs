//! The terminal that the process was started from.

use std::fs::File;
use std::io;

/// Opens the terminal to be read from, wherever standard input comes from.
///
/// # Errors
/// When there is none.
pub(crate) fn terminal() -> io::Result<File> {
    File::open("/dev/tty")
}

//! The terminal that the process was started from.

use rustix::termios::tcgetwinsize;
use std::fs::File;
use std::io;

/// Opens the terminal to be read from, wherever standard input comes from.
///
/// # Errors
/// When there is none.
pub(crate) fn terminal() -> io::Result<File> {
    File::open("/dev/tty")
}

/// Returns how many columns the terminal has that standard output is, if it is one.
pub(crate) fn terminal_width() -> Option<usize> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    (size.ws_col > 0).then(|| usize::from(size.ws_col))
}

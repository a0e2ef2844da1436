//! What writes to standard error, and to a terminal, go through while progress is shown there.
//!
//! It does not know what is shown.

use rustix::termios::{isatty, tcgetpgrp, tcgetwinsize};
use std::io;
use std::sync::OnceLock;

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writer {
    /// fanfold itself, a message.
    Messages,
    /// fanfold itself, what is not worth waiting for.
    Status,
    /// Jobs, on standard error.
    Jobs,
    /// Anyone, on standard output, which is a terminal.
    Terminal,
}

/// Writes some bytes by the function, and returns how many they were.
pub(crate) type Passage = fn(Writer, &[u8], &mut dyn FnMut(&[u8]) -> io::Result<usize>) -> io::Result<usize>;

static PASSAGE: OnceLock<Passage> = OnceLock::new();

/// Has all writes to standard error, and to standard output when it is a terminal, go through this from now on. Only the
/// first call has an effect.
pub(crate) fn set_passage(passage: Passage) {
    let _ = PASSAGE.set(passage);
}

/// Writes `bytes`, or a part of them, by `write`.
pub(super) fn pass(
    writer: Writer,
    bytes: &[u8],
    write: &mut dyn FnMut(&[u8]) -> io::Result<usize>,
) -> io::Result<usize> {
    match PASSAGE.get() {
        Some(passage) => passage(writer, bytes, write),
        None => write(bytes),
    }
}

/// Returns whether standard output is a terminal.
pub(crate) fn stdout_is_terminal() -> bool {
    isatty(io::stdout())
}

/// Has standard output be this file from now on.
///
/// # Errors
/// What the system said.
pub(crate) fn set_stdout(file: &std::fs::File) -> io::Result<()> {
    Ok(rustix::stdio::dup2_stdout(file)?)
}

/// Returns whether standard error is a terminal.
pub(crate) fn stderr_is_terminal() -> bool {
    isatty(io::stderr())
}

/// Returns how many columns and rows the terminal has that standard error is, if it says so.
pub(crate) fn stderr_size() -> Option<(u16, u16)> {
    let size = tcgetwinsize(io::stderr()).ok()?;
    (size.ws_col > 0 && size.ws_row > 0).then_some((size.ws_col, size.ws_row))
}

/// Returns whether this process may draw on the terminal that standard error is: it is not in the background.
pub(crate) fn is_foreground() -> bool {
    tcgetpgrp(io::stderr()).map_or(true, |group| group == rustix::process::getpgrp())
}

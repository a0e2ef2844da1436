//! A whole file as output: the system copies it when it can, and then no byte passes through our memory.
//!
//! It does not know what is in the file.

use super::piece::Closed;
use crate::sys::OutputStream;
use std::fs::File;
use std::io::{self, ErrorKind, Read as _, Seek as _, SeekFrom};

/// How much of a file the system copied.
pub(super) enum Sent {
    /// All of it.
    All,
    /// The bytes before this one: the system cannot copy from this file to this output.
    UpTo(u64),
}

/// Has the system copy a file from its beginning to its end, as long as `go_on` says so.
///
/// # Errors
/// [`Closed`] when the output takes no more, or `go_on` returned it.
pub(super) fn send(
    output: &mut OutputStream,
    file: &File,
    go_on: impl Fn() -> Result<(), Closed>,
) -> Result<Sent, Closed> {
    let mut at = 0;
    loop {
        go_on()?;
        match output.send(file, &mut at) {
            Ok(0) => return Ok(Sent::All),
            Ok(_) => {}
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) if matches!(e.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => {
                return Ok(Sent::UpTo(at));
            }
            Err(e) => return Err(Closed::from_stdout(e)),
        }
    }
}

/// Gives the bytes of a file from `at` on to `take`, block by block, until that fails.
///
/// # Errors
/// When the file cannot be read; inside, what `take` returned.
pub(super) fn copy(
    mut file: File,
    at: u64,
    mut take: impl FnMut(&[u8]) -> Result<(), Closed>,
) -> io::Result<Result<(), Closed>> {
    file.seek(SeekFrom::Start(at))?;
    let mut block = vec![0; 1 << 18];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(Ok(())),
            Ok(n) => {
                if let Err(closed) = take(&block[..n]) {
                    return Ok(Err(closed));
                }
            }
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

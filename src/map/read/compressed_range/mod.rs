//! A part of a compressed file: the lines that begin in some of its members or frames.
//!
//! It does not know how the parts were chosen, nor the format. What stands before a part's first byte is
//! not decoded, so nobody knows whether a line begins there: the part before it takes that line.

#[cfg(test)]
mod tests;

use super::sized_file::SizedFile;
use crate::codec::{DecodeError, Decoder, MemberRange};
use crate::control::ReadCounter;
use memchr::memchr;
use std::cell::Cell;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::ops::ControlFlow;

/// Gives the lines of the file that begin in `start..end` or at `end`, and not at `start` unless that is 0,
/// to `each`, block by block, until it breaks. The last line is given to its end, wherever that is.
/// Parts that cover a file, and begin where members or frames begin, give each of its lines once.
///
/// # Errors
/// [`DecodeError`], for the first thing that is wrong in what was decoded.
pub(super) fn read(
    decoder: &mut Decoder,
    name: &OsStr,
    (start, end): (u64, u64),
    counter: &ReadCounter,
    warn: &mut dyn FnMut(&str),
    each: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
) -> Result<(), DecodeError> {
    let mut file = File::open(name).map_err(DecodeError::Read)?;
    file.seek(SeekFrom::Start(start)).map_err(DecodeError::Read)?;
    let size = file.metadata().map_err(DecodeError::Read)?.len();
    counter.add_size(size.min(end).saturating_sub(start));
    let mut file = SizedFile::new(file, size, start).counted(counter.clone());
    let passed = Cell::new(false);
    let range = MemberRange {
        start,
        end,
        passed: &passed,
    };
    let mut edges = Edges { begun: start == 0 };
    decoder.decode_range(&mut file, &range, warn, &mut |block| {
        let (lines, flow) = edges.trim(block, passed.get());
        if !lines.is_empty() {
            each(lines)?;
        }
        flow
    })
}

/// Cuts off what is not the part's at both of its ends.
struct Edges {
    /// Whether the end of the line that began before the part was found.
    begun: bool,
}

impl Edges {
    /// Returns what of a block is the part's, and whether more is. `passed` blocks lie behind the part.
    fn trim<'a>(&mut self, block: &'a [u8], passed: bool) -> (&'a [u8], ControlFlow<()>) {
        let newline = match (self.begun, passed) {
            (true, false) => return (block, ControlFlow::Continue(())),
            (false, true) => return (b"", ControlFlow::Break(())),
            (true, true) | (false, false) => memchr(b'\n', block),
        };
        match newline {
            Some(at) if passed => (&block[..=at], ControlFlow::Break(())),
            None if passed => (block, ControlFlow::Continue(())),
            Some(at) => {
                self.begun = true;
                (&block[at + 1..], ControlFlow::Continue(()))
            }
            None => (b"", ControlFlow::Continue(())),
        }
    }
}

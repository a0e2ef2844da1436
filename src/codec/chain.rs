//! Where the members of a BGZF file and the frames of a zstd file begin, told from their headers alone.
//!
//! It decodes nothing, so a header that lies is found out only by who decodes from one place to the next.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How many first bytes [`Chain::of`] is shown, where the file has them.
pub const HEAD: usize = 18;

/// How far a frame is followed, block by block: one that is longer is not worth the reads, and neither is
/// what comes behind it.
const LONGEST: u64 = 64 << 20;

/// A kind of file whose members or frames say where they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chain {
    /// gzip in members of up to 64 KiB, each with its length in an extra field (SAM specification, 4.1).
    Bgzf,
    /// Zstandard (RFC 8878), where each frame is a header, and blocks that begin with their length.
    Zstd,
}

impl Chain {
    /// The kind of a file that begins with `head`: its first [`HEAD`] bytes, or all of it.
    pub fn of(head: &[u8]) -> Option<Chain> {
        if member(head).is_some() {
            return Some(Chain::Bgzf);
        }
        super::zstd::CODEC.recognise(head).then_some(Chain::Zstd)
    }

    /// Where the member or frame that begins at `at` ends. None where none begins there, or where it can't
    /// be told.
    ///
    /// # Errors
    /// What the file system said.
    pub fn next(self, file: &File, at: u64) -> io::Result<Option<u64>> {
        match self {
            Chain::Bgzf => {
                let mut head = [0; HEAD];
                let n = read(file, &mut head, at)?;
                Ok(member(&head[..n]).map(|length| at + length as u64))
            }
            Chain::Zstd => frame(file, at),
        }
    }
}

/// The length of the BGZF member that begins with `head`.
pub(super) fn member(head: &[u8]) -> Option<usize> {
    match *head {
        [
            0x1f,
            0x8b,
            8,
            4,
            _,
            _,
            _,
            _,
            _,
            _,
            6,
            0,
            b'B',
            b'C',
            2,
            0,
            low,
            high,
            ..,
        ] => Some(usize::from(u16::from_le_bytes([low, high])) + 1),
        _ => None,
    }
}

/// Where the zstd frame that begins at `start` ends (RFC 8878, section 3.1).
fn frame(file: &File, start: u64) -> io::Result<Option<u64>> {
    let mut head = [0; 8];
    let n = read(file, &mut head, start)?;
    let descriptor = match head[..n] {
        [first, 0x2a, 0x4d, 0x18, a, b, c, d] if first >> 4 == 5 => {
            return Ok(Some(start + 8 + u64::from(u32::from_le_bytes([a, b, c, d]))));
        }
        [0x28, 0xb5, 0x2f, 0xfd, descriptor, ..] => descriptor,
        _ => return Ok(None),
    };
    let single_segment = descriptor & 0x20 != 0;
    let window = u64::from(!single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content_size = [u64::from(single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
    let checksum = if descriptor & 4 != 0 { 4 } else { 0 };
    let mut at = start + 5 + window + dictionary + content_size;
    loop {
        let mut head = [0; 3];
        if at - start > LONGEST || read(file, &mut head, at)? < head.len() {
            return Ok(None);
        }
        let block = u32::from_le_bytes([head[0], head[1], head[2], 0]);
        let length = match block >> 1 & 3 {
            // A byte that is repeated.
            1 => 1,
            // Reserved.
            3 => return Ok(None),
            _ => u64::from(block >> 3),
        };
        at += 3 + length;
        if block & 1 != 0 {
            return Ok(Some(at + checksum));
        }
    }
}

/// Reads as much as there is, up to all of `buffer`.
fn read(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    let mut n = 0;
    while n < buffer.len() {
        match file.read_at(&mut buffer[n..], at + n as u64) {
            Ok(0) => break,
            Ok(more) => n += more,
            Err(cause) if cause.kind() == io::ErrorKind::Interrupted => {}
            Err(cause) => return Err(cause),
        }
    }
    Ok(n)
}

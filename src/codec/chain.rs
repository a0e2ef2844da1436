//! Finds where the members of a BGZF file and the frames of a zstd file begin, from their headers
//! alone.
//!
//! It decodes nothing, so it does not notice a header that lies: whoever decodes from one place to
//! the next does.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

/// How far a frame is followed, block by block. A longer one is not worth the reads, and neither
/// is anything behind it.
const LONGEST_FRAME: u64 = 64 << 20;

/// A kind of file whose members or frames say where they end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chain {
    /// gzip in members of up to 64 KiB, each with its length in an extra field (SAM specification, 4.1).
    Bgzf,
    /// Zstandard (RFC 8878): each frame is a header, and blocks that begin with their length.
    Zstd,
}

impl Chain {
    /// How many first bytes of a file [`Chain::from_head`] needs, when the file has them.
    pub const HEAD_LENGTH: usize = 18;

    /// Returns the kind of a file that begins with `head`: its first [`Chain::HEAD_LENGTH`] bytes,
    /// or all of it.
    pub fn from_head(head: &[u8]) -> Option<Chain> {
        if bgzf_length(head).is_some() {
            return Some(Chain::Bgzf);
        }
        super::zstd::CODEC.recognise(head).then_some(Chain::Zstd)
    }

    /// Returns where the member or frame that begins at `at` ends. None when none begins there, or
    /// when its headers do not tell.
    ///
    /// # Errors
    /// The file can't be read.
    pub fn next(self, file: &File, at: u64) -> io::Result<Option<u64>> {
        match self {
            Chain::Bgzf => {
                let head = read::<{ Chain::HEAD_LENGTH }>(file, at)?;
                let length = head.and_then(|head| bgzf_length(&head));
                Ok(length.map(|length| at + length as u64))
            }
            Chain::Zstd => zstd_frame_end(file, at),
        }
    }
}

/// Returns the length of the BGZF member that begins with `head`.
#[rustfmt::skip]
pub(super) fn bgzf_length(head: &[u8]) -> Option<usize> {
    match *head {
        [0x1f, 0x8b, 8, 4, _, _, _, _, _, _, 6, 0, b'B', b'C', 2, 0, low, high, ..] => {
            Some(usize::from(u16::from_le_bytes([low, high])) + 1)
        }
        _ => None,
    }
}

/// Returns where the zstd frame that begins at `start` ends (RFC 8878, section 3.1).
fn zstd_frame_end(file: &File, start: u64) -> io::Result<Option<u64>> {
    let descriptor = match read(file, start)? {
        // A skippable frame.
        Some([first, 0x2a, 0x4d, 0x18, a, b, c, d]) if first >> 4 == 5 => {
            return Ok(Some(start + 8 + u64::from(u32::from_le_bytes([a, b, c, d]))));
        }
        Some([0x28, 0xb5, 0x2f, 0xfd, descriptor, ..]) => descriptor,
        _ => return Ok(None),
    };
    let single_segment = descriptor & 0x20 != 0;
    let window = u64::from(!single_segment);
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let content_size = [u64::from(single_segment), 2, 4, 8][usize::from(descriptor >> 6)];
    let checksum = if descriptor & 4 != 0 { 4 } else { 0 };
    let mut at = start + 5 + window + dictionary + content_size;
    loop {
        if at - start > LONGEST_FRAME {
            return Ok(None);
        }
        let Some([low, middle, high]) = read(file, at)? else {
            return Ok(None);
        };
        let block = u32::from_le_bytes([low, middle, high, 0]);
        let length = match block >> 1 & 3 {
            // One byte, which the block repeats.
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

/// Reads so many bytes; returns none when the file ends before.
fn read<const N: usize>(file: &File, at: u64) -> io::Result<Option<[u8; N]>> {
    let mut bytes = [0; N];
    match file.read_exact_at(&mut bytes, at) {
        Err(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        result => result.map(|()| Some(bytes)),
    }
}

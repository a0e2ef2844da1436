//! LZ4 frames: any number of them, skippable ones among them; checksums are verified. Anything else
//! behind them is an error, as for `lz4 -t`. The legacy format, which can't tell a truncated file from a
//! complete one, is refused.

use super::reader::Reader;
use super::{Codec, DecodeError, Engine, Sink};
use crate::job::Trust;
use lz4_flex::frame::FrameDecoder;
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

/// The row for lz4.
pub(super) const CODEC: Codec = Codec {
    name: NAME,
    help: "LZ4: all frames, skippable ones among them",
    recognise: |head| head.starts_with(&MAGIC) || head.starts_with(&LEGACY),
    start: |_| Box::new(Lz4),
};

const NAME: &str = "lz4";
const MAGIC: [u8; 4] = [0x04, 0x22, 0x4d, 0x18];
const LEGACY: [u8; 4] = [0x02, 0x21, 0x4c, 0x18];

struct Lz4;

impl Engine for Lz4 {
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        _size: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), DecodeError> {
        loop {
            let at = reader.offset();
            match *reader.peek(4)? {
                [] if at > 0 => return Ok(()),
                [a, b, c, d, ..] if [a, b, c, d] == MAGIC => {
                    if frame(reader, sink)?.is_break() {
                        return Ok(());
                    }
                }
                [first, 0x2a, 0x4d, 0x18, ..] if first >> 4 == 5 => skip(reader)?,
                [a, b, c, d, ..] if [a, b, c, d] == LEGACY => {
                    return Err(DecodeError::corrupt(
                        NAME,
                        at,
                        "the legacy format is not supported",
                    ));
                }
                [_, _, _, _, ..] => return Err(DecodeError::corrupt(NAME, at, "not in lz4 format")),
                ref part => return Err(DecodeError::truncated(NAME, at + part.len() as u64)),
            }
        }
    }
}

/// Decodes one frame.
fn frame(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<ControlFlow<()>, DecodeError> {
    let mut frame = FrameDecoder::new(Feed {
        reader,
        dry: false,
        failed: false,
    });
    loop {
        let (n, flow) = match frame.fill_buf() {
            Ok([]) => break,
            Ok(block) => (block.len(), sink.give(block, Trust::Provisional)),
            Err(e) => return Err(frame.get_ref().judge(e)),
        };
        frame.consume(n);
        if flow.is_break() {
            return Ok(flow);
        }
    }
    let feed = frame.into_inner();
    // The decoder takes the end of the file for the end of the frame, wherever a block may begin.
    if feed.dry {
        return Err(DecodeError::truncated(NAME, feed.reader.offset()));
    }
    Ok(ControlFlow::Continue(()))
}

/// Passes over a skippable frame: its magic number, the length of what follows, and that.
fn skip(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let truncated = |reader: &Reader<'_>, n: usize| DecodeError::truncated(NAME, reader.offset() + n as u64);
    let mut left = match *reader.peek(8)? {
        [_, _, _, _, a, b, c, d, ..] => u64::from(u32::from_le_bytes([a, b, c, d])),
        ref part => {
            let n = part.len();
            return Err(truncated(reader, n));
        }
    };
    reader.consume(8);
    let ended = reader.each(|block| {
        let n = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= n as u64;
        (n > 0).then_some(n)
    })?;
    if ended && left > 0 {
        return Err(truncated(reader, 0));
    }
    Ok(())
}

/// A reader as the crate wants it, which remembers why it could give no more.
struct Feed<'r, 'a> {
    reader: &'r mut Reader<'a>,
    dry: bool,
    failed: bool,
}

impl Feed<'_, '_> {
    fn judge(&self, error: io::Error) -> DecodeError {
        match error {
            error if self.failed => DecodeError::Read(error),
            _ if self.dry => DecodeError::truncated(NAME, self.reader.offset()),
            error => DecodeError::corrupt(NAME, self.reader.offset(), describe(&error)),
        }
    }
}

/// What the crate found wrong, in words; its own are names of variants.
fn describe(error: &io::Error) -> &'static str {
    use lz4_flex::frame::Error;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::HeaderChecksumError) => "header checksum mismatch",
        Some(Error::BlockChecksumError) => "block checksum mismatch",
        Some(Error::ContentChecksumError) => "checksum mismatch",
        Some(Error::ContentLengthError { .. }) => "length mismatch",
        Some(Error::DictionaryNotSupported) => "it needs a dictionary, which is not supported",
        Some(Error::UnsupportedVersion(_) | Error::ReservedBitsSet | Error::UnsupportedBlocksize(_)) => {
            "unsupported header"
        }
        _ => "invalid data",
    }
}

impl Read for Feed<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let block = match self.reader.fill() {
            Ok(block) => block,
            Err(DecodeError::Read(e)) => {
                self.failed = true;
                return Err(e);
            }
            Err(e) => return Err(io::Error::other(e)),
        };
        let n = block.len().min(buffer.len());
        self.dry |= block.is_empty();
        buffer[..n].copy_from_slice(&block[..n]);
        self.reader.consume(n);
        Ok(n)
    }
}

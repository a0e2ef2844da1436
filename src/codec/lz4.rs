//! LZ4 frames: any number of them, skippable ones among them; checksums are verified. Anything else
//! behind them is an error, as for `lz4 -t`. The legacy format, which can't tell a truncated file
//! from a complete one, is refused.

use super::engine::{Codec, DecodeSink, Engine};
use super::error::DecodeError;
use super::reader::Reader;
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
        sink: &mut DecodeSink<'_>,
    ) -> Result<(), DecodeError> {
        loop {
            let at = reader.offset();
            let corrupt = |what: &str| Err(DecodeError::corrupt(NAME, at, what));
            match *reader.peek(4)? {
                [] if at > 0 => return Ok(()),
                [a, b, c, d, ..] if [a, b, c, d] == MAGIC => {
                    if decode_frame(reader, sink)?.is_break() {
                        return Ok(());
                    }
                }
                [first, 0x2a, 0x4d, 0x18, ..] if first >> 4 == 5 => skip_frame(reader)?,
                [a, b, c, d, ..] if [a, b, c, d] == LEGACY => {
                    return corrupt("the legacy format is not supported");
                }
                [_, _, _, _, ..] => return corrupt("not in lz4 format"),
                ref rest => return Err(DecodeError::truncated(NAME, at + rest.len() as u64)),
            }
        }
    }
}

fn decode_frame(reader: &mut Reader<'_>, sink: &mut DecodeSink<'_>) -> Result<ControlFlow<()>, DecodeError> {
    let mut frame = FrameDecoder::new(FrameSource {
        reader,
        ended: false,
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
    let source = frame.into_inner();
    // Wherever a block may begin, the crate takes the end of the file for the end of the frame.
    if source.ended {
        return Err(DecodeError::truncated(NAME, source.reader.offset()));
    }
    Ok(ControlFlow::Continue(()))
}

/// Passes over a skippable frame: a magic number, the length of its data, and the data.
fn skip_frame(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let truncated = |reader: &Reader<'_>, n: usize| DecodeError::truncated(NAME, reader.offset() + n as u64);
    let mut left = match *reader.peek(8)? {
        [_, _, _, _, a, b, c, d, ..] => u64::from(u32::from_le_bytes([a, b, c, d])),
        ref rest => {
            let n = rest.len();
            return Err(truncated(reader, n));
        }
    };
    reader.consume(8);
    let ended = reader.consume_each(|block| {
        let n = block.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        left -= n as u64;
        (n > 0).then_some(n)
    })?;
    if ended && left > 0 {
        return Err(truncated(reader, 0));
    }
    Ok(())
}

/// A reader as the crate wants it, which remembers why it gave no more.
struct FrameSource<'r, 'a> {
    reader: &'r mut Reader<'a>,
    ended: bool,
    failed: bool,
}

impl FrameSource<'_, '_> {
    fn judge(&self, error: io::Error) -> DecodeError {
        match error {
            error if self.failed => DecodeError::Read(error),
            _ if self.ended => DecodeError::truncated(NAME, self.reader.offset()),
            error => DecodeError::corrupt(NAME, self.reader.offset(), describe(&error)),
        }
    }
}

/// Describes what the crate found wrong; its own texts are names of variants.
fn describe(error: &io::Error) -> &'static str {
    use lz4_flex::frame::Error;
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match inner {
        Some(Error::HeaderChecksumError) => "header checksum mismatch",
        Some(Error::BlockChecksumError) => "block checksum mismatch",
        Some(Error::ContentChecksumError) => "checksum mismatch",
        Some(Error::ContentLengthError { .. }) => "length mismatch",
        Some(Error::DictionaryNotSupported) => "the frame needs a dictionary, which is not supported",
        Some(Error::UnsupportedVersion(_) | Error::ReservedBitsSet | Error::UnsupportedBlocksize(_)) => {
            "unsupported header"
        }
        _ => "invalid data",
    }
}

impl Read for FrameSource<'_, '_> {
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
        self.ended |= block.is_empty();
        buffer[..n].copy_from_slice(&block[..n]);
        self.reader.consume(n);
        Ok(n)
    }
}

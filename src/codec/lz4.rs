//! LZ4 frames: any number of them, skippable ones among them; checksums are verified. Anything else
//! behind them is an error, as for `lz4 -t`. The legacy format, which can't tell a truncated file
//! from a complete one, is refused.

use super::engine::{Codec, DecodeSink, Engine};
use super::error::DecodeError;
use super::reader::Reader;
use super::signature::{Signature, differing};
use crate::job::Trust;
use lz4_flex::frame::{self, FrameDecoder};
use std::io::{self, BufRead, Read};
use std::ops::ControlFlow;

/// The row for lz4.
pub(super) const CODEC: Codec = Codec {
    name: NAME,
    help: "LZ4: all frames, skippable ones among them",
    endings: &[".lz4"],
    recognise: |head| head.starts_with(&MAGIC) || head.starts_with(&LEGACY),
    signature: Some(Signature {
        codec: NAME,
        unit: "frame",
        length: 5,
        distance: |head| {
            let is_version = head.get(4).is_some_and(|flags| flags >> 6 == 1);
            differing(head, &MAGIC) + usize::from(!is_version)
        },
        other: 2,
        block: None,
    }),
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
    let mut frame = FrameDecoder::new(&mut *reader);
    loop {
        let (n, flow) = match frame.fill_buf() {
            Ok([]) => break,
            Ok(block) => (block.len(), sink.give(block, Trust::Provisional)),
            Err(e) => return Err(judge(frame.get_ref(), e)),
        };
        frame.consume(n);
        if flow.is_break() {
            return Ok(flow);
        }
    }
    // Wherever a block may begin, the crate takes the end of the file for the end of the frame.
    if reader.ended() {
        return Err(DecodeError::truncated(NAME, reader.offset()));
    }
    Ok(ControlFlow::Continue(()))
}

/// Passes over a skippable frame: a magic number, the length of its data, and the data.
fn skip_frame(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let at = reader.offset();
    let head = reader.peek(8)?;
    let [_, _, _, _, a, b, c, d, ..] = *head else {
        return Err(DecodeError::truncated(NAME, at + head.len() as u64));
    };
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    reader.consume(8);
    if io::copy(&mut reader.by_ref().take(length), &mut io::sink())? < length {
        return Err(DecodeError::truncated(NAME, reader.offset()));
    }
    Ok(())
}

/// Returns why the crate could not decode what it read from `reader`.
fn judge(reader: &Reader<'_>, error: io::Error) -> DecodeError {
    if reader.ended() {
        return DecodeError::truncated(NAME, reader.offset());
    }
    match error.downcast() {
        Ok(wrong) => DecodeError::corrupt(NAME, reader.offset(), describe(&wrong)),
        Err(error) => DecodeError::Read(error),
    }
}

/// Describes what the crate found wrong; its own texts are names of variants.
fn describe(wrong: &frame::Error) -> &'static str {
    use frame::Error;
    match wrong {
        Error::HeaderChecksumError => "header checksum mismatch",
        Error::BlockChecksumError => "block checksum mismatch",
        Error::ContentChecksumError => "checksum mismatch",
        Error::ContentLengthError { .. } => "length mismatch",
        Error::DictionaryNotSupported => "the frame needs a dictionary, which is not supported",
        Error::UnsupportedVersion(_) | Error::ReservedBitsSet | Error::UnsupportedBlocksize(_) => {
            "unsupported header"
        }
        _ => "invalid data",
    }
}

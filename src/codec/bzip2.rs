//! bzip2: any number of streams, one after another, with the verdicts of `bzip2 -t`: bytes behind
//! a stream that are no stream are ignored with a warning. Where data would be lost in this way, it is
//! stricter than that program, which exits with 0.

use super::engine::Codec;
use super::signature::{Signature, differing};
use super::stream::{Step, StepError, Stream, StreamEngine};
use bzip2::{Decompress, Error, Status};

/// The row for bzip2.
pub(super) const CODEC: Codec = Codec {
    name: "bzip2",
    help: "bzip2: all streams, as written by bzip2, pbzip2, lbzip2",
    endings: &[".bz2", ".tbz2", ".tbz"],
    recognise: |head| match head {
        [b'B', b'Z', b'h', b'1'..=b'9', rest @ ..] => {
            let magic = &rest[..rest.len().min(2)];
            b"1A".starts_with(magic) || b"\x17\x72".starts_with(magic)
        }
        _ => false,
    },
    signature: Some(STREAM),
    start: |_| Box::new(StreamEngine::new(Bzip2::new())),
};

/// How a stream begins: `BZh`, a digit, and the magic number of a block, or of the end of an empty stream.
const STREAM: Signature = Signature {
    codec: "bzip2",
    unit: "stream",
    length: 10,
    distance: |head| {
        let is_level = matches!(head.get(3), Some(b'1'..=b'9'));
        let magic = head.get(4..).unwrap_or_default();
        let magic = differing(magic, BLOCK).min(differing(magic, b"\x17\x72\x45\x38\x50\x90"));
        differing(head, b"BZh") + usize::from(!is_level) + magic
    },
    other: 4,
    block: Some(BLOCK),
};

/// The magic number of a block.
const BLOCK: &[u8] = b"1AY&SY";

struct Bzip2 {
    stream: Decompress,
    /// How many streams of this file are finished.
    finished: u64,
    /// Whether the stream is at its end, so that the next byte needs a new one.
    ended: bool,
}

impl Bzip2 {
    fn new() -> Self {
        Bzip2 {
            stream: Decompress::new(false),
            finished: 0,
            ended: false,
        }
    }
}

impl Stream for Bzip2 {
    const NAME: &'static str = "bzip2";

    fn restart(&mut self) -> Result<(), String> {
        *self = Bzip2::new();
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, StepError> {
        if self.ended {
            self.stream = Decompress::new(false);
            self.ended = false;
        }
        let (read, written) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(input, output);
        let read = (self.stream.total_in() - read) as usize;
        let corrupt = |at, what: &str| Err(StepError::Corrupt(at, what.to_owned()));
        match status {
            Ok(Status::StreamEnd) => {
                self.finished += 1;
                self.ended = true;
            }
            Ok(Status::MemNeeded) => return corrupt(read, "out of memory"),
            Ok(_) => {}
            Err(Error::DataMagic) if self.finished > 0 => return Err(StepError::Garbage(&STREAM)),
            Err(Error::DataMagic) => return corrupt(0, "not in bzip2 format"),
            Err(_) => return corrupt(read, "invalid data or crc mismatch"),
        }
        Ok(Step {
            read,
            written: (self.stream.total_out() - written) as usize,
            complete: self.ended,
        })
    }
}

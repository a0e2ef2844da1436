//! bzip2: any number of streams, one after another, with the verdicts of `bzip2 -t`: what follows the
//! first and isn't a stream is ignored with a warning.

use super::Codec;
use super::stream::{Bad, Step, Stream, Streaming};
use bzip2::{Decompress, Error, Status};

/// The row for bzip2.
pub(super) const CODEC: Codec = Codec {
    name: "bzip2",
    help: "bzip2: all streams, as written by bzip2, pbzip2, lbzip2",
    recognise: |head| matches!(head, [b'B', b'Z', b'h', b'1'..=b'9', ..]),
    start: |_| {
        Box::new(Streaming::new(Bzip2 {
            stream: Decompress::new(false),
            finished: 0,
            ended: false,
        }))
    },
};

struct Bzip2 {
    stream: Decompress,
    /// How many streams of this file are finished.
    finished: u64,
    /// Whether the stream is at its end, so that the next byte needs a new one.
    ended: bool,
}

impl Stream for Bzip2 {
    const NAME: &'static str = "bzip2";

    fn restart(&mut self) -> Result<(), String> {
        *self = Bzip2 {
            stream: Decompress::new(false),
            finished: 0,
            ended: false,
        };
        Ok(())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Bad> {
        if self.ended {
            self.stream = Decompress::new(false);
            self.ended = false;
        }
        let (read, written) = (self.stream.total_in(), self.stream.total_out());
        let status = self.stream.decompress(input, output);
        let read = (self.stream.total_in() - read) as usize;
        match status {
            Ok(Status::StreamEnd) => {
                self.finished += 1;
                self.ended = true;
            }
            Ok(Status::MemNeeded) => return Err(Bad::Corrupt(read, "out of memory".to_owned())),
            Ok(_) => {}
            Err(Error::DataMagic) if self.finished > 0 => return Err(Bad::Garbage),
            Err(Error::DataMagic) => return Err(Bad::Corrupt(0, "not in bzip2 format".to_owned())),
            Err(_) => return Err(Bad::Corrupt(read, "invalid data or crc mismatch".to_owned())),
        }
        Ok(Step {
            read,
            written: (self.stream.total_out() - written) as usize,
            complete: self.ended,
        })
    }
}

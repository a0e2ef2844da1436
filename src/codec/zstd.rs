//! Zstandard (RFC 8878): any number of frames, skippable ones among them; checksums are verified where
//! a frame has one. Anything else between or behind frames is an error, as for `zstd -t`.

use super::Codec;
use super::stream::{Bad, Step, Stream, Streaming};
use zstd::stream::raw::{Decoder, Operation};

/// The row for zstd. A file may begin with a skippable frame (`18 4d 2a 5?`, little-endian), as those of
/// pzstd do.
pub(super) const CODEC: Codec = Codec {
    name: "zstd",
    help: "Zstandard: all frames, skippable ones among them",
    recognise: |head| {
        head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
            || matches!(head, [first, 0x2a, 0x4d, 0x18, ..] if first >> 4 == 5)
    },
    start: |_| Box::new(Streaming::new(Zstd { frames: None })),
};

struct Zstd {
    /// Made at the first file, because that can fail.
    frames: Option<Decoder<'static>>,
}

impl Zstd {
    fn frames(&mut self) -> std::io::Result<&mut Decoder<'static>> {
        Ok(match &mut self.frames {
            Some(frames) => frames,
            none => none.insert(Decoder::new()?),
        })
    }
}

impl Stream for Zstd {
    const NAME: &'static str = "zstd";

    fn restart(&mut self) -> Result<(), String> {
        self.frames()
            .and_then(Operation::reinit)
            .map_err(|e| e.to_string())
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Bad> {
        let done = self
            .frames()
            .and_then(|frames| frames.run_on_buffers(input, output));
        // The library doesn't tell how far into the input it was.
        let done = done.map_err(|e| Bad::Corrupt(0, e.to_string().to_lowercase()))?;
        Ok(Step {
            read: done.bytes_read,
            written: done.bytes_written,
            complete: done.remaining == 0,
        })
    }
}

//! Zstandard (RFC 8878): any number of frames, skippable ones among them; checksums are verified where
//! a frame has one. Anything else between or behind frames is an error, as for `zstd -t`.

use super::Codec;
use super::stream::{Bad, Step, Stream, Streaming};
use crate::memory::{Budget, Insisted};
use zstd::stream::raw::{DParameter, Decoder, Operation};

/// The row for zstd. A file may begin with a skippable frame (`18 4d 2a 5?`, little-endian), as those of
/// pzstd do.
pub(super) const CODEC: Codec = Codec {
    name: "zstd",
    help: "Zstandard: all frames, skippable ones among them",
    recognise: |head| {
        head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd])
            || matches!(head, [first, 0x2a, 0x4d, 0x18, ..] if first >> 4 == 5)
    },
    start: |budget| Box::new(Streaming::new(Zstd::new(budget))),
};

/// The largest window that every decoder of the format is to support: part of what each worker needs, and
/// kept from file to file. All levels but those above 19 stay below.
const USUAL: u64 = 8 << 20;
/// The largest that zstd decodes without being told to: always allowed.
const ALLOWED: u64 = 128 << 20;

struct Zstd {
    /// Made at the first file, because that can fail.
    frames: Option<Decoder<'static>>,
    budget: Budget,
    /// What was taken for a large window.
    held: Option<Insisted>,
}

impl Zstd {
    fn new(budget: &Budget) -> Self {
        Zstd {
            frames: None,
            budget: budget.clone(),
            held: None,
        }
    }

    fn frames(&mut self) -> std::io::Result<&mut Decoder<'static>> {
        Ok(match &mut self.frames {
            Some(frames) => frames,
            none => {
                let mut frames = Decoder::new()?;
                // Whether there is room is found out before.
                frames.set_parameter(DParameter::WindowLogMax(31))?;
                none.insert(frames)
            }
        })
    }
}

/// How much of what it has decoded the frame that begins with `head` looks back to, at most (RFC 8878,
/// section 3.1.1.1.2). Of frames that hold all of it at once, this is their size.
fn window(head: &[u8]) -> u64 {
    let [0x28, 0xb5, 0x2f, 0xfd, descriptor, rest @ ..] = head else {
        return 0;
    };
    if descriptor & 0x20 == 0 {
        let byte = rest.first().copied().unwrap_or(0);
        let base = 1 << (10 + (byte >> 3));
        return base + base / 8 * u64::from(byte & 7);
    }
    let dictionary = [0, 1, 2, 4][usize::from(descriptor & 3)];
    let length = [1, 2, 4, 8][usize::from(descriptor >> 6)];
    let size = rest.get(dictionary..).unwrap_or_default().iter().take(length);
    let size = size.rev().fold(0, |size, &byte| size << 8 | u64::from(byte));
    // Where two bytes tell, they do not begin at 0.
    if length == 2 { size + 256 } else { size }
}

impl Stream for Zstd {
    const NAME: &'static str = "zstd";

    fn restart(&mut self) -> Result<(), String> {
        self.frames()
            .and_then(Operation::reinit)
            .map_err(|e| e.to_string())
    }

    // A frame's header is no longer.
    const HEAD: usize = 18;

    fn begin(&mut self, head: &[u8]) -> Result<(), String> {
        let window = window(head);
        if window <= USUAL {
            return Ok(());
        }
        if window > self.budget.limit().max(ALLOWED) {
            return Err("its window needs more than --memory allows".to_owned());
        }
        // The buffer for the frame before may be another one.
        self.end();
        self.held = Some(self.budget.insist(window));
        Ok(())
    }

    fn end(&mut self) {
        if self.held.is_some() {
            self.frames = None;
            self.held = None;
        }
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

//! Zstandard (RFC 8878): any number of frames, skippable ones among them; checksums are verified when
//! a frame has one. Anything else between or behind frames is an error, as for `zstd -t`.

use super::engine::Codec;
use super::signature::{Signature, differing};
use super::stream::{Step, StepError, Stream, StreamEngine};
use crate::memory::{Budget, Insisted};
use zstd::stream::raw::{DParameter, Decoder, Operation};

/// The row for zstd. A file may begin with a skippable frame (`18 4d 2a 5?`, little-endian), as those
/// of pzstd do.
pub(super) const CODEC: Codec = Codec {
    name: "zstd",
    help: "Zstandard: all frames, skippable ones among them",
    endings: &[".zst", ".tzst"],
    recognise: |head| {
        head.starts_with(&MAGIC) || matches!(head, [first, 0x2a, 0x4d, 0x18, ..] if first >> 4 == 5)
    },
    signature: Some(Signature {
        codec: "zstd",
        unit: "frame",
        length: MAGIC.len(),
        distance: |head| differing(head, &MAGIC),
        other: 2,
        block: None,
    }),
    start: |budget| Box::new(StreamEngine::new(Zstd::new(budget))),
};

const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The window that every decoder of the format should support: it counts as part of what each worker
/// needs, and is kept from file to file. All levels up to 19 need less.
const USUAL: u64 = 8 << 20;
/// The largest window that zstd decodes without an option: always allowed.
const ALLOWED: u64 = 128 << 20;

struct Zstd {
    /// Made for the first file, because that can fail.
    frames: Option<Decoder<'static>>,
    budget: Budget,
    /// Memory for a large window.
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
                // `begin` checks the window instead.
                frames.set_parameter(DParameter::WindowLogMax(31))?;
                none.insert(frames)
            }
        })
    }
}

/// Returns how far back the frame that begins with `head` refers into its decoded bytes, at most (RFC
/// 8878, section 3.1.1.1.2). For a frame of a single segment, that is its size.
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
    // A size of two bytes is stored less 256.
    if length == 2 { size + 256 } else { size }
}

impl Stream for Zstd {
    const NAME: &'static str = "zstd";

    fn restart(&mut self) -> Result<(), String> {
        self.frames()
            .and_then(Operation::reinit)
            .map_err(|e| e.to_string())
    }

    /// The longest frame header.
    const HEAD: usize = 18;

    fn begin(&mut self, head: &[u8]) -> Result<(), String> {
        let window = window(head);
        if window <= USUAL {
            return Ok(());
        }
        if window > self.budget.limit().max(ALLOWED) {
            return Err("its window needs more than --memory allows".to_owned());
        }
        // The frame before may have had a large window, too.
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

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, StepError> {
        let status = self
            .frames()
            .and_then(|frames| frames.run_on_buffers(input, output));
        // The library doesn't tell how far into the input it was.
        let status = status.map_err(|e| StepError::Corrupt(0, e.to_string().to_lowercase()))?;
        Ok(Step {
            read: status.bytes_read,
            written: status.bytes_written,
            complete: status.remaining == 0,
        })
    }
}

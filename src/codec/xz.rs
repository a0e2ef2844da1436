//! xz: any number of streams, with padding between and behind them; integrity checks are verified.
//! Anything else behind them is an error, as for `xz -t`.

use super::engine::Codec;
use super::signature::{Signature, differing};
use super::stream::{Step, StepError, Stream, StreamEngine};
use crate::memory::{Budget, Insisted};
use liblzma::stream::{Action, CONCATENATED, Error, Status, Stream as Xz, TELL_UNSUPPORTED_CHECK};

/// The row for xz.
pub(super) const CODEC: Codec = Codec {
    name: "xz",
    help: "xz: all streams and their padding",
    endings: &[".xz", ".txz"],
    recognise: |head| head.starts_with(MAGIC),
    signature: Some(Signature {
        codec: "xz",
        unit: "stream",
        length: MAGIC.len(),
        distance: |head| differing(head, MAGIC),
        other: 2,
        block: None,
    }),
    start: |budget| Box::new(StreamEngine::new(XzStreams::new(budget))),
};

const MAGIC: &[u8] = b"\xfd7zXZ\0";

/// What files of the usual presets need: it counts as part of what each worker needs.
const USUAL: u64 = 16 << 20;
/// What the strongest preset needs, with room to spare: always allowed.
const ALLOWED: u64 = 128 << 20;

struct XzStreams {
    xz: Option<Xz>,
    budget: Budget,
    /// Memory for a large dictionary.
    held: Option<Insisted>,
}

impl XzStreams {
    fn new(budget: &Budget) -> Self {
        XzStreams {
            xz: None,
            budget: budget.clone(),
            held: None,
        }
    }

    /// Raises the limit to what the file's header asks for, which may be a lie. Returns false when
    /// that is more than any file may have.
    fn raise_limit(&mut self) -> bool {
        let xz = self.xz.as_mut().expect("restart comes before the first step");
        let most = self.budget.limit().max(ALLOWED);
        let mut limit = xz.memlimit();
        // The library tells whether a limit is enough, and not which one would be.
        loop {
            if limit >= most {
                return false;
            }
            limit = (2 * limit).min(most);
            if xz.set_memlimit(limit).is_ok() {
                break;
            }
        }
        // Give back first: a thread that holds memory by `insist` must not wait for more.
        self.held = None;
        self.held = Some(self.budget.insist(limit));
        true
    }
}

impl Stream for XzStreams {
    const NAME: &'static str = "xz";

    fn restart(&mut self) -> Result<(), String> {
        let xz = Xz::new_stream_decoder(USUAL, CONCATENATED | TELL_UNSUPPORTED_CHECK);
        self.xz = Some(xz.map_err(|e| e.to_string())?);
        Ok(())
    }

    fn end(&mut self) {
        self.xz = None;
        self.held = None;
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, StepError> {
        let xz = self.xz.as_mut().expect("restart comes before the first step");
        // Only `Finish` tells the library that no further stream comes.
        let action = if input.is_empty() {
            Action::Finish
        } else {
            Action::Run
        };
        let (read, written) = (xz.total_in(), xz.total_out());
        let status = xz.process(input, output, action);
        let read = (xz.total_in() - read) as usize;
        let written = (xz.total_out() - written) as usize;
        let what = match status {
            Ok(status) => {
                let complete = status == Status::StreamEnd;
                return Ok(Step {
                    read,
                    written,
                    complete,
                });
            }
            Err(Error::Format) => "not in xz format",
            Err(Error::Options) => "unsupported options",
            Err(Error::UnsupportedCheck) => "unsupported integrity check",
            Err(Error::Mem) => "out of memory",
            Err(Error::MemLimit) if self.raise_limit() => {
                let step = self.step(&input[read..], &mut output[written..])?;
                return Ok(Step {
                    read: read + step.read,
                    written: written + step.written,
                    ..step
                });
            }
            Err(Error::MemLimit) => "its dictionary needs more than --memory allows",
            Err(_) => "invalid data or check mismatch",
        };
        Err(StepError::Corrupt(read, what.to_owned()))
    }
}

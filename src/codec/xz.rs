//! xz: any number of streams with padding between and behind them; integrity checks are verified.
//! Anything else behind them is an error, as for `xz -t`.

use super::Codec;
use super::stream::{Bad, Step, Stream, Streaming};
use crate::memory::{Budget, Insisted};
use liblzma::stream::{Action, CONCATENATED, Error, Status, Stream as Xz, TELL_UNSUPPORTED_CHECK};

/// The row for xz.
pub(super) const CODEC: Codec = Codec {
    name: "xz",
    help: "xz: all streams and their padding",
    recognise: |head| head.starts_with(b"\xfd7zXZ\0"),
    start: |budget| Box::new(Streaming::new(Streams::new(budget))),
};

/// What files of the usual presets need: part of what each worker needs.
const USUAL: u64 = 16 << 20;
/// What the strongest preset needs, with room to spare: always allowed.
const ALLOWED: u64 = 128 << 20;

struct Streams {
    xz: Option<Xz>,
    budget: Budget,
    /// What was taken for a large dictionary.
    held: Option<Insisted>,
}

impl Streams {
    fn new(budget: &Budget) -> Self {
        Streams {
            xz: None,
            budget: budget.clone(),
            held: None,
        }
    }

    /// Takes what the file asks for, which is more than it may have so far: its header says how much, and
    /// may lie. False when that is more than anyone may have.
    fn more(&mut self) -> bool {
        let xz = self.xz.as_mut().expect("restart comes before the first step");
        let most = self.budget.limit().max(ALLOWED);
        let mut limit = xz.memlimit();
        // The library tells whether it is enough, and not how much is.
        loop {
            if limit >= most {
                return false;
            }
            limit = (2 * limit).min(most);
            if xz.set_memlimit(limit).is_ok() {
                break;
            }
        }
        // What was held goes back first: nobody waits for more while holding some.
        self.held = None;
        self.held = Some(self.budget.insist(limit));
        true
    }
}

impl Stream for Streams {
    const NAME: &'static str = "xz";

    fn restart(&mut self) -> Result<(), String> {
        let made = Xz::new_stream_decoder(USUAL, CONCATENATED | TELL_UNSUPPORTED_CHECK);
        self.xz = Some(made.map_err(|e| e.to_string())?);
        Ok(())
    }

    fn end(&mut self) {
        self.xz = None;
        self.held = None;
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Bad> {
        let xz = self.xz.as_mut().expect("restart comes before the first step");
        // With several streams, only this says that there are no more.
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
            Err(Error::MemLimit) if self.more() => {
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
        Err(Bad::Corrupt(read, what.to_owned()))
    }
}

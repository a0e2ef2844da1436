//! xz: any number of streams with padding between and behind them; integrity checks are verified.
//! Anything else behind them is an error, as for `xz -t`.

use super::Codec;
use super::stream::{Bad, Step, Stream, Streaming};
use crate::memory::Budget;
use liblzma::stream::{Action, CONCATENATED, Error, Status, Stream as Xz, TELL_UNSUPPORTED_CHECK};

/// The row for xz.
pub(super) const CODEC: Codec = Codec {
    name: "xz",
    help: "xz: all streams and their padding",
    recognise: |head| head.starts_with(b"\xfd7zXZ\0"),
    start: |budget| Box::new(Streaming::new(Streams::new(budget))),
};

/// What the strongest preset of xz needs, with room to spare: always allowed.
const USUAL: u64 = 128 << 20;

struct Streams {
    xz: Option<Xz>,
    /// How much memory a file may ask for: its header says how much, and may lie.
    limit: u64,
}

impl Streams {
    fn new(budget: &Budget) -> Self {
        Streams {
            xz: None,
            limit: budget.limit().max(USUAL),
        }
    }
}

impl Stream for Streams {
    const NAME: &'static str = "xz";

    fn restart(&mut self) -> Result<(), String> {
        let made = Xz::new_stream_decoder(self.limit, CONCATENATED | TELL_UNSUPPORTED_CHECK);
        self.xz = Some(made.map_err(|e| e.to_string())?);
        Ok(())
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
            Err(Error::MemLimit) => "its dictionary needs more than --memory allows",
            Err(_) => "invalid data or check mismatch",
        };
        Err(Bad::Corrupt(read, what.to_owned()))
    }
}

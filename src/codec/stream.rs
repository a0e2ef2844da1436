//! The loop that codecs share whose library takes a piece of input at a time: read, step, give, and
//! tell a truncated file from a complete one. It does not know any format.

use super::reader::Reader;
use super::{DecodeError, Engine, Sink};
use crate::job::Trust;

/// How much is decoded at a time.
const BLOCK: usize = 256 << 10;

/// A format's decoder.
pub(super) trait Stream: Send {
    /// The codec's name.
    const NAME: &'static str;

    /// Makes ready for a new file.
    fn restart(&mut self) -> Result<(), String>;

    /// How many bytes [`Stream::begin`] is shown, where the file has them.
    const HEAD: usize = 0;

    /// Makes ready for a frame that begins with `head`.
    fn begin(&mut self, _head: &[u8]) -> Result<(), String> {
        Ok(())
    }

    /// Gives large buffers back: the file is at its end.
    fn end(&mut self) {}

    /// Decodes some of `input`, which is empty at the end of the file.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, Bad>;
}

/// What one step did.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    /// Whether the file may end here.
    pub(super) complete: bool,
}

/// Why a step failed.
pub(super) enum Bad {
    /// What is left is no part of any stream, and the format's own program only warns of it.
    Garbage,
    /// What is wrong, this many bytes into the step's input.
    Corrupt(usize, String),
}

/// A [`Stream`] as an engine.
pub(super) struct Streaming<S> {
    stream: S,
    block: Vec<u8>,
}

impl<S> Streaming<S> {
    pub(super) fn new(stream: S) -> Self {
        Streaming {
            stream,
            block: Vec::new(),
        }
    }
}

impl<S: Stream> Engine for Streaming<S> {
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        _size: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), DecodeError> {
        let end = self.stream(reader, sink);
        self.stream.end();
        end
    }
}

impl<S: Stream> Streaming<S> {
    fn stream(&mut self, reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        self.block.resize(BLOCK, 0);
        let corrupt = |at: u64, what: String| DecodeError::corrupt(S::NAME, at, what);
        self.stream.restart().map_err(|what| corrupt(0, what))?;
        let (mut begins, mut complete) = (true, false);
        loop {
            let at = reader.offset();
            if begins {
                sink.begins(at)?;
                let head = reader.peek(S::HEAD)?;
                self.stream.begin(head).map_err(|what| corrupt(at, what))?;
            }
            let input = reader.fill()?;
            let ended = input.is_empty();
            if ended && complete {
                return Ok(());
            }
            let step = match self.stream.step(input, &mut self.block) {
                Ok(step) => step,
                Err(Bad::Garbage) => {
                    (sink.warn)("trailing garbage ignored");
                    return Ok(());
                }
                Err(Bad::Corrupt(read, what)) => return Err(corrupt(at + read as u64, what)),
            };
            reader.consume(step.read);
            if sink
                .give(&self.block[..step.written], Trust::Provisional)
                .is_break()
            {
                return Ok(());
            }
            complete = step.complete;
            begins = complete;
            if step.written == 0 && step.read == 0 && !complete {
                return Err(if ended {
                    DecodeError::truncated(S::NAME, at)
                } else {
                    corrupt(at, "the decoder makes no progress".to_owned())
                });
            }
        }
    }
}

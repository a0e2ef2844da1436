//! The loop of all codecs whose library takes the input piece by piece: it reads, steps and passes
//! on, and tells a truncated file from a complete one. It does not know any format.

use super::engine::{DecodeSink, Engine};
use super::error::DecodeError;
use super::reader::Reader;
use super::signature::Signature;
use crate::job::Trust;

/// How many bytes one step decodes at most.
const BLOCK: usize = 256 << 10;

/// A format's decoder.
pub(super) trait Stream: Send {
    /// The codec's name.
    const NAME: &'static str;

    /// Prepares for a new file.
    fn restart(&mut self) -> Result<(), String>;

    /// How many bytes of a frame [`Stream::begin`] needs, when the file has them.
    const HEAD: usize = 0;

    /// Prepares for a frame that begins with `head`.
    fn begin(&mut self, _head: &[u8]) -> Result<(), String> {
        Ok(())
    }

    /// Frees large buffers at the end of a file.
    fn end(&mut self) {}

    /// Decodes some of `input`, which is empty at the end of the file.
    fn step(&mut self, input: &[u8], output: &mut [u8]) -> Result<Step, StepError>;
}

/// What one step did.
pub(super) struct Step {
    pub(super) read: usize,
    pub(super) written: usize,
    /// Whether the file may end here.
    pub(super) complete: bool,
}

/// Why a step failed.
pub(super) enum StepError {
    /// The rest begins with no stream, and the format's own program passes over it with a warning. Holds how a
    /// stream begins.
    Garbage(&'static Signature),
    /// What is wrong, so many bytes into the step's input.
    Corrupt(usize, String),
}

/// A [`Stream`] as an engine.
pub(super) struct StreamEngine<S> {
    stream: S,
    block: Vec<u8>,
}

impl<S> StreamEngine<S> {
    pub(super) fn new(stream: S) -> Self {
        StreamEngine {
            stream,
            block: Vec::new(),
        }
    }
}

impl<S: Stream> Engine for StreamEngine<S> {
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        _size: Option<u64>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<(), DecodeError> {
        let end = self.stream(reader, sink);
        self.stream.end();
        end
    }
}

impl<S: Stream> StreamEngine<S> {
    fn stream(&mut self, reader: &mut Reader<'_>, sink: &mut DecodeSink<'_>) -> Result<(), DecodeError> {
        self.block.resize(BLOCK, 0);
        let corrupt = |at: u64, what: String| DecodeError::corrupt(S::NAME, at, what);
        self.stream.restart().map_err(|what| corrupt(0, what))?;
        let (mut at_frame, mut complete) = (true, false);
        loop {
            let at = reader.offset();
            if at_frame {
                sink.begin_member(at)?;
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
                Err(StepError::Garbage(signature)) => {
                    return signature.judge_rest(reader, sink.recognise, sink.warn);
                }
                Err(StepError::Corrupt(read, what)) => return Err(corrupt(at + read as u64, what)),
            };
            reader.consume(step.read);
            let block = &self.block[..step.written];
            if sink.give(block, Trust::Provisional).is_break() {
                return Ok(());
            }
            complete = step.complete;
            at_frame = complete;
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

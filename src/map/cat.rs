//! The default map: the bytes of each input, decompressed.
//!
//! It does not know the formats of compressed files, nor where its output goes.

use super::read::read;
use super::{Emit, Map};
use crate::codec::Decoder;
use crate::job::{Failure, Job};

/// Emits the bytes of a job's inputs, decompressed, one after another.
#[derive(Debug)]
pub struct Cat {
    decoder: Decoder,
    last_line: LastLine,
}

/// What becomes of a last line without a newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastLine {
    /// It gets one, so that the first line of the next file does not join it.
    Ended,
    /// It stays as it is.
    Kept,
}

impl Cat {
    /// Makes a map that emits lines: the last line of an input gets a newline if it has none.
    pub fn new(decoder: Decoder) -> Self {
        Cat {
            decoder: decoder.of_lines(),
            last_line: LastLine::Ended,
        }
    }

    /// Makes a map that emits the bytes of each input and nothing else.
    pub fn verbatim(decoder: Decoder) -> Self {
        Cat {
            decoder,
            last_line: LastLine::Kept,
        }
    }
}

impl Map for Cat {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        for input in &job.inputs {
            let mut last = b'\n';
            read(&mut self.decoder, input, emit, &mut |emit, block, trust| {
                let flow = emit.out(block, trust);
                last = block.last().copied().unwrap_or(last);
                if flow.is_break() {
                    // A reader who wants no more wants no newline either.
                    last = b'\n';
                }
                flow
            })?;
            if self.last_line == LastLine::Ended && last != b'\n' {
                emit.end_line();
            }
        }
        Ok(())
    }
}

//! The default map: each input's bytes, decompressed.

use super::{Emit, Function, Latency, Map, Unit};
use crate::codec::{DecodeError, Decoder};
use crate::job::{Failure, Input, Job, Trust};
use crate::sys::Stdin;
use std::fs::File;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// The row of the table.
pub(super) const FUNCTION: Function = Function {
    name: "cat",
    help: "the decompressed lines (the default)",
    unit: Unit::Lines,
    start: |decoder| Box::new(Cat::new(decoder)),
};

/// Emits the bytes of a job's inputs, decompressed, one after another.
#[derive(Debug)]
pub struct Cat {
    decoder: Decoder,
    last_line: LastLine,
}

/// What becomes of a last line without a newline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LastLine {
    /// It gets one, so that the next file's first line is no part of it.
    Ended,
    /// It stays as it is.
    Kept,
}

impl Cat {
    /// A worker's instance, which gives lines: the last of an input gets a newline if it has none.
    pub fn new(decoder: Decoder) -> Self {
        Cat {
            decoder,
            last_line: LastLine::Ended,
        }
    }

    /// A worker's instance, which gives each input's bytes and nothing else.
    pub fn verbatim(decoder: Decoder) -> Self {
        Cat {
            last_line: LastLine::Kept,
            ..Cat::new(decoder)
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
                    // Who wants no more wants no newline either.
                    last = b'\n';
                }
                flow
            })?;
            if self.last_line == LastLine::Ended && last != b'\n' {
                let _ = emit.out(b"\n", Trust::Final);
            }
        }
        Ok(())
    }
}

/// Takes a block of an input, and what to emit to.
pub type Each<'a> = dyn FnMut(&mut dyn Emit, &[u8], Trust) -> ControlFlow<()> + 'a;

/// Gives the bytes of `input`, decompressed, to `each`, block by block, until it breaks or the
/// input ends: the way for any map to read its inputs. Warnings go to `emit`.
///
/// # Errors
/// `Unreadable` or `Corrupt`, with the input's name.
pub fn read(
    decoder: &mut Decoder,
    input: &Input,
    emit: &mut dyn Emit,
    each: &mut Each<'_>,
) -> Result<(), Failure> {
    let name = input.name();
    let unreadable = |cause| Failure::Unreadable {
        name: name.to_owned(),
        cause,
    };
    if let &Input::Range { start, end, .. } = input {
        emit.latency(Latency::Steady);
        let buffer = decoder.buffer(super::read_plain_range::BLOCK);
        let mut block = |block: &[u8]| each(emit, block, Trust::Final);
        return super::read_plain_range::read(name, start, end, buffer, &mut block).map_err(unreadable);
    }
    let mut warnings = Vec::new();
    let mut warn = |what: &str| warnings.push(what.to_owned());
    let end = if let &Input::Part { start, end, .. } = input {
        emit.latency(Latency::Steady);
        let mut block = |block: &[u8]| each(emit, block, Trust::Provisional);
        super::read_compressed_range::read(decoder, name, (start, end), &mut warn, &mut block)
    } else {
        let (mut source, size) = open(input).map_err(unreadable)?;
        // Files that the kernel makes up have no size, and may wait.
        emit.latency(match size {
            Some(1..) => Latency::Steady,
            _ => Latency::Waiting,
        });
        decoder.decode(&mut *source, size, &mut warn, &mut |block, trust| {
            each(emit, block, trust)
        })
    };
    for what in warnings {
        emit.warn(name, &what);
    }
    end.map_err(|error| match error {
        DecodeError::Read(cause) => unreadable(cause),
        DecodeError::Corrupt(what) => Failure::Corrupt {
            name: name.to_owned(),
            what,
        },
    })
}

fn open(input: &Input) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    match input {
        Input::Stdin => Ok((Box::new(Stdin::new()), None)),
        Input::File(name)
        | Input::Range { name, .. }
        | Input::Part { name, .. }
        | Input::Word { word: name, .. } => {
            let file = File::open(name)?;
            let found = file.metadata()?;
            if found.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            Ok((Box::new(file), found.is_file().then_some(found.len())))
        }
    }
}

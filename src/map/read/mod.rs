//! The way in which a map reads an input: whole or a part, decompressed, block by block.
//!
//! It does not know what the map does with the blocks.

mod compressed_range;
mod plain_range;
mod sized_file;

use super::{Emit, Latency};
use crate::codec::{self, DecodeError, Decoder};
use crate::control::{ReadCounter, StopRequest};
use crate::job::{Failure, Input, Trust};
use crate::record::NoteKind;
use crate::sys::Stdin;
pub(crate) use sized_file::SizedFile;
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Seek as _, SeekFrom};
use std::mem;
use std::ops::ControlFlow;

/// Takes a block of an input.
pub type Each<'a> = dyn FnMut(&mut dyn Emit, &[u8], Trust) -> ControlFlow<()> + 'a;

/// Gives the bytes of `input`, decompressed, to `each`, block by block, until it breaks or the input ends: any
/// map can read its inputs in this way. Warnings go to `emit`.
///
/// # Errors
/// [`Failure::Unreadable`] or [`Failure::Corrupt`], with the input's name.
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
    let counter = emit.worker().read_counter();
    if let Some((start, end)) = plain_lines(input) {
        emit.latency(Latency::Steady);
        let buffer = decoder.buffer(plain_range::BLOCK);
        let mut begins = start == 0;
        let mut block = |block: &[u8]| {
            let mark = mem::take(&mut begins).then(|| block.strip_prefix(b"\xef\xbb\xbf"));
            each(emit, mark.flatten().unwrap_or(block), Trust::Final)
        };
        let size = match input {
            // Nothing may have been appended.
            Input::Tail { .. } if size_of(name).map_err(unreadable)? == start => start,
            _ => plain_range::read(name, (start, end), &counter, buffer, &mut block).map_err(unreadable)?,
        };
        emit.covered(size.min(end), &|| Some(false));
        return Ok(());
    }
    decoder.expect(name);
    let mut warnings = Vec::new();
    let mut warn = |what: &str| warnings.push(what.to_owned());
    let mut covered = None;
    let end = if let &Input::Tail { from, .. } = input {
        emit.latency(Latency::Steady);
        let file = open_at(name, from).map_err(unreadable)?.counted(counter.clone());
        let size = file.size();
        covered = Some(size);
        counter.add_size(size.saturating_sub(from));
        let mut block = |block: &[u8], trust| each(emit, block, trust);
        read_members(decoder, file, (from, size), &mut warn, &mut block)
    } else if let &Input::Part { start, end, .. } = input {
        emit.latency(Latency::Steady);
        let mut block = |block: &[u8]| each(emit, block, Trust::Provisional);
        compressed_range::read(decoder, name, (start, end), &counter, &mut warn, &mut block)
    } else {
        let (mut source, size) = open(input, counter).map_err(unreadable)?;
        // Files that the kernel makes up have size 0, and reading one may block.
        emit.latency(match size {
            Some(1..) => Latency::Steady,
            _ => Latency::Waiting,
        });
        covered = size;
        decoder.decode(&mut *source, size, &mut warn, &mut |block, trust| {
            each(emit, block, trust)
        })
    };
    if let (Ok(()), Some(size)) = (&end, covered) {
        let is_sound = warnings.is_empty();
        emit.covered(size, &|| is_sound.then(|| is_packed(name)).flatten());
    }
    for what in warnings {
        emit.warn(name, &what);
    }
    if decoder.is_misnamed() {
        emit.note(NoteKind::NotCompressed, name);
    }
    end.map_err(|error| error.into_failure(name))
}

/// Gives all bytes of `input` to `each`, as [`read`] does, for a map that emits only at the end of an input.
///
/// # Errors
/// Those of [`read`], and [`Failure::Stopped`] when the run stops meanwhile.
pub(super) fn read_all(
    decoder: &mut Decoder,
    input: &Input,
    emit: &mut dyn Emit,
    each: &mut dyn FnMut(&[u8]),
) -> Result<(), Failure> {
    let mut stopped = false;
    read(decoder, input, emit, &mut |emit, block, _| {
        each(block);
        stopped = emit.worker().stop_request() != StopRequest::Continue;
        match stopped {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    })?;
    match stopped {
        true => Err(Failure::Stopped),
        false => Ok(()),
    }
}

/// Returns the range of bytes of which an input has the lines, when they are read as they are.
fn plain_lines(input: &Input) -> Option<(u64, u64)> {
    match input {
        Input::Range { start, end, .. } => Some((*start, *end)),
        Input::Tail {
            from,
            end,
            packed: false,
            ..
        } => Some((*from, *end)),
        _ => None,
    }
}

fn size_of(name: &OsStr) -> io::Result<u64> {
    Ok(std::fs::metadata(name)?.len())
}

/// Opens a file to be read from a byte on.
fn open_at(name: &OsStr, from: u64) -> io::Result<SizedFile<File>> {
    let mut file = File::open(name)?;
    file.seek(SeekFrom::Start(from))?;
    let size = file.metadata()?.len();
    Ok(SizedFile::new(file, size, from))
}

/// Decodes the members of a file from a byte on, if there are any.
fn read_members(
    decoder: &mut Decoder,
    mut file: SizedFile<File>,
    (from, size): (u64, u64),
    warn: &mut dyn FnMut(&str),
    block: &mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
) -> Result<(), DecodeError> {
    match size > from {
        true => decoder.decode(&mut file, Some(size - from), warn, block),
        false => Ok(()),
    }
}

/// Returns whether a file goes on by a gzip member when it grows, or by plain text; `None` when it is neither, or
/// something else is to be told of it each time.
fn is_packed(name: &OsStr) -> Option<bool> {
    let mut head = Vec::new();
    let file = File::open(name).ok()?;
    file.take(codec::TEXT_HEAD_LENGTH as u64)
        .read_to_end(&mut head)
        .ok()?;
    match codec::is_plain(&head) {
        true => (codec::is_divisible(&head) && !codec::ends_as_compressed(name)).then_some(false),
        false => head.starts_with(b"\x1f\x8b\x08").then_some(true),
    }
}

/// Opens an input, and returns its size when it is a regular file.
fn open(input: &Input, counter: ReadCounter) -> io::Result<(Box<dyn Read>, Option<u64>)> {
    match input {
        Input::Block(bytes) => Ok((Box::new(io::Cursor::new(bytes.to_vec())), None)),
        Input::Queue(_) | Input::Opened(_) => Err(io::ErrorKind::Unsupported.into()),
        Input::Stdin => Ok((Box::new(Stdin::new()), None)),
        Input::File(name)
        | Input::Range { name, .. }
        | Input::Part { name, .. }
        | Input::Tail { name, .. }
        | Input::Word { word: name, .. } => {
            let file = File::open(name)?;
            let found = file.metadata()?;
            if found.is_dir() {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            let size = found.is_file().then_some(found.len());
            match size {
                // Files that the kernel makes up have size 0.
                Some(1..) => {
                    counter.add_size(found.len());
                    let file = SizedFile::new(file, found.len(), 0).counted(counter);
                    Ok((Box::new(file), size))
                }
                _ => Ok((Box::new(file), size)),
            }
        }
    }
}

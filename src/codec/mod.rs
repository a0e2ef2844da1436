//! What a file is, by its first bytes and never by its name, and how to read it.
//!
//! A codec turns a stream of compressed bytes into blocks of plain ones. It does not know records,
//! jobs or threads. To add one: a file that implements [`Engine`], and a row in [`CODECS`].

mod buffer;
mod bzip2;
mod chain;
mod gzip;
mod inflate;
mod lz4;
mod plain;
mod reader;
mod stream;
#[cfg(test)]
mod tests;
mod xz;
mod zstd;

pub use chain::{Chain, HEAD};

use crate::job::Trust;
use crate::memory::Budget;
use buffer::Buffer;
use reader::Reader;
use std::cell::Cell;
use std::fmt;
use std::io::{self, Read};
use std::ops::ControlFlow;

/// Every codec, in the order in which they are tried; the last takes whatever is left.
pub static CODECS: &[Codec] = &[
    gzip::CODEC,
    zstd::CODEC,
    bzip2::CODEC,
    xz::CODEC,
    lz4::CODEC,
    plain::CODEC,
];

/// How many first bytes [`Codec::recognise`] is shown, where the file has them.
pub const MAGIC: usize = 6;

/// A kind of compressed file.
#[derive(Debug)]
pub struct Codec {
    /// What `--codec` and `fanfold list` call it.
    pub name: &'static str,
    /// One line for `fanfold list`.
    pub help: &'static str,
    recognise: fn(&[u8]) -> bool,
    start: fn(&Budget) -> Box<dyn Engine>,
}

impl Codec {
    /// Whether a file that begins with `head` (its first six bytes, or all of it) is of this kind.
    /// A head that is shorter than the magic number is not.
    pub fn recognise(&self, head: &[u8]) -> bool {
        (self.recognise)(head)
    }
}

/// The codec with this name.
pub fn by_name(name: &str) -> Option<&'static Codec> {
    CODECS.iter().find(|codec| codec.name == name)
}

/// The codec of a file that begins with `head`: its first [`MAGIC`] bytes, or all of it.
pub fn of(head: &[u8]) -> &'static Codec {
    let found = CODECS.iter().find(|codec| codec.recognise(head));
    found.unwrap_or(&plain::CODEC)
}

/// Why a stream could not be decoded.
#[derive(Debug)]
pub enum DecodeError {
    /// The source could not be read.
    Read(io::Error),
    /// The bytes are not what they should be; what and where: `truncated gzip stream after 81920 bytes`.
    Corrupt(String),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Read(cause) => cause.fmt(f),
            DecodeError::Corrupt(what) => f.write_str(what),
        }
    }
}

impl std::error::Error for DecodeError {}

impl DecodeError {
    fn truncated(codec: &str, after: u64) -> Self {
        DecodeError::Corrupt(format!("truncated {codec} stream after {after} bytes"))
    }

    fn corrupt(codec: &str, at: u64, what: impl fmt::Display) -> Self {
        DecodeError::Corrupt(format!("corrupt {codec} stream at byte {at}: {what}"))
    }
}

/// A part of a file: the members or frames that begin in `start..end`, which are places where one does.
#[derive(Debug)]
pub struct Part<'a> {
    /// Where the first begins.
    pub start: u64,
    /// Where one begins that is no more of the part.
    pub end: u64,
    /// Whether what is given lies behind the part: set on the way.
    pub passed: &'a Cell<bool>,
}

/// Where decoded bytes and warnings go.
struct Sink<'a> {
    warn: &'a mut dyn FnMut(&str),
    out: &'a mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    part: Option<&'a Part<'a>>,
}

impl Sink<'_> {
    /// Gives a block, unless it is empty.
    fn give(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if block.is_empty() {
            return ControlFlow::Continue(());
        }
        (self.out)(block, trust)
    }

    /// Whether the part ends at this offset.
    fn ends(&self, at: u64) -> bool {
        self.part.is_some_and(|part| at == part.end)
    }

    /// Whether what is given lies behind the part.
    fn passed(&self) -> bool {
        self.part.is_some_and(|part| part.passed.get())
    }

    /// Says that what is given from now on is of the member or frame that begins at this offset.
    fn begins(&mut self, at: u64) -> Result<(), DecodeError> {
        match self.part {
            Some(part) if at == part.end => part.passed.set(true),
            Some(part) if at > part.end && !part.passed.get() => return Err(part.missed()),
            _ => {}
        }
        Ok(())
    }
}

impl Part<'_> {
    /// No member begins where the headers before said one does, so what they say can't be trusted: a
    /// header lies, or the file was changed since it was read.
    fn missed(&self) -> DecodeError {
        let Part { start, end, .. } = self;
        let ends = format_args!("at byte {start} or at byte {end}");
        DecodeError::Corrupt(format!(
            "corrupt file: no member begins {ends}, though a header says so"
        ))
    }
}

/// One codec at work: it is kept from file to file, with its buffers.
trait Engine: Send {
    /// Decodes one file, from its first byte to its end.
    /// `size` is what the file system said, which may be wrong by now.
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        size: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), DecodeError>;
}

/// Reads files of any known codec, one after another, with buffers that are kept.
/// Each worker has one.
pub struct Decoder {
    budget: Budget,
    forced: Option<&'static Codec>,
    buffer: Buffer,
    engines: Vec<Option<Box<dyn Engine>>>,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("forced", &self.forced)
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// A decoder that takes its large buffers from `budget`, and takes every file for a `forced`
    /// one where that is given.
    pub fn new(budget: Budget, forced: Option<&'static Codec>) -> Self {
        Decoder {
            budget,
            forced,
            buffer: Buffer::default(),
            engines: CODECS.iter().map(|_| None).collect(),
        }
    }

    /// The buffer that files are read into, at least this large, for who reads one in its own way.
    pub fn buffer(&mut self, size: usize) -> &mut [u8] {
        self.buffer.grow(size);
        &mut self.buffer
    }

    /// Decodes `source` to its end, giving plain bytes to `out` as they come and warnings
    /// (`trailing garbage ignored`) to `warn`. Stops early, with `Ok`, when `out` breaks.
    /// `size` is the file's size where it is known: it makes small files faster, and a wrong one
    /// does no harm.
    ///
    /// # Errors
    /// [`DecodeError`]; what `out` was given as [`Trust::Provisional`] is then not to be trusted.
    pub fn decode(
        &mut self,
        source: &mut dyn Read,
        size: Option<u64>,
        warn: &mut dyn FnMut(&str),
        out: &mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    ) -> Result<(), DecodeError> {
        let row = match self.forced {
            Some(forced) => CODECS.iter().position(|codec| codec.name == forced.name),
            None => None,
        };
        let mut sink = Sink {
            warn,
            out,
            part: None,
        };
        self.run(source, 0, row, size, &mut sink)
    }

    /// As [`Decoder::decode`], of a part of a file and as much behind it as `out` takes. `source` stands at
    /// the part's beginning.
    ///
    /// # Errors
    /// [`DecodeError`], also where nothing begins at the part's end: what was given of any part of the file
    /// is then not to be trusted.
    pub fn decode_part(
        &mut self,
        source: &mut dyn Read,
        part: &Part<'_>,
        warn: &mut dyn FnMut(&str),
        out: &mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    ) -> Result<(), DecodeError> {
        let mut enough = false;
        let mut out = |block: &[u8], _| {
            let flow = out(block, Trust::Provisional);
            enough = flow.is_break();
            flow
        };
        let mut sink = Sink {
            warn,
            out: &mut out,
            part: Some(part),
        };
        self.run(source, part.start, None, None, &mut sink)?;
        if enough || part.passed.get() || part.end == u64::MAX {
            Ok(())
        } else {
            Err(part.missed())
        }
    }

    /// Decodes what begins at the offset `start`, by the codec in this row, or by what it begins with.
    fn run(
        &mut self,
        source: &mut dyn Read,
        start: u64,
        row: Option<usize>,
        size: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), DecodeError> {
        let mut reader = Reader::new(source, start, &mut self.buffer);
        let row = match row {
            Some(row) => row,
            None => {
                let head = reader.peek(MAGIC)?;
                let row = CODECS.iter().position(|codec| codec.recognise(head));
                row.unwrap_or(CODECS.len() - 1)
            }
        };
        if let Some(part) = sink.part
            && CODECS[row].name == plain::CODEC.name
        {
            return Err(part.missed());
        }
        let engine = self.engines[row].get_or_insert_with(|| (CODECS[row].start)(&self.budget));
        engine.decode(&mut reader, size, sink)
    }
}

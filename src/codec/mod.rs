//! Decides what a file is, by its first bytes and never by its name, and decodes it.
//!
//! A codec turns a stream of compressed bytes into blocks of plain ones. It does not know records,
//! jobs or threads. To add one: a file that implements [`engine::Engine`], and a row in [`CODECS`].

mod buffer;
mod bzip2;
mod chain;
mod content;
mod encoder;
mod engine;
mod error;
mod foreign;
mod gzip;
mod inflate;
mod lz4;
mod marked_text;
mod plain;
mod reader;
mod signature;
mod stream;
mod xz;
mod zstd;

pub(crate) use chain::Chain;
pub(crate) use encoder::Encoder;
pub use engine::Codec;
pub(crate) use engine::MemberRange;
pub use error::DecodeError;
pub(crate) use marked_text::MarkedText;

use crate::job::Trust;
use crate::memory::Budget;
use buffer::Buffer;
use content::{ContentSink, NoLog, State, Wanted};
use engine::{DecodeSink, Engine};
use reader::Reader;
use signature::Signature;
use std::collections::HashMap;
use std::ffi::OsStr;
use std::fmt;
use std::io::Read;
use std::ops::ControlFlow;
use std::os::unix::ffi::OsStrExt;

/// Every codec, in the order in which they are tried; the last takes whatever is left.
pub static CODECS: &[Codec] = &[
    gzip::CODEC,
    zstd::CODEC,
    bzip2::CODEC,
    xz::CODEC,
    lz4::CODEC,
    plain::CODEC,
];

/// Returns the codec with this name.
pub fn by_name(name: &str) -> Option<&'static Codec> {
    CODECS.iter().find(|codec| codec.name == name)
}

/// Returns the codec of a file that begins with `head`: its first [`Codec::HEAD_LENGTH`] bytes, or
/// all of it.
pub fn from_head(head: &[u8]) -> &'static Codec {
    let known = CODECS.iter().find(|codec| codec.recognise(head));
    known.unwrap_or(&plain::CODEC)
}

/// Returns the name of the codec of compressed data that begin with `head`.
fn compressed_by(head: &[u8]) -> Option<&'static str> {
    let name = from_head(head).name;
    (name != plain::CODEC.name).then_some(name)
}

/// Returns whether a file that begins with `head` is read as it is.
pub(crate) fn is_plain(head: &[u8]) -> bool {
    compressed_by(head).is_none() && damaged(head).is_none()
}

/// How many first decompressed bytes of a file [`is_divisible`] needs, when the file has them.
pub(crate) const TEXT_HEAD_LENGTH: usize = foreign::HEAD;

/// Returns whether the parts of a file that decompresses to bytes which begin with `head` can be read one by one:
/// not when it is UTF-16, or no log.
pub(crate) fn is_divisible(head: &[u8]) -> bool {
    !matches!(head, [0xff, 0xfe, ..] | [0xfe, 0xff, ..]) && foreign::find(head, true).is_err()
}

/// Returns whether a name promises a compressed file.
pub(crate) fn ends_as_compressed(name: &OsStr) -> bool {
    by_ending(name).is_some()
}

/// Returns the codec whose ending a name has, in small letters or capitals.
fn by_ending(name: &OsStr) -> Option<&'static Codec> {
    let name = name.as_bytes();
    let promises = |codec: &&Codec| {
        codec
            .endings
            .iter()
            .filter_map(|ending| name.len().checked_sub(ending.len()).map(|at| (at, ending)))
            .any(|(at, ending)| name[at..].eq_ignore_ascii_case(ending.as_bytes()))
    };
    CODECS.iter().find(promises)
}

/// Returns the first decompressed bytes of a file, [`TEXT_HEAD_LENGTH`] or more when it has so many.
pub(crate) fn decoded_head(source: &mut dyn Read) -> Vec<u8> {
    let mut head = Vec::new();
    let mut decoder = Decoder::new(Budget::new(0), None);
    // The job that reads the file reports what is wrong with it.
    let _ = decoder.decode(source, None, &mut |_| {}, &mut |block, _| {
        head.extend_from_slice(block);
        match head.len() < TEXT_HEAD_LENGTH {
            true => ControlFlow::Continue(()),
            false => ControlFlow::Break(()),
        }
    });
    head
}

/// Returns what the damaged first bytes of a file should be, which is of no codec as they are. No text has
/// such bytes.
fn damaged(head: &[u8]) -> Option<&'static Signature> {
    if compressed_by(head).is_some() {
        return None;
    }
    signatures().find(|signature| signature.is_damaged(head))
}

fn signatures() -> impl Iterator<Item = &'static Signature> {
    CODECS.iter().filter_map(|codec| codec.signature.as_ref())
}

/// Reads files of any known codec, one after another, with buffers that it keeps.
/// Each worker has one.
pub struct Decoder {
    budget: Budget,
    forced: Option<&'static Codec>,
    wanted: Wanted,
    /// The codec that the name of the next file promises.
    named: Option<&'static Codec>,
    /// Whether the name of the last file promised a codec, and its bytes are plain.
    is_misnamed: bool,
    buffer: Buffer,
    /// The engine of each codec that a file needed, by the codec's name.
    engines: HashMap<&'static str, Box<dyn Engine>>,
}

impl fmt::Debug for Decoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decoder")
            .field("forced", &self.forced)
            .finish_non_exhaustive()
    }
}

impl Decoder {
    /// Makes a decoder that takes its large buffers from `budget`. With a `forced` codec, it
    /// decodes every file by that one.
    pub fn new(budget: Budget, forced: Option<&'static Codec>) -> Self {
        Decoder {
            budget,
            forced,
            wanted: Wanted::Bytes,
            named: None,
            is_misnamed: false,
            buffer: Buffer::default(),
            engines: HashMap::new(),
        }
    }

    /// Makes it a decoder of lines: it passes on UTF-8 without a byte-order mark, and refuses what is no text.
    #[must_use]
    pub fn of_lines(self) -> Self {
        Decoder {
            wanted: Wanted::Lines,
            ..self
        }
    }

    /// Notes the name of the file that is decoded next, which may promise another codec than its bytes have.
    pub(crate) fn expect(&mut self, name: &OsStr) {
        self.named = by_ending(name);
        self.is_misnamed = false;
    }

    /// Tells whether the name of the last file promised a codec, and the file is plain.
    pub(crate) fn is_misnamed(&self) -> bool {
        self.is_misnamed
    }

    /// Returns the buffer that files are read into, at least this large, for a caller that reads a
    /// file itself.
    pub(crate) fn buffer(&mut self, size: usize) -> &mut [u8] {
        self.buffer.grow(size);
        &mut self.buffer
    }

    /// Decodes `source` to its end. Plain bytes go to `out` as they come, warnings
    /// (`trailing garbage ignored`) to `warn`. Stops early, with `Ok`, when `out` breaks.
    ///
    /// `size` is the file's size when it is known: it makes small files faster, and a wrong one
    /// does no harm.
    ///
    /// # Errors
    /// [`DecodeError`]; bytes that `out` was given as [`Trust::Provisional`] can't be trusted then.
    pub fn decode(
        &mut self,
        source: &mut dyn Read,
        size: Option<u64>,
        warn: &mut dyn FnMut(&str),
        out: &mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    ) -> Result<(), DecodeError> {
        let mut sink = DecodeSink {
            warn,
            out,
            range: None,
            recognise: compressed_by,
        };
        self.run(source, 0, self.forced, size, &mut sink)
    }

    /// Decodes the members or frames of a range, and as much behind it as `out` takes. `source`
    /// must stand at the beginning of the range.
    ///
    /// # Errors
    /// [`DecodeError`], also when nothing begins at the end of the range: then nothing that was
    /// decoded of any range of the file can be trusted.
    pub(crate) fn decode_range(
        &mut self,
        source: &mut dyn Read,
        range: &MemberRange<'_>,
        warn: &mut dyn FnMut(&str),
        out: &mut dyn FnMut(&[u8]) -> ControlFlow<()>,
    ) -> Result<(), DecodeError> {
        let mut enough = false;
        let mut out = |block: &[u8], _| {
            let flow = out(block);
            enough = flow.is_break();
            flow
        };
        let mut sink = DecodeSink {
            warn,
            out: &mut out,
            range: Some(range),
            recognise: compressed_by,
        };
        self.run(source, range.start, None, None, &mut sink)?;
        if enough || range.passed.get() || range.end == u64::MAX {
            Ok(())
        } else {
            Err(range.missed())
        }
    }

    /// Decodes a source that stands at the offset `start`, by this codec, or by the one that its
    /// first bytes name.
    fn run(
        &mut self,
        source: &mut dyn Read,
        start: u64,
        codec: Option<&'static Codec>,
        size: Option<u64>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<(), DecodeError> {
        let mut reader = Reader::new(source, start, &mut self.buffer);
        let codec = match codec {
            Some(codec) => codec,
            None => {
                let head = reader.peek(Codec::HEAD_LENGTH)?;
                // A line that comes by a pipe is not kept waiting for more bytes than it has.
                let more = signatures().filter(|signature| signature.may_begin(head));
                let length = more.map(|signature| signature.length).max();
                let head = reader.peek(length.unwrap_or_default().max(Codec::HEAD_LENGTH))?;
                if let Some(signature) = damaged(head) {
                    return Err(signature.damage(start));
                }
                from_head(head)
            }
        };
        if let Some(range) = sink.range
            && codec.name == plain::CODEC.name
        {
            return Err(range.missed());
        }
        if codec.name == plain::CODEC.name
            && self.forced.is_none()
            && let Some(named) = self.named.take()
        {
            let head = reader.peek(foreign::HEAD)?;
            if let Some(signature) = &named.signature {
                if signature.is_prefix(head) {
                    return Err(DecodeError::truncated(named.name, head.len() as u64));
                }
                // What is an archive is told by its content.
                if foreign::is_binary(head) && foreign::find(head, true).is_err() {
                    let what = format!("no {} begins here, and it is no text", signature.unit);
                    return Err(DecodeError::corrupt(named.name, 0, what));
                }
            }
            self.is_misnamed = true;
        }
        let engine = self.engines.entry(codec.name);
        let engine = engine.or_insert_with(|| (codec.start)(&self.budget));
        if start > 0 {
            return engine.decode(&mut reader, size, sink);
        }
        let mut content = ContentSink {
            wanted: self.wanted,
            codec: codec.name,
            checks: self.forced.is_none_or(|forced| forced.name != plain::CODEC.name),
            recognise: compressed_by,
            out: &mut *sink.out,
            state: State::Head(Vec::new()),
            no_log: None,
        };
        let end = engine.decode(
            &mut reader,
            size,
            &mut DecodeSink {
                warn: &mut *sink.warn,
                out: &mut |block, trust| content.give(block, trust),
                range: sink.range,
                recognise: sink.recognise,
            },
        );
        let warning = content.end();
        if let Some(NoLog { what, unpack }) = content.no_log {
            return Err(DecodeError::NoLog { what, unpack });
        }
        if let Some(what) = warning {
            (sink.warn)(what);
        }
        end
    }
}

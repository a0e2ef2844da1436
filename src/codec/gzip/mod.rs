//! gzip (RFC 1952), with the verdicts of `gzip -t`: every member, zero padding after the last one in
//! silence, other bytes after it with a warning.
//!
//! Three ways, with one result. Small files whose size is known are held [`whole`], and libdeflate decodes
//! their members as long as it can prove each one good; so it does with the small [`blocks`] of BGZF. From
//! the first member that it can't, and for everything else, this file streams through zlib-rs in constant
//! memory; only this way judges what is wrong, so the fast ones cannot disagree about errors.
//!
//! [`whole`]: one_shot::Whole
//! [`blocks`]: bgzf::Blocks

mod bgzf;
mod one_shot;

use crate::codec::inflate::{AHEAD, Inflate, Invalid};
use crate::codec::reader::Reader;
use crate::codec::stream::Step;
use crate::codec::{Codec, DecodeError, Engine, Sink};
use crate::job::Trust;
use crate::memory::Budget;
use bgzf::Blocks;
use libdeflater::Crc;
use one_shot::{Progress, Whole};
use std::ops::ControlFlow;

/// The row for gzip.
pub(super) const CODEC: Codec = Codec {
    name: NAME,
    help: "gzip: all members, as written by gzip, pigz, bgzip",
    recognise: |head| head.starts_with(&MAGIC[..2]),
    start: |budget| Box::new(Gzip::new(budget)),
};

const NAME: &str = "gzip";

/// The two bytes by which a file is known, and deflate, the only method that there is.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

pub(super) const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME_FIELD: u8 = 8;
const COMMENT: u8 = 16;
/// Flags that RFC 1952 reserves: what follows can't be understood when one is set.
pub(super) const RESERVED: u8 = 0xe0;

/// How much is decoded at a time when streaming: at home in the second-level cache.
const BLOCK: usize = 256 << 10;

struct Gzip {
    whole: Whole,
    blocks: Blocks,
    inflate: Inflate,
    block: Vec<u8>,
}

impl Gzip {
    fn new(budget: &Budget) -> Self {
        Gzip {
            whole: Whole::new(budget),
            blocks: Blocks::new(),
            inflate: Inflate::new(),
            block: Vec::new(),
        }
    }

    /// Decodes the deflate data of one member and checks its trailer.
    fn member(
        &mut self,
        reader: &mut Reader<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<ControlFlow<()>, DecodeError> {
        self.inflate.reset();
        self.block.resize(BLOCK, 0);
        let mut crc = Crc::new();
        let mut written = 0;
        loop {
            let at = reader.offset();
            let input = reader.peek(AHEAD + 1)?;
            let length = input.len();
            let (step, valid) = match self.inflate.step(input, &mut self.block) {
                Ok(step) => (step, true),
                Err(Invalid { read, written }) => (
                    Step {
                        read,
                        written,
                        complete: false,
                    },
                    false,
                ),
            };
            let block = &self.block[..step.written];
            reader.consume(step.read);
            crc.update(block);
            written += block.len() as u64;
            if sink.give(block, Trust::Provisional).is_break() {
                return Ok(ControlFlow::Break(()));
            }
            if step.complete {
                break;
            }
            let stuck = step.read == 0 && step.written == 0;
            if stuck && valid && length <= AHEAD {
                return Err(DecodeError::truncated(NAME, at + length as u64));
            }
            if stuck || !valid {
                // The library's own message depends on how the input was cut into reads.
                let at = at + step.read as u64;
                return Err(DecodeError::corrupt(NAME, at, "invalid deflate data"));
            }
        }
        let at = reader.offset();
        let stored: u32 = number(reader)?;
        let length: u32 = number(reader)?;
        if stored != crc.sum() {
            return Err(DecodeError::corrupt(NAME, at, "crc mismatch"));
        }
        // RFC 1952: the length is stored modulo 2^32.
        if length != written as u32 {
            return Err(DecodeError::corrupt(NAME, at + 4, "length mismatch"));
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Streams from the beginning of a member to the end of the file.
    fn stream(&mut self, reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<(), DecodeError> {
        loop {
            match self.blocks.decode(reader, sink)? {
                (_, Progress::Done) => return Ok(()),
                (1.., Progress::Rest) if !another(reader, sink)? => return Ok(()),
                (_, Progress::Rest) => {}
            }
            sink.begins(reader.offset())?;
            header(reader)?;
            if self.member(reader, sink)?.is_break() || !another(reader, sink)? {
                return Ok(());
            }
        }
    }
}

impl Engine for Gzip {
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        size: Option<u64>,
        sink: &mut Sink<'_>,
    ) -> Result<(), DecodeError> {
        // ISA-L is as fast on small files, and needs no large buffers.
        if let Some(size) = size.filter(|_| !cfg!(feature = "isal")) {
            match self.whole.decode(reader, size, sink)? {
                Progress::Done => return Ok(()),
                Progress::Rest => {}
            }
        }
        self.stream(reader, sink)
    }
}

fn truncated(reader: &Reader<'_>) -> DecodeError {
    DecodeError::truncated(NAME, reader.offset())
}

fn byte(reader: &mut Reader<'_>) -> Result<u8, DecodeError> {
    reader.byte()?.ok_or_else(|| truncated(reader))
}

fn number(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    let mut bytes = [0; 4];
    for b in &mut bytes {
        *b = byte(reader)?;
    }
    Ok(u32::from_le_bytes(bytes))
}

/// Whether a member begins so: with the magic number, or that of gzip before 1.0.
fn is_magic(bytes: [u8; 2]) -> bool {
    bytes == MAGIC[..2] || bytes == [0x1f, 0x9e]
}

/// Reads a member's header (RFC 1952, section 2.3).
fn header(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let start = reader.offset();
    let corrupt = |what: &str| Err(DecodeError::corrupt(NAME, start, what));
    let mut crc = Crc::new();
    let mut next = |reader: &mut Reader<'_>| {
        let b = byte(reader)?;
        crc.update(&[b]);
        Ok::<u8, DecodeError>(b)
    };
    if !is_magic([next(reader)?, next(reader)?]) {
        return corrupt("not in gzip format");
    }
    if next(reader)? != MAGIC[2] {
        return corrupt("unknown compression method");
    }
    let flags = next(reader)?;
    if flags & RESERVED != 0 {
        return corrupt("reserved header flags are set");
    }
    // The time, the compressor's effort, the operating system.
    for _ in 0..6 {
        next(reader)?;
    }
    if flags & EXTRA != 0 {
        let length = u16::from_le_bytes([next(reader)?, next(reader)?]);
        for _ in 0..length {
            next(reader)?;
        }
    }
    if flags & NAME_FIELD != 0 {
        while next(reader)? != 0 {}
    }
    if flags & COMMENT != 0 {
        while next(reader)? != 0 {}
    }
    if flags & HEADER_CRC != 0 {
        let stored = u16::from_le_bytes([byte(reader)?, byte(reader)?]);
        if stored != crc.sum() as u16 {
            return corrupt("header crc mismatch");
        }
    }
    Ok(())
}

/// Whether another member follows. Consumes what follows otherwise.
///
/// As gzip does: bytes that begin with zero are padding, or garbage if anything else is among them,
/// even a member; a single other byte is taken for the first of a truncated member.
fn another(reader: &mut Reader<'_>, sink: &mut Sink<'_>) -> Result<bool, DecodeError> {
    match *reader.peek(2)? {
        [] => Ok(false),
        [a, b, ..] if is_magic([a, b]) => Ok(true),
        [0, ..] => {
            let zeros = |block: &[u8]| block.iter().all(|&b| b == 0).then_some(block.len());
            if reader.each(zeros)? {
                return Ok(false);
            }
            (sink.warn)("trailing garbage ignored");
            Ok(false)
        }
        [_] => Err(DecodeError::truncated(NAME, reader.offset() + 1)),
        _ => {
            (sink.warn)("trailing garbage ignored");
            Ok(false)
        }
    }
}

//! Decodes one gzip member after another (RFC 1952) as a stream, in constant memory, and is the
//! only judge of what is wrong with one.
//!
//! It does not know that there are faster ways through a file.

use crate::codec::engine::DecodeSink;
use crate::codec::error::DecodeError;
use crate::codec::inflate::{AHEAD, Inflate};
use crate::codec::reader::{CHUNK, Reader};
use crate::codec::signature::{Signature, differing};
use crate::job::Trust;
use libdeflater::Crc;
use std::ops::ControlFlow;

pub(super) const NAME: &str = "gzip";

/// The two bytes by which a file is known, and deflate, the only method that there is.
pub(super) const MAGIC: [u8; 3] = [0x1f, 0x8b, 8];

pub(super) const HEADER_CRC: u8 = 2;
const EXTRA: u8 = 4;
const NAME_FIELD: u8 = 8;
const COMMENT: u8 = 16;
/// Flags that RFC 1952 reserves: what follows can't be understood when one is set.
pub(super) const RESERVED: u8 = 0xe0;

/// How many bytes are decoded at a time: they stay in the second-level cache.
const BLOCK: usize = 256 << 10;

/// Decodes members; keeps its buffers from one to the next.
pub(super) struct MemberDecoder {
    inflate: Inflate,
    block: Vec<u8>,
}

impl MemberDecoder {
    pub fn new() -> Self {
        MemberDecoder {
            inflate: Inflate::new(),
            block: Vec::new(),
        }
    }

    /// Decodes the member that the reader stands at, and checks its header and trailer.
    pub fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<ControlFlow<()>, DecodeError> {
        read_header(reader)?;
        self.inflate.reset();
        self.block.resize(BLOCK, 0);
        let mut crc = Crc::new();
        let mut written = 0;
        loop {
            let at = reader.offset();
            let input = reader.peek(AHEAD + 1)?;
            let length = input.len();
            let (step, valid) = self.inflate.step(input, &mut self.block);
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
        check_trailer(reader, crc.sum(), written)?;
        Ok(ControlFlow::Continue(()))
    }
}

/// Reads a member's trailer (RFC 1952, section 2.3.1).
fn check_trailer(reader: &mut Reader<'_>, crc: u32, length: u64) -> Result<(), DecodeError> {
    let at = reader.offset();
    let (stored_crc, stored_length) = (read_u32(reader)?, read_u32(reader)?);
    if stored_crc != crc {
        return Err(DecodeError::corrupt(NAME, at, "crc mismatch"));
    }
    // The length is stored modulo 2^32.
    if stored_length != length as u32 {
        return Err(DecodeError::corrupt(NAME, at + 4, "length mismatch"));
    }
    Ok(())
}

fn read_byte(reader: &mut Reader<'_>) -> Result<u8, DecodeError> {
    let byte = reader.byte()?;
    byte.ok_or_else(|| DecodeError::truncated(NAME, reader.offset()))
}

fn read_u32(reader: &mut Reader<'_>) -> Result<u32, DecodeError> {
    let mut bytes = [0; 4];
    for b in &mut bytes {
        *b = read_byte(reader)?;
    }
    Ok(u32::from_le_bytes(bytes))
}

/// Returns whether a member begins with these bytes: the magic number, or that of gzip before 1.0.
fn is_magic(bytes: [u8; 2]) -> bool {
    bytes == MAGIC[..2] || bytes == [0x1f, 0x9e]
}

/// Reads a member's header (RFC 1952, section 2.3).
fn read_header(reader: &mut Reader<'_>) -> Result<(), DecodeError> {
    let start = reader.offset();
    let corrupt = |what: &str| Err(DecodeError::corrupt(NAME, start, what));
    let mut crc = Crc::new();
    let mut next = |reader: &mut Reader<'_>| {
        let b = read_byte(reader)?;
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
        let stored = u16::from_le_bytes([read_byte(reader)?, read_byte(reader)?]);
        if stored != crc.sum() as u16 {
            return corrupt("header crc mismatch");
        }
    }
    Ok(())
}

/// Returns whether another member follows. Consumes padding.
///
/// As gzip does, it takes a single byte that is not zero for the first of a truncated member, and passes over
/// other bytes with a warning. Where gzip would pass over members, too, it is stricter: bytes that look like a
/// damaged header, or that hold one, are data that would be lost ([`Signature::judge_rest`]), and so are data of a
/// member behind a header that was overwritten.
pub(super) fn another_follows(
    reader: &mut Reader<'_>,
    sink: &mut DecodeSink<'_>,
) -> Result<bool, DecodeError> {
    let head = reader.peek(MEMBER.length)?;
    let is_padded = match *head {
        [] => return Ok(false),
        [a, b, ..] if is_magic([a, b]) => return Ok(true),
        // Before the padding: a damaged header may begin with zero.
        _ if MEMBER.is_damaged(head) => false,
        [0, ..] => true,
        [_] => return Err(DecodeError::truncated(NAME, reader.offset() + 1)),
        _ => false,
    };
    let at = reader.offset();
    if holds_data(reader.peek(CHUNK)?) {
        let what = "data follow the last member, whose header is lost";
        return Err(DecodeError::corrupt(NAME, at, what));
    }
    if is_padded && !skip_zeros(reader)? {
        return Ok(false);
    }
    MEMBER.judge_rest(reader, sink.recognise, sink.warn)?;
    Ok(false)
}

/// How a member begins: the magic number, the method, and no reserved flag. One byte of them may be damaged.
pub(super) const MEMBER: Signature = Signature {
    codec: NAME,
    unit: "member",
    length: 4,
    distance: |head| {
        let is_reserved = head.get(3).is_none_or(|flags| flags & RESERVED != 0);
        differing(head, &MAGIC) + usize::from(is_reserved)
    },
    other: 2,
    block: None,
};

/// Consumes zero bytes; returns whether something is behind them.
fn skip_zeros(reader: &mut Reader<'_>) -> Result<bool, DecodeError> {
    loop {
        let block = reader.fill()?;
        let length = block.len();
        let zeros = block.iter().position(|&byte| byte != 0);
        reader.consume(zeros.unwrap_or(length));
        if zeros.is_some() || length == 0 {
            return Ok(zeros.is_some());
        }
    }
}

/// The lengths of the usual headers: without a name, and that of BGZF.
const HEADERS: [usize; 2] = [10, 18];
/// So much valid deflate data is no chance: other bytes are refused after a few.
const ENOUGH: usize = 4 << 10;

/// Returns whether data of a member follow where a header would end. `block` is what follows the last member, or its
/// beginning when it is long.
fn holds_data(block: &[u8]) -> bool {
    let header = |length: &usize| block.get(*length..).is_some_and(is_deflate);
    HEADERS.iter().any(header)
}

fn is_deflate(mut input: &[u8]) -> bool {
    let (mut inflate, mut crc, mut length) = (Inflate::new(), Crc::new(), 0u32);
    let mut output = vec![0; 64 << 10];
    let whole = input.len();
    loop {
        let (step, valid) = inflate.step(input, &mut output);
        crc.update(&output[..step.written]);
        length = length.wrapping_add(step.written as u32);
        input = &input[step.read..];
        if step.complete {
            let trailer = [crc.sum().to_le_bytes(), length.to_le_bytes()].concat();
            return length > 0 && input.starts_with(&trailer);
        }
        let is_stuck = step.read == 0 && step.written == 0;
        if !valid || is_stuck {
            return valid && whole - input.len() >= ENOUGH && input.len() <= AHEAD;
        }
    }
}

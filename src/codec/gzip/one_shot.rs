//! The fast way through small gzip files: the whole file is held, and libdeflate decodes whole
//! members into one large buffer that is kept from file to file.
//!
//! It accepts only members of which it can prove that they are good and where they end, and leaves
//! everything else to the streaming way: it does not know any errors.
//!
//! libdeflate's safe binding does not tell how much of its input a member took. So the end is first
//! guessed (where the next member seems to begin, or the end of the file) and then proved:
//! libdeflate found the member's checksum and length right behind its data, so if those bytes occur
//! in its input only once, at the end, then the member ends there.

use super::member::{HEADER_CRC, MAGIC, RESERVED};
use crate::codec::engine::DecodeSink;
use crate::codec::error::DecodeError;
use crate::codec::reader::Reader;
use crate::job::Trust;
use crate::memory::{Budget, Reservation};
use crate::sys::huge_buffer;
use libdeflater::Decompressor;
use memchr::memmem::Finder;

/// The most that is decoded into one buffer. From member to member libdeflate takes 0.44 of zlib-rs's
/// time for 8 MB, 0.52 for 47 to 96, 0.54 for 128 and 0.62 for 256: memory sets the bound, not speed.
/// Only a single member is no faster than by zlib-rs, because of its fresh pages.
const PLAIN: usize = 96 << 20;
/// The most that is held compressed.
const PACKED: u64 = 32 << 20;
/// The most that both take, so that a worker stays below 128 MiB in all.
const BOTH: u64 = 112 << 20;
/// One worker's buffers may take this fraction of the whole budget (a divisor).
const SHARE: u64 = 8;
/// The lengths of the shortest header and of the trailer.
const HEADER: usize = 10;
const TRAILER: usize = 8;
/// Deflate can't expand by more than this (258 bytes out of 2 bits).
const EXPANSION: usize = 1032;

/// How far a fast way got.
pub(super) enum Progress {
    /// Everything is decoded, or nobody wants more.
    Done,
    /// The reader stands at the beginning of a member that must be streamed.
    Rest,
}

/// The decoder of whole files; keeps its buffers from file to file.
pub(super) struct OneShot {
    budget: Budget,
    held: Option<Reservation>,
    inflate: Decompressor,
    plain: Vec<u8>,
}

impl OneShot {
    pub(super) fn new(budget: &Budget) -> Self {
        OneShot {
            budget: budget.clone(),
            held: None,
            inflate: Decompressor::new(),
            plain: Vec::new(),
        }
    }

    /// Decodes as many members as it can from the beginning of the file.
    pub(super) fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        size: u64,
        sink: &mut DecodeSink<'_>,
    ) -> Result<Progress, DecodeError> {
        if size > PACKED || !self.afford(size) {
            return Ok(Progress::Rest);
        }
        if !reader.hold(size as usize)? {
            return Ok(Progress::Rest);
        }
        let packed = reader.buffered();
        let (mut at, mut filled) = (0, 0);
        let mut given = false;
        while at < packed.len() {
            let (end, length) = guess_end(&packed[at..]);
            if filled > 0 && length > PLAIN - filled {
                if sink.give(&self.plain[..filled], Trust::Provisional).is_break() {
                    return Ok(Progress::Done);
                }
                given = true;
                filled = 0;
            }
            if !self.member(&packed[at..at + end], length, filled, size) {
                break;
            }
            filled += length;
            at += end;
        }
        // An empty file has no member, which is for the streaming way to say.
        let rest = at < packed.len() || packed.is_empty();
        let trust = if rest || given {
            Trust::Provisional
        } else {
            Trust::Final
        };
        let flow = sink.give(&self.plain[..filled], trust);
        reader.consume(at);
        Ok(if rest && flow.is_continue() {
            Progress::Rest
        } else {
            Progress::Done
        })
    }

    /// Decodes a member, which should be all of `packed` and decode to `length` bytes, into
    /// `plain[filled..]`. Returns false when any of this is wrong or can't be proved.
    fn member(&mut self, packed: &[u8], length: usize, filled: usize, size: u64) -> bool {
        let top = filled + length;
        if packed.len() < HEADER + TRAILER
            || packed[3] & HEADER_CRC != 0
            || length > packed.len() * EXPANSION
            || top > PLAIN
            || size + top as u64 > BOTH
            || !self.afford(size + top as u64)
        {
            return false;
        }
        if self.plain.is_empty() {
            self.plain = huge_buffer(PLAIN);
        }
        let plain = &mut self.plain[filled..top];
        match self.inflate.gzip_decompress(packed, plain) {
            Ok(n) if n == length => ends_at_end(packed, plain),
            _ => false,
        }
    }

    /// Reserves this many bytes for the buffers; returns whether the budget has them.
    fn afford(&mut self, bytes: u64) -> bool {
        if bytes > self.budget.limit() / SHARE {
            return false;
        }
        match &mut self.held {
            Some(held) if bytes <= held.bytes() => true,
            Some(held) => held.grow(bytes - held.bytes()),
            None => {
                self.held = self.budget.reserve(bytes);
                self.held.is_some()
            }
        }
    }
}

/// Returns where the member at the beginning of `packed` seems to end, and to how many bytes it then
/// decodes.
fn guess_end(packed: &[u8]) -> (usize, usize) {
    for next in Finder::new(&MAGIC).find_iter(packed) {
        // The magic bytes also occur by chance, so the bytes around them must make sense, too.
        if next < HEADER + TRAILER || packed.get(next + 3).is_none_or(|flags| flags & RESERVED != 0) {
            continue;
        }
        let length = packed[..next].last_chunk().map_or(0, read_u32);
        if length <= PLAIN.min(next * EXPANSION) {
            return (next, length);
        }
    }
    (packed.len(), packed.last_chunk().map_or(0, read_u32))
}

/// Returns the length that a trailer ends with.
pub(super) fn read_u32(bytes: &[u8; 4]) -> usize {
    u32::from_le_bytes(*bytes) as usize
}

/// Returns whether the member that libdeflate found good in `packed`, and that decoded to `plain`, is
/// all of `packed`. Computes the checksum again only when the length alone does not tell.
pub(super) fn ends_at_end(packed: &[u8], plain: &[u8]) -> bool {
    let length = (plain.len() as u32).to_le_bytes();
    let data = &packed[HEADER..];
    if Finder::new(&length).find(data) == Some(data.len() - 4) {
        return true;
    }
    let mut trailer = [0; TRAILER];
    trailer[..4].copy_from_slice(&libdeflater::crc32(plain).to_le_bytes());
    trailer[4..].copy_from_slice(&length);
    Finder::new(&trailer).find(data) == Some(data.len() - TRAILER)
}

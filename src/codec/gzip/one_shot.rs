//! The fast way through gzip files that are small: held whole, and decoded a whole member at a time
//! by libdeflate into one large buffer that is kept from file to file.
//!
//! It accepts only members of which it can prove that they are good and where they end, and leaves
//! everything else to the streaming way: it knows no errors.
//!
//! libdeflate's safe binding does not tell how much of its input a member took. So the end is guessed
//! (where the next member seems to begin, or the end of the file) and then proved: libdeflate found the
//! member's checksum and length right behind its data, so if those bytes occur once in what it was
//! given, at the end of it, then that is where the member ended.

use super::{MAGIC, RESERVED};
use crate::codec::reader::Reader;
use crate::codec::{DecodeError, Sink};
use crate::job::Trust;
use crate::memory::{Budget, Reservation};
use crate::sys::Fresh;
use libdeflater::Decompressor;
use memchr::memmem::Finder;

/// The most that is decoded into one buffer. From member to member libdeflate takes 0.44 of zlib-rs's time
/// for 8 MB, 0.52 for 47 to 96, 0.54 for 128 and 0.62 for 256; so it is memory that sets the bound. Only a
/// single member is no faster than by zlib-rs, because of its fresh pages.
const PLAIN: usize = 96 << 20;
/// The most that is held compressed.
const PACKED: u64 = 32 << 20;
/// The most that both take: a worker is to stay below 128 MiB in all.
const BOTH: u64 = 112 << 20;
/// The part of the whole budget that one worker's buffers may take, as a divisor.
const SHARE: u64 = 8;
/// How many times as long as it is most files decode to at least.
const LEAST: u64 = 2;
/// The shortest header and the trailer, which every member has.
const HEADER: usize = 10;
const TRAILER: usize = 8;
/// Deflate can't expand more than this (258 bytes out of 2 bits).
const EXPANSION: usize = 1032;

/// How far the fast way got.
pub(super) enum Progress {
    /// Everything is decoded, or nobody wants more.
    Done,
    /// The reader stands at the beginning of a member that is to be streamed.
    Rest,
}

/// What is kept from file to file.
pub(super) struct Whole {
    budget: Budget,
    held: Option<Reservation>,
    inflate: Decompressor,
    plain: Fresh,
}

impl Whole {
    pub(super) fn new(budget: &Budget) -> Self {
        Whole {
            budget: budget.clone(),
            held: None,
            inflate: Decompressor::new(),
            plain: Fresh::default(),
        }
    }

    /// Decodes as many members as it can from the beginning of the file.
    pub(super) fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        size: u64,
        sink: &mut Sink<'_>,
    ) -> Result<Progress, DecodeError> {
        if size > PACKED || !self.afford(size) {
            return Ok(Progress::Rest);
        }
        // First: while pages are got, the kernel has no other memory to give.
        reader.make_room(size as usize);
        self.prepare(size);
        if !reader.hold(size as usize)? {
            return Ok(Progress::Rest);
        }
        let packed = reader.buffered();
        let (mut at, mut filled) = (0, 0);
        let mut given = false;
        while at < packed.len() {
            let (end, length) = extent(&packed[at..]);
            if filled > 0 && length > PLAIN - filled {
                if sink.give(self.plain.first(filled), Trust::Provisional).is_break() {
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
        // Nothing at all is no member.
        let rest = at < packed.len() || packed.is_empty();
        let trust = if rest || given {
            Trust::Provisional
        } else {
            Trust::Final
        };
        let flow = sink.give(self.plain.first(filled), trust);
        reader.consume(at);
        Ok(if rest && flow.is_continue() {
            Progress::Rest
        } else {
            Progress::Done
        })
    }

    /// Has pages got for what a file of this size is sure to decode to, as far as files are worth being
    /// compressed, while it is read.
    fn prepare(&mut self, size: u64) {
        let least = size.saturating_mul(LEAST);
        if least > (PLAIN / 4) as u64 || !self.afford(size + least) {
            return;
        }
        self.allocate();
        self.plain.expect(least as usize);
    }

    fn allocate(&mut self) {
        if self.plain.is_empty() {
            self.plain = Fresh::new(PLAIN);
        }
    }

    /// Decodes a member that is thought to be all of `packed`, and to decode to `length` bytes, into
    /// `plain[filled..]`. False when any of this turns out to be wrong or can't be proved.
    fn member(&mut self, packed: &[u8], length: usize, filled: usize, size: u64) -> bool {
        let top = filled + length;
        if packed.len() < HEADER + TRAILER
            || packed[3] & super::HEADER_CRC != 0
            || length > packed.len() * EXPANSION
            || top > PLAIN
            || size + top as u64 > BOTH
            || !self.afford(size + top as u64)
        {
            return false;
        }
        self.allocate();
        self.plain.expect(top);
        let plain = &mut self.plain.first(top)[filled..];
        match self.inflate.gzip_decompress(packed, plain) {
            Ok(n) if n == length => ends_at_end(packed, plain),
            _ => false,
        }
    }

    /// Whether the budget has room for buffers of this many bytes; takes it, if so.
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

/// Where the member at the beginning of `packed` seems to end, and to how many bytes it then decodes.
fn extent(packed: &[u8]) -> (usize, usize) {
    for next in Finder::new(&MAGIC).find_iter(packed) {
        // Those three bytes also occur by chance, so what is before and behind has to make sense, too.
        if next < HEADER + TRAILER || packed.get(next + 3).is_none_or(|flags| flags & RESERVED != 0) {
            continue;
        }
        let length = number(&packed[next - 4..]);
        if length <= PLAIN.min(next * EXPANSION) {
            return (next, length);
        }
    }
    let length = packed.len().checked_sub(4).map_or(0, |at| number(&packed[at..]));
    (packed.len(), length)
}

pub(super) fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .take(4)
        .rev()
        .fold(0, |sum, &b| sum << 8 | usize::from(b))
}

/// Whether the member that libdeflate found good in `packed`, and that decoded to `plain`, is all of
/// `packed`. The checksum is worked out again only if the length alone doesn't tell.
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

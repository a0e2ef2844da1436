//! The fast way through BGZF, whose members are small and say how long they are: libdeflate decodes
//! them one by one, in a file of any size.
//!
//! It accepts only members of which it can prove that they are good and where they end, and leaves
//! everything else to the streaming way: it does not know any errors.

use super::one_shot::{Progress, ends_at_end, read_u32};
use crate::codec::chain::{Chain, bgzf_length};
use crate::codec::engine::DecodeSink;
use crate::codec::error::DecodeError;
use crate::codec::reader::Reader;
use crate::job::Trust;
use libdeflater::Decompressor;

/// How many bytes are collected before they are passed on: they stay in the second-level cache.
const BLOCK: usize = 256 << 10;
/// The most that a member decodes to.
const LARGEST: usize = 64 << 10;

/// The decoder of BGZF members; keeps its buffers from file to file.
pub(super) struct Bgzf {
    inflate: Decompressor,
    block: Vec<u8>,
    filled: usize,
}

impl Bgzf {
    pub(super) fn new() -> Self {
        Bgzf {
            inflate: Decompressor::new(),
            block: Vec::new(),
            filled: 0,
        }
    }

    /// Decodes as many members as it can, and returns their number.
    pub(super) fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<(u64, Progress), DecodeError> {
        self.filled = 0;
        let mut members = 0;
        while let Some(length) = bgzf_length(reader.peek(Chain::HEAD_LENGTH)?) {
            let at = reader.offset();
            if (sink.range_ends(at) || self.filled + LARGEST > BLOCK) && !self.give(sink) {
                return Ok((members, Progress::Done));
            }
            let Some(packed) = reader.peek(length)?.get(..length) else {
                break;
            };
            let Some(n) = self.member(packed) else { break };
            sink.begin_member(at)?;
            reader.consume(length);
            members += 1;
            self.filled += n;
            // Behind the range, the end of one line is all that is wanted.
            if sink.passed() && !self.give(sink) {
                return Ok((members, Progress::Done));
            }
        }
        let more = self.give(sink);
        Ok((members, if more { Progress::Rest } else { Progress::Done }))
    }

    /// Decodes a member, which should be all of `packed`, behind the bytes that are collected.
    /// None when it can't be proved good.
    fn member(&mut self, packed: &[u8]) -> Option<usize> {
        let length = read_u32(packed.last_chunk()?);
        if packed.len() < Chain::HEAD_LENGTH + 8 || length > LARGEST {
            return None;
        }
        self.block.resize(BLOCK, 0);
        let plain = &mut self.block[self.filled..self.filled + length];
        let n = self.inflate.gzip_decompress(packed, plain).ok()?;
        (n == length && ends_at_end(packed, plain)).then_some(n)
    }

    /// Passes on the collected bytes; returns whether more is wanted.
    fn give(&mut self, sink: &mut DecodeSink<'_>) -> bool {
        let flow = sink.give(&self.block[..self.filled], Trust::Provisional);
        self.filled = 0;
        flow.is_continue()
    }
}

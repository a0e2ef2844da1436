//! The fast way through BGZF, whose members are small and say how long they are: libdeflate decodes them one
//! by one, in a file of any size.
//!
//! As the other fast way does, it accepts only members of which it can prove that they are good and where
//! they end, and leaves everything else to the streaming way: it knows no errors.

use super::one_shot::{Progress, ends_at_end, number};
use crate::codec::chain::{HEAD, member};
use crate::codec::reader::Reader;
use crate::codec::{DecodeError, Sink};
use crate::job::Trust;
use libdeflater::Decompressor;

/// How much is gathered before it is given: at home in the second-level cache.
const BLOCK: usize = 256 << 10;
/// The most that a member decodes to.
const LARGEST: usize = 64 << 10;

/// What is kept from file to file.
pub(super) struct Blocks {
    inflate: Decompressor,
    block: Vec<u8>,
    filled: usize,
}

impl Blocks {
    pub(super) fn new() -> Self {
        Blocks {
            inflate: Decompressor::new(),
            block: Vec::new(),
            filled: 0,
        }
    }

    /// Decodes as many members as it can; how many these were.
    pub(super) fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        sink: &mut Sink<'_>,
    ) -> Result<(u64, Progress), DecodeError> {
        self.filled = 0;
        let mut members = 0;
        while let Some(length) = member(reader.peek(HEAD)?) {
            let at = reader.offset();
            if (sink.ends(at) || self.filled + LARGEST > BLOCK) && !self.give(sink) {
                return Ok((members, Progress::Done));
            }
            let Some(packed) = reader.peek(length)?.get(..length) else {
                break;
            };
            let Some(n) = self.member(packed) else { break };
            sink.begins(at)?;
            reader.consume(length);
            members += 1;
            self.filled += n;
            // Behind the part's end a line's end is all that is wanted.
            if sink.passed() && !self.give(sink) {
                return Ok((members, Progress::Done));
            }
        }
        let more = self.give(sink);
        Ok((members, if more { Progress::Rest } else { Progress::Done }))
    }

    /// Decodes a member that is thought to be all of `packed` behind what was gathered. None when it
    /// can't be proved good.
    fn member(&mut self, packed: &[u8]) -> Option<usize> {
        let length = number(packed.last_chunk::<4>()?);
        if packed.len() < HEAD + 8 || length > LARGEST {
            return None;
        }
        self.block.resize(BLOCK, 0);
        let plain = &mut self.block[self.filled..self.filled + length];
        let n = self.inflate.gzip_decompress(packed, plain).ok()?;
        (n == length && ends_at_end(packed, plain)).then_some(n)
    }

    /// Gives what was gathered; whether more is wanted.
    fn give(&mut self, sink: &mut Sink<'_>) -> bool {
        let flow = sink.give(&self.block[..self.filled], Trust::Provisional);
        self.filled = 0;
        flow.is_continue()
    }
}

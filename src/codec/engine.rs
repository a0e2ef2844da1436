//! What a codec is to the others: a row of the table, an engine that decodes, and where decoded
//! bytes go. It does not know any format.

use super::error::DecodeError;
use super::reader::Reader;
use super::signature::Signature;
use crate::job::Trust;
use crate::memory::Budget;
use std::cell::Cell;
use std::ops::ControlFlow;

/// A kind of compressed file.
#[derive(Debug)]
pub struct Codec {
    /// The name in `--codec` and in `fanfold list`.
    pub name: &'static str,
    /// One line for `fanfold list`.
    pub help: &'static str,
    /// How names of such files end.
    pub(super) endings: &'static [&'static str],
    pub(super) recognise: fn(&[u8]) -> bool,
    /// How a file begins, to tell one whose head is damaged.
    pub(super) signature: Option<Signature>,
    pub(super) start: fn(&Budget) -> Box<dyn Engine>,
}

impl Codec {
    /// How many first bytes of a file [`Codec::recognise`] needs, when the file has them.
    pub const HEAD_LENGTH: usize = 6;

    /// Returns whether a file that begins with `head` (its first [`Codec::HEAD_LENGTH`] bytes, or
    /// all of it) is of this kind. A head that is shorter than the magic number is not.
    pub fn recognise(&self, head: &[u8]) -> bool {
        (self.recognise)(head)
    }
}

/// A decoder of one format. A worker keeps it, with its buffers, from file to file.
pub(super) trait Engine: Send {
    /// Decodes one file from its first byte to its end.
    /// `size` is what the file system said, which may be wrong by now.
    fn decode(
        &mut self,
        reader: &mut Reader<'_>,
        size: Option<u64>,
        sink: &mut DecodeSink<'_>,
    ) -> Result<(), DecodeError>;
}

/// The members or frames of a file that begin in `start..end`. One must begin at either offset.
#[derive(Debug)]
pub(crate) struct MemberRange<'a> {
    /// The offset at which the first one begins.
    pub start: u64,
    /// The offset at which the first one behind the range begins.
    pub end: u64,
    /// Becomes true when decoded bytes lie behind the range.
    pub passed: &'a Cell<bool>,
}

impl MemberRange<'_> {
    /// No member begins at an offset that a header promised: the header lies, or the file was
    /// changed since it was read.
    pub(super) fn missed(&self) -> DecodeError {
        let MemberRange { start, end, .. } = self;
        DecodeError::Corrupt(format!(
            "corrupt file: no member begins at byte {start} or at byte {end}, though a header says so"
        ))
    }
}

/// Receives decoded bytes and warnings.
pub(super) struct DecodeSink<'a> {
    pub warn: &'a mut dyn FnMut(&str),
    pub out: &'a mut dyn FnMut(&[u8], Trust) -> ControlFlow<()>,
    pub range: Option<&'a MemberRange<'a>>,
    /// Returns the name of the codec of compressed data that begin so.
    pub recognise: fn(&[u8]) -> Option<&'static str>,
}

impl DecodeSink<'_> {
    /// Passes on a block, unless it is empty.
    pub fn give(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if block.is_empty() {
            return ControlFlow::Continue(());
        }
        (self.out)(block, trust)
    }

    /// Returns whether the range ends at this offset.
    pub fn range_ends(&self, at: u64) -> bool {
        self.range.is_some_and(|range| at == range.end)
    }

    /// Returns whether decoded bytes lie behind the range.
    pub fn passed(&self) -> bool {
        self.range.is_some_and(|range| range.passed.get())
    }

    /// Notes that all bytes from now on belong to the member or frame that begins at this offset.
    pub fn begin_member(&mut self, at: u64) -> Result<(), DecodeError> {
        match self.range {
            Some(range) if at == range.end => range.passed.set(true),
            Some(range) if at > range.end && !range.passed.get() => return Err(range.missed()),
            _ => {}
        }
        Ok(())
    }
}

//! How a member or stream of a format begins, and what bytes behind the last one are: garbage, or data that
//! would be lost.
//!
//! It does not know how the format goes on.

use super::error::DecodeError;
use super::reader::{CHUNK, Reader};

/// The first bytes of a format's members or streams.
#[derive(Debug)]
pub(super) struct Signature {
    /// The codec's name.
    pub codec: &'static str,
    /// What the format calls the thing that begins so.
    pub unit: &'static str,
    /// How many bytes tell.
    pub length: usize,
    /// Returns in how many bytes a head differs from that of a member. Missing bytes differ.
    pub distance: fn(&[u8]) -> usize,
    /// The least distance at which the bytes are something else. Below it, they are a damaged head.
    pub other: usize,
    /// What stands in every member behind its head, when that is so little by chance that it tells one.
    pub block: Option<&'static [u8]>,
}

impl Signature {
    /// Returns whether more bytes behind this head can make it a head of the format, damaged or not.
    pub fn may_begin(&self, head: &[u8]) -> bool {
        let missing = self.length.saturating_sub(head.len());
        (self.distance)(head) < self.other + missing
    }

    /// Returns whether a whole file is less than a head, and the beginning of one.
    pub fn is_prefix(&self, file: &[u8]) -> bool {
        file.len() < self.length && (self.distance)(file) == self.length - file.len()
    }

    /// The error for a file whose first head is damaged.
    pub fn damage(&self, at: u64) -> DecodeError {
        let what = format!("the header of a {} is damaged", self.unit);
        DecodeError::corrupt(self.codec, at, what)
    }

    /// Returns whether a file or the bytes behind a member begin with a head that is damaged.
    pub fn is_damaged(&self, head: &[u8]) -> bool {
        let head = head.get(..self.length).unwrap_or_default();
        !head.is_empty() && (1..self.other).contains(&(self.distance)(head))
    }

    /// Judges the rest of a file, which begins with neither a member nor its padding: with a warning when it is
    /// nothing but garbage.
    ///
    /// The programs that define the formats pass over all of it. Here that is an error when data are lost: when
    /// a member's damaged head comes first, compressed data that `recognise` knows, or anywhere a whole head or
    /// what follows one.
    ///
    /// # Errors
    /// The rest is data.
    pub fn judge_rest(
        &self,
        reader: &mut Reader<'_>,
        recognise: fn(&[u8]) -> Option<&'static str>,
        warn: &mut dyn FnMut(&str),
    ) -> Result<(), DecodeError> {
        let Signature { codec, unit, .. } = self;
        let at = reader.offset();
        let head = reader.peek(self.length)?;
        if self.is_damaged(head) {
            return Err(self.damage(at));
        }
        if let Some(other) = recognise(head) {
            let what = format!("{other} data follow the last {unit}");
            return Err(DecodeError::corrupt(codec, at, what));
        }
        if let Some(next) = self.find(reader)? {
            let what = format!("no {unit} begins here, but one does at byte {next}");
            return Err(DecodeError::corrupt(codec, at, what));
        }
        warn("trailing garbage ignored");
        Ok(())
    }

    /// Returns the offset of the first head in the rest of the file. Consumes what is before it.
    fn find(&self, reader: &mut Reader<'_>) -> Result<Option<u64>, DecodeError> {
        loop {
            let block = reader.peek(CHUNK)?;
            let is_block = |head: &[u8]| self.block.is_some_and(|block| head.starts_with(block));
            let tells = |head: &[u8]| (self.distance)(head) == 0 || is_block(head);
            if let Some(found) = block.windows(self.length).position(tells) {
                return Ok(Some(reader.offset() + found as u64));
            }
            // A head may begin in the last bytes of the block.
            let Some(looked) = (block.len() + 1).checked_sub(self.length).filter(|&n| n > 0) else {
                return Ok(None);
            };
            reader.consume(looked);
        }
    }
}

/// Returns in how many of the expected bytes a head differs. A byte that is missing differs.
pub(super) fn differing(head: &[u8], expected: &[u8]) -> usize {
    let same = head.iter().zip(expected).filter(|(a, b)| a == b);
    expected.len() - same.count()
}

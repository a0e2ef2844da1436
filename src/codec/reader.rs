//! Buffered reading that knows its offset in the file, for error messages, and that can hold a
//! whole small file at once. It does not know what the bytes mean.

use super::buffer::Buffer;
use std::io::{self, Read};

/// How many bytes one read asks for: enough that system calls do not matter, and so few that the
/// bytes are still in the second-level cache when they are decoded.
pub(super) const CHUNK: usize = 128 << 10;

/// A source with a buffer that outlives it.
pub(super) struct Reader<'a> {
    source: &'a mut dyn Read,
    buffer: &'a mut Buffer,
    /// `buffer[start..end]` is read and not consumed.
    start: usize,
    end: usize,
    /// The offset in the file of `buffer[0]`.
    base: u64,
    ended: bool,
}

impl<'a> Reader<'a> {
    /// Makes a reader of a source that stands at the offset `base` of its file.
    pub(super) fn new(source: &'a mut dyn Read, base: u64, buffer: &'a mut Buffer) -> Self {
        buffer.grow(CHUNK);
        Reader {
            source,
            buffer,
            start: 0,
            end: 0,
            base,
            ended: false,
        }
    }

    /// Returns the offset in the file of the next byte that is not consumed.
    pub(super) fn offset(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Returns whether the source was read to its end.
    pub(super) fn ended(&self) -> bool {
        self.ended
    }

    /// Returns the bytes that are read and not consumed.
    pub(super) fn buffered(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Returns the buffered bytes, and reads when there are none. Empty only at the end of the
    /// source.
    pub(super) fn fill(&mut self) -> io::Result<&[u8]> {
        self.peek(1)
    }

    /// Returns at least `want` bytes (at most [`CHUNK`]), or fewer at the end of the source.
    /// Consumes nothing.
    pub(super) fn peek(&mut self, want: usize) -> io::Result<&[u8]> {
        debug_assert!(want <= CHUNK);
        while self.end - self.start < want && !self.ended {
            if self.start > 0 {
                self.buffer.copy_within(self.start..self.end, 0);
                self.base += self.start as u64;
                self.end -= self.start;
                self.start = 0;
            }
            self.read(CHUNK)?;
        }
        Ok(self.buffered())
    }

    pub(super) fn consume(&mut self, n: usize) {
        debug_assert!(n <= self.end - self.start);
        self.start += n;
    }

    /// Returns and consumes the next byte; none at the end.
    pub(super) fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.fill()?.first().copied();
        self.consume(usize::from(byte.is_some()));
        Ok(byte)
    }

    /// Buffers everything to the end of the source, if the source has at most `size` bytes and
    /// nothing is consumed yet. Returns false when the source has more.
    pub(super) fn hold(&mut self, size: usize) -> io::Result<bool> {
        debug_assert_eq!(self.offset(), 0);
        self.buffer.grow(size + 1);
        while !self.ended && self.end <= size {
            self.read(size + 1)?;
        }
        Ok(self.ended)
    }

    /// Reads once, into `buffer[end..limit]`.
    fn read(&mut self, limit: usize) -> io::Result<()> {
        loop {
            match self.source.read(&mut self.buffer[self.end..limit]) {
                Ok(n) => {
                    self.ended = n == 0;
                    self.end += n;
                    return Ok(());
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.fill()?.read(buffer)?;
        self.consume(n);
        Ok(n)
    }
}

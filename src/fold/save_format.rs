//! The form in which folds are saved: entries one after another, each with its lengths before it. It
//! does not know what an entry means.

use super::sorted_run::Entry;
use std::io::{self, BufRead, Write};

/// How many entries [`SavedReader::batches`] passes on at once, at most.
pub(super) const BATCH: usize = 32;

/// Writes an entry as [`SavedReader`] reads it.
pub(super) fn write_entry(out: &mut impl Write, key: &[u8], value: &[u8]) -> io::Result<()> {
    let mut head = [0; 16];
    head[..8].copy_from_slice(&(key.len() as u64).to_le_bytes());
    head[8..].copy_from_slice(&(value.len() as u64).to_le_bytes());
    out.write_all(&head)?;
    out.write_all(key)?;
    out.write_all(value)
}

/// Reads a saved fold from any reader.
pub(super) struct SavedReader<'a> {
    input: &'a mut dyn BufRead,
    key: Vec<u8>,
    value: Vec<u8>,
}

impl<'a> SavedReader<'a> {
    pub fn new(saved: &'a mut dyn BufRead) -> SavedReader<'a> {
        SavedReader {
            input: saved,
            key: Vec::new(),
            value: Vec::new(),
        }
    }

    pub fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.input.read_exact(&mut bytes).map_err(cut_short)?;
        Ok(bytes)
    }

    pub fn entry(&mut self) -> io::Result<Entry<'_>> {
        let lengths: [[u8; 8]; 2] = [self.array()?, self.array()?];
        fill(self.input, &mut self.key, lengths[0]).map_err(cut_short)?;
        fill(self.input, &mut self.value, lengths[1]).map_err(cut_short)?;
        Ok((&self.key, &self.value))
    }

    /// Passes on the next entries, each behind its mark, in batches, as long as they lie whole in the
    /// input's buffer, and without a copy.
    pub fn batches(
        &mut self,
        mark: u8,
        mut take: impl FnMut(&[Entry<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let mut entries: [Entry<'_>; BATCH] = [(&[], &[]); BATCH];
            let (mut found, mut rest) = (0, buffer);
            while found < BATCH
                && let Some((entry, after)) = split_entry(mark, rest)
            {
                (entries[found], rest) = (entry, after);
                found += 1;
            }
            if found == 0 {
                return Ok(());
            }
            take(&entries[..found])?;
            let consumed = buffer.len() - rest.len();
            self.input.consume(consumed);
        }
    }

    /// Fails when anything follows.
    pub fn end(self) -> io::Result<()> {
        let rest = self.input.fill_buf()?;
        if rest.is_empty() { Ok(()) } else { Err(broken()) }
    }
}

/// Returns the entry at the beginning of `bytes`, behind its mark, and the bytes that follow it.
#[inline]
fn split_entry(mark: u8, bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_first_chunk()?;
    let (value, rest) = rest.split_first_chunk()?;
    let length = |bytes: &[u8; 8]| usize::try_from(u64::from_le_bytes(*bytes)).ok();
    let (key, rest) = rest.split_at_checked(length(key)?)?;
    let (value, rest) = rest.split_at_checked(length(value)?)?;
    (found == mark).then_some(((key, value), rest))
}

/// Reads so many bytes into `buffer`.
fn fill(input: &mut dyn BufRead, buffer: &mut Vec<u8>, length: [u8; 8]) -> io::Result<()> {
    let mut left = u64::from_le_bytes(length);
    buffer.clear();
    // Grow as bytes come: a wrong length must not allocate that much memory.
    while left > 0 {
        let found = input.fill_buf()?;
        if found.is_empty() {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let taken = found.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        buffer.extend_from_slice(&found[..taken]);
        input.consume(taken);
        left -= taken as u64;
    }
    Ok(())
}

/// The error for bytes that this version of this fold did not save.
pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a saved fold of this version")
}

fn cut_short(cause: io::Error) -> io::Error {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => broken(),
        _ => cause,
    }
}

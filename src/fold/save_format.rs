//! The form in which folds are saved: entries one after another, each with the lengths before it.

use super::sorted_run::Entry;
use std::io::{self, BufRead, Write};

/// How many entries are given at once.
pub(super) const BATCH: usize = 32;

/// Writes an entry so that [`SavedReader`] reads it.
pub(super) fn write_entry(out: &mut impl Write, key: &[u8], kept: &[u8]) -> io::Result<()> {
    let mut head = [0; 16];
    head[..8].copy_from_slice(&(key.len() as u64).to_le_bytes());
    head[8..].copy_from_slice(&(kept.len() as u64).to_le_bytes());
    out.write_all(&head)?;
    out.write_all(key)?;
    out.write_all(kept)
}

/// Reads what [`write_entry`] and its surroundings wrote, out of any reader.
pub(super) struct SavedReader<'a> {
    input: &'a mut dyn BufRead,
    key: Vec<u8>,
    kept: Vec<u8>,
}

impl<'a> SavedReader<'a> {
    pub fn new(saved: &'a mut dyn BufRead) -> SavedReader<'a> {
        SavedReader {
            input: saved,
            key: Vec::new(),
            kept: Vec::new(),
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
        fill(self.input, &mut self.kept, lengths[1]).map_err(cut_short)?;
        Ok((&self.key, &self.kept))
    }

    /// Gives the entries that come next and lie whole in the input's buffer, several at once and each behind
    /// its mark, as they lie there.
    pub fn batches(
        &mut self,
        mark: u8,
        mut take: impl FnMut(&[Entry<'_>]) -> io::Result<()>,
    ) -> io::Result<()> {
        loop {
            let buffer = self.input.fill_buf()?;
            let mut items: [Entry<'_>; BATCH] = [(&[], &[]); BATCH];
            let (mut found, mut rest) = (0, buffer);
            while found < BATCH
                && let Some((item, after)) = whole(mark, rest)
            {
                (items[found], rest) = (item, after);
                found += 1;
            }
            if found == 0 {
                return Ok(());
            }
            take(&items[..found])?;
            let taken = buffer.len() - rest.len();
            self.input.consume(taken);
        }
    }

    /// Fails where anything follows.
    pub fn end(self) -> io::Result<()> {
        let rest = self.input.fill_buf()?;
        if rest.is_empty() { Ok(()) } else { Err(broken()) }
    }
}

/// The entry at the beginning of `bytes`, behind its mark, and what follows it.
#[inline]
fn whole(mark: u8, bytes: &[u8]) -> Option<(Entry<'_>, &[u8])> {
    let (&found, rest) = bytes.split_first()?;
    let (key, rest) = rest.split_first_chunk()?;
    let (kept, rest) = rest.split_first_chunk()?;
    let length = |bytes: &[u8; 8]| usize::try_from(u64::from_le_bytes(*bytes)).ok();
    let (key, rest) = rest.split_at_checked(length(key)?)?;
    let (kept, rest) = rest.split_at_checked(length(kept)?)?;
    (found == mark).then_some(((key, kept), rest))
}

fn fill(input: &mut dyn BufRead, buffer: &mut Vec<u8>, length: [u8; 8]) -> io::Result<()> {
    let mut left = u64::from_le_bytes(length);
    buffer.clear();
    // As it comes: a wrong length is no reason to ask for that much memory.
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

/// What was to be loaded was not saved by this version of this fold.
pub(super) fn broken() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "not a saved fold of this version")
}

fn cut_short(cause: io::Error) -> io::Error {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => broken(),
        _ => cause,
    }
}

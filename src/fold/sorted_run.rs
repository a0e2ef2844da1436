//! Sorted runs: what outgrew memory, in unlinked temporary files.
//!
//! A run is a list of entries by the bytes of their keys. Of a key only what differs from the one
//! before is written, then blocks of entries are compressed with LZ4: the fastest decompressor there
//! is in safe Rust. A block is small, since many runs are read at once when they are merged.

use super::merge_runs::Head;
use crate::message;
use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// How many bytes of entries are compressed together, or one entry if that is longer.
const BLOCK: usize = 32 << 10;

/// What stands before a block: how long it is compressed, and how long it was; zeros at the end.
const HEADER: usize = 8;

/// A key with what was kept of it.
pub(super) type Entry<'a> = (&'a [u8], &'a [u8]);

/// Entries by the bytes of their keys, in a file that has no name.
#[derive(Debug)]
pub(super) struct SortedRun {
    file: File,
    /// How often its entries were merged.
    pub level: u32,
}

/// Writes a run.
pub(super) struct RunWriter<'a> {
    file: File,
    block: Vec<u8>,
    packed: Vec<u8>,
    last: Vec<u8>,
    tmpdir: &'a Path,
}

/// Adds the name of the directory to what the system said.
pub(super) fn named(tmpdir: &Path, error: io::Error) -> io::Error {
    let (dir, cause) = (message::shown(tmpdir.as_os_str()), message::cause(&error));
    io::Error::new(error.kind(), format!("{dir}: temporary file: {cause}"))
}

/// What a run that is not as it was written is.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a sorted run is damaged")
}

impl<'a> RunWriter<'a> {
    pub fn new(tmpdir: &'a Path) -> io::Result<RunWriter<'a>> {
        Ok(RunWriter {
            file: tempfile::tempfile_in(tmpdir).map_err(|e| named(tmpdir, e))?,
            block: Vec::with_capacity(BLOCK + 1024),
            packed: Vec::new(),
            last: Vec::new(),
            tmpdir,
        })
    }

    /// Writes the next entry; keys come in order.
    pub fn entry(&mut self, (key, kept): Entry<'_>) -> io::Result<()> {
        let shared = self.last.iter().zip(key).take_while(|(a, b)| a == b).count();
        let rest = &key[shared..];
        for number in [shared, rest.len(), kept.len()] {
            put_length(&mut self.block, number);
        }
        self.block.extend_from_slice(rest);
        self.block.extend_from_slice(kept);
        self.last.truncate(shared);
        self.last.extend_from_slice(rest);
        if self.block.len() >= BLOCK {
            self.write_block()?;
        }
        Ok(())
    }

    fn write_block(&mut self) -> io::Result<()> {
        self.packed.clear();
        self.packed
            .resize(HEADER + get_maximum_output_size(self.block.len()), 0);
        let length = compress_into(&self.block, &mut self.packed[HEADER..]).map_err(io::Error::other)?;
        let lengths = [length, self.block.len()].map(|n| u32::try_from(n).map(u32::to_le_bytes));
        let [Ok(packed), Ok(plain)] = lengths else {
            return Err(io::ErrorKind::FileTooLarge.into());
        };
        self.packed[..4].copy_from_slice(&packed);
        self.packed[4..HEADER].copy_from_slice(&plain);
        self.block.clear();
        self.file
            .write_all(&self.packed[..HEADER + length])
            .map_err(|e| named(self.tmpdir, e))
    }

    pub fn finish(mut self, level: u32) -> io::Result<SortedRun> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        let end = self.file.write_all(&[0; HEADER]);
        end.map_err(|e| named(self.tmpdir, e))?;
        Ok(SortedRun {
            file: self.file,
            level,
        })
    }
}

/// Appends a length, seven bits a byte, the lowest first.
fn put_length(out: &mut Vec<u8>, mut length: usize) {
    while length >= 0x80 {
        out.push(length as u8 | 0x80);
        length >>= 7;
    }
    out.push(length as u8);
}

/// The length at the beginning of `bytes`, which moves past it.
#[inline]
fn read_length(bytes: &mut &[u8]) -> Option<usize> {
    let mut length = 0;
    for shift in (0..usize::BITS).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(length);
        }
    }
    None
}

/// Reads the entries of a run, one after another.
pub(super) struct RunReader<'a> {
    file: &'a File,
    /// The header of the block that is next.
    header: [u8; HEADER],
    packed: Vec<u8>,
    block: Vec<u8>,
    at: usize,
}

impl<'a> RunReader<'a> {
    pub fn new(run: &'a SortedRun) -> io::Result<RunReader<'a>> {
        let mut file = &run.file;
        file.rewind()?;
        let mut header = [0; HEADER];
        file.read_exact(&mut header)?;
        Ok(RunReader {
            file,
            header,
            packed: Vec::new(),
            block: Vec::new(),
            at: 0,
        })
    }

    /// The next entry into `head`, which has the one before; false at the end.
    pub fn next(&mut self, head: &mut Head) -> io::Result<bool> {
        if self.at == self.block.len() && !self.next_block()? {
            return Ok(false);
        }
        let mut rest = &self.block[self.at..];
        read_entry(&mut rest, head).ok_or_else(damaged)?;
        self.at = self.block.len() - rest.len();
        Ok(true)
    }

    /// Reads a block, and the header of the one after it.
    fn next_block(&mut self) -> io::Result<bool> {
        let (packed, plain) = self.header.split_at(4);
        let length = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, &byte| n << 8 | usize::from(byte));
        let (packed, plain) = (length(packed), length(plain));
        if plain == 0 {
            return Ok(false);
        }
        self.packed.resize(packed + HEADER, 0);
        self.block.resize(plain, 0);
        self.at = 0;
        self.file.read_exact(&mut self.packed)?;
        let (block, header) = self.packed.split_at(packed);
        self.header.copy_from_slice(header);
        match decompress_into(block, &mut self.block) {
            Ok(length) if length == plain => Ok(true),
            _ => Err(damaged()),
        }
    }
}

#[inline]
fn read_entry(rest: &mut &[u8], head: &mut Head) -> Option<()> {
    let (shared, key, kept) = (read_length(rest)?, read_length(rest)?, read_length(rest)?);
    let (key, after) = rest.split_at_checked(key)?;
    let (kept, after) = after.split_at_checked(kept)?;
    *rest = after;
    head.set(shared, key, kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_come_back() {
        for length in [0, 1, 127, 128, 300, 1 << 20, usize::MAX] {
            let mut out = Vec::new();
            put_length(&mut out, length);
            assert_eq!(read_length(&mut &out[..]), Some(length));
            assert_eq!(read_length(&mut &out[..out.len() - 1]), None);
        }
    }
}

//! Sorted runs: entries that outgrew memory, in unlinked temporary files.
//!
//! A run is a list of entries by the bytes of their keys. It omits the bytes that a key shares with
//! the key before it, and compresses blocks of entries with LZ4, the fastest decompressor that there
//! is in safe Rust. A block is small, since many runs are read at once when they are merged. It does
//! not know what keys and values mean.

use crate::message;
use lz4_flex::block::{compress_into, decompress_into, get_maximum_output_size};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, Read, Seek, Write};
use std::path::Path;

/// From how many bytes on entries are compressed as a block.
const BLOCK: usize = 32 << 10;

/// The length of a block's header: its compressed and its plain length, zeros at the end of the run.
const HEADER: usize = 8;

/// A key with its value: an encoded count, or encoded states.
pub(super) type Entry<'a> = (&'a [u8], &'a [u8]);

/// Entries by the bytes of their keys, in a file without a name.
#[derive(Debug)]
pub(super) struct SortedRun {
    file: File,
    /// How many merges its entries went through.
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

/// Adds the name of the directory to an error of the system.
pub(super) fn with_dir(tmpdir: &Path, error: io::Error) -> io::Error {
    let (dir, cause) = (message::display_name(tmpdir.as_os_str()), message::cause(&error));
    io::Error::new(error.kind(), format!("{dir}: temporary file: {cause}"))
}

/// The error for a run that does not read as it was written.
pub(super) fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "a sorted run is damaged")
}

impl<'a> RunWriter<'a> {
    pub fn new(tmpdir: &'a Path) -> io::Result<RunWriter<'a>> {
        Ok(RunWriter {
            file: tempfile::tempfile_in(tmpdir).map_err(|e| with_dir(tmpdir, e))?,
            block: Vec::with_capacity(BLOCK + 1024),
            packed: Vec::new(),
            last: Vec::new(),
            tmpdir,
        })
    }

    /// Writes the next entry; keys must come in order.
    pub fn entry(&mut self, (key, value): Entry<'_>) -> io::Result<()> {
        let shared = self.last.iter().zip(key).take_while(|(a, b)| a == b).count();
        let rest = &key[shared..];
        for number in [shared, rest.len(), value.len()] {
            put_length(&mut self.block, number);
        }
        self.block.extend_from_slice(rest);
        self.block.extend_from_slice(value);
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
            .map_err(|e| with_dir(self.tmpdir, e))
    }

    pub fn finish(mut self, level: u32) -> io::Result<SortedRun> {
        if !self.block.is_empty() {
            self.write_block()?;
        }
        let end = self.file.write_all(&[0; HEADER]);
        end.map_err(|e| with_dir(self.tmpdir, e))?;
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

/// Returns the length at the beginning of `bytes`, and moves past it.
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

/// The entry that a reader of a run is at.
#[derive(Debug, Default)]
pub(super) struct RunHead {
    key: Vec<u8>,
    value: Vec<u8>,
    /// The key's first bytes: most comparisons need no others.
    prefix: u128,
    ended: bool,
}

impl RunHead {
    /// Returns the entry; none at the end of the run.
    #[inline]
    pub fn entry(&self) -> Option<Entry<'_>> {
        (!self.ended).then_some((&self.key, &self.value))
    }

    /// Compares by the bytes of the keys; the end of a run comes last.
    #[inline]
    pub fn cmp(&self, other: &RunHead) -> Ordering {
        let ended = self.ended.cmp(&other.ended);
        ended
            .then(self.prefix.cmp(&other.prefix))
            .then_with(|| self.key.cmp(&other.key))
    }

    /// Sets an entry whose key shares so many bytes with the key before it; returns none when that
    /// key has fewer.
    #[inline]
    fn set(&mut self, shared: usize, rest: &[u8], value: &[u8]) -> Option<()> {
        if shared > self.key.len() {
            return None;
        }
        self.key.truncate(shared);
        self.key.extend_from_slice(rest);
        self.value.clear();
        self.value.extend_from_slice(value);
        let mut prefix = [0; 16];
        let length = self.key.len().min(16);
        prefix[..length].copy_from_slice(&self.key[..length]);
        self.prefix = u128::from_be_bytes(prefix);
        Some(())
    }
}

/// Reads the entries of a run, one after another.
pub(super) struct RunReader<'a> {
    file: &'a File,
    /// The header of the next block.
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

    /// Reads the next entry into `head`, which has the one before, or ends it.
    pub fn next(&mut self, head: &mut RunHead) -> io::Result<()> {
        if self.at == self.block.len() && !self.next_block()? {
            head.ended = true;
            return Ok(());
        }
        let mut rest = &self.block[self.at..];
        read_entry(&mut rest, head).ok_or_else(damaged)?;
        self.at = self.block.len() - rest.len();
        Ok(())
    }

    /// Reads a block, and the header of the one after it. Returns false at the end of the run.
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
fn read_entry(rest: &mut &[u8], head: &mut RunHead) -> Option<()> {
    let (shared, key, value) = (read_length(rest)?, read_length(rest)?, read_length(rest)?);
    let (key, after) = rest.split_at_checked(key)?;
    let (value, after) = after.split_at_checked(value)?;
    *rest = after;
    head.set(shared, key, value)
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

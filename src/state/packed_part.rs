//! Packed parts: what a job added to a fold, as chunks of compressed bytes. Small parts stay in memory,
//! larger ones go to an unlinked temporary file.
//!
//! This file does not know what the bytes mean.

use std::hash::Hasher as _;
use std::io::{self, BufRead, BufReader, Read as _, Seek as _, Write};
use std::path::{Path, PathBuf};
use tempfile::SpooledTempFile;
use twox_hash::XxHash64;
use zstd::stream::read::Decoder;

/// The number of bytes that are compressed together.
const CHUNK: usize = 1 << 20;

/// The number of packed bytes that stay in memory.
const IN_MEMORY: usize = 1 << 20;

/// The level of zstd: about as fast as the disk, and a list of hosts shrinks to a third.
const LEVEL: i32 = 1;

/// Compressed chunks, each a zstd frame.
#[derive(Debug)]
pub struct PackedPart {
    chunks: SpooledTempFile,
    lengths: Vec<u32>,
    sum: XxHash64,
    /// The number of compressed bytes.
    pub size: u64,
}

/// A stored part of a fold, of one job or of several.
#[derive(Debug)]
pub(crate) struct StoredPart {
    pub part: PackedPart,
    /// The number of lines that the format could not read.
    pub bad_lines: u64,
}

/// A writer that packs parts, one after another.
pub(crate) struct PartPacker {
    raw: Vec<u8>,
    zstd: zstd::bulk::Compressor<'static>,
    part: PackedPart,
    tmpdir: PathBuf,
}

impl PackedPart {
    /// Builds a part without chunks, which spills to a file in `tmpdir`.
    pub fn new(tmpdir: &Path) -> PackedPart {
        PackedPart {
            chunks: SpooledTempFile::new_in(IN_MEMORY, tmpdir),
            lengths: Vec::new(),
            sum: checksum(),
            size: 0,
        }
    }

    /// Appends a chunk. No chunk must have been read before.
    pub(super) fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
        self.chunks.write_all(chunk)?;
        self.lengths.push(length);
        self.sum.write(chunk);
        self.size += u64::from(length);
        Ok(())
    }

    /// Returns the number of chunks.
    pub(super) fn count(&self) -> usize {
        self.lengths.len()
    }

    /// Returns the checksum of the chunks.
    pub(super) fn sum(&self) -> i64 {
        self.sum.finish().cast_signed()
    }

    /// Reads a chunk by its number from 0; the chunks must be read in their order.
    pub(super) fn chunk(&mut self, number: usize) -> io::Result<Vec<u8>> {
        if number == 0 {
            self.chunks.rewind()?;
        }
        let mut chunk = vec![0; self.lengths[number] as usize];
        self.chunks.read_exact(&mut chunk)?;
        Ok(chunk)
    }

    /// Returns all chunks, each preceded by its length in four bytes.
    pub(crate) fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        for number in 0..self.count() {
            bytes.extend(self.lengths[number].to_le_bytes());
            bytes.append(&mut self.chunk(number)?);
        }
        Ok(bytes)
    }

    /// Builds a part from the result of [`PackedPart::bytes`].
    pub(crate) fn from_bytes(tmpdir: &Path, mut bytes: &[u8]) -> io::Result<PackedPart> {
        let mut part = PackedPart::new(tmpdir);
        while let Some((length, rest)) = bytes.split_first_chunk() {
            let length = u32::from_le_bytes(*length) as usize;
            let (chunk, rest) = rest.split_at_checked(length).ok_or(io::ErrorKind::InvalidData)?;
            part.push(chunk)?;
            bytes = rest;
        }
        Ok(part)
    }

    /// Returns a reader of the unpacked bytes, which may be read again afterwards.
    pub fn reader(&mut self) -> io::Result<Box<dyn BufRead + '_>> {
        if self.lengths.is_empty() {
            return Ok(Box::new(io::empty()));
        }
        self.chunks.rewind()?;
        let chunks = BufReader::new(&mut self.chunks);
        Ok(Box::new(BufReader::new(Decoder::with_buffer(chunks)?)))
    }

    /// Returns a reader of the unpacked bytes.
    pub fn unpack(mut self) -> io::Result<Box<dyn BufRead>> {
        if self.lengths.is_empty() {
            return Ok(Box::new(io::empty()));
        }
        self.chunks.rewind()?;
        Ok(Box::new(BufReader::new(Decoder::with_buffer(BufReader::new(
            self.chunks,
        ))?)))
    }
}

impl PartPacker {
    /// Builds a packer whose large parts spill to files in `tmpdir`.
    pub fn new(tmpdir: &Path) -> io::Result<PartPacker> {
        Ok(PartPacker {
            raw: Vec::new(),
            zstd: zstd::bulk::Compressor::new(LEVEL)?,
            part: PackedPart::new(tmpdir),
            tmpdir: tmpdir.to_owned(),
        })
    }

    /// Returns the part that was written since the last call.
    pub fn finish(&mut self) -> io::Result<PackedPart> {
        self.pack()?;
        Ok(std::mem::replace(&mut self.part, PackedPart::new(&self.tmpdir)))
    }

    /// Compresses the collected bytes into a chunk.
    fn pack(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let chunk = self.zstd.compress(&self.raw)?;
        self.raw.clear();
        self.part.push(&chunk)
    }
}

/// Starts a checksum of the kind that a state uses for parts, bundles and rows.
pub(super) fn checksum() -> XxHash64 {
    XxHash64::with_seed(0)
}

impl Write for PartPacker {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let taken = bytes.len().min(CHUNK - self.raw.len());
        self.raw.extend_from_slice(&bytes[..taken]);
        if self.raw.len() == CHUNK {
            self.pack()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bytes_of_any_size_are_read_back() {
        let tmpdir = std::env::temp_dir();
        let mut pack = PartPacker::new(&tmpdir).expect("memory");
        for size in [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 7, 5] {
            let bytes: Vec<u8> = (0..size).map(|_| fastrand::u8(..)).collect();
            pack.write_all(&bytes).expect("packed");
            let part = pack.finish().expect("packed");
            assert_eq!(part.count(), size.div_ceil(CHUNK));
            let mut out = Vec::new();
            part.unpack()
                .and_then(|mut part| part.read_to_end(&mut out))
                .expect("unpacked");
            assert!(out == bytes, "{size} bytes");
        }
    }

    #[test]
    fn the_checksum_depends_on_the_content_only() {
        let mut pack = PartPacker::new(&std::env::temp_dir()).expect("memory");
        let sums: Vec<i64> = [b"a", b"b", b"a"]
            .map(|bytes| {
                pack.write_all(bytes).expect("packed");
                pack.finish().expect("packed").sum()
            })
            .into();
        assert!(sums[0] == sums[2] && sums[0] != sums[1]);
    }
}

//! Packed parts: what a job added to a fold, as chunks of compressed bytes. Small parts stay in memory,
//! larger ones go to an unlinked temporary file.
//!
//! This file does not know what the bytes mean.

use std::hash::Hasher as _;
use std::io::{self, BufRead, Read, Seek as _, Write};
use std::path::Path;
use tempfile::SpooledTempFile;
use twox_hash::XxHash64;

/// The number of bytes that are compressed together.
const CHUNK: usize = 1 << 20;

/// The number of packed bytes that stay in memory.
const IN_MEMORY: usize = 1 << 20;

/// The level of zstd: about as fast as the disk, and a list of hosts shrinks to a third.
const LEVEL: i32 = 1;

/// Compressed chunks, each preceded by its length.
#[derive(Debug)]
pub struct PackedPart {
    chunks: SpooledTempFile,
    /// The number of chunks.
    pub count: u32,
    /// The number of compressed bytes.
    pub size: u64,
    /// The checksum of the chunks.
    pub sum: i64,
}

/// A stored part of a fold, of one job or of several.
#[derive(Debug)]
pub(crate) struct StoredPart {
    /// The part.
    pub part: PackedPart,
    /// The number of lines that the format could not read.
    pub bad_lines: u64,
}

/// A writer that packs parts. It is reused from part to part for its buffers.
pub(crate) struct PartPacker {
    raw: Vec<u8>,
    packed: Vec<u8>,
    zstd: zstd::bulk::Compressor<'static>,
    part: Option<PackedPart>,
    sum: XxHash64,
    tmpdir: std::path::PathBuf,
}

/// The buffers of [`PartReader`], reused from part to part.
pub(crate) struct PartUnpacker {
    zstd: zstd::bulk::Decompressor<'static>,
    raw: Vec<u8>,
}

/// A reader of the unpacked bytes of a part.
pub(crate) struct PartReader<'a> {
    unpack: &'a mut PartUnpacker,
    part: PackedPart,
    packed: Vec<u8>,
    at: usize,
}

impl PackedPart {
    /// Builds a part without chunks, which spills to a file in `tmpdir`.
    pub fn new(tmpdir: &Path) -> PackedPart {
        PackedPart {
            chunks: SpooledTempFile::new_in(IN_MEMORY, tmpdir),
            count: 0,
            size: 0,
            sum: 0,
        }
    }

    /// Appends a chunk.
    ///
    /// # Errors
    /// When the temporary file can't be written.
    pub fn push(&mut self, chunk: &[u8]) -> io::Result<()> {
        let length = u32::try_from(chunk.len()).map_err(io::Error::other)?;
        self.chunks.write_all(&length.to_le_bytes())?;
        self.chunks.write_all(chunk)?;
        self.count += 1;
        self.size += u64::from(length);
        Ok(())
    }

    /// Returns all chunks, each preceded by its length in four bytes.
    pub(super) fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.rewind()?;
        self.chunks.read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// Builds a part from the result of [`PackedPart::bytes`].
    pub(super) fn from_bytes(tmpdir: &Path, mut bytes: &[u8]) -> io::Result<PackedPart> {
        let mut part = PackedPart::new(tmpdir);
        while let Some((length, rest)) = bytes.split_first_chunk() {
            let length = u32::from_le_bytes(*length) as usize;
            let (chunk, rest) = rest.split_at_checked(length).ok_or(io::ErrorKind::InvalidData)?;
            part.push(chunk)?;
            bytes = rest;
        }
        part.rewind()?;
        Ok(part)
    }

    /// Moves to the first chunk.
    ///
    /// # Errors
    /// When the temporary file can't be read.
    pub fn rewind(&mut self) -> io::Result<()> {
        self.chunks.rewind()
    }

    /// Replaces the content of `chunk` by the next chunk. It may be called `count` times after a rewind.
    ///
    /// # Errors
    /// When the temporary file can't be read.
    pub fn next(&mut self, chunk: &mut Vec<u8>) -> io::Result<()> {
        let mut length = [0; 4];
        self.chunks.read_exact(&mut length)?;
        chunk.resize(u32::from_le_bytes(length) as usize, 0);
        self.chunks.read_exact(chunk)
    }
}

impl PartPacker {
    /// Builds a packer whose large parts spill to files in `tmpdir`.
    ///
    /// # Errors
    /// When the compressor can't allocate its memory.
    pub fn new(tmpdir: &Path) -> io::Result<PartPacker> {
        Ok(PartPacker {
            raw: Vec::new(),
            packed: Vec::new(),
            zstd: zstd::bulk::Compressor::new(LEVEL)?,
            part: None,
            sum: checksum(),
            tmpdir: tmpdir.to_owned(),
        })
    }

    /// Returns the part that was written since the last call.
    ///
    /// # Errors
    /// When the temporary file can't be written.
    pub fn finish(&mut self) -> io::Result<PackedPart> {
        self.chunk()?;
        let mut part = self.part.take().unwrap_or_else(|| PackedPart::new(&self.tmpdir));
        part.sum = std::mem::replace(&mut self.sum, checksum())
            .finish()
            .cast_signed();
        part.rewind()?;
        Ok(part)
    }

    /// Compresses the collected bytes into a chunk.
    fn chunk(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        self.packed.clear();
        self.packed
            .reserve(zstd::zstd_safe::compress_bound(self.raw.len()));
        self.zstd.compress_to_buffer(&self.raw, &mut self.packed)?;
        self.raw.clear();
        self.sum.write(&self.packed);
        let tmpdir = &self.tmpdir;
        self.part
            .get_or_insert_with(|| PackedPart::new(tmpdir))
            .push(&self.packed)
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
            self.chunk()?;
        }
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl PartUnpacker {
    /// Builds the buffers.
    ///
    /// # Errors
    /// When the decompressor can't allocate its memory.
    pub fn new() -> io::Result<PartUnpacker> {
        Ok(PartUnpacker {
            zstd: zstd::bulk::Decompressor::new()?,
            raw: Vec::new(),
        })
    }

    /// Opens `part` at its first chunk.
    pub fn open(&mut self, part: PackedPart) -> PartReader<'_> {
        self.raw.clear();
        PartReader {
            unpack: self,
            part,
            packed: Vec::new(),
            at: 0,
        }
    }
}

impl BufRead for PartReader<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.at == self.unpack.raw.len() {
            if self.part.count == 0 {
                return Ok(&[]);
            }
            self.part.count -= 1;
            self.part.next(&mut self.packed)?;
            self.unpack.raw.clear();
            self.unpack.raw.reserve(CHUNK);
            let PartUnpacker { zstd, raw } = &mut *self.unpack;
            zstd.decompress_to_buffer(&self.packed, raw)?;
            self.at = 0;
        }
        Ok(&self.unpack.raw[self.at..])
    }

    fn consume(&mut self, taken: usize) {
        self.at += taken;
    }
}

impl Read for PartReader<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let taken = self.fill_buf()?.read(out)?;
        self.consume(taken);
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packed_bytes_of_any_size_are_read_back() {
        let tmpdir = std::env::temp_dir();
        let mut pack = PartPacker::new(&tmpdir).expect("memory");
        let mut unpack = PartUnpacker::new().expect("memory");
        for size in [0, 1, CHUNK - 1, CHUNK, 3 * CHUNK + 7, 5] {
            let bytes: Vec<u8> = (0..size).map(|_| fastrand::u8(..)).collect();
            pack.write_all(&bytes).expect("packed");
            let part = pack.finish().expect("packed");
            assert_eq!(part.count as usize, size.div_ceil(CHUNK));
            let mut out = Vec::new();
            unpack.open(part).read_to_end(&mut out).expect("unpacked");
            assert!(out == bytes, "{size} bytes");
        }
    }

    #[test]
    fn the_checksum_depends_on_the_content_only() {
        let mut pack = PartPacker::new(&std::env::temp_dir()).expect("memory");
        let sums: Vec<i64> = [b"a", b"b", b"a"]
            .map(|bytes| {
                pack.write_all(bytes).expect("packed");
                pack.finish().expect("packed").sum
            })
            .into();
        assert!(sums[0] == sums[2] && sums[0] != sums[1]);
    }
}

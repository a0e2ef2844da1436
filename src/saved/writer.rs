//! Writes a saved fold. It does not know what the body means.

use super::header::Header;
use super::{CHUNK, END, MAGIC};
use crate::job::Failure;
use crate::output::NewFile;
use std::fs::File;
use std::hash::Hasher as _;
use std::io::{self, Write};
use std::path::Path;
use twox_hash::XxHash64;

/// The level of zstd, as for the parts of a state.
const LEVEL: i32 = 1;

/// Takes the body of a saved fold.
pub(crate) struct SavedWriter<W> {
    to: W,
    raw: Vec<u8>,
    zstd: zstd::bulk::Compressor<'static>,
    sum: XxHash64,
}

impl<W: Write> SavedWriter<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// What `to` failed with.
    pub(crate) fn new(to: W, header: &Header) -> io::Result<Self> {
        let mut writer = SavedWriter {
            to,
            raw: Vec::new(),
            zstd: zstd::bulk::Compressor::new(LEVEL)?,
            sum: XxHash64::with_seed(0),
        };
        writer.put(MAGIC)?;
        let json = header.to_json();
        writer.block(&json)?;
        Ok(writer)
    }

    /// Writes the end, and hands back what it was written to.
    ///
    /// # Errors
    /// What the file failed with.
    pub(crate) fn finish(mut self) -> io::Result<W> {
        self.pack()?;
        self.put(&0u32.to_le_bytes())?;
        let sum = self.sum.finish().to_le_bytes();
        self.to.write_all(&sum)?;
        self.to.write_all(END)?;
        self.to.flush()?;
        Ok(self.to)
    }

    fn pack(&mut self) -> io::Result<()> {
        if self.raw.is_empty() {
            return Ok(());
        }
        let chunk = self.zstd.compress(&self.raw)?;
        self.raw.clear();
        self.block(&chunk)
    }

    fn block(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u32::try_from(bytes.len()).map_err(io::Error::other)?;
        self.put(&length.to_le_bytes())?;
        self.put(bytes)
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.sum.write(bytes);
        self.to.write_all(bytes)
    }
}

impl<W: Write> Write for SavedWriter<W> {
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

/// The file of a saved fold: one that gets its name when it is whole, or a device or pipe that is written through.
pub(crate) enum SavedTarget {
    New(NewFile),
    Through(File),
}

impl SavedTarget {
    /// Opens what this path stands for.
    ///
    /// # Errors
    /// When a device or pipe can't be opened.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        match std::fs::metadata(path) {
            Ok(found) if !found.is_file() && !found.is_dir() => {
                Ok(SavedTarget::Through(File::options().write(true).open(path)?))
            }
            _ => Ok(SavedTarget::New(NewFile::named(path))),
        }
    }

    /// Gives the file its name, for good.
    ///
    /// # Errors
    /// What the file failed with.
    pub(crate) fn commit(self) -> io::Result<()> {
        match self {
            SavedTarget::New(file) => file.commit().map_err(cause),
            SavedTarget::Through(_) => Ok(()),
        }
    }
}

impl Write for SavedTarget {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            SavedTarget::New(file) => file.write(bytes).map(|()| bytes.len()).map_err(cause),
            SavedTarget::Through(file) => file.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns what the system said, without the file's name, which the caller adds.
fn cause(failure: Failure) -> io::Error {
    match failure {
        Failure::Own { cause, .. } => cause,
        other => io::Error::other(other.to_string()),
    }
}

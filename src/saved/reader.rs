//! Reads a saved fold, once it has been read through and found whole. It does not know what the body means.

use super::error::SavedError;
use super::header::Header;
use super::{CHUNK, END, LONGEST_CHUNK, LONGEST_HEADER, MAGIC};
use crate::message;
use std::fs::{File, Metadata};
use std::hash::Hasher as _;
use std::io::{self, BufRead, BufReader, Read, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use twox_hash::XxHash64;

/// A saved fold that is whole.
#[derive(Debug)]
pub(crate) struct SavedFold {
    pub(crate) header: Header,
    from: BodySource,
    /// Where the body begins.
    body: u64,
    shown: String,
}

/// Where the bytes of a file are read the second time.
#[derive(Debug)]
enum BodySource {
    /// In the file itself, which must be the same still: there may be more files than descriptors.
    File(PathBuf, Stamp),
    /// In a copy.
    Copy(File),
}

/// Tells versions of a file apart.
type Stamp = (u64, u64, u64, i64, i64);

fn stamp(found: &Metadata) -> Stamp {
    let changed = (found.mtime(), found.mtime_nsec());
    (found.dev(), found.ino(), found.len(), changed.0, changed.1)
}

/// Reads the bytes that a checksum is of, and keeps a copy of those that can't be read twice.
struct Summed<'a> {
    from: BufReader<&'a File>,
    sum: XxHash64,
    copy: Option<&'a File>,
    at: u64,
}

impl Summed<'_> {
    fn take(&mut self, bytes: &mut [u8]) -> io::Result<()> {
        self.from.read_exact(bytes)?;
        self.at += bytes.len() as u64;
        match &mut self.copy {
            Some(copy) => copy.write_all(bytes),
            None => Ok(()),
        }
    }

    fn array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.take(&mut bytes)?;
        self.sum.write(&bytes);
        Ok(bytes)
    }

    /// Reads a block into `bytes`; returns false when it is the empty one.
    fn block(&mut self, longest: u32, bytes: &mut Vec<u8>) -> io::Result<bool> {
        let length = u32::from_le_bytes(self.array()?);
        if length > longest {
            return Err(io::ErrorKind::InvalidData.into());
        }
        bytes.resize(length as usize, 0);
        self.take(bytes)?;
        self.sum.write(bytes);
        Ok(length > 0)
    }
}

impl SavedFold {
    /// Opens a saved fold and reads it through. What is no regular file is copied to an unlinked one in `tmpdir`.
    ///
    /// # Errors
    /// A file that can't be read, is no saved fold, is cut short or damaged.
    pub(crate) fn open(path: &Path, tmpdir: &Path) -> Result<Self, SavedError> {
        let shown = message::display_name(path.as_os_str()).into_owned();
        let error = |cause: io::Error| SavedError::of_file(&shown, message::cause(&cause));
        let open = File::open(path).map_err(error)?;
        let found = open.metadata().map_err(error)?;
        let copy = match found.is_file() {
            true => None,
            false => Some(tempfile::tempfile_in(tmpdir).map_err(error)?),
        };
        let read = read_through(&open, copy.as_ref());
        let (header, body) = read.map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => SavedError::of_file(&shown, "cut short: it has no end"),
            io::ErrorKind::InvalidData => SavedError::of_file(&shown, "damaged, or not a saved fold"),
            io::ErrorKind::Unsupported => SavedError::of_file(&shown, "not a saved fold (--save makes one)"),
            _ => error(cause),
        })?;
        let header = Header::from_json(&header)
            .ok_or_else(|| SavedError::of_file(&shown, "its header is not one of this version"))?;
        Ok(SavedFold {
            header,
            from: match copy {
                Some(copy) => BodySource::Copy(copy),
                None => BodySource::File(path.to_owned(), stamp(&found)),
            },
            body,
            shown,
        })
    }

    /// Returns the name of the file for messages.
    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    /// Returns the body.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(crate) fn body(self) -> io::Result<Box<dyn BufRead>> {
        let mut file = match self.from {
            BodySource::Copy(file) => file,
            BodySource::File(path, before) => {
                let file = File::open(path)?;
                if stamp(&file.metadata()?) != before {
                    return Err(io::Error::other("it changed while it was read"));
                }
                file
            }
        };
        file.seek(SeekFrom::Start(self.body))?;
        let chunks = Chunks {
            from: BufReader::with_capacity(1 << 16, file),
            zstd: zstd::bulk::Decompressor::new()?,
            packed: Vec::new(),
            raw: Vec::new(),
            taken: 0,
            ended: false,
        };
        Ok(Box::new(chunks))
    }
}

/// Reads a whole file; returns its header and where its body begins.
fn read_through(file: &File, copy: Option<&File>) -> io::Result<(Vec<u8>, u64)> {
    let mut from = Summed {
        from: BufReader::with_capacity(1 << 16, file),
        sum: XxHash64::with_seed(0),
        copy,
        at: 0,
    };
    let magic = from.array::<8>();
    if !matches!(&magic, Ok(magic) if magic == MAGIC) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let mut header = Vec::new();
    from.block(LONGEST_HEADER, &mut header)?;
    let body = from.at;
    let mut chunk = Vec::new();
    while from.block(LONGEST_CHUNK, &mut chunk)? {}
    let sum = from.sum.finish();
    let (stored, end): ([u8; 8], [u8; 8]) = (from.array()?, from.array()?);
    let is_whole = u64::from_le_bytes(stored) == sum && end == *END && from.from.fill_buf()?.is_empty();
    match is_whole {
        true => Ok((header, body)),
        false => Err(io::ErrorKind::InvalidData.into()),
    }
}

/// Reads what is in the chunks.
struct Chunks {
    from: BufReader<File>,
    zstd: zstd::bulk::Decompressor<'static>,
    packed: Vec<u8>,
    raw: Vec<u8>,
    taken: usize,
    ended: bool,
}

impl BufRead for Chunks {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.taken == self.raw.len() && !self.ended {
            let mut length = [0; 4];
            self.from.read_exact(&mut length)?;
            let length = u32::from_le_bytes(length);
            if length > LONGEST_CHUNK {
                return Err(io::ErrorKind::InvalidData.into());
            }
            self.packed.resize(length as usize, 0);
            self.from.read_exact(&mut self.packed)?;
            (self.taken, self.ended) = (0, length == 0);
            self.raw = match self.ended {
                true => Vec::new(),
                false => self.zstd.decompress(&self.packed, CHUNK)?,
            };
        }
        Ok(&self.raw[self.taken..])
    }

    fn consume(&mut self, bytes: usize) {
        self.taken += bytes;
    }
}

impl Read for Chunks {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let read = self.fill_buf()?.read(to)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::super::writer::SavedWriter;
    use super::*;

    fn saved(body: &[u8]) -> Vec<u8> {
        let mut writer = SavedWriter::new(Vec::new(), &Header::default()).expect("memory");
        writer.write_all(body).expect("memory");
        writer.finish().expect("memory")
    }

    fn open(bytes: &[u8]) -> Result<Vec<u8>, SavedError> {
        let file = tempfile::NamedTempFile::new().expect("a file");
        std::fs::write(file.path(), bytes).expect("written");
        let saved = SavedFold::open(file.path(), &std::env::temp_dir())?;
        let mut body = Vec::new();
        saved
            .body()
            .and_then(|mut from| from.read_to_end(&mut body))
            .expect("read");
        Ok(body)
    }

    #[test]
    fn a_body_of_any_size_is_read_back() {
        for size in [0, 1, CHUNK, 2 * CHUNK + 3] {
            let body: Vec<u8> = (0..size).map(|_| fastrand::u8(..)).collect();
            assert!(open(&saved(&body)).expect("whole") == body, "{size} bytes");
        }
    }

    #[test]
    fn every_cut_and_every_flipped_byte_is_found() {
        let whole = saved(b"some body");
        for at in 0..whole.len() {
            assert!(open(&whole[..at]).is_err(), "cut at {at}");
            let mut flipped = whole.clone();
            flipped[at] ^= 1;
            assert!(open(&flipped).is_err(), "flipped at {at}");
        }
        assert!(open(&[&whole[..], b"x"].concat()).is_err());
    }
}

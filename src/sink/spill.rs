//! An unlinked temporary file that holds byte strings until they are wanted.
//!
//! Space that was read back is used again, so the file grows no larger than what is held at once.
//! It does not know what the bytes are or in what order they will be printed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

/// Where a byte string lies in the file.
#[derive(Debug)]
pub(crate) struct Extent {
    at: u64,
    len: usize,
}

/// The file, created when the first bytes come.
#[derive(Debug)]
pub(crate) struct Spill {
    dir: PathBuf,
    file: Option<File>,
    end: u64,
    /// Free space by its offset; neighbours are joined.
    free: BTreeMap<u64, u64>,
}

impl Spill {
    /// Returns a spill whose file will be created in `dir`.
    pub(crate) fn new(dir: &Path) -> Self {
        Spill {
            dir: dir.to_owned(),
            file: None,
            end: 0,
            free: BTreeMap::new(),
        }
    }

    /// Returns the directory, for messages.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes `bytes` to the file.
    ///
    /// # Errors
    /// When the file cannot be created or written (a full disk, say).
    pub(crate) fn put(&mut self, bytes: &[u8]) -> io::Result<Extent> {
        let at = self.allocate(bytes.len() as u64);
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(tempfile::tempfile_in(&self.dir)?),
        };
        file.write_all_at(bytes, at)?;
        Ok(Extent { at, len: bytes.len() })
    }

    /// Reads bytes back into `buffer`, which is replaced, and frees their space.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(crate) fn take(&mut self, extent: Extent, buffer: &mut Vec<u8>) -> io::Result<()> {
        buffer.resize(extent.len, 0);
        let file = self
            .file
            .as_ref()
            .ok_or_else(|| io::Error::other("nothing was spilled"))?;
        file.read_exact_at(buffer, extent.at)?;
        self.release(extent);
        Ok(())
    }

    /// Frees the space of bytes that nobody wants.
    pub(crate) fn release(&mut self, extent: Extent) {
        let (mut at, mut len) = (extent.at, extent.len as u64);
        if let Some((&before, &size)) = self.free.range(..at).next_back()
            && before + size == at
        {
            self.free.remove(&before);
            (at, len) = (before, size + len);
        }
        if let Some(size) = self.free.remove(&(at + len)) {
            len += size;
        }
        if at + len == self.end {
            self.end = at;
        } else {
            self.free.insert(at, len);
        }
    }

    fn allocate(&mut self, len: u64) -> u64 {
        let found = self
            .free
            .iter()
            .find(|&(_, &size)| size >= len)
            .map(|(&at, &size)| (at, size));
        if let Some((at, size)) = found {
            self.free.remove(&at);
            if size > len {
                self.free.insert(at + len, size - len);
            }
            return at;
        }
        let at = self.end;
        self.end += len;
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_put_comes_back_and_space_is_used_again() {
        let mut spill = Spill::new(&std::env::temp_dir());
        let mut buffer = Vec::new();
        let first = spill.put(b"first").expect("written");
        let second = spill.put(b"second").expect("written");
        spill.take(first, &mut buffer).expect("read");
        assert_eq!(buffer, b"first");
        let third = spill.put(b"3rd").expect("written");
        assert_eq!(third.at, 0, "the hole is filled");
        spill.take(second, &mut buffer).expect("read");
        assert_eq!(buffer, b"second");
        spill.take(third, &mut buffer).expect("read");
        assert_eq!(buffer, b"3rd");
        assert_eq!((spill.end, spill.free.len()), (0, 0), "all space is free");
    }
}

//! A regular file, read to the size that it had when it was opened: what is appended meanwhile is not read, and
//! what is cut off is an error.
//!
//! It does not know what is in the file.

use crate::control::ReadCounter;
use std::borrow::Borrow;
use std::fs::File;
use std::io::{self, Read};

/// A file whose rest is read.
#[derive(Debug)]
pub(crate) struct SizedFile<F> {
    file: F,
    size: u64,
    /// The offset of the next byte.
    at: u64,
    counter: Option<ReadCounter>,
}

impl<F: Borrow<File>> SizedFile<F> {
    /// Reads a file of `size` bytes that stands at the offset `at`.
    pub(crate) fn new(file: F, size: u64, at: u64) -> Self {
        SizedFile {
            file,
            size,
            at,
            counter: None,
        }
    }

    /// Has the bytes that are read counted.
    pub(crate) fn counted(self, counter: ReadCounter) -> Self {
        let counter = Some(counter);
        SizedFile { counter, ..self }
    }

    /// Returns the size of the file.
    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

/// The error for a file of which `size` bytes were to be read, and that has `left` now.
pub(super) fn shrunk(size: u64, left: u64) -> io::Error {
    io::Error::other(format!(
        "shrank while it was read: {left} of {size} bytes are left"
    ))
}

impl<F: Borrow<File>> Read for SizedFile<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = usize::try_from(self.size.saturating_sub(self.at)).unwrap_or(usize::MAX);
        let most = buffer.len().min(left);
        if most == 0 {
            return Ok(0);
        }
        let mut file = self.file.borrow();
        let n = file.read(&mut buffer[..most])?;
        self.at += n as u64;
        if let Some(counter) = &self.counter {
            counter.add_read(n as u64);
        }
        if n == 0 {
            // Files that the kernel makes up may have less than the size that they tell.
            let now = file.metadata()?.len();
            if now < self.size {
                return Err(shrunk(self.size, now));
            }
        }
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[test]
    fn what_is_appended_is_not_read_and_what_is_cut_off_is_told() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&[b'x'; 1000]).expect("written");
        let open = || SizedFile::new(file.reopen().expect("opened"), 1000, 0);
        let (mut grown, mut shrinking) = (open(), open());
        file.as_file().set_len(2000).expect("grown");
        let mut bytes = Vec::new();
        assert_eq!(grown.read_to_end(&mut bytes).expect("read"), 1000);
        shrinking.read_exact(&mut [0; 10]).expect("there are more");
        file.as_file().set_len(500).expect("shrunk");
        let error = shrinking.read_to_end(&mut bytes).expect_err("it shrank");
        assert_eq!(
            error.to_string(),
            "shrank while it was read: 500 of 1000 bytes are left"
        );
    }
}

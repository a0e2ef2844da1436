//! Outputs that a command will read: small ones wait in memory, others in files of a private directory.
//!
//! It does not know which job gave an output, nor what will become of it.

use crate::job::Failure;
use crate::memory::{Budget, Reservation};
use crate::message;
use crate::sys::guardian::{self, GuardedDirectory};
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir, TempPath};

/// How large an output may be that is not written to its file as it comes, in bytes.
const BUFFERED: usize = 64 * 1024;
/// How much an output in memory counts for at least, in bytes.
const OVERHEAD: u64 = 128;

/// Where outputs lie. Dropped, it removes its directory, as the guardian does when we are killed.
#[derive(Debug)]
pub(crate) struct Intermediates {
    // Dropped first: a name that is free may soon be another's.
    _swept: Option<GuardedDirectory>,
    dir: TempDir,
    budget: Budget,
}

/// A whole output. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Intermediate(Bytes);

#[derive(Debug)]
enum Bytes {
    Memory { bytes: Vec<u8>, _reserved: Reservation },
    File(TempPath),
}

/// An output that is being read; its file has no name any more.
#[derive(Debug)]
pub(crate) enum Opened {
    /// All of it.
    Memory(Vec<u8>),
    /// A file that is at its beginning.
    File(File),
}

/// An output that is being written. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct IntermediateWriter<'a> {
    intermediates: &'a Intermediates,
    buffer: Vec<u8>,
    file: Option<NamedTempFile>,
}

impl Intermediates {
    /// Creates a directory in `tmpdir`, for this user alone; at most `memory` bytes stay out of it.
    ///
    /// # Errors
    /// When the directory cannot be created.
    pub(crate) fn new(tmpdir: &Path, memory: u64) -> io::Result<Self> {
        let dir = Builder::new()
            .prefix("fanfold-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(tmpdir)?;
        Ok(Intermediates {
            _swept: guardian::guard_directory(dir.path()),
            dir,
            budget: Budget::new(memory),
        })
    }

    /// Removes the directory now, for a process that ends without dropping anything. What cannot be
    /// removed stays.
    pub(crate) fn remove(&self) {
        let _ = std::fs::remove_dir_all(self.dir.path());
    }

    /// Starts an output.
    pub(crate) fn writer(&self) -> IntermediateWriter<'_> {
        IntermediateWriter {
            intermediates: self,
            buffer: Vec::new(),
            file: None,
        }
    }

    /// Returns the failure of a file in the directory.
    pub(crate) fn failure(&self, cause: io::Error) -> Failure {
        let dir = message::display_name(self.dir.path().as_os_str());
        let what = format!("{dir}: temporary file");
        Failure::Own { what, cause }
    }

    fn file(&self, bytes: &[u8]) -> io::Result<NamedTempFile> {
        let mut file = Builder::new().prefix("").tempfile_in(self.dir.path())?;
        file.as_file_mut().write_all(bytes)?;
        Ok(file)
    }
}

impl IntermediateWriter<'_> {
    /// Adds bytes.
    ///
    /// # Errors
    /// `Own`, when they cannot be written (a full disk, say).
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.file.is_none() && self.buffer.len() + bytes.len() <= BUFFERED {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        let mut file = self.file()?;
        let written = file.write_all(bytes);
        written.map_err(|cause| self.intermediates.failure(cause))
    }

    /// Puts the output into its file from now on, also for others to write to.
    ///
    /// # Errors
    /// `Own`, when the file cannot be created or written.
    pub(crate) fn file(&mut self) -> Result<&File, Failure> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = self.intermediates.file(&std::mem::take(&mut self.buffer));
                file.map_err(|cause| self.intermediates.failure(cause))?
            }
        };
        Ok(self.file.insert(file).as_file())
    }

    /// Returns the file that the output is in, if it is in one.
    pub(crate) fn as_file(&self) -> Option<&File> {
        self.file.as_ref().map(NamedTempFile::as_file)
    }

    /// Ends the output.
    ///
    /// # Errors
    /// `Own`, when it cannot be written.
    pub(crate) fn finish(mut self) -> Result<Intermediate, Failure> {
        if self.file.is_none() {
            let size = self.buffer.len() as u64;
            if let Some(reserved) = self.intermediates.budget.reserve(size.max(OVERHEAD)) {
                self.buffer.shrink_to_fit();
                return Ok(Intermediate(Bytes::Memory {
                    bytes: self.buffer,
                    _reserved: reserved,
                }));
            }
            self.file()?;
        }
        let file = self.file.expect("it was just made");
        Ok(Intermediate(Bytes::File(file.into_temp_path())))
    }
}

impl Intermediate {
    /// Returns the name of its file, which is made when the output lies in memory.
    ///
    /// # Errors
    /// `Own`, when the file cannot be written.
    pub(crate) fn path(&mut self, intermediates: &Intermediates) -> Result<PathBuf, Failure> {
        if let Bytes::Memory { bytes, .. } = &self.0 {
            let file = intermediates.file(bytes);
            let file = file.map_err(|cause| intermediates.failure(cause))?;
            self.0 = Bytes::File(file.into_temp_path());
        }
        match &self.0 {
            Bytes::File(path) => Ok(path.to_path_buf()),
            Bytes::Memory { .. } => unreachable!("it has just become a file"),
        }
    }

    /// Opens it, to be read once.
    ///
    /// # Errors
    /// When its file cannot be opened.
    pub(crate) fn open(self) -> io::Result<Opened> {
        Ok(match self.0 {
            Bytes::Memory { bytes, .. } => Opened::Memory(bytes),
            Bytes::File(path) => Opened::File(File::open(&path)?),
        })
    }

    /// Gives its bytes to `take`, block by block, until that fails.
    ///
    /// # Errors
    /// When it cannot be read; inside, what `take` returned.
    pub(crate) fn read<E>(self, mut take: impl FnMut(&[u8]) -> Result<(), E>) -> io::Result<Result<(), E>> {
        let mut file = match self.open()? {
            Opened::Memory(bytes) => return Ok(take(&bytes)),
            Opened::File(file) => file,
        };
        let mut block = vec![0; 1 << 20];
        loop {
            match file.read(&mut block) {
                Ok(0) => return Ok(Ok(())),
                Ok(n) => {
                    if let Err(refused) = take(&block[..n]) {
                        return Ok(Err(refused));
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn intermediate(intermediates: &Intermediates, blocks: &[&[u8]]) -> Intermediate {
        let mut writer = intermediates.writer();
        for block in blocks {
            writer.write(block).expect("written");
        }
        writer.finish().expect("written")
    }

    fn bytes(intermediate: Intermediate) -> Vec<u8> {
        let mut all = Vec::new();
        let read = intermediate.read(|block| {
            all.extend_from_slice(block);
            Ok::<_, ()>(())
        });
        read.expect("read").expect("taken");
        all
    }

    fn files(intermediates: &Intermediates) -> usize {
        std::fs::read_dir(intermediates.dir.path())
            .expect("a directory")
            .count()
    }

    #[test]
    fn small_outputs_stay_in_memory_while_there_is_room() {
        let tmp = tempfile::tempdir().expect("a directory");
        let intermediates = Intermediates::new(tmp.path(), 1000).expect("a directory");
        let small = intermediate(&intermediates, &[b"ab", b"", b"c"]);
        assert_eq!(files(&intermediates), 0);
        // Were they free, a million of them would not be.
        let more: Vec<_> = (0..20).map(|_| intermediate(&intermediates, &[b""])).collect();
        assert_eq!(files(&intermediates), 20 - 6);
        drop(more);
        assert_eq!((bytes(small), files(&intermediates)), (b"abc".to_vec(), 0));
    }

    #[test]
    fn large_outputs_are_files_for_this_user_alone_and_are_gone_when_dropped() {
        let tmp = tempfile::tempdir().expect("a directory");
        let intermediates = Intermediates::new(tmp.path(), 1 << 20).expect("a directory");
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(intermediates.dir.path()) & 0o777, 0o700);
        let block = vec![7; BUFFERED];
        let mut large = intermediate(&intermediates, &[b"x", &block, &block]);
        let path = large.path(&intermediates).expect("a file");
        assert_eq!(mode(&path) & 0o777, 0o600);
        let all = bytes(large);
        assert_eq!((all.len(), files(&intermediates)), (1 + 2 * BUFFERED, 0));
        let mut small = intermediate(&intermediates, &[b"y"]);
        assert_eq!(
            std::fs::read(small.path(&intermediates).expect("a file")).expect("read"),
            b"y"
        );
        drop(intermediates.writer());
        drop((small, intermediates));
        assert_eq!(std::fs::read_dir(tmp.path()).expect("a directory").count(), 0);
    }
}

//! JobFiles that a command will read: small ones wait in memory, others in files of a private
//! directory.
//!
//! It does not know which job gave an output, nor what will become of it.

use crate::memory::{Budget, Reservation};
use crate::sys::guardian::{self, GuardedDirectory};
use std::fs::{File, Permissions};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use tempfile::{Builder, NamedTempFile, TempDir, TempPath};

/// An output larger than this goes to its file as it comes, in bytes.
const IN_MEMORY: usize = 64 * 1024;
/// The least that an output in memory counts for.
const OVERHEAD: u64 = 128;

/// Where outputs lie. Dropped, it removes its directory, as the guardian does if we are killed.
#[derive(Debug)]
pub(crate) struct Intermediates {
    // Dropped first: a name that is free may soon be another's.
    _swept: Option<GuardedDirectory>,
    dir: TempDir,
    budget: Budget,
}

/// A whole output. Dropped, it is gone.
#[derive(Debug)]
pub(crate) struct Intermediate {
    store: KeptOutput,
    size: u64,
}

#[derive(Debug)]
enum KeptOutput {
    Memory { bytes: Vec<u8>, _held: Reservation },
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
    drafts: &'a Intermediates,
    held: Vec<u8>,
    file: Option<NamedTempFile>,
    size: u64,
}

impl Intermediates {
    /// A new directory in `tmpdir`, for this user alone; at most `memory` bytes stay out of it.
    ///
    /// # Errors
    /// When it can't be made.
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

    /// The directory, for messages.
    pub(crate) fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Removes the directory now, for a process that ends where nothing is dropped. What can't be
    /// removed stays.
    pub(crate) fn remove(&self) {
        let _ = std::fs::remove_dir_all(self.dir.path());
    }

    /// A new output.
    pub(crate) fn writer(&self) -> IntermediateWriter<'_> {
        IntermediateWriter {
            drafts: self,
            held: Vec::new(),
            file: None,
            size: 0,
        }
    }

    fn file(&self) -> io::Result<NamedTempFile> {
        Builder::new().prefix("").tempfile_in(self.dir.path())
    }
}

impl IntermediateWriter<'_> {
    /// Takes bytes.
    ///
    /// # Errors
    /// When they can't be written (a full disk, say).
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.size += bytes.len() as u64;
        if self.held.len() + bytes.len() <= IN_MEMORY && self.file.is_none() {
            self.held.extend_from_slice(bytes);
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(self.drafts.file()?),
        };
        if !self.held.is_empty() {
            file.as_file_mut().write_all(&std::mem::take(&mut self.held))?;
        }
        file.as_file_mut().write_all(bytes)
    }

    /// Puts the output into its file from now on, also for others to write to.
    ///
    /// # Errors
    /// When it can't be made or written.
    pub(crate) fn file(&mut self) -> io::Result<&File> {
        if self.file.is_none() {
            let file = self.drafts.file()?;
            self.file
                .insert(file)
                .as_file_mut()
                .write_all(&std::mem::take(&mut self.held))?;
        }
        let file = self.file.as_ref().expect("it was just made");
        Ok(file.as_file())
    }

    /// Where the output is in its file, that file.
    pub(crate) fn as_file(&self) -> Option<&File> {
        self.file.as_ref().map(NamedTempFile::as_file)
    }

    /// Ends the output.
    ///
    /// # Errors
    /// When it can't be written.
    pub(crate) fn finish(self) -> io::Result<Intermediate> {
        let mut size = self.size;
        if let Some(file) = self.file {
            // Others may have written to it.
            size = file.as_file().metadata()?.len();
            let store = KeptOutput::File(file.into_temp_path());
            return Ok(Intermediate { store, size });
        }
        let store = match self.drafts.budget.reserve(size.max(OVERHEAD)) {
            Some(held) => {
                let mut bytes = self.held;
                bytes.shrink_to_fit();
                KeptOutput::Memory { bytes, _held: held }
            }
            None => KeptOutput::File(self.drafts.keep(&self.held)?),
        };
        Ok(Intermediate { store, size })
    }
}

impl Intermediates {
    fn keep(&self, bytes: &[u8]) -> io::Result<TempPath> {
        let mut file = self.file()?;
        file.as_file_mut().write_all(bytes)?;
        Ok(file.into_temp_path())
    }
}

impl Intermediate {
    /// Its size, in bytes.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Its file, which is made if it lies in memory.
    ///
    /// # Errors
    /// When the file can't be written.
    pub(crate) fn path(&mut self, drafts: &Intermediates) -> io::Result<PathBuf> {
        if let KeptOutput::Memory { bytes, .. } = &self.store {
            self.store = KeptOutput::File(drafts.keep(bytes)?);
        }
        match &self.store {
            KeptOutput::File(path) => Ok(path.to_path_buf()),
            KeptOutput::Memory { .. } => unreachable!("it has just become a file"),
        }
    }

    /// Opens it, to be read once.
    ///
    /// # Errors
    /// When its file can't be opened.
    pub(crate) fn open(self) -> io::Result<Opened> {
        Ok(match self.store {
            KeptOutput::Memory { bytes, .. } => Opened::Memory(bytes),
            KeptOutput::File(path) => Opened::File(File::open(&path)?),
        })
    }

    /// Gives its bytes, block by block, until `take` fails.
    ///
    /// # Errors
    /// When it can't be read; inside, what `take` says.
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

    fn draft(drafts: &Intermediates, blocks: &[&[u8]]) -> Intermediate {
        let mut writer = drafts.writer();
        for block in blocks {
            writer.write(block).expect("written");
        }
        writer.finish().expect("written")
    }

    fn bytes(draft: Intermediate) -> Vec<u8> {
        let mut all = Vec::new();
        let read = draft.read(|block| {
            all.extend_from_slice(block);
            Ok::<_, ()>(())
        });
        read.expect("read").expect("taken");
        all
    }

    fn files(drafts: &Intermediates) -> usize {
        std::fs::read_dir(drafts.dir()).expect("a directory").count()
    }

    #[test]
    fn small_outputs_stay_in_memory_while_there_is_room() {
        let tmp = tempfile::tempdir().expect("a directory");
        let drafts = Intermediates::new(tmp.path(), 1000).expect("a directory");
        let small = draft(&drafts, &[b"ab", b"", b"c"]);
        assert_eq!((small.size(), files(&drafts)), (3, 0));
        // Were they free, a million of them would not be.
        let more: Vec<_> = (0..20).map(|_| draft(&drafts, &[b""])).collect();
        assert_eq!(files(&drafts), 20 - 6);
        drop(more);
        assert_eq!((bytes(small), files(&drafts)), (b"abc".to_vec(), 0));
    }

    #[test]
    fn large_outputs_are_files_for_this_user_alone_and_are_gone_when_dropped() {
        let tmp = tempfile::tempdir().expect("a directory");
        let drafts = Intermediates::new(tmp.path(), 1 << 20).expect("a directory");
        let mode = |path: &Path| std::fs::metadata(path).expect("it is there").permissions().mode();
        assert_eq!(mode(drafts.dir()) & 0o777, 0o700);
        let block = vec![7; IN_MEMORY];
        let mut large = draft(&drafts, &[b"x", &block, &block]);
        let path = large.path(&drafts).expect("a file");
        assert_eq!(mode(&path) & 0o777, 0o600);
        assert_eq!(std::fs::metadata(&path).expect("there").len(), large.size());
        let all = bytes(large);
        assert_eq!((all.len(), files(&drafts)), (1 + 2 * IN_MEMORY, 0));
        let mut small = draft(&drafts, &[b"y"]);
        assert_eq!(
            std::fs::read(small.path(&drafts).expect("a file")).expect("read"),
            b"y"
        );
        drop(drafts.writer());
        drop((small, drafts));
        assert_eq!(std::fs::read_dir(tmp.path()).expect("a directory").count(), 0);
    }
}

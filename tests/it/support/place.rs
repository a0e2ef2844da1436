//! A directory that several runs share: what `--state` is tested in.

use super::harness::{Fan, fan};
use super::tools::gzip;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tempfile::TempDir;

/// A directory that several runs share.
pub struct Place {
    dir: TempDir,
}

impl Place {
    pub fn new() -> Place {
        Place {
            dir: tempfile::tempdir().expect("a temporary directory"),
        }
    }

    /// A directory in memory when there is one, so that no run waits for a disk.
    pub fn in_memory() -> Place {
        match tempfile::tempdir_in("/dev/shm") {
            Ok(dir) => Place { dir },
            Err(_) => Place::new(),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Writes a file that was last changed `age` seconds ago.
    pub fn file(&self, name: &str, bytes: &[u8], age: u64) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("it is in the directory")).expect("a directory");
        fs::write(&path, bytes).expect("a file");
        set_age(&path, age);
        self
    }

    /// Writes logs of 50 lines each, whose first field is one of seven.
    pub fn logs(&self, numbers: std::ops::Range<usize>) -> &Self {
        for n in numbers {
            let lines: String = (0..50)
                .map(|i| format!("host{} line {i}\n", (n + i) % 7))
                .collect();
            self.file(&format!("in/{n:02}.gz"), &gzip(lines.as_bytes()), 100);
        }
        self
    }

    pub fn fan(&self, words: &str) -> Fan {
        fan(words).at(self.dir.path())
    }

    /// Returns what the command line prints without a state.
    pub fn whole(&self, words: &str) -> Vec<u8> {
        self.fan(words).ok().out
    }

    /// Returns the lines of a file that commands append to, sorted.
    pub fn lines(&self, name: &str) -> Vec<String> {
        let text = fs::read_to_string(self.path(name)).unwrap_or_default();
        let mut lines: Vec<_> = text.lines().map(str::to_owned).collect();
        lines.sort();
        lines
    }
}

/// Sets the time of a file's last change to `age` seconds ago.
pub fn set_age(path: &Path, age: u64) {
    let file = File::options().write(true).open(path).expect("it is there");
    let time = SystemTime::now() - Duration::from_secs(age);
    file.set_modified(time).expect("it is ours");
}

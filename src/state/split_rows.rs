//! The files that are split into jobs, in this run or an earlier one.
//!
//! It does not read the database.

use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;

/// The rows of split files.
#[derive(Debug, Default)]
pub(super) struct SplitRows {
    keys: RandomState,
    /// Keyed by a hash of the file's name.
    files: HashMap<u64, FileRows>,
}

#[derive(Debug, Default)]
struct FileRows {
    rows: Vec<i64>,
    /// True when the file is an input of this run.
    found: bool,
}

impl SplitRows {
    /// Adds the row of a range of a file.
    pub fn add(&mut self, name: &[u8], row: i64) {
        let key = self.keys.hash_one(name);
        self.files.entry(key).or_default().rows.push(row);
    }

    /// Returns true when no file was split.
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Marks a file as an input of this run, and adds the rows of the file as a whole.
    pub fn mark_found(&mut self, name: &OsStr, whole: Vec<i64>) {
        let file = self.files.entry(self.keys.hash_one(name.as_bytes())).or_default();
        file.found = true;
        file.rows.extend(whole);
    }

    /// Returns the rows of all files that are inputs of this run.
    pub fn found(&self) -> HashSet<i64> {
        let found = self.files.values().filter(|file| file.found);
        found.flat_map(|file| &file.rows).copied().collect()
    }
}

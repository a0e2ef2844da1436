//! Rows whose jobs a run did not have, when it has found all that it has.
//!
//! A file that is gone may come back, or be an input of the next run again: its row is kept, and noted as
//! gone, so that nobody counts it. A batch that was put together in another way, and a range of a file that
//! is now cut in another way or whole, do not come back: their rows are deleted.

use super::index::Index;
use super::{bundle, row};
use rusqlite::Connection;
use std::collections::{HashMap, HashSet};
use std::ffi::OsStr;
use std::hash::{BuildHasher as _, RandomState};
use std::os::unix::ffi::OsStrExt as _;

/// The rows of files that are cut, or were.
#[derive(Debug, Default)]
pub(super) struct Cuts {
    keys: RandomState,
    /// By a hash of the file's name.
    files: HashMap<u64, Pieces>,
}

#[derive(Debug, Default)]
struct Pieces {
    rows: Vec<i64>,
    /// Whether the file was an input of this run.
    found: bool,
}

impl Cuts {
    /// Adds the row of a range of a file.
    pub fn add(&mut self, name: &[u8], row: i64) {
        let key = self.keys.hash_one(name);
        self.files.entry(key).or_default().rows.push(row);
    }

    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// Takes note of a file that is an input of this run, and of rows that it has from when it was not cut.
    pub fn find(&mut self, name: &OsStr, whole: Vec<i64>) {
        let pieces = self.files.entry(self.keys.hash_one(name.as_bytes())).or_default();
        pieces.found = true;
        pieces.rows.extend(whole);
    }

    /// The rows of files that were inputs of this run.
    pub fn found(&self) -> HashSet<i64> {
        let found = self.files.values().filter(|pieces| pieces.found);
        found.flat_map(|pieces| &pieces.rows).copied().collect()
    }
}

/// Settles what becomes of the rows that a run left, which has found all its jobs; `prune` says whether those
/// that do not come back are deleted.
pub(super) fn settle(db: &Connection, index: &Index, prune: bool) -> rusqlite::Result<()> {
    let (never, mut gone) = index.left();
    let writing = db.unchecked_transaction()?;
    if !prune {
        gone.extend(never);
    } else if !never.is_empty() {
        never.into_iter().try_for_each(|id| row::delete(db, id))?;
        bundle::delete_orphans(db)?;
    }
    gone.sort_unstable();
    note(db, &gone)?;
    writing.commit()
}

/// Writes which rows are gone: `gone`, in order.
fn note(db: &Connection, gone: &[i64]) -> rusqlite::Result<()> {
    let mut statement = db.prepare("SELECT job FROM gone ORDER BY job")?;
    let rows = statement.query_map((), |row| row.get(0))?;
    let before = rows.collect::<rusqlite::Result<Vec<i64>>>()?;
    // Mostly they are the same as before, and there may be a million of them.
    let mut add = db.prepare("INSERT INTO gone VALUES (?1)")?;
    let mut remove = db.prepare("DELETE FROM gone WHERE job = ?1")?;
    for id in before.iter().filter(|id| gone.binary_search(id).is_err()) {
        remove.execute([id])?;
    }
    for id in gone.iter().filter(|id| before.binary_search(id).is_err()) {
        add.execute([id])?;
    }
    Ok(())
}

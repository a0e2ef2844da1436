//! The rows of jobs that the last run did not have, once it has found all of its jobs.
//!
//! A file that is gone may come back, or be an input of the next run: its row stays and is marked as gone,
//! so that it does not count. Batches that are composed differently now, and ranges of a file that is now
//! split differently or not at all, do not come back: their rows are deleted.

use super::index::Index;
use super::{bundle, row};
use rusqlite::Connection;

/// Handles the rows that a complete run did not look up: marks them as gone, or deletes those that can't
/// come back when `delete` is true.
pub(super) fn prune(db: &Connection, index: &Index, delete: bool) -> rusqlite::Result<()> {
    let (never, mut gone) = index.not_taken();
    let writing = db.unchecked_transaction()?;
    if !delete {
        gone.extend(never);
    } else if !never.is_empty() {
        never.into_iter().try_for_each(|id| row::delete(db, id))?;
        bundle::delete_orphans(db)?;
    }
    gone.sort_unstable();
    mark_gone(db, &gone)?;
    writing.commit()
}

/// Makes the table `gone` hold exactly the rows of `gone`, which is sorted.
fn mark_gone(db: &Connection, gone: &[i64]) -> rusqlite::Result<()> {
    let mut statement = db.prepare("SELECT job FROM gone ORDER BY job")?;
    let rows = statement.query_map((), |row| row.get(0))?;
    let before = rows.collect::<rusqlite::Result<Vec<i64>>>()?;
    // There may be a million rows, most of them the same as before: only the difference is written.
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

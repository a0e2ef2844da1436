//! Bundles: what the done jobs of a range of rows gave a fold, merged into one part, so that a run in which
//! none of them changed reads one part in place of thousands.
//!
//! A bundle says of which rows it is, by their numbers and checksums, and it counts only for a run that has
//! found just these jobs as they were. So it can be missing, out of date or damaged, and no answer is wrong
//! for it. This file does not know when it is worth the while to make one.

use super::packed_part::{PackedPart, sum};
use super::{RowRef, StoredPart};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::hash::Hasher as _;
use std::path::Path;

/// Rows whose numbers are equal but for these bits are of one range.
const BITS: u32 = 12;

/// More than a bundle can be for SQLite, which takes a value of a billion bytes.
const MOST: u64 = 500_000_000;

/// The range that a row is in.
pub fn range(row: i64) -> i64 {
    row >> BITS
}

/// A checksum of rows, in their order: of all that tells what they gave.
fn of(rows: &[RowRef]) -> i64 {
    let mut all = sum();
    for kept in rows {
        all.write(&kept.row.to_le_bytes());
        all.write(&kept.sum.to_le_bytes());
    }
    all.finish().cast_signed()
}

/// The checksum of a bundle.
fn checksum(numbers: [i64; 4], bytes: &[u8]) -> i64 {
    let mut all = sum();
    numbers.iter().for_each(|number| all.write(&number.to_le_bytes()));
    all.write(bytes);
    all.finish().cast_signed()
}

/// The bundle of just these rows, which are of one range and in order; `None` where there is none, or
/// it is damaged.
pub(super) fn read(db: &Connection, rows: &[RowRef], tmpdir: &Path) -> rusqlite::Result<Option<StoredPart>> {
    let sql = "SELECT jobs, of, bad_lines, sum, bytes FROM bundles WHERE range = ?1";
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let range = range(first.row);
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([range], |row| Ok(whole(row, range, rows, tmpdir)));
    Ok(found.optional()?.flatten())
}

fn whole(row: &Row<'_>, range: i64, rows: &[RowRef], tmpdir: &Path) -> Option<StoredPart> {
    let number = |at: usize| row.get::<_, i64>(at).ok();
    let (jobs, of_rows) = (rows.len() as i64, of(rows));
    if (number(0)?, number(1)?) != (jobs, of_rows) {
        return None;
    }
    let (bad_lines, wanted) = (number(2)?, number(3)?);
    let Ok(ValueRef::Blob(bytes)) = row.get_ref(4) else {
        return None;
    };
    if checksum([range, jobs, of_rows, bad_lines], bytes) != wanted {
        return None;
    }
    Some(StoredPart {
        part: PackedPart::from_bytes(tmpdir, bytes).ok()?,
        bad_lines: bad_lines.cast_unsigned(),
    })
}

/// Writes the bundle of these rows, in place of the one of their range.
pub(super) fn write(
    db: &Connection,
    rows: &[RowRef],
    bad_lines: u64,
    part: &mut PackedPart,
) -> rusqlite::Result<()> {
    let Some(first) = rows.first().filter(|_| part.size < MOST) else {
        return Ok(());
    };
    let unreadable = |cause| rusqlite::Error::ToSqlConversionFailure(Box::new(cause));
    let bytes = part.bytes().map_err(unreadable)?;
    let (range, jobs, of) = (range(first.row), rows.len() as i64, of(rows));
    let bad_lines = bad_lines.cast_signed();
    let sum = checksum([range, jobs, of, bad_lines], &bytes);
    let sql = "INSERT OR REPLACE INTO bundles VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?
        .execute(params![range, jobs, of, bad_lines, sum, bytes])?;
    Ok(())
}

/// Deletes bundles of ranges that have no rows any more.
pub(super) fn delete_orphans(db: &Connection) -> rusqlite::Result<()> {
    let length = 1i64 << BITS;
    let sql = "DELETE FROM bundles WHERE NOT EXISTS \
               (SELECT 1 FROM jobs WHERE id >= range * ?1 AND id < (range + 1) * ?1)";
    db.execute(sql, [length]).map(drop)
}

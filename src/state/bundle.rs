//! Bundles: the parts of all done jobs in a range of rows, merged into one part, so that a run in which
//! none of these jobs changed reads one part instead of thousands.
//!
//! A bundle records its rows by their numbers and checksums, and counts only for a run that found exactly
//! these jobs unchanged. So a bundle that is missing, outdated or damaged makes no result wrong. This file
//! does not know when a bundle is worth making.

use super::job_end::RowRef;
use super::packed_part::{PackedPart, StoredPart, checksum};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use std::hash::Hasher as _;
use std::path::Path;

/// The number of low bits in which the row numbers of one range differ.
const RANGE_BITS: u32 = 12;

/// The size limit of a bundle, safely below SQLite's limit of a billion bytes per value.
const MAX_SIZE: u64 = 500_000_000;

/// Returns the range of a row.
pub(crate) fn range(row: i64) -> i64 {
    row >> RANGE_BITS
}

/// Returns the checksum of rows in their order, which changes when what they added to the fold changes.
fn rows_checksum(rows: &[RowRef]) -> i64 {
    let mut all = checksum();
    for kept in rows {
        all.write(&kept.row.to_le_bytes());
        all.write(&kept.sum.to_le_bytes());
    }
    all.finish().cast_signed()
}

/// Returns the checksum of a bundle.
fn bundle_checksum(numbers: [i64; 4], bytes: &[u8]) -> i64 {
    let mut all = checksum();
    numbers.iter().for_each(|number| all.write(&number.to_le_bytes()));
    all.write(bytes);
    all.finish().cast_signed()
}

/// Reads the bundle of exactly these rows, which are sorted and of one range; `None` when there is none or
/// it is damaged.
pub(super) fn read(db: &Connection, rows: &[RowRef], tmpdir: &Path) -> rusqlite::Result<Option<StoredPart>> {
    let sql = "SELECT jobs, of, bad_lines, sum, bytes FROM bundles WHERE range = ?1";
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let range = range(first.row);
    let mut statement = db.prepare_cached(sql)?;
    let found = statement.query_row([range], |row| Ok(checked(row, range, rows, tmpdir)));
    Ok(found.optional()?.flatten())
}

/// Returns the bundle of a row of the table when it is intact and of exactly `rows`.
fn checked(row: &Row<'_>, range: i64, rows: &[RowRef], tmpdir: &Path) -> Option<StoredPart> {
    let number = |at: usize| row.get::<_, i64>(at).ok();
    let (jobs, of_rows) = (rows.len() as i64, rows_checksum(rows));
    if (number(0)?, number(1)?) != (jobs, of_rows) {
        return None;
    }
    let (bad_lines, wanted) = (number(2)?, number(3)?);
    let Ok(ValueRef::Blob(bytes)) = row.get_ref(4) else {
        return None;
    };
    if bundle_checksum([range, jobs, of_rows, bad_lines], bytes) != wanted {
        return None;
    }
    Some(StoredPart {
        part: PackedPart::from_bytes(tmpdir, bytes).ok()?,
        bad_lines: bad_lines.cast_unsigned(),
    })
}

/// Writes the bundle of these rows and replaces the previous one of their range.
pub(super) fn write(
    db: &Connection,
    rows: &[RowRef],
    bad_lines: u64,
    part: &mut PackedPart,
) -> rusqlite::Result<()> {
    let Some(first) = rows.first().filter(|_| part.size < MAX_SIZE) else {
        return Ok(());
    };
    let unreadable = |cause| rusqlite::Error::ToSqlConversionFailure(Box::new(cause));
    let bytes = part.bytes().map_err(unreadable)?;
    let (range, jobs, of) = (range(first.row), rows.len() as i64, rows_checksum(rows));
    let bad_lines = bad_lines.cast_signed();
    let sum = bundle_checksum([range, jobs, of, bad_lines], &bytes);
    let sql = "INSERT OR REPLACE INTO bundles VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    db.prepare_cached(sql)?
        .execute(params![range, jobs, of, bad_lines, sum, bytes])?;
    Ok(())
}

/// Deletes the bundles of ranges that have no rows left.
pub(super) fn delete_orphans(db: &Connection) -> rusqlite::Result<()> {
    let length = 1i64 << RANGE_BITS;
    let sql = "DELETE FROM bundles WHERE NOT EXISTS \
               (SELECT 1 FROM jobs WHERE id >= range * ?1 AND id < (range + 1) * ?1)";
    db.execute(sql, [length]).map(drop)
}

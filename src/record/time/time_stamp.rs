//! Times on their way to an aggregate or a sort, which do not know the file, the zone and the forms: the point in time
//! stands before the text as it was written.
//!
//! A stamp lives between a line and what takes it, in one process.

use super::TimeReader;
use crate::record::number::Number;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

/// What a stamp begins with: no input can know it.
static MARK: LazyLock<[u8; 8]> = LazyLock::new(|| RandomState::new().hash_one(0u8).to_be_bytes());

/// Stamps a value that is a time and no number.
pub(crate) fn stamp(value: &mut Vec<u8>, times: &mut TimeReader) {
    if Number::parse(value).is_some() {
        return;
    }
    if let Some(timestamp) = times.timestamp(value) {
        let seconds = timestamp.as_second().to_be_bytes();
        let nanoseconds = timestamp.subsec_nanosecond().to_be_bytes();
        let stamp = MARK.iter().chain(&seconds).chain(&nanoseconds);
        value.splice(..0, stamp.copied());
    }
}

/// Returns the point in time and the text of a value that was stamped: seconds since 1970 in UTC, and nanoseconds.
#[inline]
pub(crate) fn stamped(value: &[u8]) -> Option<((i64, i32), &[u8])> {
    let rest = value.strip_prefix(&*MARK)?;
    let (seconds, rest) = rest.split_first_chunk()?;
    let (nanoseconds, text) = rest.split_first_chunk()?;
    let instant = (i64::from_be_bytes(*seconds), i32::from_be_bytes(*nanoseconds));
    Some((instant, text))
}

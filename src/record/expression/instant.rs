//! Points in time, as literals and values are compared by them.

use crate::record::number::Number;
use crate::record::time::Time;

/// Seconds since 1970 in UTC, and nanoseconds.
pub(super) type Instant = (i64, i32);

/// Returns the point in time that a value is: a time, or a number as an epoch.
pub(super) fn instant_of_value(value: &[u8]) -> Option<Instant> {
    match Time::parse(value) {
        Some(time) => Some(time.instant()),
        None => epoch(Number::parse(value)?),
    }
}

/// Returns the point in time that a number is as an epoch: in seconds, or in ms, µs or ns when it is too large.
fn epoch(number: Number) -> Option<Instant> {
    let (int, fraction) = match number {
        Number::Int(int) => (int, 0),
        Number::Float(float) => (float.floor() as i128, ((float - float.floor()) * 1e9) as i128),
    };
    let nanoseconds = match int.unsigned_abs().checked_ilog10().unwrap_or(0) {
        0..=10 => int * 1_000_000_000 + fraction,
        11..=13 => int * 1_000_000,
        14..=16 => int * 1_000,
        _ => int,
    };
    let seconds = i64::try_from(nanoseconds.div_euclid(1_000_000_000)).ok()?;
    Some((seconds, nanoseconds.rem_euclid(1_000_000_000) as i32))
}

/// Returns the time that was typed; `None` when the text is no time.
///
/// # Errors
/// The reason why a text that looks like a time is none.
pub(super) fn parse_instant(text: &str) -> Result<Option<Instant>, String> {
    Ok(Time::parse(text.as_bytes()).map(|time| time.instant()))
}

//! A year of two digits, which stands first: `00/10/10 13:55:36` of Spark.

use crate::record::time::scanner::Scanner;
use crate::record::time::written::{Written, WrittenClock};

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    let year = full(text.digits(2, 2)?);
    text.expect(b'/')?;
    let month = text.digits(1, 2)?;
    text.expect(b'/')?;
    let day = text.digits(1, 2)?;
    text.blanks()?;
    let time = text.clock()?;
    Some(Written::Clock(WrittenClock {
        year: Some(year),
        month,
        day: Some(day),
        time: Some(time),
        offset: text.offset(),
    }))
}

/// Returns a year of two digits in full, as POSIX has it for strptime: 1969 to 2068.
pub(super) fn full(year: u32) -> u32 {
    if year < 69 { 2000 + year } else { 1900 + year }
}

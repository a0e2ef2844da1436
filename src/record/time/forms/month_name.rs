//! A month's name and a day: `Oct 10 13:55:36` of syslog, `Oct 10 2000 13:55:36` of Cisco, `Tue Oct 10 13:55:36 2000`
//! of asctime, also with a fraction (Apache's error log) or a zone (date) before the year.

use crate::record::time::scanner::Scanner;
use crate::record::time::written::{Written, WrittenClock};

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    let start = text.at;
    text.weekday();
    let has_weekday = text.at > start;
    let month = text.month()?;
    text.blanks()?;
    let day = text.digits(1, 2)?;
    text.blanks()?;
    let mut year = None;
    if text.count_digits() == 4 {
        year = text.digits(4, 4);
        text.blanks()?;
    }
    let time = text.clock()?;
    let mut offset = text.offset();
    // Without a weekday, a number after the time is the line's: syslog has a host there.
    if has_weekday && year.is_none() {
        year = year_after(text);
        offset = offset.or_else(|| text.offset());
    }
    Some(Written::Clock(WrittenClock {
        year,
        month,
        day: Some(day),
        time: Some(time),
        offset,
    }))
}

/// Reads a year and the blanks before it, if they are next.
fn year_after(text: &mut Scanner<'_>) -> Option<u32> {
    let mut after = *text;
    after.blanks()?;
    if after.count_digits() != 4 {
        return None;
    }
    let year = after.digits(4, 4);
    *text = after;
    year
}

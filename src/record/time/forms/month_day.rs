//! A month and a day, without a year: `10-10 13:55:36.123` of Android.

use crate::record::time::scanner::Scanner;
use crate::record::time::written::{Written, WrittenClock};

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    let month = text.digits(1, 2)?;
    text.expect(b'-')?;
    let day = text.digits(1, 2)?;
    text.blanks()?;
    let time = text.clock()?;
    Some(Written::Clock(WrittenClock {
        year: None,
        month,
        day: Some(day),
        time: Some(time),
        offset: text.offset(),
    }))
}

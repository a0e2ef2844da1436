//! A day, a month's name and a year: `10/Oct/2000:13:55:36 -0700` of web servers, `Tue, 10 Oct 2000 13:55:36 GMT`
//! of RFC 2822 and of HTTP, `10-Oct-2000 13:55:36.123`.

use crate::record::time::scanner::Scanner;
use crate::record::time::written::{Written, WrittenClock};

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    text.weekday();
    let day = text.digits(1, 2)?;
    let separator = text.one_of(b"/- ")?;
    let month = text.month()?;
    text.expect(separator)?;
    let year = text.digits(4, 4)?;
    if !text.eat(b':') {
        text.blanks()?;
    }
    let time = text.clock()?;
    Some(Written::Clock(WrittenClock {
        year: Some(year),
        month,
        day: Some(day),
        time: Some(time),
        offset: text.offset(),
    }))
}

//! Dates without separators: `20001010T135536Z` of ISO 8601, `20001010135536`, `20001010-13:55:36:123` of HealthApp,
//! `001010 135536` of HDFS, and `20001010`.

use super::short_year::full;
use crate::record::time::scanner::{Scanner, TimeOfDay};
use crate::record::time::written::{Written, WrittenClock};

/// The years that eight or fourteen digits without any separator may name. Read as an epoch they would be in 1970
/// or in the 26th century, where no log is.
const YEARS: std::ops::RangeInclusive<u32> = 1900..=2199;

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    let clock = match text.count_digits() {
        6 => six(text)?,
        8 => eight(text)?,
        14 => {
            let date = date(text)?;
            let time = time(text)?;
            plausible(&date)?;
            WrittenClock {
                time: Some(time),
                ..date
            }
        }
        _ => return None,
    };
    let offset = clock.time.and_then(|_| text.offset());
    Some(Written::Clock(WrittenClock { offset, ..clock }))
}

/// Reads `001010 135536`.
fn six(text: &mut Scanner<'_>) -> Option<WrittenClock> {
    let year = full(text.digits(2, 2)?);
    let (month, day) = (text.digits(2, 2)?, text.digits(2, 2)?);
    text.blanks()?;
    if text.count_digits() != 6 {
        return None;
    }
    Some(WrittenClock {
        year: Some(year),
        month,
        day: Some(day),
        time: Some(time(text)?),
        offset: None,
    })
}

/// Reads `20001010`, and a time after it.
fn eight(text: &mut Scanner<'_>) -> Option<WrittenClock> {
    let date = date(text)?;
    let after = *text;
    let time = match text.peek() {
        Some(b'T' | b't') => {
            text.at += 1;
            match text.count_digits() {
                4 | 6 => time(text),
                _ => text.clock(),
            }
        }
        Some(b'-') => {
            text.at += 1;
            text.clock().map(|time| milliseconds(text, time))
        }
        Some(b' ' | b'\t') => {
            text.blanks()?;
            match text.count_digits() {
                6 => time(text),
                _ => text.clock(),
            }
        }
        _ => None,
    };
    if time.is_none() {
        *text = after;
        plausible(&date)?;
    }
    Some(WrittenClock { time, ..date })
}

fn date(text: &mut Scanner<'_>) -> Option<WrittenClock> {
    Some(WrittenClock {
        year: Some(text.digits(4, 4)?),
        month: text.digits(2, 2)?,
        day: Some(text.digits(2, 2)?),
        ..WrittenClock::default()
    })
}

/// Refuses what is more likely a number than a date.
fn plausible(date: &WrittenClock) -> Option<()> {
    let year = YEARS.contains(&date.year?);
    (year && (1..=12).contains(&date.month) && (1..=31).contains(&date.day?)).then_some(())
}

/// Reads `135536.123` or `1355`.
fn time(text: &mut Scanner<'_>) -> Option<TimeOfDay> {
    let (hour, minute) = (text.digits(2, 2)?, text.digits(2, 2)?);
    let second = text.digits(0, 2)?;
    Some(TimeOfDay {
        hour,
        minute,
        second,
        nanosecond: text.fraction(),
    })
}

/// Reads milliseconds after a colon, which are a number and no fraction: `:7` is 7 ms.
fn milliseconds(text: &mut Scanner<'_>, time: TimeOfDay) -> TimeOfDay {
    let before = *text;
    if text.eat(b':')
        && let Some(milliseconds) = text.digits(1, 3)
    {
        let nanosecond = milliseconds * 1_000_000;
        return TimeOfDay { nanosecond, ..time };
    }
    *text = before;
    time
}

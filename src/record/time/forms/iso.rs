//! A year of four digits, a month and a day: `2000-10-10T13:55:36.123Z` of RFC 3339, `2000-10-10 13:55:36,123`,
//! `2000/10/10 13:55:36`, `2000-10-10-13.55.36.123456` of BGL, with or without a time of day.

use crate::record::time::scanner::{Scanner, TimeOfDay};
use crate::record::time::written::{Written, WrittenClock};

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    let year = text.digits(4, 4)?;
    let separator = text.one_of(b"-/")?;
    let mut clock = WrittenClock {
        year: Some(year),
        month: text.digits(1, 2)?,
        ..WrittenClock::default()
    };
    if !text.eat(separator) {
        // Only the hyphen: 2000/10 is a path.
        return (separator == b'-').then_some(Written::Clock(clock));
    }
    clock.day = Some(text.digits(1, 2)?);
    let date = *text;
    match time(text) {
        Some(time) => {
            clock.time = Some(time);
            clock.offset = text.offset();
            annotation(text);
        }
        None => *text = date,
    }
    Some(Written::Clock(clock))
}

/// Reads a time of day and what separates it from the date.
fn time(text: &mut Scanner<'_>) -> Option<TimeOfDay> {
    match text.peek()? {
        b'T' | b't' => {
            text.at += 1;
            let hour = *text;
            text.clock().or_else(|| {
                *text = hour;
                hour_only(text)
            })
        }
        b'-' => {
            text.at += 1;
            let start = *text;
            dotted(text).or_else(|| {
                *text = start;
                text.clock()
            })
        }
        _ => {
            text.blanks()?;
            text.clock()
        }
    }
}

/// Reads the hour of `2000-10-10T13`, as the modifier `:hour` writes it.
fn hour_only(text: &mut Scanner<'_>) -> Option<TimeOfDay> {
    let hour = text.digits(2, 2)?;
    let ends = !text.peek().is_some_and(|byte| byte.is_ascii_alphanumeric());
    ends.then_some(TimeOfDay {
        hour,
        minute: 0,
        second: 0,
        nanosecond: 0,
    })
}

/// Reads `13.55.36.123456`.
fn dotted(text: &mut Scanner<'_>) -> Option<TimeOfDay> {
    let hour = text.digits(1, 2)?;
    text.expect(b'.')?;
    let minute = text.digits(1, 2)?;
    text.expect(b'.')?;
    Some(TimeOfDay {
        hour,
        minute,
        second: text.digits(1, 2)?,
        nanosecond: text.fraction(),
    })
}

/// Skips the zone's name of RFC 9557: `[Europe/Paris]`. The offset before it says all.
fn annotation(text: &mut Scanner<'_>) {
    let inside = text.rest().strip_prefix(b"[").unwrap_or_default();
    let letter = |byte: &&u8| byte.is_ascii_alphanumeric() || b"/_+-".contains(byte);
    let length = inside.iter().take_while(letter).count();
    if inside.get(length) == Some(&b']') && inside[..length].contains(&b'/') {
        text.at += length + 2;
    }
}

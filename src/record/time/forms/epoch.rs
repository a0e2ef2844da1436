//! Seconds, milliseconds, microseconds or nanoseconds since 1970 in UTC, with or without a fraction.

use crate::record::number::Number;
use crate::record::time::scanner::Scanner;
use crate::record::time::written::Written;
use jiff::Timestamp;

/// The units, in nanoseconds, each with the number from which on the next applies: seconds reach to the year 5138,
/// and milliseconds begin in 1973.
const UNITS: [(i128, i128); 4] = [
    (1_000_000_000, 100_000_000_000),
    (1_000_000, 100_000_000_000_000),
    (1000, 100_000_000_000_000_000),
    (1, i128::MAX),
];

/// The most digits of a number that can be a time.
const DIGITS: usize = 20;

pub(super) fn scan(text: &mut Scanner<'_>) -> Option<Written> {
    let start = *text;
    let plain = plain(text);
    if plain.is_none() || matches!(text.peek(), Some(b'e' | b'E' | b'.')) {
        *text = start;
        return unusual(text);
    }
    plain
}

/// Reads digits, with a sign before them and a fraction after them if there is one.
fn plain(text: &mut Scanner<'_>) -> Option<Written> {
    let negative = text.eat(b'-');
    let whole = digits(text)?;
    let unit = UNITS.iter().find(|(_, end)| whole < *end)?.0;
    let mut nanoseconds = whole * unit;
    if text.peek() == Some(b'.') {
        text.at += 1;
        nanoseconds += i128::from(text.nanoseconds()?) * unit / 1_000_000_000;
    }
    let nanoseconds = if negative { -nanoseconds } else { nanoseconds };
    Timestamp::from_nanosecond(nanoseconds).ok().map(Written::Epoch)
}

/// Reads a number in another way to write it: with an exponent, as JSON may have it (`1.7e9`), `+5`, `.5`.
fn unusual(text: &mut Scanner<'_>) -> Option<Written> {
    let part = |byte: &&u8| byte.is_ascii_digit() || b"-+.eE".contains(byte);
    let length = text.rest().iter().take_while(part).count();
    let number = Number::parse(&text.rest()[..length])?;
    text.at += length;
    let (whole, fraction) = match number {
        Number::Int(int) => (int, 0.0),
        Number::Float(float) => (float.floor() as i128, float - float.floor()),
    };
    let unit = UNITS
        .iter()
        .find(|(_, end)| whole.checked_abs().is_some_and(|whole| whole < *end))?
        .0;
    let nanoseconds = whole.checked_mul(unit)? + (fraction * unit as f64) as i128;
    Timestamp::from_nanosecond(nanoseconds).ok().map(Written::Epoch)
}

fn digits(text: &mut Scanner<'_>) -> Option<i128> {
    let count = text.count_digits();
    if !(1..=DIGITS).contains(&count) {
        return None;
    }
    let digits = &text.rest()[..count];
    text.at += count;
    Some(
        digits
            .iter()
            .fold(0, |sum, digit| sum * 10 + i128::from(digit - b'0')),
    )
}

//! What modifiers make of a time: the beginning of its hour or of five minutes, its weekday, its epoch.

use super::{Precision, Time};
use jiff::civil::{DateTime, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, civil};

/// What is made of a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// `2012-01-31T23:59`
    Minute,
    /// `2012-01-31T23`
    Hour,
    /// `2012-01-31`
    Day,
    /// The week of ISO 8601: `2012-W05`
    Week,
    /// `2012-01`
    Month,
    /// `2012`
    Year,
    /// The day of the week: `Tue`
    Weekday,
    /// The hour of the day: `23`
    HourOfDay,
    /// The beginning of a step, counted from 1970-01-01 by the time's own clock.
    Step {
        /// The length in seconds.
        seconds: i64,
        /// Whether seconds are shown.
        shows_seconds: bool,
    },
    /// Seconds since 1970 in UTC, with the fraction that the time has.
    Epoch,
}

/// The units of steps, in seconds.
const UNITS: [(char, i64); 4] = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];

/// The longest step: 30 days.
const LONGEST: i64 = 30 * 86_400;

impl Cut {
    /// Returns the step that is typed as `5m`. `None`: the text is of another kind, or the step is longer than 30 days.
    pub fn step(text: &str) -> Option<Cut> {
        let unit = text.chars().last()?;
        let length = UNITS.iter().find(|(letter, _)| *letter == unit)?.1;
        let number = text
            .strip_suffix(unit)
            .filter(|number| !number.starts_with('+'))?;
        let seconds = number.parse::<u32>().ok().map(i64::from)? * length;
        (1..=LONGEST).contains(&seconds).then_some(Cut::Step {
            seconds,
            shows_seconds: length == 1,
        })
    }

    /// Returns how much of a time must have been written: the hour of a date alone is not known.
    fn precision(self) -> Precision {
        match self {
            Cut::Month | Cut::Year => Precision::Month,
            Cut::Day | Cut::Week | Cut::Weekday | Cut::Epoch => Precision::Day,
            Cut::Step { seconds, .. } if seconds % 86_400 == 0 => Precision::Day,
            Cut::Minute | Cut::Hour | Cut::HourOfDay | Cut::Step { .. } => Precision::Clock,
        }
    }

    /// Returns the length of the beginning of a clf time by which the result is decided, `31/Jan/2012:23` or with the
    /// minute, when the hour or the minute decides.
    #[inline]
    pub(crate) fn digits_of_clf(self) -> Option<usize> {
        match self {
            Cut::Minute => Some(17),
            Cut::Hour | Cut::Day | Cut::Week | Cut::Month | Cut::Year | Cut::Weekday | Cut::HourOfDay => {
                Some(14)
            }
            Cut::Step { .. } | Cut::Epoch => None,
        }
    }

    /// Appends what is made of a time; `zone` is that of a clock without an offset. `None`: not enough of the time was
    /// written.
    #[inline]
    pub(crate) fn put(self, time: &Time, zone: &TimeZone, out: &mut Vec<u8>) -> Option<()> {
        if time.precision < self.precision() {
            return None;
        }
        let clock = time.clock;
        match self {
            Cut::Minute => put_clock(clock, 5, out),
            Cut::Hour => put_clock(clock, 4, out),
            Cut::Day => put_clock(clock, 3, out),
            Cut::Month => put_clock(clock, 2, out),
            Cut::Year => put_clock(clock, 1, out),
            Cut::HourOfDay => put(clock.hour(), out),
            Cut::Weekday => out.extend_from_slice(weekday(clock)),
            Cut::Week => {
                let week = clock.iso_week_date();
                put_year(week.year(), out);
                out.extend_from_slice(b"-W");
                put(week.week(), out);
            }
            Cut::Step {
                seconds,
                shows_seconds,
            } => {
                let start = civil::date(1970, 1, 1).at(0, 0, 0, 0);
                let since = clock.duration_since(start);
                let into = since.as_nanos().rem_euclid(i128::from(seconds) * 1_000_000_000);
                let into = SignedDuration::from_nanos_i128(into);
                put_clock(
                    clock.checked_sub(into).ok()?,
                    if shows_seconds { 6 } else { 5 },
                    out,
                );
            }
            Cut::Epoch => put_epoch(time.timestamp(zone)?.as_nanosecond(), out),
        }
        Some(())
    }
}

fn weekday(clock: DateTime) -> &'static [u8] {
    match clock.weekday() {
        Weekday::Monday => b"Mon",
        Weekday::Tuesday => b"Tue",
        Weekday::Wednesday => b"Wed",
        Weekday::Thursday => b"Thu",
        Weekday::Friday => b"Fri",
        Weekday::Saturday => b"Sat",
        Weekday::Sunday => b"Sun",
    }
}

/// Appends the first `parts` of year, month, day, hour, minute and second.
#[inline]
fn put_clock(clock: DateTime, parts: usize, out: &mut Vec<u8>) {
    put_year(clock.year(), out);
    let fields = [
        clock.month(),
        clock.day(),
        clock.hour(),
        clock.minute(),
        clock.second(),
    ];
    for (separator, number) in b"--T::".iter().zip(&fields[..parts - 1]) {
        out.push(*separator);
        put(*number, out);
    }
}

/// Appends four digits; negative years, which no form has, would be 0.
#[inline]
fn put_year(year: i16, out: &mut Vec<u8>) {
    let year = year.max(0);
    put((year / 100) as i8, out);
    put((year % 100) as i8, out);
}

/// Appends two digits.
#[inline]
fn put(number: i8, out: &mut Vec<u8>) {
    let number = number.unsigned_abs();
    out.extend_from_slice(&[b'0' + number / 10, b'0' + number % 10]);
}

/// Appends nanoseconds as seconds, without zeros at the end of the fraction.
fn put_epoch(nanoseconds: i128, out: &mut Vec<u8>) {
    let sign = if nanoseconds < 0 { "-" } else { "" };
    let (seconds, fraction) = (
        nanoseconds.unsigned_abs() / 1_000_000_000,
        nanoseconds.unsigned_abs() % 1_000_000_000,
    );
    let text = format!("{sign}{seconds}.{fraction:09}");
    out.extend_from_slice(text.trim_end_matches('0').trim_end_matches('.').as_bytes());
}

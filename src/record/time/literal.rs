//! Times as users type them: any form of a log, a date, `now`, `today`, `yesterday`, `-2h`, `3d ago`.

use super::Precision;
use super::plan::TimePlan;
use super::reader::TimeReader;
use super::written::NoSuchTime;
use jiff::{Span, Timestamp, Zoned};
use std::fmt;

/// A time that was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TimeLiteral {
    /// The point in time.
    pub timestamp: Timestamp,
    /// True when it depends on when the program was started.
    pub is_relative: bool,
    /// True when it is more exact than a day.
    pub has_clock: bool,
}

/// Why a text that was typed is no time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeLiteralError {
    /// It has no form of a time.
    NoTime,
    /// It has the form of a time, but there is no such time.
    NoSuchTime(NoSuchTime),
    /// It is a number that looks like a year.
    Year,
    /// It is too long ago, or too far ahead.
    Range,
}

impl fmt::Display for TimeLiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TimeLiteralError::NoTime => f.write_str(
                "it is no time (2024-01-31, 2024-01-31T23:59:58Z, now, today, yesterday, -2h, '3d ago')",
            ),
            TimeLiteralError::NoSuchTime(cause) => cause.fmt(f),
            TimeLiteralError::Year => {
                f.write_str("a year alone is no time: type its first day, as in 2024-01-01")
            }
            TimeLiteralError::Range => NoSuchTime::Range.fmt(f),
        }
    }
}

/// The days that have names, and how far they are from today.
const DAYS: [(&str, i64); 3] = [("today", 0), ("yesterday", -1), ("tomorrow", 1)];

/// Makes a span of a number of units.
type MakeSpan = fn(i64) -> Result<Span, jiff::Error>;

/// Units of durations, each with its spellings.
const UNITS: [(&[&str], MakeSpan); 6] = [
    (&["s", "sec", "secs", "second", "seconds"], |n| {
        Span::new().try_seconds(n)
    }),
    (&["m", "min", "mins", "minute", "minutes"], |n| {
        Span::new().try_minutes(n)
    }),
    (&["h", "hr", "hrs", "hour", "hours"], |n| Span::new().try_hours(n)),
    (&["d", "day", "days"], |n| Span::new().try_days(n)),
    (&["w", "week", "weeks"], |n| Span::new().try_weeks(n)),
    (&["mo", "month", "months"], |n| Span::new().try_months(n)),
];

/// Reads a time that was typed. Days, today and yesterday begin in the plan's zone. Digits alone are an epoch.
///
/// # Errors
/// When the text is no time, with the reason.
pub(crate) fn parse_time_literal(text: &str, plan: &TimePlan) -> Result<TimeLiteral, TimeLiteralError> {
    let text = text.trim();
    if let Some(relative) = relative(text, plan) {
        let is_day = DAYS.iter().any(|(name, _)| text.eq_ignore_ascii_case(name));
        return relative.map(|zoned| TimeLiteral {
            timestamp: zoned.timestamp(),
            is_relative: true,
            has_clock: !is_day,
        });
    }
    if text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(TimeLiteralError::Year);
    }
    if text.starts_with('-') {
        return Err(TimeLiteralError::NoTime);
    }
    let time = TimeReader::new(&plan.typed()).check(text.as_bytes());
    let time = time.map_err(|cause| cause.map_or(TimeLiteralError::NoTime, TimeLiteralError::NoSuchTime))?;
    Ok(TimeLiteral {
        timestamp: time.timestamp(&plan.zone).ok_or(TimeLiteralError::Range)?,
        is_relative: !time.has_year,
        has_clock: time.precision == Precision::Clock,
    })
}

impl TimePlan {
    /// Reads a time that was typed, and returns whether it depends on now.
    ///
    /// # Errors
    /// The reason why it is none.
    pub(crate) fn parse_literal(&self, text: &str) -> Result<(Timestamp, bool), String> {
        let literal = parse_time_literal(text, self).map_err(|reason| reason.to_string())?;
        Ok((literal.timestamp, literal.is_relative))
    }
}

/// Reads a time that depends on now. `None`: the text is of another kind.
fn relative(text: &str, plan: &TimePlan) -> Option<Result<Zoned, TimeLiteralError>> {
    let now = plan.now.to_zoned(plan.zone.clone());
    let day = |days: i64| now.checked_add(Span::new().try_days(days)?)?.start_of_day();
    let found = match text.to_ascii_lowercase().as_str() {
        "now" => Ok(now),
        word if let Some((_, days)) = DAYS.iter().find(|(name, _)| *name == word) => day(*days),
        _ => match (
            text.strip_suffix("ago"),
            text.strip_prefix('-'),
            text.strip_prefix('+'),
        ) {
            (Some(duration), None, None) => moved(now, duration.trim_end(), -1)?,
            (None, Some(duration), None) => moved(now, duration, -1)?,
            (None, None, Some(duration)) => moved(now, duration, 1)?,
            _ => return None,
        },
    };
    Some(found.map_err(|_| TimeLiteralError::Range))
}

/// Moves a time by `2h30m` or `2 hours`, taken `sign` times. A day is one of the calendar, with 23 to 25 hours. `None`:
/// the text is no duration.
fn moved(from: Zoned, mut text: &str, sign: i64) -> Option<Result<Zoned, jiff::Error>> {
    let mut time = Ok(from);
    if text.is_empty() {
        return None;
    }
    while !text.is_empty() {
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, rest) = text.split_at(digits);
        let rest = rest.trim_start();
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (unit, rest) = rest.split_at(letters);
        let number = sign * number.parse::<i32>().ok().map(i64::from)?;
        let (_, span) = UNITS.iter().find(|(names, _)| names.contains(&unit))?;
        time = time.and_then(|time| time.checked_add(span(number)?));
        text = rest.trim_start();
    }
    Some(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a literal at noon of 15 March 2024 in Paris.
    fn literal(text: &str) -> Result<String, String> {
        let mut plan = TimePlan {
            now: "2024-03-15T11:00:00Z".parse().expect("a time"),
            ..TimePlan::default()
        };
        plan.set_zone("Europe/Paris").expect("a zone");
        let literal = parse_time_literal(text, &plan).map_err(|error| error.to_string())?;
        let relative = if literal.is_relative { " relative" } else { "" };
        Ok(format!("{}{relative}", literal.timestamp))
    }

    #[test]
    fn literals_of_all_kinds_are_read() {
        for (text, want) in [
            ("now", "2024-03-15T11:00:00Z relative"),
            ("Today", "2024-03-14T23:00:00Z relative"),
            ("yesterday", "2024-03-13T23:00:00Z relative"),
            ("-2h", "2024-03-15T09:00:00Z relative"),
            ("-1h30m", "2024-03-15T09:30:00Z relative"),
            ("+5 minutes", "2024-03-15T11:05:00Z relative"),
            ("3d ago", "2024-03-12T11:00:00Z relative"),
            ("2 weeks ago", "2024-03-01T11:00:00Z relative"),
            ("2024-03-01", "2024-02-29T23:00:00Z"),
            ("2024-03", "2024-02-29T23:00:00Z"),
            ("2024-03-01T05", "2024-03-01T04:00:00Z"),
            ("2024-03-01T05:06Z", "2024-03-01T05:06:00Z"),
            ("2024-03-01 05:06:07 UTC", "2024-03-01T05:06:07Z"),
            ("01/Mar/2024:05:06:07 -0500", "2024-03-01T10:06:07Z"),
            ("Mar 16 05:06:07", "2023-03-16T04:06:07Z relative"),
            ("1709270000", "2024-03-01T05:13:20Z"),
            // The clock of this zone goes from 02:00 to 03:00, and from 03:00 back to 02:00.
            ("2024-03-31 02:30", "2024-03-31T01:30:00Z"),
            ("2024-10-27 02:30", "2024-10-27T00:30:00Z"),
        ] {
            assert_eq!(literal(text).as_deref(), Ok(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_with_the_reason() {
        for (text, want) in [
            ("2012-13-05", "there is no month 13"),
            ("2023-02-29", "there is no day 29 in 2023-02"),
            ("2023-02-28 24:00:00", "there is no hour 24"),
            ("2023-02-28T12:60", "there is no minute 60"),
            ("2023-02-28T12:00:61", "there is no second 61"),
            ("2023-02-28T12:00:00+99:00", "it is out of range"),
            ("Feb 30 12:00:00", "there is no day 30 in month 2"),
            ("2023", "a year alone"),
            ("abc", "it is no time"),
            ("", "it is no time"),
            ("-", "it is no time"),
            ("-5", "it is no time"),
            ("-5x", "it is no time"),
            ("3d", "it is no time"),
            ("ago", "it is no time"),
            ("-999999999h", "it is out of range"),
        ] {
            let error = literal(text).expect_err(text);
            assert!(error.starts_with(want), "{text}: {error}");
        }
    }
}

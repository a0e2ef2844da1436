//! A time as it was written, and whether there is such a time.
//!
//! It does not know in which form it was written.

use super::scanner::TimeOfDay;
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::Offset;
use std::fmt;

/// What a form reads from a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// A date, a clock, or both.
    Clock(WrittenClock),
    /// A point in time, as a number.
    Epoch(Timestamp),
}

/// The pieces of a date and a time of day, not checked yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct WrittenClock {
    /// The year, in full. `None`: it was not written.
    pub year: Option<u32>,
    /// The month, from 1.
    pub month: u32,
    /// The day, from 1. `None`: it was not written.
    pub day: Option<u32>,
    /// The time of day. `None`: it was not written.
    pub time: Option<TimeOfDay>,
    /// The seconds by which the clock is ahead of UTC.
    pub offset: Option<i32>,
}

/// Why a text that has the form of a time is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoSuchTime {
    /// The month is not 1 to 12.
    Month(u32),
    /// The month has no such day.
    Day {
        /// The year, if one was written.
        year: Option<u32>,
        /// The month, from 1.
        month: u32,
        /// The day that was written.
        day: u32,
    },
    /// The hour is not 0 to 23.
    Hour(u32),
    /// The minute is not 0 to 59.
    Minute(u32),
    /// The second is not 0 to 60.
    Second(u32),
    /// The offset from UTC is a day or more, or the year is beyond 9999.
    Range,
}

impl fmt::Display for NoSuchTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            NoSuchTime::Month(month) => write!(f, "there is no month {month}"),
            NoSuchTime::Day {
                year: Some(year),
                month,
                day,
            } => write!(f, "there is no day {day} in {year:04}-{month:02}"),
            NoSuchTime::Day { month, day, .. } => write!(f, "there is no day {day} in month {month}"),
            NoSuchTime::Hour(hour) => write!(f, "there is no hour {hour}"),
            NoSuchTime::Minute(minute) => write!(f, "there is no minute {minute}"),
            NoSuchTime::Second(second) => write!(f, "there is no second {second}"),
            NoSuchTime::Range => f.write_str("it is out of range"),
        }
    }
}

/// How far back a year is looked for: 29 February is at most eight years ago.
const YEARS: i16 = 8;

impl WrittenClock {
    /// Returns the clock. The year that was not written is the last in which the clock is not after `latest`.
    pub fn clock(&self, latest: DateTime) -> Result<DateTime, NoSuchTime> {
        if !(1..=12).contains(&self.month) {
            return Err(NoSuchTime::Month(self.month));
        }
        let time = self.time_of_day()?;
        if let Some(year) = self.year {
            let year = i16::try_from(year).map_err(|_| NoSuchTime::Range)?;
            return Ok(self.date(year)?.to_datetime(time));
        }
        let years = (latest.year() - YEARS..=latest.year()).rev();
        let clocks = years.filter_map(|year| Some(self.date(year).ok()?.to_datetime(time)));
        clocks
            .into_iter()
            .find(|clock| *clock <= latest)
            .ok_or(self.no_day())
    }

    fn date(&self, year: i16) -> Result<Date, NoSuchTime> {
        let day = i8::try_from(self.day.unwrap_or(1)).map_err(|_| self.no_day())?;
        // The month is 1 to 12.
        Date::new(year, self.month as i8, day).map_err(|_| self.no_day())
    }

    fn no_day(&self) -> NoSuchTime {
        NoSuchTime::Day {
            year: self.year,
            month: self.month,
            day: self.day.unwrap_or(1),
        }
    }

    /// Returns the time of day. A leap second is the second before it, as no clock of a computer shows it.
    fn time_of_day(&self) -> Result<jiff::civil::Time, NoSuchTime> {
        let Some(time) = self.time else {
            return Ok(jiff::civil::Time::midnight());
        };
        match time {
            TimeOfDay { hour: 24.., .. } => Err(NoSuchTime::Hour(time.hour)),
            TimeOfDay { minute: 60.., .. } => Err(NoSuchTime::Minute(time.minute)),
            TimeOfDay { second: 61.., .. } => Err(NoSuchTime::Second(time.second)),
            // All are below 100, and a nanosecond is below 10^9.
            TimeOfDay { .. } => Ok(jiff::civil::time(
                time.hour as i8,
                time.minute as i8,
                time.second.min(59) as i8,
                time.nanosecond as i32,
            )),
        }
    }

    /// Returns the offset, if one was written.
    pub fn offset(&self) -> Result<Option<Offset>, NoSuchTime> {
        let offset = self.offset.map(Offset::from_seconds).transpose();
        offset.map_err(|_| NoSuchTime::Range)
    }
}

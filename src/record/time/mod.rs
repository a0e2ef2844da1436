//! Times in text: the forms in which they are written, and what they mean.
//!
//! A [`TimePlan`] says what the text does not: the zone, the forms that the user added, and what time it is now. A
//! [`TimeReader`] reads the values of one file after another. [`parse_time_literal`] reads what a user typed.

mod custom;
mod cut;
mod forms;
mod literal;
mod plan;
mod reader;
mod scanner;
mod time_stamp;
mod written;

pub use cut::Cut;
pub(crate) use forms::TIME_FORMS;
pub(super) use literal::{TimeLiteral, TimeLiteralError, parse_time_literal};
pub use plan::TimePlan;
pub(crate) use reader::TimeReader;
pub(super) use time_stamp::stamp;
pub(crate) use time_stamp::stamped;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use std::sync::LazyLock;

/// A time as it was written, by the clock of its own zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Time {
    /// What the clock shows.
    pub clock: DateTime,
    /// How far the clock is ahead of UTC, if that was written.
    offset: Option<Offset>,
    /// How much of the clock was written.
    pub precision: Precision,
    /// True when the year was written.
    pub has_year: bool,
    /// True when it was written as a number.
    pub is_epoch: bool,
}

/// How much of a time was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Precision {
    /// Year and month.
    Month,
    /// The day, too.
    Day,
    /// A time of day, too.
    Clock,
}

impl Time {
    /// Returns the point in time; `zone` is that of a clock without an offset. A clock that a zone shows twice means
    /// the first time, and one that it skips means as much after the jump: 02:30 is 03:30 when 03:00 follows 02:00.
    /// `None`: it is beyond the year 9999 of UTC.
    pub fn timestamp(&self, zone: &TimeZone) -> Option<Timestamp> {
        match self.offset {
            Some(offset) => offset.to_timestamp(self.clock).ok(),
            None => zone.to_ambiguous_timestamp(self.clock).compatible().ok(),
        }
    }

    /// Parses a time of any form; one without a year is of the last twelve months.
    pub fn parse(text: &[u8]) -> Option<Time> {
        static PLAN: LazyLock<TimePlan> = LazyLock::new(TimePlan::default);
        TimeReader::new(&PLAN).read(text)
    }

    /// Returns the instant by which times are compared: seconds since 1970 in UTC, and nanoseconds.
    pub fn instant(&self) -> (i64, i32) {
        let timestamp = self.timestamp(&TimeZone::UTC).unwrap_or_default();
        (timestamp.as_second(), timestamp.subsec_nanosecond())
    }
}

#[cfg(test)]
mod tests;

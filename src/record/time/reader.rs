//! Reads the times of one file after another.
//!
//! It does not know what they are for.

use super::custom::CustomForm;
use super::forms::{TIME_FORMS, TimeForm};
use super::plan::TimePlan;
use super::scanner::Scanner;
use super::written::{NoSuchTime, Written, WrittenClock};
use super::{Precision, Time};
use crate::record::number::Number;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use std::cell::Cell;
use std::sync::Arc;
use std::time::SystemTime;

/// Reads times. The form of the last one is tried first.
#[derive(Debug, Clone)]
pub(crate) struct TimeReader {
    zone: TimeZone,
    now: Timestamp,
    /// What no time without a year is after.
    latest: DateTime,
    /// The first time without a year of the file.
    oldest: Cell<Option<DateTime>>,
    form: &'static TimeForm,
    /// The forms that the user described, when they are the only ones.
    custom: Arc<[CustomForm]>,
}

/// How much of a text is a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// All of it.
    Whole,
    /// All of it, and a bracket was before it.
    Bracket,
    /// Its beginning.
    Start,
}

impl TimeReader {
    /// Builds a reader for texts of now.
    pub fn new(plan: &TimePlan) -> TimeReader {
        TimeReader {
            zone: plan.zone.clone(),
            now: plan.now,
            latest: plan.zone.to_datetime(plan.now),
            oldest: Cell::new(None),
            form: &TIME_FORMS[0],
            custom: plan.forms.as_slice().into(),
        }
    }

    /// Begins with a file that was written until `modified`: no time without a year is after it. `None`: it is no
    /// file, and the program's start counts.
    pub fn begin(&mut self, modified: Option<SystemTime>) {
        let modified = modified.and_then(|modified| Timestamp::try_from(modified).ok());
        self.latest = self.zone.to_datetime(modified.unwrap_or(self.now));
        self.oldest.set(None);
    }

    /// Returns the first time without a year of the file, to a few days: what year it is of depends on when the file was
    /// written last.
    pub fn oldest(&self) -> Option<DateTime> {
        self.oldest.get()
    }

    /// Returns the zone of clocks without an offset.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Reads a text that is a time, with or without brackets around it.
    #[inline]
    pub fn read(&mut self, text: &[u8]) -> Option<Time> {
        self.any_form(text, Extent::Whole).ok()
    }

    /// Reads a text that the user says is a time: blanks and quotes around it and a comma after it do not matter.
    #[inline]
    pub fn read_loosely(&mut self, text: &[u8]) -> Option<Time> {
        let text = text.trim_ascii();
        let text = text.strip_suffix(b",").unwrap_or(text);
        let text = text.strip_prefix(b"\"").unwrap_or(text);
        self.read(text.strip_suffix(b"\"").unwrap_or(text))
    }

    /// Reads the time at the beginning of a text: as much as belongs to it.
    #[inline]
    pub fn read_start(&mut self, text: &[u8]) -> Option<Time> {
        self.any_form(text, Extent::Start).ok()
    }

    /// Tells whether `text` is a time of clf by the same clock as `last`, which is a time, to the byte at `length`.
    #[inline]
    pub fn is_alike(&self, last: &[u8], text: &[u8], length: usize) -> bool {
        // `31/Jan/2012:23:59:58 -0500`
        if text.len() != 26 || last.len() != 26 || !self.custom.is_empty() {
            return false;
        }
        let sixty = |at: usize| matches!(text[at], b'0'..=b'5') && text[at + 1].is_ascii_digit();
        text[..length] == last[..length]
            && text[20..] == last[20..]
            && [text[2], text[6], text[11], text[14], text[17], text[20]] == *b"//::: "
            && matches!(text[21], b'+' | b'-')
            && text[22..].iter().all(u8::is_ascii_digit)
            && sixty(15)
            && sixty(18)
    }

    /// Reads a text that is a time, and returns the point in time.
    #[inline]
    pub fn timestamp(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.read(text)?.timestamp(&self.zone)
    }

    /// Does as [`TimeReader::timestamp`] for a text that is no number.
    pub fn written_timestamp(&mut self, text: &[u8]) -> Option<Timestamp> {
        self.timestamp(text).filter(|_| Number::parse(text).is_none())
    }

    /// Reads a text that is a time.
    ///
    /// # Errors
    /// When it has the form of a time, but there is no such time (`Some`), or when it has no form of a time.
    pub fn check(&mut self, text: &[u8]) -> Result<Time, Option<NoSuchTime>> {
        self.any_form(text, Extent::Whole)
    }

    #[inline]
    fn any_form(&mut self, text: &[u8], extent: Extent) -> Result<Time, Option<NoSuchTime>> {
        if !self.custom.is_empty() {
            return self.custom_form(text, extent);
        }
        let (text, extent) = match (text, extent) {
            ([b'[', inside @ ..], Extent::Whole) => (inside, Extent::Bracket),
            ([b'[', inside @ ..], extent) => (inside, extent),
            _ => (text, extent),
        };
        let mut error = match self.one_form(self.form, text, extent) {
            Ok(time) => return Ok(time),
            Err(error) => error,
        };
        for form in TIME_FORMS {
            match self.one_form(form, text, extent) {
                Ok(time) => {
                    self.form = form;
                    return Ok(time);
                }
                Err(other) => error = error.or(other),
            }
        }
        Err(error)
    }

    #[inline]
    fn one_form(&self, form: &TimeForm, text: &[u8], extent: Extent) -> Result<Time, Option<NoSuchTime>> {
        let mut scanner = Scanner::new(text);
        let written = (form.scan)(&mut scanner).filter(|written| ends(scanner.rest(), extent, written));
        let bracketed = extent == Extent::Bracket || (extent == Extent::Whole && !scanner.rest().is_empty());
        match written {
            None => Err(None),
            // A number in brackets, or beside half of them, is text: an epoch, and also the digits of a compact date.
            Some(_) if bracketed && Number::parse(&text[..scanner.at]).is_some() => Err(None),
            Some(Written::Clock(written)) => self.time(&written).map_err(Some),
            Some(Written::Epoch(timestamp)) => Ok(self.epoch(timestamp)),
        }
    }

    /// Reads a text as the user described it: as it is, or without a bracket or a quote before it.
    fn custom_form(&self, text: &[u8], extent: Extent) -> Result<Time, Option<NoSuchTime>> {
        let inside = match text {
            [b'[' | b'"', inside @ ..] => inside,
            _ => text,
        };
        for text in [text, inside] {
            for form in &*self.custom {
                match form.scan(text) {
                    Some((written, length)) if ends(&text[length..], extent, &written) => {
                        return match written {
                            Written::Clock(written) => self.time(&written).map_err(Some),
                            Written::Epoch(timestamp) => Ok(self.epoch(timestamp)),
                        };
                    }
                    _ => {}
                }
            }
        }
        Err(None)
    }

    fn time(&self, written: &WrittenClock) -> Result<Time, NoSuchTime> {
        let clock = written.clock(self.latest)?;
        if written.year.is_none() {
            let oldest = self.oldest.get().map_or(clock, |oldest| oldest.min(clock));
            self.oldest.set(Some(oldest));
        }
        Ok(Time {
            clock,
            offset: written.offset()?,
            precision: match (written.day, written.time) {
                (None, _) => Precision::Month,
                (_, None) => Precision::Day,
                _ => Precision::Clock,
            },
            has_year: written.year.is_some(),
            is_epoch: false,
        })
    }

    fn epoch(&self, timestamp: Timestamp) -> Time {
        let offset = self.zone.to_offset(timestamp);
        Time {
            clock: offset.to_datetime(timestamp),
            offset: Some(offset),
            precision: Precision::Clock,
            has_year: true,
            is_epoch: true,
        }
    }
}

/// Tells whether a time may end before `rest`.
#[inline]
fn ends(rest: &[u8], extent: Extent, written: &Written) -> bool {
    // Digits go on with a clock, as its fraction or its seconds, but not behind its zone.
    let is_complete = || matches!(written, Written::Clock(clock) if clock.offset.is_some());
    match (extent, rest) {
        (_, []) => true,
        (Extent::Whole | Extent::Bracket, rest) => rest == b"]",
        (Extent::Start, [b':' | b',', after, ..]) => !after.is_ascii_digit() || is_complete(),
        (Extent::Start, [first, ..]) => b" \t,;:|])\"'".contains(first),
    }
}

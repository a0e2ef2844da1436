//! Forms that users describe in the language of strptime.

use super::scanner::TimeOfDay;
use super::written::{Written, WrittenClock};
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::quoted;
use jiff::Timestamp;
use jiff::fmt::strtime::{BrokenDownTime, format};
use jiff::tz::TimeZone;

/// A form that a user described.
#[derive(Debug, Clone)]
pub(crate) struct CustomForm(String);

impl CustomForm {
    /// Checks a description: `%d.%m.%Y %H:%M`.
    ///
    /// # Errors
    /// When it has an unknown directive, or no day can be read by it.
    pub fn parse(text: &str) -> Result<CustomForm, RecordPlanError> {
        let refused =
            |cause: &str| RecordPlanError::new(format!("in --time-format {}: {cause}", quoted(text)));
        let sample: Timestamp = Timestamp::from_second(981_173_106).expect("it is in range");
        let sample = format(text, &sample.to_zoned(TimeZone::UTC));
        let sample = sample.map_err(|cause| refused(&cause.to_string()))?;
        let form = CustomForm(text.to_owned());
        match BrokenDownTime::parse_prefix(text, &sample) {
            Err(cause) => Err(refused(&cause.to_string())),
            Ok(_) if form.scan(sample.as_bytes()).is_some() => Ok(form),
            Ok(_) => Err(refused("it has no date: %Y-%m-%d, %d/%b/%Y, %b %d, %j or %s")),
        }
    }

    /// Reads from the beginning of a text as far as the form goes, and returns how far that is.
    pub fn scan(&self, text: &[u8]) -> Option<(Written, usize)> {
        let (found, length) = BrokenDownTime::parse_prefix(&self.0, text).ok()?;
        if let Some(timestamp) = found.timestamp() {
            return Some((Written::Epoch(timestamp), length));
        }
        let mut clock = WrittenClock {
            offset: found.offset().map(|offset| offset.seconds()),
            ..WrittenClock::default()
        };
        match (found.year(), found.month()) {
            (None, Some(month)) => {
                clock.month = u32::try_from(month).ok()?;
                clock.day = Some(u32::try_from(found.day()?).ok()?);
            }
            _ => {
                let date = found.to_date().ok()?;
                clock.year = Some(u32::try_from(date.year()).ok()?);
                clock.month = u32::try_from(date.month()).ok()?;
                clock.day = Some(u32::try_from(date.day()).ok()?);
            }
        }
        if found.hour().is_some() {
            let time = found.to_time().ok()?;
            clock.time = Some(TimeOfDay {
                hour: u32::try_from(time.hour()).ok()?,
                minute: u32::try_from(time.minute()).ok()?,
                second: u32::try_from(time.second()).ok()?,
                nanosecond: u32::try_from(time.subsec_nanosecond()).ok()?,
            });
        }
        Some((Written::Clock(clock), length))
    }
}

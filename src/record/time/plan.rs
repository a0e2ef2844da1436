//! What times in text leave open, as the user decided it.

use super::custom::CustomForm;
use crate::record::plan_error::RecordPlanError;
use crate::record::suggest::quoted;
use crate::record::time::scanner::Scanner;
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

/// What times in text leave open.
#[derive(Debug, Clone)]
pub struct TimePlan {
    /// The zone of clocks without an offset, and that in which epochs are shown.
    pub zone: TimeZone,
    /// When the program was started.
    pub now: Timestamp,
    /// The forms of values, if the user described them: then there are no others.
    pub(super) forms: Vec<CustomForm>,
}

impl Default for TimePlan {
    fn default() -> Self {
        TimePlan {
            zone: TimeZone::UTC,
            now: Timestamp::now(),
            forms: Vec::new(),
        }
    }
}

impl TimePlan {
    /// Adds a form of values, in the language of strptime: `%d.%m.%Y %H:%M`.
    ///
    /// # Errors
    /// When no time can be read by it.
    pub fn add_form(&mut self, text: &str) -> Result<(), RecordPlanError> {
        self.forms.push(CustomForm::parse(text)?);
        Ok(())
    }

    /// Returns the plan of what users type: in a form that is known.
    pub(crate) fn typed(&self) -> TimePlan {
        TimePlan {
            forms: Vec::new(),
            ..self.clone()
        }
    }

    /// Returns true when the user decided nothing.
    pub(crate) fn is_default(&self) -> bool {
        self.forms.is_empty() && self.zone == TimeZone::UTC
    }

    /// Returns the name by which other machines know the zone that is typed so: `local` is the one of this machine,
    /// where that has a name.
    pub(crate) fn zone_name(text: &str) -> String {
        let system = (text == "local").then(TimeZone::system);
        let name = system.as_ref().and_then(TimeZone::iana_name);
        name.unwrap_or(text).to_owned()
    }

    /// Sets the zone: an IANA name, an offset such as `+02:00`, or `local`.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn set_zone(&mut self, text: &str) -> Result<(), RecordPlanError> {
        let mut scanner = Scanner::new(text.as_bytes());
        let offset = scanner.offset().filter(|_| scanner.rest().is_empty());
        self.zone = match (text, offset) {
            ("local", _) => TimeZone::system(),
            (_, Some(seconds)) => {
                let offset = Offset::from_seconds(seconds).map_err(|_| no_zone(text))?;
                offset.to_time_zone()
            }
            _ => TimeZone::get(text).map_err(|_| no_zone(text))?,
        };
        Ok(())
    }
}

fn no_zone(text: &str) -> RecordPlanError {
    RecordPlanError::new(format!(
        "there is no time zone {} (known: IANA names such as Europe/Paris, offsets such as +02:00, local)",
        quoted(text)
    ))
}

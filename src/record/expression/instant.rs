//! Points in time that are typed.

use crate::record::suggest::quoted;
use crate::record::time::{TimeLiteral, TimeLiteralError, TimePlan, parse_time_literal};

/// Returns the time that was typed; `None` when the text is no time.
///
/// # Errors
/// The reason why a text that looks like a time is none.
pub(super) fn parse_instant(text: &str, times: &TimePlan) -> Result<Option<TimeLiteral>, String> {
    match parse_time_literal(text, times) {
        Ok(literal) => Ok(Some(literal)),
        Err(TimeLiteralError::NoTime) => Ok(None),
        Err(reason) => Err(format!(
            "{} is no time: {reason}; quote it to compare as text",
            quoted(text)
        )),
    }
}

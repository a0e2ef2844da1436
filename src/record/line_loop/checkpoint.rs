//! What a job found before its end, as plain data.

use crate::record::notes::Notes;
use jiff::Timestamp;

/// What was found in the complete lines of an input, before its end.
#[derive(Debug)]
pub(crate) struct Checkpoint {
    /// What was left out.
    pub notes: Notes,
    /// How many lines there are.
    pub lines: u64,
    /// Whether one is of the format.
    pub is_readable: bool,
    /// How many bytes of an incomplete line follow.
    pub carried: u64,
    /// The first time without a year among them, by its own clock.
    pub oldest: Option<Timestamp>,
}

//! Times that begin in a value and may go on after it.

use jiff::Timestamp;

/// A time that begins in a value and may go on after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    /// The point in time.
    pub timestamp: Timestamp,
    /// True when the value alone is a date.
    pub is_of_date: bool,
}

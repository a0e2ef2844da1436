//! The error of a record plan that can't be made.

use std::fmt;

/// Why a field, condition, format or other piece of a [`super::RecordPlan`] is refused. Its text names what
/// was typed and, when there are any, the known names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordPlanError(String);

impl RecordPlanError {
    /// Builds an error with this text.
    pub(crate) fn new(text: impl Into<String>) -> Self {
        RecordPlanError(text.into())
    }
}

impl fmt::Display for RecordPlanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RecordPlanError {}

//! What was decided about records before any thread exists: plain data.

use super::{Condition, Field, Format, Source};
use regex::bytes::Regex;

/// How bytes become records, which records remain, and what is emitted of each.
#[derive(Debug, Clone)]
pub struct RecordPlan {
    /// How a record is laid out in bytes.
    pub format: Format,
    /// Texts that must, or must not, be in the whole line.
    pub texts: Vec<Text>,
    /// Expressions that must match in the whole line.
    pub regexes: Vec<Regex>,
    /// Conditions on fields; all must hold.
    pub conditions: Vec<Condition>,
    /// What is emitted; empty for the whole line, untouched.
    pub projection: Vec<Field>,
    /// How rows are written when there is no fold.
    pub output: Output,
    /// How many rows are wanted at most, over all inputs in their order.
    pub first: Option<u64>,
}

/// A text that must, or must not, be in the whole line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The bytes that are looked for.
    pub text: Vec<u8>,
    /// True for `--grep`, false for `--not-grep`.
    pub wanted: bool,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Output {
    /// Values separated by tabs; tab, newline and backslash in a value are escaped.
    #[default]
    Tsv,
}

impl RecordPlan {
    /// Whether what a line gives depends on that line alone: not on the lines before it (a header,
    /// an open quote) and not on its number.
    pub fn is_linewise(&self) -> bool {
        let format = match self.format {
            Format::Ws | Format::Cut(_) | Format::Lines => true,
        };
        let conditions = self.conditions.iter().map(|condition| &condition.field);
        let mut fields = conditions.chain(&self.projection);
        format && !fields.any(|field| field.source == Source::Line)
    }

    /// Whole lines, all of them.
    pub fn new(format: Format) -> RecordPlan {
        RecordPlan {
            format,
            texts: Vec::new(),
            regexes: Vec::new(),
            conditions: Vec::new(),
            projection: Vec::new(),
            output: Output::default(),
            first: None,
        }
    }
}

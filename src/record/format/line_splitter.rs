//! The contract of a format: find the selected fields of a line.

use crate::record::named_values::Kind;

/// The place of a value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::record) struct FieldSpan {
    /// The bytes that the range is in.
    pub base: SpanBase,
    /// The offset of its first byte.
    pub start: usize,
    /// The offset after its last byte.
    pub end: usize,
}

/// The bytes that a span refers to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::record) enum SpanBase {
    /// None: the record has no such field.
    #[default]
    Missing,
    /// None: the field is JSON's null.
    Null,
    /// The line.
    Line,
    /// The bytes that the format decoded.
    Decoded,
    /// The bytes that the format decoded; the field's modifiers do not apply.
    Unmodified,
    /// The line: a value that is no string, as JSON writes it.
    Json,
}

impl FieldSpan {
    /// Returns true when there is no value: the record lacks the field, or it is JSON's null.
    #[inline]
    pub fn is_missing(&self) -> bool {
        matches!(self.base, SpanBase::Missing | SpanBase::Null)
    }

    /// Builds a span of the line.
    #[inline]
    pub fn from_line(start: usize, end: usize) -> FieldSpan {
        FieldSpan {
            base: SpanBase::Line,
            start,
            end,
        }
    }

    /// The span of JSON's null.
    pub const NULL: FieldSpan = FieldSpan {
        base: SpanBase::Null,
        start: 0,
        end: 0,
    };

    /// Returns the same span of decoded bytes, to which modifiers do not apply.
    pub fn unmodified(self) -> FieldSpan {
        FieldSpan {
            base: SpanBase::Unmodified,
            ..self
        }
    }

    /// Builds a span of the decoded bytes.
    #[inline]
    pub fn from_decoded(start: usize, end: usize) -> FieldSpan {
        FieldSpan {
            base: SpanBase::Decoded,
            start,
            end,
        }
    }
}

/// Takes the names and values of all fields of a record, in order.
pub(in crate::record) type TakePair<'a> = dyn FnMut(&[u8], Kind, &[u8]) + 'a;

/// The result of splitting a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::record) enum LineVerdict {
    /// The line was split, as far as its fields are selected.
    Read,
    /// The line is not a record.
    Dropped,
    /// The line is malformed.
    Bad,
}

/// Splits lines into the selected fields.
pub(in crate::record) trait LineSplitter {
    /// True when a line must be split even if no field is selected, because it may be malformed or no record.
    const CHECKS: bool = false;
    /// True when some lines say how those after them are to be read, whatever passes the filters.
    const HAS_DIRECTIVES: bool = false;

    /// Takes a line before it is filtered. Returns true when it is a directive and no record.
    fn directive(&mut self, _line: &[u8]) -> bool {
        false
    }

    /// Finds the fields that were selected when the splitter was built; `spans` holds one span for each,
    /// of a missing field.
    fn split(&mut self, line: &[u8], spans: &mut [FieldSpan]) -> LineVerdict;

    /// Gives all fields of a line that was read to `take`.
    fn pairs(&mut self, line: &[u8], take: &mut TakePair<'_>) {
        take(b"line", Kind::Text, line);
    }

    /// Returns the bytes that spans of [`SpanBase::Decoded`] refer to.
    fn decoded(&self) -> &[u8] {
        &[]
    }
}

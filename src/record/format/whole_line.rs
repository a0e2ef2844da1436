//! The format in which the line is the only field.

use super::line_splitter::{FieldSpan, LineSplitter, LineVerdict};

#[derive(Debug)]
pub(in crate::record) struct WholeLine;

impl LineSplitter for WholeLine {
    #[inline]
    fn split(&mut self, _line: &[u8], _spans: &mut [FieldSpan]) -> LineVerdict {
        LineVerdict::Read
    }
}

//! The format of which the line is the only field.

use super::{Span, Split, Verdict};

#[derive(Debug)]
pub(in crate::record) struct Lines;

impl Split for Lines {
    #[inline]
    fn split(&mut self, _line: &[u8], _spans: &mut [Span]) -> Verdict {
        Verdict::Read
    }
}

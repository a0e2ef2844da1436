//! What evaluating expressions found about the values of one record, for the notes on them.
//!
//! It does not know how a note is worded.

use super::bits::Bits;

/// What was found about the values that expressions looked at, by their subjects.
#[derive(Debug, Clone, Default)]
pub(super) struct Findings {
    /// Those whose value an expression asked for.
    pub asked: Bits,
    /// Those of them that have one.
    pub looked_at: Bits,
    /// Those whose value is of another kind than a modifier reads.
    pub unread: Bits,
    /// Those whose value is of another kind than a test asks for.
    pub misfits: Bits,
}

impl Findings {
    /// Forgets what was found about the record before.
    #[inline]
    pub fn clear(&mut self) {
        self.asked.clear();
        self.looked_at.clear();
        self.unread.clear();
        self.misfits.clear();
    }
}

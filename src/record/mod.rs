//! The stage between map and fold: bytes into lines, lines into fields, filter, select.
//!
//! It does not know where the bytes came from or who takes the records.

use std::io;
use std::ops::ControlFlow;

/// Who takes records: a fold, or the rows that are printed.
pub trait Take {
    /// Takes one record: the selected fields. Breaks when no more are wanted.
    ///
    /// # Errors
    /// What the taker's own writing said.
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>>;
}

//! The stage between map and fold: bytes into lines, lines into fields, filter, select.
//!
//! It does not know where the bytes came from or who takes the records.

mod condition;
mod field;
mod format;
mod line_loop;
mod modifier;
mod number;
mod plan;
mod prefilter;
mod projection;
mod render;
mod row_printer;
mod stage;
pub(crate) mod suggest;
mod time;

pub use condition::{Comparison, Condition, Literal, Test};
pub use field::{Field, FieldSource};
pub use format::{FORMATS, Format, FormatChoice, FormatEntry};
pub use modifier::{MODIFIERS, Modifier, ModifierEntry};
pub use number::Number;
pub use plan::{OnBadLine, ROW_FORMATS, RecordPlan, RowFormat, Text};
pub use row_printer::RowPrinter;
pub use stage::Stage;
pub use time::Time;

pub(crate) use render::{Cell, cell_tsv, header, row, unescape_tsv};

use std::io;
use std::ops::ControlFlow;
use std::slice;

/// One row of a table that `fanfold list` prints.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// What is typed.
    pub name: &'static str,
    /// What it does, in one line.
    pub help: &'static str,
}

/// Who takes records: a fold, or the rows that are printed.
pub trait RecordSink {
    /// Takes one record: the selected fields. Breaks when no more are wanted.
    ///
    /// # Errors
    /// What the taker's own writing said.
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>>;

    /// Whether nothing but the number of records matters.
    fn only_counts(&self) -> bool {
        false
    }

    /// Takes so many records at once, where nothing but their number matters.
    ///
    /// # Errors
    /// As for one.
    fn records(&mut self, number: u64) -> io::Result<ControlFlow<()>> {
        for _ in 0..number {
            if self.record(&[])?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }

    /// Takes several records, each of one field.
    ///
    /// # Errors
    /// As [`RecordSink::record`].
    fn singles(&mut self, records: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        for record in records {
            if self.record(slice::from_ref(record))?.is_break() {
                return Ok(ControlFlow::Break(()));
            }
        }
        Ok(ControlFlow::Continue(()))
    }
}

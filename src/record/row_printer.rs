//! The sink that renders records as printed rows, used when there is no fold.
//!
//! It does not know where the rows are printed.

use super::plan::RecordPlan;
use super::record_sink::RecordSink;
use super::render::{Cell, object, row};
use super::row_format::RowFormat;
use std::io;
use std::ops::ControlFlow;

/// Renders records into a buffer that the caller empties.
#[derive(Debug)]
pub(crate) struct RowPrinter {
    /// The rendered rows.
    pub bytes: Vec<u8>,
    format: RowFormat,
    columns: Vec<String>,
    /// True when records come as pairs.
    pairs: bool,
    /// True when a row is the whole line, unchanged.
    is_line: bool,
}

impl RowPrinter {
    /// Builds a printer without rows. The header is not its business: see [`RecordPlan::header`].
    pub fn new(plan: &RecordPlan) -> RowPrinter {
        RowPrinter {
            bytes: Vec::new(),
            format: plan.output,
            columns: plan.columns().into_iter().map(str::to_owned).collect(),
            pairs: plan.pairs,
            is_line: plan.output == RowFormat::Tsv && plan.projection.is_empty(),
        }
    }
}

impl RecordSink for RowPrinter {
    fn keeps_line_ends(&self) -> bool {
        self.is_line
    }

    #[inline]
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if self.pairs {
            object(&mut self.bytes, fields[0]);
        } else if self.is_line {
            self.bytes.extend_from_slice(fields[0]);
            self.bytes.push(b'\n');
        } else {
            let cells = fields.iter().map(|field| Cell::Text(field));
            row(&mut self.bytes, self.format, &self.columns, cells);
        }
        Ok(ControlFlow::Continue(()))
    }
}

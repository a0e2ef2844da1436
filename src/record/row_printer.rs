//! The sink that renders records as printed rows, used when there is no fold.
//!
//! It does not know where the rows are printed.

use super::plan::RecordPlan;
use super::record_sink::RecordSink;
use super::render::{Cell, cell_tsv, row};
use super::row_format::RowFormat;
use std::io;
use std::ops::ControlFlow;

/// Renders records into a buffer that the caller empties.
#[derive(Debug)]
pub(crate) struct RowPrinter {
    bytes: Vec<u8>,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    /// The whole line, unchanged.
    Whole,
    Tsv,
    Other(RowFormat, Vec<String>),
}

impl RowPrinter {
    /// Builds a printer without rows. The header is not its business: see [`RecordPlan::header`].
    pub fn new(plan: &RecordPlan) -> RowPrinter {
        let layout = match plan.output {
            RowFormat::Tsv if plan.projection.is_empty() => Layout::Whole,
            RowFormat::Tsv => Layout::Tsv,
            other => Layout::Other(other, plan.columns().into_iter().map(str::to_owned).collect()),
        };
        RowPrinter {
            bytes: Vec::new(),
            layout,
        }
    }

    /// Takes the rendered rows out, with their memory.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Returns the rendered rows.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Removes the rendered rows and keeps their memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// Returns the number of rendered bytes.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Returns true when no row is rendered.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl RecordSink for RowPrinter {
    #[inline]
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        match &self.layout {
            Layout::Whole => {
                for field in fields {
                    self.bytes.extend_from_slice(field);
                }
            }
            Layout::Tsv => {
                for (i, field) in fields.iter().enumerate() {
                    if i > 0 {
                        self.bytes.push(b'\t');
                    }
                    cell_tsv(&mut self.bytes, field);
                }
            }
            Layout::Other(output, names) => {
                let names: Vec<_> = names.iter().map(String::as_str).collect();
                let cells: Vec<_> = fields.iter().map(|field| Cell::Text(field)).collect();
                row(&mut self.bytes, *output, &names, &cells);
                return Ok(ControlFlow::Continue(()));
            }
        }
        self.bytes.push(b'\n');
        Ok(ControlFlow::Continue(()))
    }
}

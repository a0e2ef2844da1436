//! Records as rows that are printed: what takes them where there is no fold.

use super::RecordSink;
use super::plan::{RecordPlan, RowFormat};
use super::render::{Cell, cell_tsv, row};
use std::io;
use std::ops::ControlFlow;

/// Renders records into bytes, which the caller takes when they are many.
#[derive(Debug)]
pub struct RowPrinter {
    bytes: Vec<u8>,
    layout: Layout,
}

#[derive(Debug)]
enum Layout {
    /// The line, untouched.
    Whole,
    Tsv,
    Other(RowFormat, Vec<String>),
}

impl RowPrinter {
    /// No rows yet. What stands before all rows is [`RecordPlan::header`].
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

    /// The rendered rows, taken out.
    pub fn take_bytes(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// The rendered rows, left in place.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets the rendered rows and keeps their memory.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// How many bytes are rendered.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing is rendered.
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

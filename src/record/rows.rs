//! Records as rows that are printed: what takes them where there is no fold.

use super::Take;
use super::plan::RecordPlan;
use super::render::cell_tsv;
use std::io;
use std::ops::ControlFlow;

/// Renders records into bytes, which the caller takes when they are many.
#[derive(Debug)]
pub struct Rows {
    bytes: Vec<u8>,
    whole: bool,
}

impl Rows {
    /// No rows yet.
    pub fn new(plan: &RecordPlan) -> Rows {
        Rows {
            bytes: Vec::new(),
            whole: plan.projection.is_empty(),
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

impl Take for Rows {
    #[inline]
    fn record(&mut self, fields: &[&[u8]]) -> io::Result<ControlFlow<()>> {
        if self.whole {
            for field in fields {
                self.bytes.extend_from_slice(field);
            }
        } else {
            for (i, field) in fields.iter().enumerate() {
                if i > 0 {
                    self.bytes.push(b'\t');
                }
                cell_tsv(&mut self.bytes, field);
            }
        }
        self.bytes.push(b'\n');
        Ok(ControlFlow::Continue(()))
    }
}

//! A bundle: parts of a fold, made one.
//!
//! It does not know whose they are, nor where the bundle will be kept.

use super::{Event, Worker, record};
use crate::state::{PackedPart, RowRef};
use std::io;

/// Parts that are to become one, for a later run.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// The rows that they are of.
    pub(crate) rows: Vec<RowRef>,
    /// How many lines could not be read, of all of them.
    pub(crate) bad_lines: u64,
    /// The parts. Of a bundle that was made, the one that they became; none where that failed, which
    /// costs a later run some time and nothing else.
    pub(crate) parts: Vec<PackedPart>,
}

impl Worker<'_> {
    /// Makes the parts one. They were counted, and are not again.
    pub(super) fn bundle(&mut self, mut bundle: Bundle) -> Event {
        let parts = std::mem::take(&mut bundle.parts);
        bundle.parts = self.made_one(parts).into_iter().flatten().collect();
        if let Some(part) = &mut self.part {
            part.clear();
        }
        Event::Bundled(bundle)
    }

    fn made_one(&mut self, parts: Vec<PackedPart>) -> io::Result<Option<PackedPart>> {
        let (Some(part), Some(recorder)) = (&mut self.part, &mut self.recorder) else {
            return Ok(None);
        };
        record::restore(parts, &mut **part, &mut self.unpack)?;
        recorder.packed(&mut **part)
    }
}

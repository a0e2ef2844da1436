//! A bundle: several parts of a fold, made one for a later run.
//!
//! It does not know whose parts they are, nor where the bundle will be kept.

use super::record::{Recorder, restore};
use crate::fold::Fold;
use crate::state::{PackedPart, RowRef};
use std::io;

/// Parts that are to become one.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// The rows that they are of.
    pub(crate) rows: Vec<RowRef>,
    /// How many lines could not be read, of all of them.
    pub(crate) bad_lines: u64,
    /// The parts. When the bundle was made, the one that they became; none when that failed, which
    /// costs a later run some time and nothing else.
    pub(crate) parts: Vec<PackedPart>,
}

impl Bundle {
    /// Makes the parts one, by way of an empty fold, which is empty again afterwards.
    pub(super) fn compact(&mut self, fold: &mut dyn Fold, recorder: &mut Recorder) {
        let parts = std::mem::take(&mut self.parts);
        let one = compacted(parts, fold, recorder);
        self.parts = one.into_iter().flatten().collect();
        fold.clear();
    }
}

fn compacted(
    parts: Vec<PackedPart>,
    fold: &mut dyn Fold,
    recorder: &mut Recorder,
) -> io::Result<Option<PackedPart>> {
    let notes = restore(parts, fold)?;
    recorder.pack(fold, &notes)
}

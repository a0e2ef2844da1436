//! Who takes what a map gives: bytes as they are, records as rows, or records into a fold.
//!
//! It does not know where bytes and rows go.

use super::sender::PIECE;
use crate::fold::Fold;
use crate::record::{RowPrinter, Stage};
use crate::worker::output_buffer::OutputBuffer;
use std::io;
use std::ops::ControlFlow;

/// Who takes the records.
pub(super) enum Records<'a> {
    /// Nobody: bytes pass as they are.
    Bytes,
    Rows(RowPrinter),
    Fold(&'a mut dyn Fold),
}

impl Records<'_> {
    /// Takes a block.
    ///
    /// # Errors
    /// What the fold returned.
    pub(super) fn take(
        &mut self,
        stage: Option<&mut Stage>,
        block: &[u8],
        out: &mut OutputBuffer,
    ) -> io::Result<ControlFlow<()>> {
        match (stage, self) {
            (Some(stage), Records::Fold(fold)) => stage.block(block, *fold),
            (Some(stage), Records::Rows(rows)) => stage.block(block, rows),
            (None, Records::Fold(fold)) => fold.record(&[block]),
            (..) => {
                out.add(block);
                Ok(ControlFlow::Continue(()))
            }
        }
    }

    /// Ends the last record.
    ///
    /// # Errors
    /// What the fold returned.
    pub(super) fn end(&mut self, stage: &mut Stage) -> io::Result<ControlFlow<()>> {
        match self {
            Records::Fold(fold) => stage.end(*fold),
            Records::Rows(rows) => stage.end(rows),
            Records::Bytes => Ok(ControlFlow::Continue(())),
        }
    }

    /// Moves the rows that were printed to `out`.
    pub(super) fn move_rows(&mut self, out: &mut OutputBuffer) {
        if let Records::Rows(rows) = self
            && !rows.bytes.is_empty()
        {
            // Few rows are copied, and their buffer is kept; many change hands.
            if rows.bytes.len() >= PIECE && out.is_fresh() {
                out.bytes = std::mem::take(&mut rows.bytes);
            } else {
                out.add(&rows.bytes);
                rows.bytes.clear();
            }
        }
    }

    /// Returns how many bytes become records, or are tagged, at once. Blocks go into a fold whole: searches
    /// over them run longest.
    pub(super) fn chunk(&self, out: &OutputBuffer) -> usize {
        match (self, &out.tagger) {
            (Records::Fold(_), _) => usize::MAX,
            // Each byte may be a line, and get a tag.
            (Records::Bytes, Some(tagger)) => ((1 << 20) / (1 + tagger.length())).max(256),
            _ => 1 << 20,
        }
    }
}

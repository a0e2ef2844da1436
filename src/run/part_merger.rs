//! Parts of a fold that are made one before they go on to another process.
//!
//! It does not know whose they are.

use super::load::LoadedFold;
use crate::fold::StartFold;
use crate::record::Notes;
use crate::state::{PackedPart, PartPacker};
use std::io;
use std::path::Path;

/// Makes one part of several.
pub(crate) struct PartMerger<'a> {
    start: &'a StartFold<'a>,
    packer: PartPacker,
}

impl<'a> PartMerger<'a> {
    /// Returns a merger that keeps large parts in files in `tmpdir`.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub(crate) fn new(start: &'a StartFold<'a>, tmpdir: &Path) -> io::Result<Self> {
        Ok(PartMerger {
            start,
            packer: PartPacker::new(tmpdir)?,
        })
    }

    /// Makes one part of these; none of none.
    ///
    /// # Errors
    /// When one can't be read, or the fold can't spill.
    pub(crate) fn merge(&mut self, mut parts: Vec<PackedPart>) -> io::Result<Option<PackedPart>> {
        if parts.len() < 2 {
            return Ok(parts.pop());
        }
        let mut loaded = LoadedFold {
            fold: (self.start)(),
            notes: Notes::default(),
        };
        for part in parts {
            loaded.add(&mut *part.unpack()?)?;
        }
        loaded.notes.save(&mut self.packer)?;
        loaded.fold.save(&mut self.packer)?;
        self.packer.finish().map(Some)
    }
}

//! Where a merge puts what comes of it: a draft, as outputs of jobs are, or the file that takes the last.
//!
//! It does not know what is merged, nor when.

use super::merge::lost;
use super::{Merging, Writing};
use crate::job::Failure;
use crate::merge::{Intermediate, IntermediateWriter, Intermediates};
use crate::output::NewFile;
use std::fs::File;

/// What came of a merge.
#[derive(Debug)]
pub(crate) enum Merged {
    /// An output that may be merged again.
    Intermediate(Intermediate),
    /// The last one, in the file that is to take it and has no name yet.
    Whole(NewFile),
}

/// What a merge writes to. Dropped, it is gone.
#[derive(Debug)]
pub(super) enum Target<'a> {
    Intermediate(IntermediateWriter<'a>, &'a Intermediates),
    Whole(NewFile),
}

impl<'a> Target<'a> {
    /// That of one try at a merge; `heading` comes first where the last one has a file.
    pub(super) fn new(merging: &'a Merging<'_>, last: bool, heading: &[u8]) -> Result<Self, Failure> {
        if let Some(to) = merging.to.as_ref().filter(|_| last) {
            let mut file = to.anew();
            file.write(heading)?;
            return Ok(Target::Whole(file));
        }
        let (drafts, mut writer) = (merging.drafts, merging.drafts.writer());
        if merging.writing == Writing::Direct {
            writer.file().map_err(|cause| lost(drafts, cause))?;
        }
        Ok(Target::Intermediate(writer, drafts))
    }

    pub(super) fn write(&mut self, block: &[u8]) -> Result<(), Failure> {
        match self {
            Target::Intermediate(writer, drafts) => writer.write(block).map_err(|cause| lost(drafts, cause)),
            Target::Whole(file) => file.write(block),
        }
    }

    /// Its file, where there is one.
    pub(super) fn file(&self) -> Option<&File> {
        match self {
            Target::Intermediate(writer, _) => writer.as_file(),
            Target::Whole(file) => file.as_file(),
        }
    }

    /// Why a command failed that wrote here itself: because nothing more can be written, or else `failure`.
    pub(super) fn cause_of(mut self, failure: Failure) -> Failure {
        /// More than can be left of a disk that refused a command's block, in bytes.
        const MORE: usize = 64 * 1024;
        self.write(&[0; MORE]).err().unwrap_or(failure)
    }

    pub(super) fn finish(self) -> Result<Merged, Failure> {
        match self {
            Target::Intermediate(writer, drafts) => {
                let draft = writer.finish().map_err(|cause| lost(drafts, cause))?;
                Ok(Merged::Intermediate(draft))
            }
            Target::Whole(file) => Ok(Merged::Whole(file)),
        }
    }
}

//! What is remembered of a job beside its output, collected by the worker that ran it.
//!
//! It does not know where it will be kept.

use super::folds::fold_failure;
use crate::fold::Fold;
use crate::job::{Failure, Job};
use crate::map::Map;
use crate::record::Notes;
use crate::state::{Fingerprint, PackedPart, PartPacker, fingerprints};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What workers record of the jobs that they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Each job's part of the fold; large ones in files in this directory.
    pub(crate) parts: Option<PathBuf>,
    /// Each job's command line.
    pub(crate) commands: bool,
}

/// How a job went.
#[derive(Debug)]
pub(crate) struct JobRecord {
    /// The job.
    pub(crate) job: Job,
    /// When it was begun.
    pub(crate) started: SystemTime,
    /// How long all its tries took.
    pub(crate) took: Duration,
    /// How often it was tried.
    pub(crate) tries: u32,
    /// How many bytes its last try gave.
    pub(crate) bytes: u64,
    /// The slot of the worker that ran it.
    pub(crate) slot: usize,
    /// The end of what its command wrote to standard error in the last try, if that failed.
    pub(crate) stderr: Vec<u8>,
    /// What its inputs were when it had ended.
    pub(crate) after: Vec<Fingerprint>,
    /// What it gave the fold, if that is recorded and the job succeeded.
    pub(crate) part: Option<PackedPart>,
    /// What was run, if that is recorded.
    pub(crate) command: Vec<u8>,
}

/// A worker's recorder.
pub(super) struct Recorder {
    slot: usize,
    commands: bool,
    packer: Option<PartPacker>,
    /// What the last try gave the fold.
    part: Option<PackedPart>,
    /// How often the job was tried.
    pub(super) tries: u32,
    /// The end of what the command wrote to standard error in the last try.
    pub(super) stderr: Vec<u8>,
}

impl Recorder {
    /// Returns a recorder of what is wanted.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub(super) fn new(recording: &Recording, slot: usize) -> io::Result<Self> {
        Ok(Recorder {
            slot,
            commands: recording.commands,
            packer: recording.parts.as_deref().map(PartPacker::new).transpose()?,
            part: None,
            tries: 0,
            stderr: Vec::new(),
        })
    }

    /// Packs what a try gave its fold and what it left out, and keeps it for the job's record.
    ///
    /// # Errors
    /// What the fold or the packer returned.
    pub(super) fn keep_part(&mut self, fold: &mut dyn Fold, notes: &Notes) -> Result<(), Failure> {
        self.part = self.pack(fold, notes).map_err(fold_failure)?;
        Ok(())
    }

    /// Packs what is in a fold and the notes, if that is recorded.
    ///
    /// # Errors
    /// What the fold or the packer returned.
    pub(super) fn pack(&mut self, fold: &mut dyn Fold, notes: &Notes) -> io::Result<Option<PackedPart>> {
        let Some(packer) = &mut self.packer else {
            return Ok(None);
        };
        notes.save(packer)?;
        fold.save(packer)?;
        packer.finish().map(Some)
    }

    /// Returns the record of a job that gave so many bytes and began at `clock`.
    pub(super) fn record(
        &mut self,
        job: Job,
        map: &dyn Map,
        clock: (SystemTime, Instant),
        (bytes, succeeded): (u64, bool),
    ) -> JobRecord {
        let command = match self.commands {
            true => map.describe(&job, self.slot),
            false => Vec::new(),
        };
        JobRecord {
            after: fingerprints(&job),
            command,
            job,
            started: clock.0,
            took: clock.1.elapsed(),
            tries: self.tries,
            bytes,
            slot: self.slot,
            stderr: match succeeded {
                true => Vec::new(),
                false => std::mem::take(&mut self.stderr),
            },
            part: self.part.take().filter(|_| succeeded),
        }
    }
}

/// Adds parts that were recorded by an earlier run to a fold, and returns their notes.
///
/// # Errors
/// When a part cannot be read; what the fold returned.
pub(super) fn restore(parts: Vec<PackedPart>, total: &mut dyn Fold) -> io::Result<Notes> {
    let mut notes = Notes::default();
    for part in parts {
        let mut saved = part.unpack()?;
        notes.merge(Notes::load(&mut *saved)?);
        total.load(&mut *saved)?;
    }
    Ok(notes)
}

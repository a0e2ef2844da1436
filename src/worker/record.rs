//! What is to be remembered of a job beside its output, gathered by the worker that ran it.
//!
//! It does not know where it will be kept.

use super::Report;
use crate::fold::Fold;
use crate::job::{Failure, Job};
use crate::map::Map;
use crate::state::{Fingerprint, PackedPart, PartPacker, PartUnpacker, fingerprints};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What the workers tell of the jobs that they ran, beside how they went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Each one's part of the fold; large ones in files in this directory.
    pub(crate) parts: Option<PathBuf>,
    /// Each one's command line.
    pub(crate) commands: bool,
}

/// How a job went, for those who keep books.
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
    /// What its inputs were when it had ended.
    pub(crate) after: Vec<Fingerprint>,
    /// What it gave the fold, where that is recorded and it succeeded.
    pub(crate) part: Option<PackedPart>,
    /// What was run, where that is recorded.
    pub(crate) command: Vec<u8>,
}

/// A worker's recorder.
pub(super) struct Recorder {
    slot: usize,
    commands: bool,
    pack: Option<PartPacker>,
    /// What the last try gave the fold.
    pub(crate) part: Option<PackedPart>,
    /// How often the job was tried.
    pub(crate) tries: u32,
}

impl Recorder {
    /// A recorder of what is wanted.
    ///
    /// # Errors
    /// When there is no memory for the compressor.
    pub(crate) fn new(recording: &Recording, slot: usize) -> io::Result<Self> {
        Ok(Recorder {
            slot,
            commands: recording.commands,
            pack: recording.parts.as_deref().map(PartPacker::new).transpose()?,
            part: None,
            tries: 0,
        })
    }

    /// Packs what a try gave its fold.
    pub(crate) fn keep(&mut self, fold: &mut dyn Fold) -> Result<(), Failure> {
        self.part = self.packed(fold).map_err(super::job_output::spill_failed)?;
        Ok(())
    }

    /// What is in a fold, packed, where that is recorded.
    pub(crate) fn packed(&mut self, fold: &mut dyn Fold) -> io::Result<Option<PackedPart>> {
        let Some(pack) = &mut self.pack else {
            return Ok(None);
        };
        fold.save(pack).and_then(|()| pack.finish()).map(Some)
    }

    /// Adds to the report how the job went.
    pub(crate) fn record(
        &mut self,
        job: Job,
        map: &dyn Map,
        clock: (SystemTime, Instant),
        report: &mut Report,
    ) {
        let command = match self.commands {
            true => map.describe(&job, self.slot),
            false => Vec::new(),
        };
        report.ran = Some(Box::new(JobRecord {
            after: fingerprints(&job),
            command,
            job,
            started: clock.0,
            took: clock.1.elapsed(),
            tries: self.tries,
            bytes: report.given,
            part: self.part.take().filter(|_| report.failure.is_none()),
        }));
    }
}

/// Adds parts that were recorded by an earlier run.
pub(super) fn restore(
    parts: Vec<PackedPart>,
    total: &mut dyn Fold,
    unpack: &mut Option<PartUnpacker>,
) -> io::Result<()> {
    let unpack = match unpack {
        Some(unpack) => unpack,
        None => unpack.insert(PartUnpacker::new()?),
    };
    for part in parts {
        total.load(&mut unpack.open(part))?;
    }
    Ok(())
}

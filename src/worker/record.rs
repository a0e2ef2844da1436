//! What is remembered of a job beside its output, collected by the worker that ran it.
//!
//! It does not know where it will be kept.

use super::folds::fold_failure;
use crate::fold::Fold;
use crate::job::{Failure, Input, Job};
use crate::map::Map;
use crate::plan::{Growing, Recognition};
use crate::record::{Checkpoint, Notes};
use crate::state::{FileMark, Fingerprint, GrownFile, Growth, PackedPart, PartPacker, fingerprints};
use std::fs::File;
use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant, SystemTime};

/// What workers record of the jobs that they run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Recording {
    /// Each job's part of the fold; large ones in files in this directory.
    pub(crate) parts: Option<PathBuf>,
    /// What becomes of these parts here.
    pub(crate) use_of_parts: PartUse,
    /// Each job's command line.
    pub(crate) commands: bool,
    /// By what its file is known again.
    pub(crate) recognition: Recognition,
}

/// What becomes of what a job gave the fold, in the process that ran it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PartUse {
    /// It is added to the fold of the run.
    Added,
    /// It is delivered to another process, and counts there.
    Delivered,
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
    /// By what its file is known again, if that is recorded and the job succeeded.
    pub(crate) mark: Option<FileMark>,
}

/// How far the map has given an input.
#[derive(Debug, Default)]
pub(super) struct Coverage {
    /// Up to this byte of the file, and how the file goes on when it grows.
    pub(super) until: Option<(u64, Option<bool>)>,
    /// What was found in the complete lines, and what they gave the fold, when the last line had no end.
    pub(super) stem: Option<(Checkpoint, PackedPart)>,
}

/// What an earlier run found in the lines before a tail.
struct Base {
    notes: Notes,
    lines: u64,
    oldest: Option<i64>,
}

/// A worker's recorder.
pub(super) struct Recorder {
    slot: usize,
    commands: bool,
    recognition: Recognition,
    packer: Option<PartPacker>,
    /// What the last try gave the fold.
    part: Option<PackedPart>,
    /// How far the last try came.
    pub(super) coverage: Coverage,
    /// What was found in the lines of the last try.
    pub(super) checkpoint: Option<Checkpoint>,
    /// What an earlier run found in the lines before those of the job.
    base: Option<Base>,
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
            recognition: recording.recognition,
            coverage: Coverage::default(),
            checkpoint: None,
            base: None,
            packer: recording.parts.as_deref().map(PartPacker::new).transpose()?,
            part: None,
            tries: 0,
            stderr: Vec::new(),
        })
    }

    /// Begins another try.
    pub(super) fn begin(&mut self, attempt: u32) {
        self.tries = attempt;
        self.stderr.clear();
        self.coverage = Coverage::default();
        self.checkpoint = None;
        self.base = None;
    }

    /// Adds to a try's fold what the lines before the tail of a file gave in an earlier run.
    ///
    /// # Errors
    /// When it cannot be read; what the fold returned.
    pub(super) fn continue_from(
        &mut self,
        grown: &mut GrownFile,
        fold: &mut dyn Fold,
    ) -> Result<(), Failure> {
        let mut load = || -> io::Result<Notes> {
            let mut saved = grown.base.reader()?;
            let mut notes = Notes::load(&mut *saved)?;
            notes.rename(grown.input.name().as_encoded_bytes());
            fold.load(&mut *saved)?;
            Ok(notes)
        };
        self.base = Some(Base {
            notes: load().map_err(fold_failure)?,
            lines: grown.lines,
            oldest: grown.oldest,
        });
        Ok(())
    }

    /// Puts the notes of a tail behind those of the lines before it, and returns how many lines these are.
    pub(super) fn continue_notes(&self, notes: &mut Notes) -> u64 {
        let Some(base) = &self.base else { return 0 };
        notes.continue_after(base.lines);
        notes.merge(base.notes.clone());
        base.lines
    }

    /// Returns whether it is to be known from where on a file that grows can be read.
    pub(super) fn follows_growth(&self) -> bool {
        self.recognition.growing == Growing::Tail && self.packer.is_some()
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
            mark: succeeded.then(|| self.mark(&job)).flatten(),
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

impl Recorder {
    /// Returns the mark of the file of a job that succeeded; `None` when it has none, or it can't be read any more.
    fn mark(&mut self, job: &Job) -> Option<FileMark> {
        if !self.recognition.renames && !self.follows_growth() {
            return None;
        }
        let [input] = &job.inputs[..] else { return None };
        let (start, end) = match input {
            Input::File(_) => (0, u64::MAX),
            Input::Range { start, end, .. } => (*start, *end),
            Input::Tail { start, end, .. } => (start.unwrap_or(0), *end),
            _ => return None,
        };
        let file = File::open(input.name()).ok()?;
        let coverage = std::mem::take(&mut self.coverage);
        // The last line of a range belongs to it also when it goes on behind the range.
        if end != u64::MAX && coverage.stem.is_some() {
            return None;
        }
        let size = match coverage.until {
            Some((size, _)) => size,
            None => file.metadata().ok()?.len().min(end),
        };
        let mut mark = FileMark::new(&file, start, size).ok()??;
        if let Some(growth) = self.growth(coverage) {
            mark.grow_from(growth, &file).ok()?;
        }
        Some(mark)
    }

    /// Returns from where on the file of a job can be read when it grows, if it can.
    fn growth(&mut self, coverage: Coverage) -> Option<Growth> {
        let (size, packed) = coverage.until.filter(|_| self.follows_growth())?;
        let (checkpoint, stem) = match coverage.stem {
            Some((checkpoint, stem)) => (checkpoint, Some(stem)),
            None => (self.checkpoint.take().filter(|found| found.carried == 0)?, None),
        };
        let base = self.base.as_ref();
        let oldest = checkpoint.oldest.map(|oldest| oldest.as_second());
        let before = base.and_then(|base| base.oldest);
        let is_readable = checkpoint.is_readable || base.is_some();
        let growth = Growth {
            resume: size.saturating_sub(checkpoint.carried),
            packed: packed?,
            lines: checkpoint.lines + base.map_or(0, |base| base.lines),
            oldest: oldest.into_iter().chain(before).min(),
            stem,
        };
        is_readable.then_some(growth)
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

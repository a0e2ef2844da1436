//! The record stage of a worker: that of the plan's format, or of the format that a file's first lines show.
//!
//! It does not know how records are read.

use super::evidence::Evidence;
use super::format::{Format, candidates, is_enough, recognize};
use super::line_loop::Checkpoint;
use super::notes::{NoteKind, Notes};
use super::plan::RecordPlan;
use super::record_sink::RecordSink;
use super::stage::FormatStage;
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem;
use std::ops::ControlFlow;
use std::time::SystemTime;

/// The record stage of one worker, reused from job to job.
#[derive(Debug)]
pub(crate) struct Stage {
    /// The stages that were needed so far, with the names of their formats.
    stages: Vec<(&'static str, FormatStage)>,
    /// The stage of the current job; `None` until its format is known.
    current: Option<usize>,
    /// What it takes to find the format of a file.
    search: Option<Box<Search>>,
}

/// The search for the format of a file.
#[derive(Debug)]
struct Search {
    plan: RecordPlan,
    file: OsString,
    /// When the file was written last.
    modified: Option<SystemTime>,
    /// The bytes that came so far.
    head: Vec<u8>,
    failure: Option<String>,
    /// True when the job fails because no format fits.
    is_vain: bool,
}

impl Stage {
    /// Builds a stage for this plan.
    pub fn new(plan: &RecordPlan) -> Stage {
        match plan.format {
            Format::Auto => Stage {
                stages: Vec::new(),
                current: None,
                search: Some(Box::new(Search {
                    plan: plan.clone(),
                    file: OsString::new(),
                    modified: None,
                    head: Vec::new(),
                    failure: None,
                    is_vain: false,
                })),
            },
            _ => Stage {
                stages: vec![(plan.format.name(), FormatStage::new(plan))],
                current: Some(0),
                search: None,
            },
        }
    }

    #[inline]
    fn stage(&mut self) -> Option<&mut FormatStage> {
        self.current.map(|index| &mut self.stages[index].1)
    }

    /// Starts a job, or another try of it, and discards the state of the previous one. `name` is the value
    /// of `@file`; no time without a year is after `modified`, or after the start of the program.
    pub fn begin(&mut self, name: &OsStr, modified: Option<SystemTime>) {
        if let Some(search) = &mut self.search {
            search.file = name.to_owned();
            search.modified = modified;
            search.head.clear();
            search.failure = None;
            search.is_vain = false;
            self.current = None;
        }
        if let Some(stage) = self.stage() {
            stage.begin(name, modified);
        }
    }

    /// Accepts the next bytes of the job, which may end anywhere, and gives the records that they complete
    /// to `sink`. Breaks when no more bytes are needed.
    pub fn block(&mut self, bytes: &[u8], sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        if let Some(stage) = self.stage() {
            return stage.block(bytes, sink);
        }
        let Some(search) = &mut self.search else {
            return Ok(ControlFlow::Break(()));
        };
        search.head.extend_from_slice(bytes);
        match is_enough(&search.head) {
            true => self.recognize(sink),
            false => Ok(ControlFlow::Continue(())),
        }
    }

    /// Finds the format by the bytes that came so far, and gives these to its stage.
    fn recognize(&mut self, sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        let Some(search) = &mut self.search else {
            return Ok(ControlFlow::Break(()));
        };
        let head = mem::take(&mut search.head);
        let Some((name, format)) = recognize(&head) else {
            let tried: Vec<_> = candidates().collect();
            search.is_vain = true;
            search.failure = Some(format!(
                "no format fits its first lines (tried: {})",
                tried.join(", ")
            ));
            return Ok(ControlFlow::Break(()));
        };
        let known = self.stages.iter().position(|(known, _)| *known == name);
        let index = match known {
            Some(index) => index,
            None => match search.plan.with_format(format) {
                Ok(plan) => {
                    self.stages.push((name, FormatStage::new(&plan)));
                    self.stages.len() - 1
                }
                Err(cause) => {
                    search.failure = Some(format!("read as {name}: {cause}"));
                    return Ok(ControlFlow::Break(()));
                }
            },
        };
        let stage = &mut self.stages[index].1;
        stage.begin(&search.file, search.modified);
        self.current = Some(index);
        stage.block(&head, sink)
    }

    /// Ends the input of the job: a last line without a newline is a line.
    pub fn end(&mut self, sink: &mut dyn RecordSink) -> io::Result<ControlFlow<()>> {
        let waits = |search: &Search| search.failure.is_none() && !search.head.is_empty();
        if self.current.is_none() && self.search.as_deref().is_some_and(waits) {
            let _ = self.recognize(sink)?;
        }
        match self.stage() {
            Some(stage) => stage.end(sink),
            None => Ok(ControlFlow::Continue(())),
        }
    }

    /// Returns what was found in the complete lines so far; more may come. `None` when the format is not known yet.
    pub fn checkpoint(&mut self) -> Option<Checkpoint> {
        self.stage().map(FormatStage::checkpoint)
    }

    /// Returns what this job left out, after its end, and which format was found for its file.
    pub fn notes(&mut self) -> Notes {
        let Some(index) = self.current else {
            return Notes::default();
        };
        let (name, stage) = &mut self.stages[index];
        let mut notes = stage.notes();
        if let Some(search) = &self.search {
            notes.add_file_of(NoteKind::ReadAs, name, search.file.as_encoded_bytes());
        }
        notes
    }

    /// Returns how many lines this job had, as far as they were read.
    pub fn lines(&self) -> u64 {
        self.current.map_or(0, |index| self.stages[index].1.lines())
    }

    /// Returns whether any line of the job is of the format.
    pub fn evidence(&self) -> Evidence {
        self.current
            .map_or(Evidence::Readable, |index| self.stages[index].1.evidence())
    }

    /// Returns what is wrong with an input that was read to its end: a quote that is never closed.
    pub fn damage(&self) -> Option<String> {
        self.current.and_then(|index| self.stages[index].1.damage())
    }

    /// Takes the bad lines since the last call, each with its newline, when the plan keeps them.
    pub fn take_bad_lines(&mut self) -> Vec<u8> {
        self.stage().map_or_else(Vec::new, FormatStage::take_bad_lines)
    }

    /// Returns the reason why the job fails although its bytes could be read: a bad line under
    /// [`super::OnBadLine::Fail`], a column that the input lacks, or no format that fits. The worker asks after a
    /// break and after the end.
    pub fn failure(&self) -> Option<String> {
        let searched = self.search.as_ref().and_then(|search| search.failure.clone());
        searched.or_else(|| self.stages[self.current?].1.failure())
    }

    /// Returns whether the job fails because no format fits.
    pub fn is_unrecognized(&self) -> bool {
        self.search.as_ref().is_some_and(|search| search.is_vain)
    }
}

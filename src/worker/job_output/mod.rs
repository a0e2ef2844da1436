//! The way of one try's output from its map to the main thread, or record by record into a fold.

mod flush;

use super::merge::lost;
use super::output_buffer::OutputBuffer;
use super::{Event, Report, WorkerShared};
use crate::control::{StopRequest, WorkerHandle};
use crate::fold::Fold;
use crate::job::{Failure, Job, Trust};
use crate::map::{ChildEmit, Emit, Latency, OutOfBand};
use crate::merge::{Intermediate, IntermediateWriter};
use crate::message;
use crate::output::NewFile;
use crate::plan::{Partial, Tag};
use crate::record::{RowPrinter, Stage};
use crate::sink::Stream;
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;
use std::time::Instant;

/// How much output is gathered before it is sent, in bytes.
const PIECE: usize = 64 * 1024;

/// Takes what a map emits during one try.
pub(crate) struct JobOutput<'a> {
    seq: u64,
    attempt: u32,
    worker: &'a WorkerHandle,
    shared: &'a WorkerShared<'a>,
    stage: Option<&'a mut Stage>,
    to: Records<'a>,
    out: OutputBuffer,
    err: OutputBuffer,
    bad: OutputBuffer,
    /// Whether a part of the output was sent.
    sent: bool,
    /// A part that was to be sent, and too much news waited.
    waiting: Option<Event>,
    warnings: Vec<String>,
    failure: Option<Failure>,
    /// Whether the main thread knows that output is held back until the job's turn.
    holds: bool,
    /// Whether the map was told that nobody wants more, because the run is being stopped.
    cut: bool,
    given: u64,
    latency: Latency,
    /// Since when output that could be sent lingers.
    since: Option<Instant>,
    /// What takes the output instead of the main thread.
    file: Option<NewFile>,
    /// Where output goes that is to be merged.
    writer: Option<IntermediateWriter<'a>>,
    /// That output, once it is whole.
    draft: Option<Intermediate>,
}

/// Who takes the records.
enum Records<'a> {
    /// Nobody: bytes pass as they are.
    Bytes,
    Rows(RowPrinter),
    Fold(&'a mut dyn Fold),
}

impl<'a> JobOutput<'a> {
    pub(super) fn new(
        job: &Job,
        attempt: u32,
        worker: &'a WorkerHandle,
        shared: &'a WorkerShared<'a>,
        stage: Option<&'a mut Stage>,
        part: Option<&'a mut (dyn Fold + 'static)>,
    ) -> Self {
        let to = match (part, shared.records) {
            (Some(part), _) => Records::Fold(part),
            (None, Some(plan)) => Records::Rows(RowPrinter::new(plan)),
            (None, None) => Records::Bytes,
        };
        let gathered = |stream| OutputBuffer {
            stream,
            bytes: Vec::new(),
            complete: (shared.gate.partial == Partial::Keep).then_some(0),
            // What comes from a try that may be followed by another is not printed before its end.
            trust: if attempt <= shared.retries {
                Trust::Provisional
            } else {
                Trust::Final
            },
            tagger: (shared.gate.tag == Tag::Input).then(|| shared.gate.tagger(job)),
        };
        let file = shared.outputs.map(|outputs| outputs.start(job));
        let mut out = gathered(Stream::Out);
        if let (Some(_), Some(records)) = (&file, shared.records) {
            out.bytes = records.header();
        }
        JobOutput {
            seq: job.seq,
            attempt,
            worker,
            shared,
            stage,
            to,
            file,
            out,
            err: gathered(Stream::Err),
            // Never printed before the job's end, whatever is done with its rows.
            bad: OutputBuffer {
                tagger: None,
                trust: Trust::Provisional,
                ..gathered(Stream::Bad)
            },
            sent: false,
            waiting: None,
            warnings: Vec::new(),
            failure: None,
            holds: false,
            cut: false,
            given: 0,
            latency: Latency::Waiting,
            since: None,
            writer: shared.merging.as_ref().map(|merging| merging.drafts.writer()),
            draft: None,
        }
    }

    /// Whether the map ended before its time, because the run is being stopped.
    pub(super) fn was_cut(&self) -> bool {
        self.cut
    }

    /// Ends the last record and the last lines.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        if self.failure.is_none()
            && let Some(stage) = &mut self.stage
        {
            let ended = match &mut self.to {
                Records::Fold(fold) => stage.end(*fold),
                Records::Rows(rows) => stage.end(rows),
                Records::Bytes => Ok(ControlFlow::Continue(())),
            };
            if let Err(cause) = ended {
                self.failure = Some(spill_failed(cause));
            }
            self.gather_rows();
        }
        if self.failure.is_none() {
            let _ = self.save();
        }
        self.failure.take().map_or(Ok(()), Err)?;
        self.end_draft()
    }

    /// Ends the output that is to be merged.
    fn end_draft(&mut self) -> Result<(), Failure> {
        let (Some(mut writer), Some(merging)) = (self.writer.take(), &self.shared.merging) else {
            return Ok(());
        };
        let rest = self.out.take_rest();
        let whole = writer.write(&rest).and_then(|()| writer.finish());
        self.draft = Some(whole.map_err(|cause| lost(merging.drafts, cause))?);
        Ok(())
    }

    /// The file of this try, with all that was given: what is left of it is forgotten.
    pub(super) fn take_file(&mut self) -> Option<NewFile> {
        let file = self.file.take()?;
        self.out.bytes.clear();
        Some(file)
    }

    /// Writes what was gathered to the file of this try, where there is one.
    fn save(&mut self) -> ControlFlow<()> {
        if let Some(file) = &mut self.file {
            if let Err(failure) = file.write(&self.out.bytes) {
                self.failure = Some(failure);
                return ControlFlow::Break(());
            }
            self.out.bytes.clear();
        }
        ControlFlow::Continue(())
    }

    /// What is left to send, with the job's end.
    pub(super) fn report(mut self) -> Report {
        self.await_waiting();
        if self.shared.merging.is_some() {
            // It is in the draft, or the job failed and it is left out.
            self.out.bytes.clear();
            self.out.tagger = None;
        }
        let bad_lines = self.stage.map_or(0, |stage| stage.bad_lines());
        let pieces = [self.out, self.err, self.bad]
            .into_iter()
            .filter_map(OutputBuffer::rest)
            .collect();
        Report {
            pieces,
            follows: self.sent,
            warnings: self.warnings,
            bad_lines,
            given: self.given,
            draft: self.draft,
            ..Report::of(self.seq)
        }
    }

    /// Whether what was given counts though the job failed in this way.
    pub(super) fn keeps(&self, failure: &Failure) -> bool {
        let of_input = matches!(failure, Failure::Corrupt { .. } | Failure::Unreadable { .. });
        of_input && self.shared.gate.partial == Partial::Keep
    }

    /// As [`JobOutput::report`], without an incomplete last line.
    pub(super) fn report_complete_lines(mut self) -> Report {
        self.out.bytes.truncate(self.out.complete.unwrap_or(0));
        let failure = self.end_draft().err();
        Report {
            failure,
            ..self.report()
        }
    }

    fn gather_rows(&mut self) {
        if let Some(stage) = &mut self.stage {
            self.bad.add(&stage.take_bad_lines());
        }
        if let Records::Rows(rows) = &mut self.to
            && !rows.is_empty()
        {
            // Few rows are copied, and their buffer is kept; many change hands.
            if rows.len() >= PIECE && self.out.is_fresh() {
                self.out.bytes = rows.take_bytes();
            } else {
                self.out.add(rows.bytes());
                rows.clear();
            }
        }
    }

    fn keep(&mut self, block: &[u8]) -> io::Result<ControlFlow<()>> {
        match (&mut self.stage, &mut self.to) {
            (Some(stage), Records::Fold(fold)) => stage.block(block, *fold),
            (Some(stage), Records::Rows(rows)) => stage.block(block, rows),
            (_, Records::Fold(fold)) => fold.record(&[block]),
            (..) => {
                self.out.add(block);
                Ok(ControlFlow::Continue(()))
            }
        }
    }
}

impl Emit for JobOutput<'_> {
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if self.worker.stop_request() != StopRequest::Continue {
            self.cut = true;
            return ControlFlow::Break(());
        }
        self.take(block, trust)
    }

    fn err(&mut self, block: &[u8]) {
        self.err.add(block);
        let _ = self.send(Stream::Err);
    }

    fn warn(&mut self, name: &OsStr, what: &str) {
        self.warnings
            .push(format!("{}: {what}", message::display_name(name)));
    }

    fn worker(&self) -> &WorkerHandle {
        self.worker
    }

    fn latency(&mut self, latency: Latency) {
        self.latency = latency;
    }

    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for JobOutput<'_> {
    fn take(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if self.failure.is_some() {
            return ControlFlow::Break(());
        }
        let trust = match self.shared.gate.partial {
            _ if self.attempt <= self.shared.retries => Trust::Provisional,
            Partial::Discard => trust,
            // Complete lines stand, and others are held back.
            Partial::Keep => Trust::Final,
        };
        if trust != self.out.trust {
            self.gather_rows();
            if !self.out.bytes.is_empty() && self.file.is_none() {
                let piece = self.out.piece();
                self.tell(piece);
            }
            self.out.trust = trust;
        }
        self.given += block.len() as u64;
        // A big block becomes records bit by bit, so that what it gives is never held at once.
        for part in block.chunks(self.chunk()) {
            match self.keep(part) {
                Ok(flow) => {
                    self.gather_rows();
                    self.send(Stream::Out)?;
                    self.send(Stream::Bad)?;
                    flow?;
                }
                Err(cause) => {
                    self.failure = Some(spill_failed(cause));
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn out_of_band(&mut self, message: OutOfBand<'_>) {
        send_out_of_band(self.shared, self.worker.slot, message);
    }

    fn flush(&mut self) {
        self.send_waiting();
        if self.is_full() {
            return;
        }
        // A reader who wants no more says so when more comes.
        let _ = self.send(Stream::Out);
        let _ = self.send(Stream::Err);
    }

    fn is_full(&self) -> bool {
        self.waiting.is_some()
    }
}

/// Sends the main thread a message that belongs to no job.
pub(super) fn send_out_of_band(shared: &WorkerShared<'_>, slot: usize, message: OutOfBand<'_>) {
    let event = match message {
        OutOfBand::Lines(lines) => Event::Lines {
            slot,
            lines: lines.to_vec(),
        },
        OutOfBand::Failure(failure) => Event::OtherFailure { slot, failure },
        OutOfBand::Revoke { jobs, cause } => Event::Revoke { slot, jobs, cause },
        OutOfBand::Notice(what) => Event::Notice(what),
        OutOfBand::StdoutClosed => Event::StdoutClosed,
    };
    shared.news.send(event);
}

impl JobOutput<'_> {
    /// Into a fold, blocks go whole: searches over them run longest.
    fn chunk(&self) -> usize {
        match (&self.to, &self.out.tagger) {
            (Records::Fold(_), _) => usize::MAX,
            // Each byte may be a line, and get a tag.
            (Records::Bytes, Some(tagger)) => ((1 << 20) / (1 + tagger.length())).max(256),
            _ => 1 << 20,
        }
    }
}

pub(super) fn spill_failed(cause: io::Error) -> Failure {
    Failure::Own {
        what: "the fold".into(),
        cause,
    }
}

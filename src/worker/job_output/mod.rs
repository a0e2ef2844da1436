//! The output of one try: from its map to the main thread, to a file, or record by record into a fold.
//!
//! It does not know what becomes of a try that fails.

mod destination;
mod emission;
mod records;
mod sender;

use super::err_file::{ErrFile, ErrTail};
use super::event::Report;
use super::folds::fold_failure;
use super::output_buffer::OutputBuffer;
use super::record::Recorder;
use super::shared::WorkerShared;
use crate::control::WorkerHandle;
use crate::fold::Fold;
use crate::job::{Failure, Job, Trust};
use crate::merge::{MergeOutput, MergedJobs, PipeJob};
use crate::plan::Partial;
use crate::record::{Evidence, Notes, RowPrinter, Stage};
use crate::sink::Stream;
use destination::TryDestination;
use records::Records;
use sender::{PIECE, PieceSender};
use std::io;
use std::ops::ControlFlow;

/// Takes what a map emits during one try.
pub(super) struct JobOutput<'t, 'run: 't> {
    seq: u64,
    number: u64,
    attempt: u32,
    worker: &'t WorkerHandle,
    shared: &'run WorkerShared<'run>,
    stage: Option<&'t mut Stage>,
    records: Records<'t>,
    /// Takes note of how far the input was read, if that is to be known.
    recorder: Option<&'t mut Recorder>,
    destination: TryDestination<'run>,
    /// When the try is one at a merge, that merge.
    merge: Option<MergeTry>,
    sender: PieceSender<'t>,
    /// Where standard error goes, if not to the main thread.
    err_file: Option<ErrFile>,
    /// The end of standard error, if that is recorded.
    err_tail: Option<ErrTail>,
    out: OutputBuffer,
    err: OutputBuffer,
    bad: OutputBuffer,
    warnings: Vec<String>,
    notes: Notes,
    failure: Option<Failure>,
    /// Whether the map was told that nobody wants more, because the run is being stopped.
    was_cut: bool,
    given: u64,
}

/// What a try at a merge has beside its job.
pub(super) struct MergeTry {
    /// The jobs that it covers.
    pub(super) jobs: MergedJobs,
    /// The merges that feed it.
    pub(super) feeders: Vec<PipeJob>,
}

impl<'t, 'run: 't> JobOutput<'t, 'run> {
    /// Returns the output of a try at a job. Its lines are tagged with the label.
    pub(super) fn new(
        (job, label): (&Job, Option<Vec<u8>>),
        attempt: u32,
        worker: &'t WorkerHandle,
        shared: &'run WorkerShared<'run>,
        stage: Option<&'t mut Stage>,
        (part, recorder): (Option<&'t mut (dyn Fold + 'static)>, Option<&'t mut Recorder>),
    ) -> Self {
        let mut output = JobOutput::of_bytes(job, attempt, worker, shared);
        output.records = match (part, shared.records) {
            (Some(part), _) => {
                part.begin_job(job.seq);
                Records::Fold(part)
            }
            (None, Some(plan)) => Records::Rows(RowPrinter::new(plan)),
            (None, None) => Records::Bytes,
        };
        output.stage = stage;
        output.recorder = recorder.filter(|recorder| recorder.follows_growth());
        if shared.run_state.partial == Partial::Keep {
            for buffer in [&mut output.out, &mut output.err, &mut output.bad] {
                buffer.complete = Some(0);
            }
        }
        if let Some(label) = label {
            output.out.tagger = shared.run_state.tagger(&label);
            output.err.tagger = shared.run_state.tagger(&label);
        }
        output.err_file = shared.outputs.err.map(|files| ErrFile::new(files.start(job)));
        if let Some(files) = shared.outputs.out {
            output.destination = TryDestination::File(files.start(job));
            output.out.bytes = shared.records.map_or_else(Vec::new, |records| records.heading());
        } else if let Some(merging) = &shared.merging {
            output.destination = TryDestination::Merge(merging.outputs.of_job());
        }
        output
    }

    /// Returns the output of a try at a merge.
    pub(super) fn of_merge(
        job: &Job,
        attempt: u32,
        worker: &'t WorkerHandle,
        shared: &'run WorkerShared<'run>,
        (merge, output): (MergeTry, MergeOutput<'run>),
    ) -> Self {
        JobOutput {
            merge: Some(merge),
            destination: TryDestination::Merge(output),
            ..JobOutput::of_bytes(job, attempt, worker, shared)
        }
    }

    fn of_bytes(job: &Job, attempt: u32, worker: &'t WorkerHandle, shared: &'run WorkerShared<'run>) -> Self {
        let buffer = |stream, trust| OutputBuffer {
            stream,
            bytes: Vec::new(),
            complete: None,
            trust,
            tagger: None,
        };
        // What a try gives that may be followed by another is not printed before its end.
        let trust = match attempt <= shared.retries {
            true => Trust::Provisional,
            false => Trust::Final,
        };
        JobOutput {
            seq: job.seq,
            number: job.number,
            attempt,
            worker,
            shared,
            stage: None,
            records: Records::Bytes,
            recorder: None,
            destination: TryDestination::Main,
            merge: None,
            err_file: None,
            err_tail: shared.recording.map(|_| ErrTail::default()),
            sender: PieceSender::new(job.seq, worker, shared),
            out: buffer(Stream::Out, trust),
            err: buffer(Stream::Err, trust),
            // Never printed before the job's end, whatever is done with its rows.
            bad: buffer(Stream::Bad, Trust::Provisional),
            warnings: Vec::new(),
            notes: Notes::default(),
            failure: None,
            was_cut: false,
            given: 0,
        }
    }

    /// Tells whether the map ended before its time, because the run is being stopped.
    pub(super) fn was_cut(&self) -> bool {
        self.was_cut
    }

    /// Ends the last record and the last lines.
    ///
    /// # Errors
    /// What failed while the map ran, or fails now.
    pub(super) fn end(&mut self) -> Result<(), Failure> {
        if self.failure.is_none()
            && let Some(stage) = &mut self.stage
        {
            if let Some(recorder) = &mut self.recorder {
                recorder.checkpoint = stage.checkpoint();
            }
            if let Err(cause) = self.records.end(stage) {
                self.failure = Some(fold_failure(cause));
            }
            self.gather_rows();
        }
        if self.failure.is_none() && !self.destination.is_main() {
            self.out.end();
            let _ = self.save();
        }
        self.failure.take().map_or(Ok(()), Err)
    }

    /// Returns what is wrong with an input that was read to its end.
    pub(super) fn damage(&self) -> Option<String> {
        self.stage.as_ref().and_then(|stage| stage.damage())
    }

    /// Tells whether what was given counts though the job failed in this way.
    pub(super) fn keeps(&self, failure: &Failure) -> bool {
        let is_of_input = matches!(failure, Failure::Corrupt { .. } | Failure::Unreadable { .. });
        is_of_input && self.shared.run_state.partial == Partial::Keep
    }

    /// Removes an incomplete last line, of a job that failed and whose complete lines count.
    pub(super) fn drop_incomplete(&mut self) {
        self.out.drop_incomplete();
        if !self.destination.is_main() {
            let _ = self.save();
        }
    }

    /// Returns why a command of a merge failed that wrote its output itself: for lack of space, or else `failure`.
    pub(super) fn cause_of(&mut self, failure: Failure) -> Failure {
        let is_direct = self.is_direct();
        match (&failure, &mut self.destination) {
            (Failure::Command { .. }, TryDestination::Merge(output)) if is_direct => output.cause_of(failure),
            _ => failure,
        }
    }

    /// Tells whether the map is a merge's command that writes its output itself.
    fn is_direct(&self) -> bool {
        let merging = self.shared.merging.as_ref().filter(|_| self.merge.is_some());
        merging.is_some_and(|merging| merging.outputs.is_direct())
    }

    /// Takes the file of standard error, which is yet to be committed.
    pub(super) fn take_err_file(&mut self) -> Option<ErrFile> {
        self.err_file.take()
    }

    /// Takes the end of standard error, if that is recorded.
    pub(super) fn take_err_tail(&mut self) -> Vec<u8> {
        self.err_tail.take().unwrap_or_default().into_bytes()
    }

    /// Returns what is left to send with the end of the job, and the destination of its output, which is yet to
    /// be committed.
    pub(super) fn into_report(mut self) -> (Report, TryDestination<'run>) {
        self.sender.await_waiting();
        if !self.destination.is_main() {
            // The output is where it belongs, or the job failed and the output is dropped.
            self.out.bytes.clear();
            self.out.tagger = None;
        }
        let mut notes = self.notes;
        let (mut lines, mut evidence) = (0, Evidence::Readable);
        if let Some(stage) = self.stage {
            notes.merge(stage.notes());
            lines = stage.lines();
            evidence = stage.evidence();
        }
        let pieces = [self.out, self.err, self.bad]
            .into_iter()
            .filter_map(OutputBuffer::rest)
            .collect();
        let report = Report {
            pieces,
            follows: self.sender.has_sent,
            warnings: self.warnings,
            failure: self.failure,
            notes,
            lines,
            evidence,
            given: self.given,
            number: self.number,
            ..Report::from_seq(self.seq)
        };
        (report, self.destination)
    }

    /// Writes what was gathered to the destination, which is not the main thread.
    fn save(&mut self) -> ControlFlow<()> {
        let bytes = &self.out.bytes[..self.out.ready()];
        let written = self.destination.write(bytes);
        self.out.drop_ready();
        match written {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }

    /// Passes on what was gathered of a stream when it is much, or when it can be printed at once.
    fn pass_on(&mut self, stream: Stream) -> ControlFlow<()> {
        if stream == Stream::Out && !self.destination.is_main() {
            return match self.out.ready() {
                PIECE.. => self.save(),
                _ => ControlFlow::Continue(()),
            };
        }
        self.sender.flush(match stream {
            Stream::Out => &mut self.out,
            Stream::Err => &mut self.err,
            Stream::Bad => &mut self.bad,
        });
        ControlFlow::Continue(())
    }

    /// Keeps what the complete lines gave the fold, before an incomplete one ends: more may be appended to it.
    ///
    /// # Errors
    /// What the fold or the packer returned.
    fn keep_stem(&mut self) -> io::Result<()> {
        let (Some(recorder), Some(stage), Records::Fold(fold)) =
            (&mut self.recorder, &mut self.stage, &mut self.records)
        else {
            return Ok(());
        };
        let Some(mut checkpoint) = stage.checkpoint() else {
            return Ok(());
        };
        let mut notes = std::mem::take(&mut checkpoint.notes);
        recorder.continue_notes(&mut notes);
        let stem = recorder.pack(&mut **fold, &notes)?;
        recorder.coverage.stem = stem.map(|stem| (checkpoint, stem));
        Ok(())
    }

    fn gather_rows(&mut self) {
        if let Some(stage) = &mut self.stage {
            self.bad.add(&stage.take_bad_lines());
        }
        self.records.move_rows(&mut self.out);
    }

    /// Notes how far the output may be trusted from now on, and sends what was gathered before.
    fn set_trust(&mut self, trust: Trust) {
        let trust = match self.shared.run_state.partial {
            _ if self.attempt <= self.shared.retries => Trust::Provisional,
            Partial::Discard => trust,
            // Complete lines stand, and others are held back.
            Partial::Keep => Trust::Final,
        };
        if trust != self.out.trust {
            self.gather_rows();
            if !self.out.bytes.is_empty() && self.destination.is_main() {
                let piece = self.out.piece();
                self.sender.send(piece);
            }
            self.out.trust = trust;
        }
    }
}

//! What a map may tell of its job while it runs.
//!
//! It does not know where output goes.

use super::JobOutput;
use super::destination::TryDestination;
use crate::control::{StopRequest, WorkerHandle};
use crate::job::Trust;
use crate::map::{ChildEmit, Emit, Latency, OutOfBand};
use crate::merge::PipeJob;
use crate::message;
use crate::record::NoteKind;
use crate::sink::Stream;
use crate::worker::err_file::ErrFile;
use crate::worker::folds::fold_failure;
use crate::worker::shared::send_out_of_band;
use std::ffi::OsStr;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, BorrowedFd};

impl Emit for JobOutput<'_, '_> {
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if self.worker.stop_request() != StopRequest::Continue {
            self.was_cut = true;
            return ControlFlow::Break(());
        }
        self.take(block, trust)
    }

    /// Passes what a merge says at once: it is no job of the input order.
    fn err(&mut self, block: &[u8]) {
        if self.merge.is_some() {
            return self.out_of_band(OutOfBand::Lines(block));
        }
        if let Some(tail) = &mut self.err_tail {
            tail.add(block);
        }
        if let Some(file) = &mut self.err_file {
            return file.add(block);
        }
        self.err.add(block);
        let _ = self.pass_on(Stream::Err);
    }

    fn warn(&mut self, name: &OsStr, what: &str) {
        // Nobody knows the input of a merge by its name: it is a temporary file.
        match &self.merge {
            Some(merge) => {
                let line = message::format_line(format!("{}: {what}", merge.jobs));
                self.out_of_band(OutOfBand::Lines(line.as_bytes()));
            }
            None => self
                .warnings
                .push(format!("{}: {what}", message::display_name(name))),
        }
    }

    fn note(&mut self, kind: NoteKind, name: &OsStr) {
        self.notes.add_file(kind, name.as_encoded_bytes());
    }

    fn worker(&self) -> &WorkerHandle {
        self.worker
    }

    fn end_line(&mut self) {
        if let Err(cause) = self.keep_stem() {
            self.failure = Some(fold_failure(cause));
            return;
        }
        let _ = self.out(b"\n", Trust::Final);
    }

    fn covered(&mut self, size: u64, packed: &dyn Fn() -> Option<bool>) {
        if let Some(recorder) = &mut self.recorder {
            let packed = recorder.follows_growth().then(packed).flatten();
            recorder.coverage.until = Some((size, packed));
        }
    }

    fn latency(&mut self, latency: Latency) {
        self.sender.latency = latency;
    }

    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for JobOutput<'_, '_> {
    fn take(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if self.failure.is_some() || self.err_file.as_ref().is_some_and(ErrFile::has_failed) {
            return ControlFlow::Break(());
        }
        self.set_trust(trust);
        self.given += block.len() as u64;
        // A big block becomes records bit by bit, so that what it gives is never held at once.
        for chunk in block.chunks(self.records.chunk(&self.out)) {
            match self.records.take(self.stage.as_deref_mut(), chunk, &mut self.out) {
                Ok(flow) => {
                    self.gather_rows();
                    self.pass_on(Stream::Out)?;
                    self.pass_on(Stream::Bad)?;
                    flow?;
                }
                Err(cause) => {
                    self.failure = Some(fold_failure(cause));
                    return ControlFlow::Break(());
                }
            }
        }
        ControlFlow::Continue(())
    }

    fn takes_lines(&self) -> bool {
        self.stage.is_some()
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }

    fn out_of_band(&mut self, message: OutOfBand<'_>) {
        send_out_of_band(self.shared, self.worker.slot, message);
    }

    fn flush(&mut self) {
        self.sender.send_waiting();
        if self.is_full() {
            return;
        }
        // A reader who wants no more says so when more comes.
        let _ = self.pass_on(Stream::Out);
        let _ = self.pass_on(Stream::Err);
    }

    fn is_full(&self) -> bool {
        self.sender.is_waiting()
    }

    fn note_given(&mut self, bytes: u64) {
        self.given += bytes;
    }

    fn output_file(&self) -> Option<BorrowedFd<'_>> {
        match &self.destination {
            TryDestination::Merge(output) if self.is_direct() => output.file().map(|file| file.as_fd()),
            _ => None,
        }
    }

    fn take_feeders(&mut self) -> Vec<PipeJob> {
        let merge = self.merge.as_mut();
        merge.map_or_else(Vec::new, |merge| std::mem::take(&mut merge.feeders))
    }
}

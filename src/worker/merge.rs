//! One merge: a map whose inputs are outputs of jobs, and whose output takes their place.
//!
//! It does not know why these are merged, nor where the result lies or what becomes of it.

use super::job_output::send_out_of_band;
use super::merge_output::Target;
use super::{Event, Merged, Task, Worker, WorkerShared, panic};
use crate::control::{StopRequest, WorkerHandle};
use crate::job::{Failure, Input, Job, Trust};
use crate::map::{ChildEmit, Emit, OutOfBand, StartMap};
use crate::merge::PipeJob;
use crate::merge::{Intermediate, Intermediates};
use crate::message;
use crate::output::NewFile;
use crate::record::RecordPlan;
use crossbeam_channel::{Receiver, RecvError, RecvTimeoutError, TryRecvError, after, never, select};
use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Neighbouring outputs that are to become one.
#[derive(Debug)]
pub(crate) struct Merge {
    /// What comes of them.
    pub(crate) span: MergedJobs,
    /// What is merged, in input order.
    pub(crate) inputs: Vec<MergeInput>,
    /// Whether nothing is merged after it.
    pub(crate) last: bool,
}

/// Which jobs a merge covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MergedJobs {
    /// The first of them.
    pub(crate) from: u64,
    /// One past the last.
    pub(crate) to: u64,
    /// How many merges deep the result is.
    pub(crate) level: u32,
}

impl fmt::Display for MergedJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "jobs {} to {}", self.from + 1, self.to)
    }
}

/// One of what a merge brings together.
#[derive(Debug)]
pub(crate) enum MergeInput {
    /// An output.
    Intermediate(Intermediate),
    /// What another merge gives, which is at work at the same time.
    Merge(Merge),
}

impl Merge {
    /// The job that the merge is to its map, with those that feed it.
    fn job(&mut self, drafts: &Intermediates, feeders: &mut Vec<PipeJob>) -> io::Result<Job> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for input in &mut self.inputs {
            inputs.push(Input::File(match input {
                MergeInput::Intermediate(draft) => draft.path(drafts)?.into(),
                MergeInput::Merge(merge) => {
                    let mut of = Vec::new();
                    let job = merge.job(drafts, &mut of)?;
                    feeders.push(PipeJob::new(job, of)?);
                    feeders.last().expect("it was just added").name()
                }
            }));
        }
        Ok(Job {
            seq: self.span.from,
            inputs,
        })
    }
}

/// What workers need for merges.
pub(crate) struct Merging<'a> {
    /// Where merges come from. They are done while there is no job.
    pub(crate) queue: Receiver<Merge>,
    /// Makes a worker's map for merges.
    pub(crate) start_map: &'a StartMap<'a>,
    /// Where outputs lie.
    pub(crate) drafts: &'a Intermediates,
    /// Who writes what comes of a merge.
    pub(crate) writing: Writing,
    /// The file that takes the last output, where there is one; this one is never written itself.
    pub(crate) to: Option<NewFile>,
    /// JobFiles have become too many: merges come before jobs.
    pub(crate) pressing: AtomicBool,
}

/// Who writes what comes of a merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Writing {
    /// We do: what a command does with a file as its standard output can't be foreseen. It may open it anew,
    /// which empties it, or leave a process that goes on writing.
    Copied,
    /// The command itself: what goes through us is copied twice.
    Direct,
}

/// Waits for what is to be done next, for `patience` at most (none: for ever). Jobs come before merges,
/// unless outputs have become too many.
pub(super) fn wait(shared: &WorkerShared<'_>, patience: Option<Duration>) -> Result<Task, RecvTimeoutError> {
    let Some(merging) = &shared.merging else {
        return match patience {
            Some(patience) => shared.queue.recv_timeout(patience),
            None => shared.queue.recv().map_err(RecvTimeoutError::from),
        };
    };
    if merging.pressing.load(Ordering::Relaxed)
        && let Ok(merge) = merging.queue.try_recv()
    {
        return Ok(Task::Merge(merge));
    }
    let over = patience.map_or_else(never, after);
    let tasks = match shared.queue.try_recv() {
        Ok(task) => return Ok(task),
        Err(TryRecvError::Empty) => shared.queue.clone(),
        Err(TryRecvError::Disconnected) => never(),
    };
    select! {
        // At its end there may still be merges.
        recv(tasks) -> task => task.or_else(|_| wait(shared, patience)),
        recv(merging.queue) -> merge => match merge {
            Ok(merge) => Ok(Task::Merge(merge)),
            Err(RecvError) => shared.queue.recv().map_err(RecvTimeoutError::from),
        },
        recv(over) -> _ => Err(RecvTimeoutError::Timeout),
    }
}

impl Worker<'_> {
    /// Does a merge, and does it again where it fails as often as a job would be tried. Its inputs are
    /// deleted once that is told: it takes time in which the result is of use.
    pub(super) fn merge(&mut self, mut merge: Merge) {
        let (shared, span) = (self.shared, merge.span);
        let mut end = Err(Failure::Stopped);
        for attempt in 1..=shared.retries.saturating_add(1) {
            if !self.worker.may_start() {
                end = Err(Failure::Stopped);
                break;
            }
            end = self.merge_once(&mut merge, attempt);
            match &end {
                Ok(_) | Err(Failure::Own { .. } | Failure::Stopped) => break,
                Err(_) if attempt > shared.retries => break,
                Err(failure) => {
                    let tries = shared.retries + 1;
                    let what = format!("merge of {span}: {failure} (try {attempt} of {tries})");
                    self.say(&what);
                    self.wait(attempt);
                }
            }
        }
        shared.news.send(Event::Merged { span, end });
        drop(merge);
    }

    /// Has a line be printed on standard error at once.
    fn say(&self, what: &str) {
        let lines = message::format_line(what).into_bytes();
        let slot = self.worker.slot;
        self.shared.news.send(Event::Lines { slot, lines });
    }

    fn merge_once(&mut self, merge: &mut Merge, attempt: u32) -> Result<Merged, Failure> {
        let Some(merging) = &self.shared.merging else {
            return Err(Failure::Stopped);
        };
        let drafts = merging.drafts;
        let mut feeders = Vec::new();
        let job = merge.job(drafts, &mut feeders);
        let job = job.map_err(|cause| lost(drafts, cause))?;
        let map = self
            .merger
            .get_or_insert_with(|| (merging.start_map)(self.worker.slot));
        let heading = self.shared.records.map(RecordPlan::header).unwrap_or_default();
        let mut emit = Emitted {
            span: merge.span,
            target: Target::new(merging, merge.last, &heading)?,
            writing: merging.writing,
            feeders,
            failure: None,
            attempt,
            worker: &self.worker,
            shared: self.shared,
        };
        match panic::caught(|| map.run(&job, &mut emit)) {
            Ok(Err(failure @ Failure::Command { .. })) if merging.writing == Writing::Direct => {
                return Err(emit.target.cause_of(failure));
            }
            Ok(end) => end?,
            Err(what) => {
                self.merger = None;
                return Err(Failure::Panicked { what });
            }
        }
        emit.failure.map_or(Ok(()), Err)?;
        emit.target.finish()
    }
}

/// Takes what a merge emits.
struct Emitted<'a> {
    span: MergedJobs,
    target: Target<'a>,
    writing: Writing,
    feeders: Vec<PipeJob>,
    failure: Option<Failure>,
    attempt: u32,
    worker: &'a WorkerHandle,
    shared: &'a WorkerShared<'a>,
}

impl Emit for Emitted<'_> {
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        if self.worker.stop_request() != StopRequest::Continue {
            return ControlFlow::Break(());
        }
        self.take(block, trust)
    }

    fn err(&mut self, block: &[u8]) {
        self.out_of_band(OutOfBand::Lines(block));
    }

    /// Nobody knows the input by its name: it is a temporary file.
    fn warn(&mut self, _: &OsStr, what: &str) {
        let line = message::format_line(format!("merge of {}: {what}", self.span));
        self.out_of_band(OutOfBand::Lines(line.as_bytes()));
    }

    fn worker(&self) -> &WorkerHandle {
        self.worker
    }

    fn for_child(&mut self) -> Option<&mut dyn ChildEmit> {
        Some(self)
    }
}

impl ChildEmit for Emitted<'_> {
    fn take(&mut self, block: &[u8], _: Trust) -> ControlFlow<()> {
        match self.target.write(block) {
            Ok(()) => ControlFlow::Continue(()),
            Err(failure) => {
                self.failure = Some(failure);
                ControlFlow::Break(())
            }
        }
    }

    fn output_file(&self) -> Option<BorrowedFd<'_>> {
        let file = self.target.file().filter(|_| self.writing == Writing::Direct);
        file.map(AsFd::as_fd)
    }

    fn take_feeders(&mut self) -> Vec<PipeJob> {
        std::mem::take(&mut self.feeders)
    }

    fn out_of_band(&mut self, message: OutOfBand<'_>) {
        send_out_of_band(self.shared, self.worker.slot, message);
    }

    fn attempt(&self) -> u32 {
        self.attempt
    }
}

/// The failure of a file for an output.
pub(super) fn lost(drafts: &Intermediates, cause: io::Error) -> Failure {
    Failure::Own {
        what: format!(
            "{}: temporary file",
            message::display_name(drafts.dir().as_os_str())
        ),
        cause,
    }
}

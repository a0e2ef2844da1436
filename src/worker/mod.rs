//! A worker: takes tasks until the queue is closed and empty, runs the map, and hands back its fold.
//!
//! It never prints and never dies: a panic in a map becomes that job's failure. It does not know
//! the terminal, the other workers, or any map or fold by name.

mod channel;
mod compact;
mod err_file;
mod event;
mod folds;
mod job_output;
mod output_buffer;
mod panic;
mod record;
mod requeue;
mod retry;
mod run_state;
mod shared;
mod task;
#[cfg(test)]
mod tests;

pub(crate) use channel::EventChannel;
pub(crate) use compact::Bundle;
pub(crate) use event::{Event, Report};
pub(crate) use folds::Folds;
pub(crate) use panic::{caught, hush_maps};
pub(crate) use record::{JobRecord, PartUse, Recording};
pub(crate) use run_state::RunState;
pub(crate) use shared::{GrownFiles, Merging, WorkerShared};
pub(crate) use task::{RequeuedJobs, Task};

use crate::control::WorkerHandle;
use crate::job::Failure;
use crate::map::{Map, OutOfBand, OutOfBandSink};
use crate::plan::HaltAt;
use crate::record::Notes;
use crate::state::PackedPart;
use crossbeam_channel::{RecvTimeoutError, bounded};
use shared::{Worker, send_out_of_band};
use std::io;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Works until the queue is closed and empty, or the worker is asked to exit. Returns the folds of all jobs
/// that succeeded.
pub(crate) fn work(shared: &WorkerShared<'_>, handle: WorkerHandle) -> Option<Folds> {
    let mut exit = Exit { shared, last: None };
    crate::sys::signals::block_in_this_thread();
    let mut worker = Worker::new(shared, handle);
    while let Some(task) = worker.next() {
        if let ControlFlow::Break(report) = worker.run(task) {
            exit.last = report;
            break;
        }
        if let Some((left, of)) = worker.handle.exit_if_asked() {
            let shortage = worker.handle.shortage();
            shared.events.send(Event::WorkersReduced { left, of, shortage });
            break;
        }
    }
    worker.end();
    worker.handle.release();
    worker.folds
}

/// Says that the worker has exited, however it does.
struct Exit<'a> {
    shared: &'a WorkerShared<'a>,
    /// How its last job ended, if that was not sent.
    last: Option<Report>,
}

impl Drop for Exit<'_> {
    fn drop(&mut self) {
        let broken = std::thread::panicking();
        self.shared.events.send(match self.last.take() {
            Some(report) if !broken => Event::DoneAndExited(report),
            _ => Event::Exited { broken },
        });
    }
}

impl Worker<'_> {
    /// Returns the next task; `None` at the end. While there is none, the map looks after what it keeps.
    fn next(&mut self) -> Option<Task> {
        let mut patience = Some(Duration::ZERO);
        loop {
            let queue = &self.shared.queue;
            let task = match patience {
                Some(patience) => queue.recv_timeout(patience),
                None => queue.recv().map_err(RecvTimeoutError::from),
            };
            match task {
                Ok(task) => return Some(task),
                Err(RecvTimeoutError::Disconnected) => return self.take_requeued(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            patience = self.idle();
        }
    }

    /// Does a task, and says how it ended. Breaks when the worker exits, with the report of its last job if that
    /// was not sent.
    fn run(&mut self, task: Task) -> ControlFlow<Option<Report>> {
        let events = self.shared.events;
        match task {
            Task::Job(job) => {
                let Some(report) = self.run_or_requeue(job) else {
                    return ControlFlow::Break(None);
                };
                return self.finish_job(report);
            }
            Task::Parts(parts) => events.send(Event::Restored(self.restore(parts))),
            Task::Bundle(mut bundle) => {
                match (&mut self.part, &mut self.recorder) {
                    (Some(fold), Some(recorder)) => {
                        bundle.compact(&mut **fold, recorder);
                    }
                    _ => bundle.parts.clear(),
                }
                events.send(Event::Bundled(bundle));
            }
            Task::Merge(mut merge) => {
                let report = self.run_merge(&mut merge);
                let jobs = merge.jobs;
                events.send(Event::Merged { jobs, report });
                // Its inputs are deleted only now: the result is of use meanwhile.
                drop(merge);
            }
        }
        ControlFlow::Continue(())
    }

    /// Says how a job ended, and waits if its failure may end the run. Breaks as [`Worker::run`] does.
    fn finish_job(&mut self, report: Report) -> ControlFlow<Option<Report>> {
        let shared = self.shared;
        self.drain_after(&report);
        let is_scarce = shared.queue.len() < shared.scarce;
        let may_halt = shared.run_state.halt.concerns(report.failure.is_some());
        if !may_halt && self.is_done() {
            return ControlFlow::Break(Some(report));
        }
        let seq = report.seq;
        // The main thread is to hear of it before it hears that the worker waits.
        shared.events.tell(report, is_scarce || may_halt);
        if may_halt {
            // It may have been one failure too many, and then no other job is begun.
            let (handled, is_handled) = bounded(0);
            shared.events.send(Event::AwaitHalt { seq, handled });
            let _ = is_handled.recv();
        }
        ControlFlow::Continue(())
    }

    /// Returns true when nothing is left to do, nor to wait for: neither a task, nor what the map keeps. Then
    /// the worker counts as gone.
    fn is_done(&mut self) -> bool {
        let shared = self.shared;
        shared.run_state.over.load(Ordering::Acquire)
            && shared.queue.is_empty()
            && self.idle().is_none()
            && self.exits()
    }

    /// Has the map look after what it keeps; `None` when it keeps nothing.
    fn idle(&mut self) -> Option<Duration> {
        self.guarded(|map, handle, report| map.idle(handle, report))
            .flatten()
    }

    /// Ends what the map keeps from job to job.
    fn end(&mut self) {
        self.guarded(|map, handle, report| map.end(handle, report));
    }

    /// Calls the map outside of any job. Returns `None` when it panicked, and then there is a new one.
    fn guarded<T>(
        &mut self,
        call: impl FnOnce(&mut dyn Map, &WorkerHandle, &mut OutOfBandSink<'_>) -> T,
    ) -> Option<T> {
        let (shared, handle, map) = (self.shared, &self.handle, &mut *self.map);
        let mut report = |message: OutOfBand<'_>| send_out_of_band(shared, handle.slot, message);
        match caught(|| call(map, handle, &mut report)) {
            Ok(answer) => Some(answer),
            Err(what) => {
                report(OutOfBand::Failure(Failure::Panicked { what }));
                self.map = (shared.start_map)(self.handle.slot);
                None
            }
        }
    }

    fn restore(&mut self, parts: Vec<PackedPart>) -> io::Result<Notes> {
        match &mut self.folds {
            Some(folds) => record::restore(parts, folds.total_mut()),
            None => Ok(Notes::default()),
        }
    }

    /// When a failure ends the run whatever comes, has no worker take another job, before the main thread
    /// hears of it.
    fn drain_after(&self, report: &Report) {
        let is_last = |failure: &Failure| match failure {
            Failure::ProgramUnusable { .. } => true,
            other => self.shared.run_state.halt == HaltAt::Fatal && other.is_fatal(),
        };
        if report.failure.as_ref().is_some_and(is_last) {
            self.handle.request_drain();
        }
    }
}

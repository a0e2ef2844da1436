//! A worker: pops jobs until the queue is closed and empty, runs the map, and hands back its fold.
//!
//! It never prints and never dies: a panic in a map becomes that job's failure. It does not know
//! the terminal, the other workers, or any map or fold by name.

mod channel;
mod compact;
mod event;
mod folds;
mod job_output;
mod merge;
mod merge_output;
mod output_buffer;
mod panic;
mod record;
mod requeue;
mod retry;
mod run_state;
#[cfg(test)]
mod tests;

pub(crate) use channel::EventChannel;
pub(crate) use compact::Bundle;
pub(crate) use event::{Event, Report};
pub(crate) use folds::Folds;
pub(crate) use merge::{Merge, MergeInput, MergedJobs, Merging, Writing};
pub(crate) use merge_output::Merged;
pub(crate) use panic::caught;
pub(crate) use panic::hush_maps;
pub(crate) use record::{JobRecord, Recording};
pub(crate) use requeue::RequeuedJobs;
pub(crate) use run_state::RunState;

use crate::control::WorkerHandle;
use crate::fold::{Fold, StartFold};
use crate::job::{Failure, Job};
use crate::map::{Map, OutOfBand, OutOfBandSink, StartMap};
use crate::output::JobFiles;
use crate::plan::HaltAt;
use crate::record::{RecordPlan, Stage};
use crate::state::{PackedPart, PartUnpacker};
use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use record::Recorder;
use std::io;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// What a worker is given to do.
#[derive(Debug)]
pub(crate) enum Task {
    /// A job to run.
    Job(Job),
    /// What jobs gave the fold in an earlier run, to be added as it is.
    Parts(Vec<PackedPart>),
    /// Parts that are counted elsewhere, to be made one.
    Bundle(Bundle),
    /// JobFiles of jobs, to be made one.
    Merge(Merge),
}

/// What all workers share.
pub(crate) struct WorkerShared<'a> {
    /// Where jobs come from.
    pub(crate) queue: Receiver<Task>,
    /// Jobs that workers gave back.
    pub(crate) returned: RequeuedJobs,
    /// Where news goes.
    pub(crate) news: &'a EventChannel,
    /// With fewer jobs than this in the queue, the main thread is needed.
    pub(crate) scarce: usize,
    /// Makes this worker's map.
    pub(crate) start_map: &'a StartMap<'a>,
    /// Makes folds, where there is one.
    pub(crate) start_fold: Option<&'a StartFold<'a>>,
    /// How bytes become records, where they do.
    pub(crate) records: Option<&'a RecordPlan>,
    /// The files that the jobs' output goes to; `None`: it is printed.
    pub(crate) outputs: Option<&'a JobFiles>,
    /// How outputs are merged, where they are.
    pub(crate) merging: Option<Merging<'a>>,
    /// How often a failed job is tried again.
    pub(crate) retries: u32,
    /// How long to wait before the second try.
    pub(crate) delay: Duration,
    /// Whether failures may end the run.
    pub(crate) halts: bool,
    /// What the lanes need to know of the run.
    pub(crate) gate: &'a RunState,
    /// What is told of each job beside its output.
    pub(crate) recording: Option<&'a Recording>,
}

/// One worker's state.
struct Worker<'a> {
    shared: &'a WorkerShared<'a>,
    worker: WorkerHandle,
    map: Box<dyn Map>,
    /// The map for merges, once there was one.
    merger: Option<Box<dyn Map>>,
    stage: Option<Stage>,
    /// Everything from this worker's finished jobs.
    folds: Option<Folds>,
    /// What the try in progress has given; merged only when the try succeeds.
    part: Option<Box<dyn Fold>>,
    recorder: Option<Recorder>,
    unpack: Option<PartUnpacker>,
}

/// Works until the queue is closed and empty, or nobody wants more; gives the folds of all jobs
/// that succeeded.
pub(crate) fn work(shared: &WorkerShared<'_>, worker: WorkerHandle) -> Option<Folds> {
    let mut leaving = Leaving { shared, last: None };
    crate::sys::signals::block_in_this_thread();
    let start = shared.start_fold;
    let mut worker = Worker {
        map: (shared.start_map)(worker.slot),
        merger: None,
        stage: shared.records.map(Stage::new),
        folds: start.map(Folds::new),
        part: start.map(|start| start()),
        recorder: shared.recording.map(|recording| {
            Recorder::new(recording, worker.slot).expect("a compressor is a few hundred KiB")
        }),
        unpack: None,
        shared,
        worker,
    };
    while let Some(task) = worker.next() {
        match task {
            Task::Job(job) => {
                let Some(report) = worker.recorded(job) else {
                    break;
                };
                worker.heed(&report);
                let scarce = shared.queue.len() < shared.scarce;
                let judged = report.failure.is_some() && shared.halts;
                if !judged && worker.is_through() {
                    leaving.last = Some(report);
                    break;
                }
                shared.news.tell(report, scarce);
                if judged {
                    // It may have been one failure too many, and then no other job is begun.
                    let (waiting, judged) = bounded(0);
                    shared.news.send(Event::AwaitHalt(waiting));
                    let _ = judged.recv();
                }
            }
            Task::Parts(parts) => shared.news.send(Event::Restored(worker.restore(parts))),
            Task::Bundle(bundle) => {
                let bundled = worker.bundle(bundle);
                shared.news.send(bundled);
            }
            Task::Merge(merge) => {
                worker.merge(merge);
            }
        }
        if let Some((left, of)) = worker.worker.exit_if_asked() {
            let lack = worker.worker.shortage();
            shared.news.send(Event::WorkersReduced { left, of, lack });
            break;
        }
    }
    worker.end();
    worker.worker.release();
    worker.folds
}

/// Says that the worker has left, however it leaves.
struct Leaving<'a> {
    shared: &'a WorkerShared<'a>,
    /// How its last job ended, where that was not told.
    last: Option<Report>,
}

impl Drop for Leaving<'_> {
    fn drop(&mut self) {
        let broken = std::thread::panicking();
        self.shared.news.send(match self.last.take() {
            Some(report) if !broken => Event::DoneAndExited(report),
            _ => Event::Exited { broken },
        });
    }
}

impl Worker<'_> {
    /// The next task; None at the end. While there is none, the map looks after what it keeps.
    fn next(&mut self) -> Option<Task> {
        let mut again = Some(Duration::ZERO);
        loop {
            match merge::wait(self.shared, again) {
                Ok(task) => return Some(task),
                Err(RecvTimeoutError::Disconnected) => return self.take_returned(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            again = self.idle();
        }
    }

    /// Whether there is nothing left to do, nor to wait for: neither a job, nor what the map keeps. Then the
    /// worker counts as gone.
    fn is_through(&mut self) -> bool {
        let shared = self.shared;
        shared.gate.over.load(Ordering::Acquire)
            && shared.merging.is_none()
            && shared.queue.is_empty()
            && self.idle().is_none()
            && self.goes()
    }

    /// Has the map look after what it keeps; None when that is nothing.
    fn idle(&mut self) -> Option<Duration> {
        self.guarded(|map, worker, report| map.idle(worker, report))
            .flatten()
    }

    /// Ends what the map keeps from job to job.
    fn end(&mut self) {
        self.guarded(|map, worker, report| map.end(worker, report));
    }

    /// Calls the map outside of any job; None when it panicked, and then there is a new one.
    fn guarded<T>(
        &mut self,
        call: impl FnOnce(&mut dyn Map, &WorkerHandle, &mut OutOfBandSink<'_>) -> T,
    ) -> Option<T> {
        let (shared, worker, map) = (self.shared, &self.worker, &mut *self.map);
        let mut report = |message: OutOfBand<'_>| job_output::send_out_of_band(shared, worker.slot, message);
        match panic::caught(|| call(map, worker, &mut report)) {
            Ok(answer) => Some(answer),
            Err(what) => {
                report(OutOfBand::Failure(Failure::Panicked { what }));
                self.map = (shared.start_map)(self.worker.slot);
                None
            }
        }
    }

    fn restore(&mut self, parts: Vec<PackedPart>) -> io::Result<()> {
        match &mut self.folds {
            Some(folds) => record::restore(parts, folds.total_mut(), &mut self.unpack),
            None => Ok(()),
        }
    }

    /// When a failure ends the run whatever comes, has no worker take another job, before the main thread
    /// hears of it.
    fn heed(&self, report: &Report) {
        let gate = self.shared.gate;
        let ends = |failure: &Failure| match failure {
            Failure::ProgramUnusable { .. } => true,
            other => gate.halt == HaltAt::Fatal && other.is_fatal(),
        };
        if report.failure.as_ref().is_some_and(ends) {
            self.worker.request_drain();
        }
    }
}

//! Which jobs a worker puts back, unbegun, when it exits for lack of processes: a worker that waits
//! for a process is one too many itself, as its thread counts like one.
//!
//! It does not know who else takes them.

use super::event::{Event, Report};
use super::shared::{Worker, WorkerShared};
use super::task::Task;
use crate::control::Shortage;
use crate::job::Job;
use std::time::{Instant, SystemTime};

impl Worker<'_> {
    /// Does a job, and records how it went if that is wanted. Returns `None` when the worker put the job back
    /// and exits.
    pub(super) fn run_or_requeue(&mut self, job: Job) -> Option<Report> {
        let clock = (SystemTime::now(), Instant::now());
        self.handle.begin(job.seq, job.number);
        let mut report = loop {
            self.handle.allow_requeue();
            let report = self.run_job(&job);
            if !self.handle.take_requeued() {
                break report;
            }
            if self.puts_back(&job) {
                self.handle.end();
                return None;
            }
        };
        self.handle.end();
        if job.is_tail() {
            self.shared.grown.remove(job.seq);
        }
        let has_failed = report.failure.is_some();
        if self.shared.describes && (has_failed || self.shared.run_state.halt.concerns(false)) {
            report.command = self.map.describe(&job, self.handle.slot);
        }
        if let Some(recorder) = &mut self.recorder {
            let outcome = (report.given, report.failure.is_none());
            let record = recorder.record(job, &*self.map, clock, outcome);
            report.record = Some(Box::new(record));
        }
        Some(report)
    }

    /// Returns what is left to do once the queue is closed and empty. With nothing, the worker counts as
    /// gone: a worker puts a job back only if another is sure to come by here.
    pub(super) fn take_requeued(&mut self) -> Option<Task> {
        let mut jobs = self.shared.requeued.lock();
        let job = jobs.pop();
        if job.is_none() {
            self.handle.exit();
        }
        job.map(Task::Job)
    }

    /// Returns true when the queue is closed and empty and no worker still owes an exit event. Then this
    /// worker counts as gone.
    pub(super) fn exits(&self) -> bool {
        let jobs = self.shared.requeued.lock();
        jobs.is_empty() && self.handle.exits_unasked().is_some()
    }

    /// Puts a job back and says that the worker exits, if one still has to. Failed tries of the job are
    /// forgotten.
    fn puts_back(&self, job: &Job) -> bool {
        let WorkerShared { requeued, events, .. } = self.shared;
        let mut jobs = requeued.lock();
        let Some((left, of)) = self.handle.exit_if_asked() else {
            return false;
        };
        jobs.push(job.clone());
        drop(jobs);
        events.send(Event::Discard { seq: job.seq });
        let shortage = Some(Shortage::Processes);
        events.send(Event::WorkersReduced { left, of, shortage });
        true
    }
}

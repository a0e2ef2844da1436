//! Jobs that workers gave back, unbegun, when they left for lack of processes: a worker that waits
//! for a process is one too many itself, as its thread counts like one.

use super::{Event, Report, Task, Worker, WorkerShared};
use crate::control::Shortage;
use crate::job::Job;
use crossbeam_channel::Sender;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Instant, SystemTime};

/// What was given back and is to be done by others.
#[derive(Debug, Default)]
pub(crate) struct RequeuedJobs(Mutex<Vec<Job>>);

impl RequeuedJobs {
    /// Puts into the queue what there is room for.
    pub(crate) fn hand_on(&self, queue: &Sender<Task>) {
        let mut jobs = self.jobs();
        while !queue.is_full()
            && let Some(job) = jobs.pop()
        {
            // Only who calls this sends, so there is still room.
            queue
                .send(Task::Job(job))
                .expect("whoever calls this holds the other end");
        }
    }

    fn jobs(&self) -> MutexGuard<'_, Vec<Job>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Worker<'_> {
    /// Does a job, and records how it went where that is wanted. None when it gave the job back, to
    /// leave.
    pub(super) fn recorded(&mut self, job: Job) -> Option<Report> {
        let clock = (SystemTime::now(), Instant::now());
        self.worker.begin(job.seq);
        let mut report = loop {
            // Who waits for something to merge would not see a job that was given back.
            if self.shared.merging.is_none() {
                self.worker.allow_requeue();
            }
            let report = self.job(&job);
            if !self.worker.take_requeued() {
                break report;
            }
            if self.gives_back(&job) {
                self.worker.end();
                return None;
            }
        };
        self.worker.end();
        if let Some(recorder) = &mut self.recorder {
            recorder.record(job, &*self.map, clock, &mut report);
        }
        Some(report)
    }

    /// What is left to do once the queue is closed and empty. With nothing, the worker counts as
    /// gone: nobody gives a job back who can't be sure that another comes by here.
    pub(super) fn take_returned(&mut self) -> Option<Task> {
        let mut jobs = self.shared.returned.jobs();
        let job = jobs.pop();
        if job.is_none() {
            self.worker.exit();
        }
        job.map(Task::Job)
    }

    /// Whether nothing is left to do once the queue is closed and empty, and nobody is asked to leave who
    /// would have to say so. Then the worker counts as gone.
    pub(super) fn goes(&self) -> bool {
        let jobs = self.shared.returned.jobs();
        jobs.is_empty() && self.worker.exits_unasked().is_some()
    }

    /// Gives a job back and says that the worker leaves, if one is to leave after all. Tries of it
    /// that failed begin anew.
    fn gives_back(&self, job: &Job) -> bool {
        let WorkerShared { returned, news, .. } = self.shared;
        let mut jobs = returned.jobs();
        let Some((left, of)) = self.worker.exit_if_asked() else {
            return false;
        };
        jobs.push(job.clone());
        drop(jobs);
        news.send(Event::Discard { seq: job.seq });
        let lack = Some(Shortage::Processes);
        news.send(Event::WorkersReduced { left, of, lack });
        true
    }
}

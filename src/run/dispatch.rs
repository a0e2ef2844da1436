//! Which task is sent to the workers next, and when.

use super::Main;
use super::merge::Merges;
use super::resume::{LOOK_UPS, Screened};
use crate::job::Job;
use crate::plan::Order;
use crate::sink::Verdict;
use crate::state::StateError;
use crate::worker::Task;
use crossbeam_channel::Sender;

/// How far a job may be ahead of the lowest unprinted one: bounds what is remembered of jobs that are done but
/// not printed.
const WINDOW: u64 = 1 << 18;

/// Why sending came to an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pause {
    /// Nothing more can be sent now.
    Full,
    /// Many jobs were looked up: it is time to handle events before more are.
    Recess,
}

impl Main<'_, '_> {
    /// Sends jobs until the queue is full, or there is nothing more to send.
    pub(super) fn dispatch(&mut self, queue: &Sender<Task>) -> Pause {
        let mut looked_up = 0;
        // Only the main thread sends, so a queue that is not full stays so.
        while !self.shutdown.is_stopping()
            && self.delivery.has_room(queue)
            && self.is_within_window()
            && self.source.fetch()
        {
            if self.resume.is_on() && looked_up >= LOOK_UPS {
                self.report_source_errors();
                return Pause::Recess;
            }
            looked_up += 1;
            let Some(mut job) = self.source.take() else {
                continue;
            };
            self.jobs.found += 1;
            let before = match self.screen(&job) {
                Ok(Screened::Skip) => continue,
                Ok(Screened::Run(before)) => before,
                Ok(Screened::Continue(before, grown)) => {
                    job.inputs = vec![grown.input.clone()];
                    self.workers.continue_from(job.seq, *grown);
                    Some(before)
                }
                Err(error) => return self.pause_on(&error),
            };
            self.jobs.send(job.seq, before);
            self.meter.job_sent(&job);
            self.delivery.send(job, queue);
        }
        if self.source.is_dry() {
            self.delivery.close();
            self.dispatch_restored(queue);
        }
        self.dispatch_parts(queue);
        self.report_source_errors();
        Pause::Full
    }

    /// Takes what has been read of the inputs, if there is room for it: what was read before a job ended the run
    /// is known when it does.
    pub(super) fn look_ahead(&mut self) {
        if !self.shutdown.is_stopping() {
            self.source.fetch();
            self.report_source_errors();
        }
    }

    /// Returns whether there is nothing more to send, now or later.
    pub(super) fn is_dry(&self) -> bool {
        let is_merged = |merges: &Merges<'_>| self.jobs.running() == 0 && merges.is_done();
        self.source.is_dry()
            && self.resume.is_dry()
            && self.delivery.is_dry()
            && self.merges.as_ref().is_none_or(is_merged)
    }

    fn is_within_window(&self) -> bool {
        self.jobs.has_room()
            && (self.plan.order == Order::Finish || self.jobs.found - self.output.lowest() < WINDOW)
    }

    /// Decides whether a job is to be run. One that is not takes its place in the order all the same.
    fn screen(&mut self, job: &Job) -> Result<Screened, StateError> {
        let output_gone = !self.work.checked().exist(job);
        let screened = match self.plan.done.contains(&job.seq) {
            true => Screened::Skip,
            false => self.resume.screen(job, output_gone)?,
        };
        if let Screened::Skip = screened {
            self.summary.remembered += 1;
            self.meter.job_remembered(job);
            self.summary.left_out = self.resume.left_out();
            let printed = self
                .output
                .print(|sink| sink.done(job.seq, Verdict::Keep, Vec::new()));
            self.end_printing_on(printed);
            self.note_printed();
        }
        Ok(screened)
    }

    fn pause_on(&mut self, error: &StateError) -> Pause {
        self.state_failed(error);
        Pause::Full
    }

    /// Sends what earlier runs left for the workers, once all jobs are found.
    fn dispatch_restored(&mut self, queue: &Sender<Task>) {
        while !self.shutdown.is_stopping() && !queue.is_full() {
            let idle = self.jobs.running() == 0;
            let next = self.resume.next_task(&mut self.jobs, idle);
            match next {
                Ok(Some(task)) => queue.send(task).expect("the workers hold the other end"),
                Ok(None) => return,
                Err(error) => return self.state_failed(&error),
            }
        }
    }

    /// Sends what jobs of others gave the fold.
    fn dispatch_parts(&mut self, queue: &Sender<Task>) {
        while !self.shutdown.is_stopping()
            && !queue.is_full()
            && let Some(part) = self.delivery.next_part()
        {
            self.jobs.send_other();
            queue
                .send(Task::Parts(vec![part]))
                .expect("the workers hold the other end");
        }
    }

    fn report_source_errors(&mut self) {
        for (before, error) in self.source.take_errors() {
            self.report_source_error(before, &error);
        }
    }
}

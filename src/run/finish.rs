//! The end of a run: the workers are joined, their folds merged, and the result is printed.
//!
//! It does not know what a fold is of, nor how outputs were merged.

use super::Main;
use super::deadline::RunDeadline;
use super::report::Summary;
use super::shutdown::StopEvent;
use crate::message;
use crate::sink::Sink;
use crate::sys::signals;
use crate::worker::{Event, EventChannel, Folds};
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

impl Main<'_, '_> {
    /// Leaves behind workers that do not react, and ends the process. What others have finished is printed and
    /// stored.
    pub(super) fn give_up(&mut self, events: &EventChannel) -> ! {
        while let Ok(event) = events.receiver().try_recv() {
            self.handle(event);
        }
        for report in events.find(false).0 {
            self.handle(Event::Done(report));
        }
        let printed = self.output.print(Sink::print_finished);
        self.end_printing_on(printed);
        self.note_printed();
        self.finish_state();
        self.abandon();
        self.meter.end(&self.summary, self.source.left());
        self.summary.bytes = self.meter.bytes();
        self.note_deadline();
        (self.work.give_up)(&self.summary)
    }

    /// Joins the workers, merges their folds, and prints the result.
    pub(super) fn finish(mut self) -> Summary {
        let folds = self.workers.join();
        // Ranges that waited for others of their file, which were not run or had been done before.
        for (report, before) in self.jobs.take_waiting() {
            let printed = self.job_counts(report, before);
            self.end_printing_on(printed);
        }
        self.meter.end(&self.summary, self.source.left());
        self.summary.bytes = self.meter.bytes();
        if let Some(what) = self.workers.final_count() {
            message::say(what);
        }
        let one_answer = self.work.fold.is_some() || self.work.merge.is_some();
        if self.summary.halted && one_answer && self.summary.failures.merges == 0 {
            message::say("the run was halted: the answer is not printed");
        }
        self.note_deadline();
        if self.summary.deadline && one_answer {
            message::say("the deadline has passed: the answer is not printed");
        }
        self.take_last_signal();
        self.output.stop_at_signals();
        self.print_folds(folds);
        self.print_merged();
        self.take_last_signal();
        self.note_deadline();
        self.summary.failures.buried = self.output.is_buried();
        self.finish_state();
        self.summary.listed = self.source.listing().map_or(0, |listing| listing.inputs);
        self.summary
    }

    /// Merges the workers' folds in the order of their slots, and prints the result.
    fn print_folds(&mut self, folds: Vec<Folds>) {
        let threads = folds.len();
        let team = |number: usize, work: &(dyn Fn(usize) + Sync)| side_by_side(threads, number, work);
        let mut folds = folds.into_iter();
        // A run that was stopped has no answer: a part must not be taken for the whole.
        let gives_answer = !self.shutdown.is_stopping() && !self.delivery.is_joiner();
        let Some(first) = folds.next().filter(|_| gives_answer) else {
            return;
        };
        let total = || {
            let mut total = first.total()?;
            let mut others = folds.map(Folds::total).collect::<io::Result<Vec<_>>>()?;
            total.merge_all(&mut others, &team)?;
            Ok(total)
        };
        if let Some(save) = &self.plan.save {
            return self.save_fold(save, total());
        }
        let printed = self.output.print_result(|out| total()?.finish_all(out, &team));
        self.end_printing_on(printed);
    }

    /// Takes a signal that came after the last that the loop listened to.
    fn take_last_signal(&mut self) {
        if let (None, Some(signal)) = (self.summary.signal, signals::shutdown_signal()) {
            self.summary.signal = Some(signal);
            self.shutdown.advance(StopEvent::Drain);
        }
    }

    /// Takes note that it was the deadline that ended the run.
    fn note_deadline(&mut self) {
        let by_term = self.summary.signal == Some(signals::TERM);
        self.summary.deadline = by_term && self.deadline.as_ref().is_some_and(RunDeadline::has_passed);
    }

    fn finish_state(&mut self) {
        let finished = self.resume.finish(&mut self.jobs, self.source.left());
        self.check_state(finished);
    }
}

/// Calls `work` with each number below `number`, on up to so many threads, of which this is one.
fn side_by_side(threads: usize, number: usize, work: &(dyn Fn(usize) + Sync)) {
    let next = AtomicUsize::new(0);
    let take = || {
        while let at = next.fetch_add(1, Ordering::Relaxed)
            && at < number
        {
            work(at);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads.min(number) {
            // What can't be started is done by the others.
            _ = thread::Builder::new().spawn_scoped(scope, take);
        }
        take();
    });
}

//! What the main thread makes of what workers report and of what goes wrong beside the jobs.

use super::Main;
use super::job_states::Before;
use super::report::{Counts, Other, failure_text};
use super::role::QueueNews;
use super::shutdown::{StopEvent, judge_count, judge_failure};
use super::signal_thread::RunSignals;
use super::workers::Resize;
use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::plan::{HaltAt, SignalAction};
use crate::record::{NoteKind, Notes};
use crate::sink::{Closed, Verdict};
use crate::source::SourceError;
use crate::state::{StateError, StateErrorKind};
use crate::sys::signals;
use crate::worker::{Event, Report};
use std::io;

impl Main<'_, '_> {
    /// Handles one event.
    pub(super) fn handle(&mut self, event: Event) {
        let printed = match event {
            Event::Piece { seq, piece } => match self.delivery.keep_piece(seq, piece) {
                Some(piece) => self.output.print(|sink| sink.piece(seq, piece)),
                None => Ok(()),
            },
            Event::Discard { seq } => {
                self.delivery.discard(seq);
                self.output.discard(seq);
                Ok(())
            }
            Event::Done(report) => self.settle(report),
            Event::DoneAndExited(report) => {
                self.workers.exited(false);
                self.settle(report)
            }
            Event::Notice(what) => {
                self.output.say(what);
                Ok(())
            }
            Event::Restored(end) => {
                self.restored(end);
                Ok(())
            }
            Event::Bundled(bundle) => {
                self.jobs.end_other();
                let kept = self.resume.keep_bundle(bundle);
                self.check_state(kept);
                Ok(())
            }
            Event::Lines { slot, lines } => self.output.process_lines(slot, &lines),
            Event::OtherFailure { slot, failure } => {
                let what = format!("worker {}: {failure}", slot + 1);
                self.other_failure(Other::Process, self.jobs.sent(), &failure, &what);
                Ok(())
            }
            Event::Revoke { slot, jobs, cause } => {
                self.revoke(slot, &jobs, &cause);
                Ok(())
            }
            Event::StdoutClosed => self.output.print(|_| Err(Closed::BrokenPipe)),
            Event::WorkersReduced { left, of, shortage } => {
                let told = shortage.and_then(|shortage| self.workers.reduced(left, of, shortage));
                if let Some(what) = told {
                    self.output.say(what);
                }
                Ok(())
            }
            Event::Merged { jobs, report } => {
                self.merged(jobs, report);
                Ok(())
            }
            Event::AwaitHalt { seq, handled } => {
                self.settling.await_halt(seq, handled);
                Ok(())
            }
            Event::Exited { broken } => {
                self.workers.exited(broken);
                if broken {
                    // Its job never ends. The panic goes on once the others have exited.
                    self.shutdown.advance(StopEvent::Terminate);
                }
                Ok(())
            }
        };
        self.end_printing_on(printed);
    }

    /// Handles a signal that the signal thread left to the main thread.
    pub(super) fn handle_signal(&mut self, signal: i32, signals: &RunSignals) {
        match signal {
            signals::USR1 if self.plan.signals == SignalAction::Workers => self.resize(Resize::Raise),
            signals::USR2 => self.resize(Resize::Lower),
            signals::USR1 => {
                signals.note(self.counts());
                if let Some(line) = signals.status() {
                    message::note(line);
                }
            }
            _ => {
                self.summary.signal = Some(signal);
                self.shutdown.advance(StopEvent::Signal(signal));
            }
        }
    }

    /// Changes the number of workers. From then on nothing waits in the queue: it would be run by those that are
    /// to exit.
    fn resize(&mut self, resize: Resize) {
        let target = self.workers.resize(resize);
        self.jobs.set_limit(target as u64);
    }

    /// Returns how far the run is.
    pub(super) fn counts(&self) -> Counts {
        Counts {
            done: self.summary.done - self.summary.parts,
            failed: self.summary.failures.count,
            sent: self.jobs.running(),
            left: self.source.left(),
        }
    }

    /// Takes the report of a job that has ended, at once or when its time has come.
    fn settle(&mut self, report: Report) -> Result<(), Closed> {
        if !self.settling.is_on() {
            return self.job_ended(report);
        }
        self.settling.add(report);
        Ok(())
    }

    /// Handles the ends of jobs whose time has come.
    pub(super) fn handle_settled(&mut self) {
        while let Some((report, handled)) = self
            .settling
            .next(self.jobs.first_running(), self.shutdown.is_stopping())
        {
            let printed = self.job_ended(report);
            self.end_printing_on(printed);
            drop(handled);
        }
    }

    /// Takes the report of a job that has ended. What becomes of a part of a split file is known when all its
    /// parts have ended.
    fn job_ended(&mut self, mut report: Report) -> Result<(), Closed> {
        let mut printed = Ok(());
        if report.link.is_some() {
            let (seq, pieces) = (report.seq, std::mem::take(&mut report.pieces));
            let mut pieces = pieces.into_iter();
            printed = pieces.try_for_each(|piece| self.output.print(|sink| sink.piece(seq, piece)));
        }
        self.meter.job_read(report.seq, report.input_size);
        // The job has ended, also when its output could not be taken.
        let mut reports = self.jobs.end(report).into_iter();
        if self.delivery.is_joiner() {
            return reports.try_for_each(|(report, _)| self.deliver(report));
        }
        printed?;
        reports.try_for_each(|(report, before)| self.job_counts(report, before))
    }

    /// Counts a job, and hands its end to the process that found it. What was stopped, or failed for a reason of
    /// this process's own, has no end.
    fn deliver(&mut self, report: Report) -> Result<(), Closed> {
        let (seq, failure) = (report.seq, report.failure.as_ref());
        self.summary.count(failure);
        let ends_run = matches!(
            failure,
            Some(Failure::Own { .. } | Failure::ProgramUnusable { .. } | Failure::PoolBroken { .. })
        );
        if ends_run && let Some(what) = report.failure_line() {
            self.output.say(what);
        }
        self.judge(failure);
        if !ends_run && !matches!(failure, Some(Failure::Stopped)) {
            self.delivery.deliver(report);
        }
        self.output
            .end_job(seq, Vec::new(), Verdict::Discard, Vec::new())?;
        self.note_printed();
        Ok(())
    }

    /// Handles what those say who speak to other hosts.
    pub(super) fn handle_news(&mut self, news: Option<QueueNews>) {
        match news {
            Some(QueueNews::Ended(jobs, part)) => {
                for report in self.delivery.take(jobs, part) {
                    self.handle(Event::Done(report));
                }
            }
            Some(QueueNews::Room) => {}
            Some(QueueNews::Over) => self.delivery.over(),
            Some(QueueNews::Failed(what)) => self.check_own(Err(what)),
            None => self.check_own(Err("the thread that speaks to the queue has ended".into())),
        }
    }

    /// Counts a job, prints what is left of it, and has its end stored.
    pub(super) fn job_counts(
        &mut self,
        mut report: Report,
        before: Option<Box<Before>>,
    ) -> Result<(), Closed> {
        let is_left_out = self.leave_out(&mut report);
        let bad_lines = report.notes.count(NoteKind::BadLine);
        self.summary.notes.add(&mut report);
        let (seq, failure) = (report.seq, report.failure.as_ref());
        self.summary.count(failure);
        self.summary.parts += u64::from(report.continued && failure.is_none());
        if matches!(
            failure,
            Some(
                Failure::Stopped
                    | Failure::Command {
                        cause: ChildOutcome::NotStarted(_),
                        ..
                    }
            )
        ) {
            self.output.forget_list_errors_after(seq);
        }
        self.output.say_list_errors(self.jobs.ended());
        let mut notes = std::mem::take(&mut report.warnings);
        let halt = self.plan.failures.halt;
        let text = failure_text(self.plan.failures.style, halt, &report);
        if !matches!(failure, None | Some(Failure::Stopped)) {
            self.summary
                .failures
                .add(seq, &report.names, text.as_deref().unwrap_or_default());
        }
        let end = (!matches!(failure, Some(Failure::Stopped))).then_some(failure.and(text.as_deref()));
        self.meter.job_ended(seq, end);
        notes.extend(text);
        if failure.is_some() {
            let listed = self.output.list_failed(&report.names);
            self.check_own(listed);
        }
        self.judge(failure);
        if let Some(record) = &report.record {
            let logged = self.output.log(failure, record);
            self.check_own(logged);
        }
        if let Some(merges) = &mut self.merges {
            merges.job_ended(seq, report.merged.take());
        }
        let verdict = match failure {
            Some(_) if report.is_unlike => Verdict::DropRead,
            Some(Failure::Stopped) => Verdict::Discard,
            Some(_) => Verdict::Drop,
            None if is_left_out => Verdict::Drop,
            None => Verdict::Keep,
        };
        self.output.end_job(seq, report.pieces, verdict, notes)?;
        let lost = self.output.is_closed() && self.work.fold.is_none();
        if let (Some(record), false) = (report.record, lost) {
            let printed = self.output.is_printed(seq);
            let ended = (report.failure.as_ref(), bad_lines, *record);
            self.resume.end(&mut self.jobs, seq, before, ended, printed);
        }
        self.note_printed();
        if self.plan.failures.halt == HaltAt::Fatal {
            self.summary
                .fatal
                .extend(report.failure.filter(Failure::is_fatal));
        }
        Ok(())
    }

    /// Ends the run when the end of a job says so.
    fn judge(&mut self, failure: Option<&Failure>) {
        let halt = self.plan.failures.halt;
        self.summary.all = self.source.left().map(|left| left + self.jobs.found);
        let was_halted = self.summary.halted;
        let event = match failure {
            Some(failure) => judge_failure(failure, halt, &mut self.summary),
            None if halt.concerns(false) => judge_count(halt, &mut self.summary),
            None => None,
        };
        if self.summary.halted && !was_halted {
            self.summary.halt_status = failure.map(Failure::status);
        }
        self.stop_on(event);
    }

    /// Takes note of how far the output has come.
    pub(super) fn note_printed(&mut self) {
        let lowest = self.output.note_printed();
        self.resume.printed(&mut self.jobs, lowest);
    }

    /// Takes note that a worker added parts of earlier runs to its fold.
    fn restored(&mut self, end: io::Result<Notes>) {
        self.jobs.end_other();
        let end = end.map(|notes| self.summary.notes.restore(notes));
        let end = end.map_err(|cause| format!("what was remembered of a fold: {}", message::cause(&cause)));
        self.check_own(end);
    }

    /// Takes note that jobs which ended well may not have: with a state, they are run again next time.
    fn revoke(&mut self, slot: usize, jobs: &[u64], cause: &str) {
        match self.resume.revoke(&mut self.jobs, jobs, cause) {
            Ok(false) => {}
            Ok(true) => {
                let them = match jobs.len() {
                    1 => "the job that the same process answered before is".to_owned(),
                    n => format!("the {n} jobs that the same process answered before are"),
                };
                message::say(format_args!("worker {}: {them} remembered as failed", slot + 1));
            }
            Err(error) => self.state_failed(&error),
        }
    }

    /// Reports a failure that is no job's, and counts it as one more. `seq` is the job that it comes before.
    pub(super) fn other_failure(&mut self, other: Other, seq: u64, failure: &Failure, what: &str) {
        self.summary.count(Some(failure));
        message::say(what);
        self.summary.failures.add_other(other, seq, what);
        let event = judge_failure(failure, self.plan.failures.halt, &mut self.summary);
        self.stop_on(event);
    }

    /// Reports an input that can't be had, or what is wrong with a list. `before` is how many jobs come before it.
    pub(super) fn report_source_error(&mut self, before: u64, error: &SourceError) {
        let failed = match error {
            SourceError::Input { name, .. } => std::slice::from_ref(name),
            // It is no input.
            SourceError::List { .. } | SourceError::Data => &[],
            _ => {
                self.summary.malformed |= matches!(error, SourceError::Malformed(_));
                let ended = self.jobs.ended();
                return self.output.add_list_error(before, error.to_string(), ended);
            }
        };
        self.summary.bad_inputs += 1;
        self.resume.lacks_input();
        self.summary
            .failures
            .add(self.jobs.sent(), failed, &error.to_string());
        self.output.say(error);
        let listed = self.output.list_failed(failed);
        self.check_own(listed);
        let event = judge_count(self.plan.failures.halt, &mut self.summary);
        self.stop_on(event);
    }

    /// Ends printing, and with it the run, when nothing more can or should be printed.
    pub(super) fn end_printing_on(&mut self, printed: Result<(), Closed>) {
        let Err(closed) = printed else { return };
        self.output.close();
        self.summary.closed(&closed);
        match &closed {
            Closed::BrokenPipe | Closed::Enough => self.workers.note_stdout_closed(),
            Closed::Failed { what, cause } => message::say(format_args!("{what}: {}", message::cause(cause))),
            Closed::Interrupted => {}
        }
        self.shutdown.advance(StopEvent::Terminate);
    }

    /// Ends the run when fanfold's own reading or writing failed. The error says what.
    fn check_own(&mut self, done: Result<(), String>) {
        if let Err(what) = done {
            self.summary.own_failures += 1;
            message::say(what);
            self.shutdown.advance(StopEvent::Terminate);
        }
    }

    /// Starts nothing more when the state failed.
    pub(super) fn check_state(&mut self, done: Result<(), StateError>) {
        if let Err(error) = done {
            self.state_failed(&error);
        }
    }

    /// Reports that the state failed, and starts nothing more.
    pub(super) fn state_failed(&mut self, error: &StateError) {
        match error.kind {
            StateErrorKind::Refused => self.summary.damaged = true,
            StateErrorKind::InUse | StateErrorKind::Io => self.summary.own_failures += 1,
        }
        message::say(error);
        self.shutdown.advance(StopEvent::Drain);
    }

    fn stop_on(&mut self, event: Option<StopEvent>) {
        if let Some(event) = event {
            self.shutdown.advance(event);
        }
    }
}

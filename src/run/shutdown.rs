//! How a run comes to its end before its time: failures that are too many, signals, a closed output.

use super::Main;
use super::jobs::JobSource;
use super::report::Counts;
use super::workers::{Resize, Workers};
use crate::control::StopRequest;
use crate::job::Failure;
use crate::message;
use crate::plan::{HaltAt, SignalAction};
use crate::sink::{Closed, Sink};
use crate::sys::signals;
use crate::worker::{Event, EventChannel, Report};
use crossbeam_channel::{Receiver, at, never};
use std::io;
use std::time::{Duration, Instant};

/// What ending takes beside the time that children are given.
pub(super) const GRACE: Duration = Duration::from_millis(500);

/// The run is on its way to its end before its time: nothing new starts.
#[derive(Clone, Copy, Default)]
pub(super) struct Stop {
    /// A signal came; the next one kills at once.
    signalled: bool,
    /// When workers that have not ended their jobs are left behind.
    deadline: Option<Instant>,
}

impl Main<'_> {
    /// Fires when the workers have been waited for long enough: one that is blocked in a read can't
    /// handle that it is to stop.
    pub(super) fn deadline(&self) -> Receiver<Instant> {
        self.stop.and_then(|stop| stop.deadline).map_or_else(never, at)
    }

    /// Lists a failed job's inputs, and ends the run where that was one failure too many.
    pub(super) fn after_failure(&mut self, report: &Report) {
        if let Err(cause) = self.failed.add(&report.names) {
            self.failed_list(&cause);
        }
        if let Some(failure) = &report.failure {
            self.halt_after(failure);
        }
    }

    /// Ends the run where this failure was one too many.
    pub(super) fn halt_after(&mut self, failure: &Failure) {
        match self.halt {
            // The worker has closed the gate.
            HaltAt::Fatal if failure.is_fatal() => {
                self.stop.get_or_insert_default();
            }
            _ if matches!(failure, Failure::Own { .. }) => self.halt(),
            _ if matches!(failure, Failure::PoolBroken { .. }) => self.halt_soon(),
            _ if matches!(failure, Failure::ProgramUnusable { .. }) => self.close_gate(),
            _ => self.halt_at_limit(),
        }
    }

    /// Ends the run where failures have become too many, with the inputs that could not be had.
    pub(super) fn halt_at_limit(&mut self) {
        let (failed, ended) = (self.tally.failed + self.tally.bad_inputs, self.tally.ended());
        match self.halt {
            HaltAt::Soon(limit) if limit.is_reached(failed, ended) => self.halt_soon(),
            HaltAt::Now(limit) if limit.is_reached(failed, ended) => {
                self.tally.halted = true;
                self.halt();
            }
            _ => {}
        }
    }

    /// Starts nothing more.
    pub(super) fn halt_soon(&mut self) {
        self.tally.halted = true;
        self.close_gate();
    }

    /// Starts nothing more, where nobody asked for a halt.
    pub(super) fn close_gate(&mut self) {
        self.stop.get_or_insert_default();
        // A worker that waits before another try is woken: it need not wait for it.
        self.control.request_stop(StopRequest::Drain);
    }

    pub(super) fn failed_list(&mut self, cause: &io::Error) {
        self.tally.own_failures += 1;
        message::say(format_args!("{}: {}", self.failed.shown(), message::cause(cause)));
        self.halt();
    }

    /// Nothing more can be printed: says why where that is an error, and stops the run.
    pub(super) fn close(&mut self, closed: &Closed) {
        self.sink.close();
        self.tally.closed(closed);
        if matches!(closed, Closed::BrokenPipe | Closed::Enough) {
            self.control.note_stdout_closed();
        }
        if let Closed::Failed { what, cause } = closed {
            message::say(format_args!("{what}: {}", message::cause(cause)));
        }
        self.halt();
    }

    /// Starts nothing more and ends what runs.
    pub(super) fn halt(&mut self) {
        let deadline = Instant::now() + self.patience;
        self.stop.get_or_insert_default().deadline.get_or_insert(deadline);
        self.control.request_stop(StopRequest::Terminate(signals::TERM));
    }

    /// Leaves workers behind that do not handle, and ends the process. What others have finished is
    /// printed and remembered.
    pub(super) fn give_up(&mut self, news: &EventChannel, feed: &JobSource) -> ! {
        while let Ok(event) = news.receiver().try_recv() {
            self.handle(event);
        }
        for report in news.find(false).0 {
            self.handle(Event::Done(report));
        }
        if let Err(closed) = self.printing(Sink::print_finished) {
            self.close(&closed);
        }
        self.printed();
        self.end_state(feed);
        self.abandon();
        (self.work.give_up)(&self.tally)
    }

    pub(super) fn signal(&mut self, signal: i32, feed: &JobSource, crew: &mut Workers<'_, '_>) {
        match signal {
            signals::USR1 if self.signals == SignalAction::Workers => self.resize(Resize::Raise, crew),
            signals::USR2 => self.resize(Resize::Lower, crew),
            signals::USR1 => {
                self.note_counts(feed);
                if let Some(line) = self.asked.answer(self.control) {
                    message::say(line);
                }
            }
            _ => {
                let before = self.stop.unwrap_or_default();
                let patience = if before.signalled { GRACE } else { self.patience };
                self.stop = Some(Stop {
                    signalled: true,
                    deadline: Some(Instant::now() + patience),
                });
                self.tally.signal = Some(signal);
                self.control.request_stop(if before.signalled {
                    StopRequest::Kill
                } else {
                    StopRequest::Terminate(signal)
                });
            }
        }
    }

    /// Says how far the run is to whoever answers in our place.
    pub(super) fn note_counts(&self, feed: &JobSource) {
        self.asked.note(Counts {
            done: self.tally.done - self.tally.parts,
            failed: self.tally.failures.count,
            sent: self.sent - self.ended,
            left: feed.left(),
        });
    }

    /// Takes the signal that came after the last that was listened to.
    pub(super) fn heed_last_signal(&mut self) {
        if let (None, Some(signal)) = (self.tally.signal, signals::ending()) {
            self.tally.signal = Some(signal);
            self.stop.get_or_insert_default();
        }
    }

    /// Nothing waits in the queue from then on: it would be run by those who are to leave.
    fn resize(&mut self, resize: Resize, crew: &mut Workers<'_, '_>) {
        self.most_running = crew.resize(resize) as u64;
    }
}

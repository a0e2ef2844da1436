//! How a run comes to its end before its time.
//!
//! It does not know what made it stop: whoever finds a reason calls [`Shutdown::advance`].

use super::report::Summary;
use crate::control::{Control, StopRequest};
use crate::job::Failure;
use crate::plan::{HaltAt, JobCounts};
use crate::sys::signals;
use crossbeam_channel::{Receiver, at, never};
use std::time::{Duration, Instant};

/// How long the shutdown takes beside the time that children are given to end.
const GRACE: Duration = Duration::from_millis(500);

/// How far the run is on its way to its end, ordered by severity. It only ever moves down this list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Jobs are started as long as there are any.
    Running,
    /// Nothing more is started. What runs goes on to its end.
    Draining,
    /// Children were sent a signal, and KILL follows after the grace. Workers that have not exited by the
    /// deadline are left behind: one that is blocked in a read can't hear that it is to stop.
    Terminating { by_user: bool, deadline: Instant },
    /// A second signal came: children are killed.
    Killing { deadline: Instant },
}

/// What brings a run nearer to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopEvent {
    /// Nothing more is to be started.
    Drain,
    /// What runs is to be ended, too.
    Terminate,
    /// A signal that ends the run came from outside.
    Signal(i32),
}

/// The shutdown of one run.
pub(super) struct Shutdown<'a> {
    stage: Stage,
    control: &'a Control,
    /// How long workers are waited for after children were sent a signal.
    patience: Duration,
}

impl<'a> Shutdown<'a> {
    /// Creates the shutdown of a run that runs. `patience` is how long children may take to end.
    pub(super) fn new(control: &'a Control, patience: Duration) -> Self {
        Shutdown {
            stage: Stage::Running,
            control,
            patience: patience + GRACE,
        }
    }

    /// Moves on as the event says, and has the workers hear of it.
    pub(super) fn advance(&mut self, event: StopEvent) {
        let now = Instant::now();
        let patient = now + self.patience;
        self.stage = match (self.stage, event) {
            (Stage::Running, StopEvent::Drain) => Stage::Draining,
            (Stage::Running | Stage::Draining, StopEvent::Terminate) => Stage::Terminating {
                by_user: false,
                deadline: patient,
            },
            (
                Stage::Running | Stage::Draining | Stage::Terminating { by_user: false, .. },
                StopEvent::Signal(_),
            ) => Stage::Terminating {
                by_user: true,
                deadline: patient,
            },
            (Stage::Terminating { by_user: true, .. } | Stage::Killing { .. }, StopEvent::Signal(_)) => {
                Stage::Killing {
                    deadline: now + GRACE,
                }
            }
            (stage, StopEvent::Drain | StopEvent::Terminate) => stage,
        };
        self.control.request_stop(match (self.stage, event) {
            (Stage::Running, _) => StopRequest::Continue,
            (Stage::Draining, _) => StopRequest::Drain,
            (Stage::Terminating { .. }, StopEvent::Signal(signal)) => StopRequest::Terminate(signal),
            (Stage::Terminating { .. }, _) => StopRequest::Terminate(signals::TERM),
            (Stage::Killing { .. }, _) => StopRequest::Kill,
        });
    }

    /// Returns whether the run is on its way to its end before its time: nothing more is started.
    pub(super) fn is_stopping(&self) -> bool {
        self.stage != Stage::Running
    }

    /// Returns a channel that fires when the workers have been waited for long enough.
    pub(super) fn deadline(&self) -> Receiver<Instant> {
        match self.stage {
            Stage::Running | Stage::Draining => never(),
            Stage::Terminating { deadline, .. } | Stage::Killing { deadline } => at(deadline),
        }
    }
}

/// Returns what a failure, which `summary` counts already, means for the run: its end, when it is one too many.
/// Notes in the summary when it is `--halt` that ends the run.
pub(super) fn judge_failure(failure: &Failure, halt: HaltAt, summary: &mut Summary) -> Option<StopEvent> {
    match failure {
        // Its worker has asked the others to start nothing more.
        failure if halt == HaltAt::Fatal && failure.is_fatal() => Some(StopEvent::Drain),
        Failure::Own { .. } => Some(StopEvent::Terminate),
        Failure::PoolBroken { .. } => {
            summary.halted = true;
            Some(StopEvent::Drain)
        }
        Failure::ProgramUnusable { .. } => Some(StopEvent::Drain),
        _ => judge_count(halt, summary),
    }
}

/// Returns whether so many jobs have ended that the run ends, with the inputs that could not be had.
pub(super) fn judge_count(halt: HaltAt, summary: &mut Summary) -> Option<StopEvent> {
    let counts = JobCounts {
        failed: summary.failed + summary.bad_inputs,
        ended: summary.ended(),
        all: summary.all,
    };
    let event = match halt {
        HaltAt::Soon(limit) if limit.is_reached(counts) => StopEvent::Drain,
        HaltAt::Now(limit) if limit.is_reached(counts) => StopEvent::Terminate,
        _ => return None,
    };
    summary.halted = true;
    Some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control() -> Control {
        Control::new(1).expect("a descriptor")
    }

    #[test]
    fn a_shutdown_is_never_taken_back() {
        let control = control();
        let worker = control.worker(0);
        let mut shutdown = Shutdown::new(&control, Duration::from_secs(1000));
        assert!(!shutdown.is_stopping() && worker.may_start());
        shutdown.advance(StopEvent::Drain);
        assert!(shutdown.is_stopping() && !worker.may_start());
        assert_eq!(worker.stop_request(), StopRequest::Continue, "what runs goes on");
        shutdown.advance(StopEvent::Terminate);
        assert_eq!(worker.stop_request(), StopRequest::Terminate(signals::TERM));
        shutdown.advance(StopEvent::Drain);
        assert!(matches!(
            shutdown.stage,
            Stage::Terminating { by_user: false, .. }
        ));
    }

    #[test]
    fn only_the_second_signal_kills() {
        let control = control();
        let worker = control.worker(0);
        let mut shutdown = Shutdown::new(&control, Duration::from_secs(1000));
        // The run's own end is no signal.
        shutdown.advance(StopEvent::Terminate);
        shutdown.advance(StopEvent::Signal(2));
        assert!(matches!(shutdown.stage, Stage::Terminating { by_user: true, .. }));
        shutdown.advance(StopEvent::Terminate);
        assert_eq!(worker.stop_request(), StopRequest::Terminate(signals::TERM));
        shutdown.advance(StopEvent::Signal(2));
        assert_eq!(worker.stop_request(), StopRequest::Kill);
        shutdown.advance(StopEvent::Signal(15));
        assert!(matches!(shutdown.stage, Stage::Killing { .. }));
    }
}

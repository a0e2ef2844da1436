//! The states of a child, and the ladder by which it is stopped: a signal, the grace, KILL.
//!
//! It does not know what the child is given, nor what it writes.

use super::deadline::Deadline;
use super::pipes::Pipes;
use crate::control::StopRequest;
use crate::job::Failure;
use crate::sys::{ProcessGroup, is_child_starting, signals};
use std::io;
use std::time::Duration;

/// How often a drain begins anew because a child of another worker may hold the pipes until its exec, which takes
/// long on a busy machine.
const DRAIN_EXTENSIONS: u32 = 10;

/// Why a child is stopped.
#[derive(Debug)]
pub(super) enum StopReason {
    /// The run stops.
    RunStopped(StopRequest),
    /// It ran for too long.
    TimedOut,
    /// Nobody wants the rest of its output.
    NotWanted,
    /// What it was being fed turned out bad: it must not take a part for the whole.
    BadInput(Failure),
    /// It answered before it had read the name. Nothing of that was emitted.
    Unasked,
    /// It does not give one reply for each name: what it did instead.
    OutOfStep(&'static str),
    /// It did not exit within the grace after the end of its input.
    Overstayed,
    /// The system refused what we need to go on with it.
    Broken(io::Error),
}

impl StopReason {
    /// Returns the signal that the group is sent first. `None`: KILL, without a grace.
    fn first_signal(&self) -> Option<i32> {
        match self {
            StopReason::RunStopped(StopRequest::Terminate(signal)) => Some(*signal),
            StopReason::RunStopped(_) | StopReason::Overstayed | StopReason::Broken(_) => None,
            _ => Some(signals::TERM),
        }
    }
}

/// Where a child is in its life. Each state is followed by one below it, but for a drain that is cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// The child or one of its feeders runs, and nobody wants it to stop. The deadline is its timeout.
    Running,
    /// The group was sent a signal, and is given time until the deadline, which is the end of the grace, or until
    /// no member lives.
    Terminating,
    /// The group was sent KILL. The exit of the child is all that is missing.
    Killed,
    /// The child and its feeders have exited. Their outputs are read to the end, or until the deadline: another
    /// process may hold the pipes for ever.
    Draining {
        /// How often the drain began anew.
        extensions: u32,
        /// Whether those who are left of the group were told to stop with the run.
        rest_signalled: bool,
    },
    /// Nothing is left to wait for.
    Done {
        /// Whether the outputs were open at the end of the drain.
        leaked: bool,
    },
}

/// The state of a child, and why it is stopped.
#[derive(Debug)]
pub(super) struct StopLadder {
    phase: Phase,
    /// The first reason: those after it change nothing.
    reason: Option<StopReason>,
    /// The time between the first signal and KILL.
    grace: Duration,
    /// How long pipes that outlive the child are read.
    drain: Duration,
}

impl StopLadder {
    pub(super) fn new(grace: Duration, drain: Duration) -> Self {
        StopLadder {
            phase: Phase::Running,
            reason: None,
            grace,
            drain,
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn reason(&self) -> Option<&StopReason> {
        self.reason.as_ref()
    }

    /// Returns the reason why the child was stopped, if it was, and whether another process held its outputs at
    /// the end, when that is no consequence of a stop.
    pub(super) fn into_end(self) -> (Option<StopReason>, bool) {
        let leaked = self.phase == Phase::Done { leaked: true } && self.reason.is_none();
        (self.reason, leaked)
    }

    /// Has the group stop. A child that is being stopped already only climbs on to KILL, when the reason says so.
    pub(super) fn stop(&mut self, reason: StopReason, group: &ProcessGroup, deadline: &mut Deadline) {
        let (signal, is_unwanted) = (reason.first_signal(), matches!(reason, StopReason::NotWanted));
        match self.phase {
            // What the child was fed may turn out bad after its end.
            Phase::Running | Phase::Draining { .. } | Phase::Done { .. } => {
                self.reason.get_or_insert(reason);
            }
            Phase::Terminating | Phase::Killed if signal.is_none() => return self.kill(group, deadline),
            _ => return,
        }
        if is_unwanted && self.phase != Phase::Running {
            self.phase = Phase::Done { leaked: false };
            return;
        }
        let Some(signal) = signal else {
            return self.kill(group, deadline);
        };
        self.phase = Phase::Terminating;
        deadline.set(Some(self.grace));
        terminate(group, signal);
    }

    fn kill(&mut self, group: &ProcessGroup, deadline: &mut Deadline) {
        group.signal(signals::KILL);
        self.phase = Phase::Killed;
        deadline.set(None);
    }

    /// Does what the run wants of a child that no longer runs, or is being stopped. That a child has ended by
    /// itself counts; who is left of its group ends with the run.
    pub(super) fn escalate(&mut self, request: StopRequest, group: &ProcessGroup, deadline: &mut Deadline) {
        match (&mut self.phase, request) {
            (Phase::Terminating, StopRequest::Kill) => self.kill(group, deadline),
            (Phase::Draining { rest_signalled, .. }, _) if self.reason.is_none() => {
                match request {
                    StopRequest::Kill => group.signal(signals::KILL),
                    StopRequest::Terminate(signal) if !*rest_signalled => terminate(group, signal),
                    _ => {}
                }
                *rest_signalled = true;
            }
            _ => {}
        }
    }

    /// Follows the deadline of a child that runs or is being stopped. Returns whether the time of a running child
    /// is over.
    pub(super) fn follow_deadline(
        &mut self,
        has_exited: bool,
        group: &ProcessGroup,
        deadline: &mut Deadline,
    ) -> bool {
        let is_over = deadline.is_over();
        match self.phase {
            // A child that has exited has done so in time.
            Phase::Running if is_over && !has_exited => deadline.set(None),
            Phase::Terminating if is_over || (has_exited && !group.has_others()) => {
                self.kill(group, deadline);
                return false;
            }
            _ => return false,
        }
        true
    }

    /// Goes on to the drain once the child and its feeders have exited, and from there to the end. `is_full`: what
    /// lies in the pipes has a reader, who has no room for it yet. `has_read`: something was read from them just
    /// now; without time for a drain, what lies in them is read to its end all the same.
    pub(super) fn follow_exit(
        &mut self,
        (is_full, has_read): (bool, bool),
        group: &ProcessGroup,
        pipes: &mut Pipes,
        deadline: &mut Deadline,
    ) {
        match &mut self.phase {
            Phase::Running | Phase::Killed => {
                self.phase = Phase::Draining {
                    extensions: 0,
                    rest_signalled: false,
                };
                deadline.set(Some(self.drain));
            }
            // Whoever holds the pipes has had its time to end with the run, though nobody reads what lies in them.
            Phase::Draining {
                rest_signalled: true, ..
            } if is_full && !deadline.is_over() => {}
            Phase::Draining {
                rest_signalled: true, ..
            } if is_full => {
                group.signal(signals::KILL);
                deadline.set(Some(self.drain));
            }
            Phase::Draining { .. } if is_full || has_read && self.drain.is_zero() => {
                deadline.set(Some(self.drain));
            }
            Phase::Draining { extensions, .. }
                if deadline.is_over() && *extensions < DRAIN_EXTENSIONS && is_child_starting() =>
            {
                *extensions += 1;
                deadline.set(Some(self.drain));
            }
            Phase::Draining { rest_signalled, .. } if deadline.is_over() => {
                let (was_open, rest_signalled) = (pipes.close_outputs(), *rest_signalled);
                if was_open && rest_signalled {
                    group.signal(signals::KILL);
                }
                self.phase = Phase::Done {
                    leaked: was_open && !rest_signalled,
                };
            }
            _ => {}
        }
        if matches!(self.phase, Phase::Draining { .. }) && pipes.are_drained() {
            self.phase = Phase::Done { leaked: false };
        }
    }
}

/// Sends the signal. A stopped process hears nothing but KILL until it is continued.
fn terminate(group: &ProcessGroup, signal: i32) {
    group.signal(signal);
    group.signal(signals::CONT);
}

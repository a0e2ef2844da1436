//! How a child comes to its end before its time, and its group with it: what is wished, what is too long.
//!
//! It does not know what the child is given, nor what it says.

use super::{DRAIN, MORE_DRAINS, Supervision};
use crate::control::StopRequest;
use crate::process::outcome::StopReason;
use crate::sys::{is_child_starting, signals};

/// How far the stopping of a child has come.
#[derive(Debug)]
pub(super) enum Stopping {
    /// The group was sent a signal and has until the KILL timer.
    Asked,
    /// The group was sent KILL, or has no living member.
    Done,
}

impl Supervision<'_> {
    /// Has the group stopped, for the first reason that comes.
    pub(in crate::process::command) fn stop(&mut self, reason: StopReason) {
        self.pipes.stdin = None;
        if matches!(reason, StopReason::NotWanted) {
            self.pipes.close_outputs();
            if self.exited {
                self.stopping = Some((reason, Stopping::Done));
                return;
            }
        }
        let signal = match reason {
            StopReason::Wished(signal) => Some(signal),
            StopReason::WishedDead | StopReason::Broken(_) => None,
            _ => Some(signals::TERM),
        };
        if self.stopping.is_none() {
            self.stopping = Some((reason, Stopping::Asked));
            self.timers.stop_in(self.plan.kill_after);
            if let Some(signal) = signal {
                self.group.signal(signal);
                // A stopped process hears nothing but KILL until it is continued.
                self.group.signal(signals::CONT);
            }
        }
        if signal.is_none() {
            self.kill();
        }
    }

    fn kill(&mut self) {
        self.group.signal(signals::KILL);
        self.timers.forget_grace();
        if let Some((_, stopping)) = &mut self.stopping {
            *stopping = Stopping::Done;
        }
    }

    pub(super) fn is_wished_to_stop(&self) -> bool {
        matches!(
            &self.stopping,
            Some((StopReason::Wished(_) | StopReason::WishedDead, _))
        )
    }

    pub(super) fn follow_wishes(&mut self) {
        match self.worker.stop_request() {
            StopRequest::Continue | StopRequest::Drain => {}
            wish if self.exited && self.stopping.is_none() => self.end_rest(wish),
            StopRequest::Terminate(_) if self.stopping.is_some() => {}
            StopRequest::Terminate(signal) => self.stop(StopReason::Wished(signal)),
            StopRequest::Kill if matches!(self.stopping, Some((_, Stopping::Done))) => {}
            StopRequest::Kill => self.stop(StopReason::WishedDead),
        }
        if self.suspension.follow(&self.worker, self.group, &mut self.timers) {
            self.standing.forget();
        }
    }

    /// Has who is left of the group end with the run, though the child has ended by itself, which counts.
    fn end_rest(&mut self, wish: StopRequest) {
        match wish {
            StopRequest::Terminate(signal) if !self.rest_told => {
                self.group.signal(signal);
                self.group.signal(signals::CONT);
            }
            StopRequest::Kill => self.group.signal(signals::KILL),
            _ => {}
        }
        self.rest_told = true;
    }

    pub(super) fn follow_timers(&mut self) {
        if self.ended && !self.pipes.are_drained() && self.emit.is_full() {
            // What is in them has a reader, that waits itself.
            self.timers.drain_in(DRAIN);
        }
        if self.timers.drain_is_over() && self.drains < MORE_DRAINS && is_child_starting() {
            self.drains += 1;
            self.timers.drain_in(DRAIN);
        } else if self.timers.drain_is_over() {
            self.timers.forget_drain();
            self.leaked = self.pipes.close_outputs();
            if self.leaked && self.rest_told {
                self.group.signal(signals::KILL);
            }
        }
        match &self.stopping {
            None if !self.exited && self.timers.try_is_over() => {
                let limit = self.plan.timeout.unwrap_or_default();
                self.stop(StopReason::TimedOut(limit));
            }
            Some((_, Stopping::Asked)) if self.timers.grace_is_over() => self.kill(),
            Some((_, Stopping::Asked)) if self.exited && !self.group.has_others() => self.kill(),
            _ => {}
        }
    }
}

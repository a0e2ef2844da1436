//! What the end of a child means for its job.
//!
//! It does not know how the child was run, nor what becomes of the job.

use super::plan::{Capture, CommandPlan, OnClosedStdout};
use super::stop_ladder::StopReason;
use crate::job::{ChildOutcome, Failure};
use crate::message;
use crate::sys::{oom, signals, stdout_is_unread};
use std::ffi::OsStr;
use std::io;
use std::process::ExitStatus;

/// Returns how a child ended that we did not stop.
pub(super) fn child_outcome(status: ExitStatus) -> ChildOutcome {
    match ChildOutcome::from(status) {
        ChildOutcome::Signal(signals::KILL) if oom::take_kill() => ChildOutcome::OutOfMemory,
        // A shell says so of a command that was killed. Taken too, as that kill is no other child's.
        ChildOutcome::Exit(137) if oom::take_kill() => ChildOutcome::Exit(137),
        outcome => outcome,
    }
}

/// Returns whether a child that ended in this way succeeded.
pub(super) fn is_success(plan: &CommandPlan, outcome: &ChildOutcome) -> bool {
    matches!(outcome, ChildOutcome::Exit(status) if plan.ok_exit.contains(status))
}

/// Returns the failure of a job whose child ended by itself with this status, if it is one.
pub(super) fn exit_failure(plan: &CommandPlan, status: ExitStatus) -> Option<Failure> {
    let cause = child_outcome(status);
    match is_success(plan, &cause) {
        true => None,
        false => Some(command_failure(plan, cause)),
    }
}

/// Returns the failure of a job whose child was stopped for this reason, if it is one.
pub(super) fn stop_failure(plan: &CommandPlan, reason: StopReason) -> Option<Failure> {
    Some(match reason {
        StopReason::NotWanted => return None,
        StopReason::TimedOut => {
            command_failure(plan, ChildOutcome::TimedOut(plan.timeout.unwrap_or_default()))
        }
        StopReason::BadInput(failure) => failure,
        StopReason::Broken(cause) => unsupervised(plan, cause),
        _ => Failure::Stopped,
    })
}

/// Returns the failure of a child that the system did not let us look after.
pub(super) fn unsupervised(plan: &CommandPlan, cause: io::Error) -> Failure {
    Failure::Own {
        what: format!(
            "can't supervise '{}'",
            message::display_name(plan.template.program())
        ),
        cause,
    }
}

fn command_failure(plan: &CommandPlan, cause: ChildOutcome) -> Failure {
    Failure::Command {
        program: plan.template.program().to_os_string(),
        cause,
    }
}

/// Returns whether the commands write directly to our stdout, and its reader is gone.
pub(super) fn is_reader_gone(plan: &CommandPlan) -> bool {
    (plan.capture, plan.unread) == (Capture::Inherit, OnClosedStdout::Ends) && stdout_is_unread()
}

/// Returns the failure of an input that can't be read.
pub(super) fn unreadable(name: &OsStr, cause: io::Error) -> Failure {
    Failure::Unreadable {
        name: name.to_os_string(),
        cause,
    }
}

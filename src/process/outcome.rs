//! What the end of a child means for its job.

use super::plan::{Capture, CommandPlan, OnClosedStdout};
use crate::job::{ChildOutcome, Failure};
use crate::sys::{oom, signals, stdout_is_unread};
use std::ffi::OsStr;
use std::io;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// Why a child is stopped.
#[derive(Debug)]
pub(super) enum StopReason {
    /// The run is being stopped.
    Wished(i32),
    /// The run is being stopped at once.
    WishedDead,
    /// It took too long.
    TimedOut(Duration),
    /// Nobody wants the rest of its output.
    NotWanted,
    /// What it was being fed turned out bad.
    BadInput(Failure),
    /// fanfold could not go on with it.
    Broken(io::Error),
}

/// The failure of an input that can't be read.
pub(super) fn unreadable(name: &OsStr, cause: io::Error) -> Failure {
    Failure::Unreadable {
        name: name.to_os_string(),
        cause,
    }
}

/// How a child ended that we did not kill.
pub(super) fn child_outcome(status: ExitStatus) -> ChildOutcome {
    match ChildOutcome::from(status) {
        ChildOutcome::Signal(signals::KILL) if oom::take_kill() => ChildOutcome::OutOfMemory,
        // What a shell says of a command that was killed: that kill is not another child's.
        ChildOutcome::Exit(137) if oom::take_kill() => ChildOutcome::Exit(137),
        ending => ending,
    }
}

impl CommandPlan {
    /// What the status of a child means that was not stopped.
    pub(super) fn ended(&self, status: ExitStatus) -> Result<(), Failure> {
        let cause = child_outcome(status);
        if self.accepts(&cause) {
            return Ok(());
        }
        Err(self.failed(cause))
    }

    /// Whether a command writes for a reader who has gone.
    pub(super) fn is_unread(&self) -> bool {
        (self.capture, self.unread) == (Capture::Inherit, OnClosedStdout::Ends) && stdout_is_unread()
    }

    /// Whether this is no failure.
    pub(super) fn accepts(&self, ending: &ChildOutcome) -> bool {
        matches!(ending, ChildOutcome::Exit(status) if self.ok_exit.contains(status))
    }

    /// What becomes of a job whose child was stopped.
    pub(super) fn stopped(&self, reason: StopReason) -> Result<(), Failure> {
        Err(match reason {
            StopReason::NotWanted => return Ok(()),
            StopReason::Wished(_) | StopReason::WishedDead => Failure::Stopped,
            StopReason::TimedOut(limit) => self.failed(ChildOutcome::TimedOut(limit)),
            StopReason::BadInput(failure) => failure,
            StopReason::Broken(cause) => Failure::Own {
                what: format!("can't supervise '{}'", self.template.program().display()),
                cause,
            },
        })
    }

    fn failed(&self, cause: ChildOutcome) -> Failure {
        Failure::Command {
            program: self.template.program().to_os_string(),
            cause,
        }
    }
}

/// Whether one that fed the child did so to its end, or until the child wanted no more.
pub(super) fn is_well_fed(end: &io::Result<ExitStatus>) -> bool {
    let unwanted = |status: &ExitStatus| status.signal() == Some(signals::PIPE);
    end.as_ref()
        .is_ok_and(|status| status.success() || unwanted(status))
}

//! Child processes as maps: a command for each job, and a command that lives from job to job.
//!
//! What both share lies here: which file a name stands for, the start, the pipes and the deadlines of a
//! child. It does not know which jobs there are, nor what becomes of the output.

pub mod command;
mod deadlines;
mod dry_run;
mod pipes;
mod pool;
mod resolve;
mod spawn_retry;
mod stopped;
mod suspend;

pub use command::{Capture, ChildStdin, ChildVar, Command, CommandPlan, Lookup, OnClosedStdout, Trace};
pub use dry_run::DryRun;
pub use pool::{PoolMap, PoolPlan, Reply};
pub use resolve::{ProgramError, resolve_program};

use crate::job::ChildOutcome;
use crate::sys::oom;
use deadlines::Deadlines;
use pipes::{Pipes, receive, wanted};
use resolve::seek_program;
use spawn_retry::{ActivityGuard, is_unfit, retry_spawn};
use std::process::ExitStatus;
use stopped::{StoppedChild, told};
use suspend::Suspension;

/// How a child ended that we did not kill.
fn child_outcome(status: ExitStatus) -> ChildOutcome {
    match ChildOutcome::from(status) {
        ChildOutcome::Signal(libc::SIGKILL) if oom::take_kill() => ChildOutcome::OutOfMemory,
        // What a shell says of a command that was killed: that kill is not another child's.
        ChildOutcome::Exit(137) if oom::take_kill() => ChildOutcome::Exit(137),
        ending => ending,
    }
}

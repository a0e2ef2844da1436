//! What a command for each job and a co-process for many jobs share: which file a name stands
//! for, the start, the pipes and the moments of a child.
//!
//! It does not know jobs, nor what a child is told or what it says.

mod pipes;
mod program;
mod standing;
mod start;
mod suspension;
mod timers;

pub(super) use pipes::{Pipes, receive, wanted};
pub(super) use program::seek_program;
pub use program::{ProgramError, resolve_program};
pub(super) use standing::{StoppedChild, told};
pub(super) use start::{ActivityGuard, is_unfit, retry_spawn};
pub(super) use suspension::Suspension;
pub(super) use timers::Deadlines;

use crate::job::ChildOutcome;
use crate::sys::oom;
use std::process::ExitStatus;

/// How a child ended that we did not kill.
pub(super) fn ending(status: ExitStatus) -> ChildOutcome {
    match ChildOutcome::from(status) {
        ChildOutcome::Signal(libc::SIGKILL) if oom::take_kill() => ChildOutcome::OutOfMemory,
        // What a shell says of a command that was killed: that kill is not another child's.
        ChildOutcome::Exit(137) if oom::take_kill() => ChildOutcome::Exit(137),
        ending => ending,
    }
}

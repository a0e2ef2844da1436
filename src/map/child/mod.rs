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
pub(super) use standing::{Standing, told};
pub(super) use start::{Busy, is_unfit, patiently};
pub(super) use suspension::Suspension;
pub(super) use timers::Timers;

use crate::job::Ending;
use crate::sys::oom;
use std::process::ExitStatus;

/// How a child ended that we did not kill.
pub(super) fn ending(status: ExitStatus) -> Ending {
    match Ending::from(status) {
        Ending::Signal(libc::SIGKILL) if oom::take_kill() => Ending::OutOfMemory,
        // What a shell says of a command that was killed: that kill is not another child's.
        Ending::Exit(137) if oom::take_kill() => Ending::Exit(137),
        ending => ending,
    }
}

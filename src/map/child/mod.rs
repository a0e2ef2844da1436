//! What a command for each job and a co-process for many jobs share: which file a name stands
//! for, the start, the pipes and the moments of a child.
//!
//! It does not know jobs, nor what a child is told or what it says.

mod pipes;
mod program;
mod start;
mod timers;

pub(super) use pipes::{Pipes, receive};
pub(super) use program::seek_program;
pub use program::{ProgramError, resolve_program};
pub(super) use start::{Busy, patiently};
pub(super) use timers::Timers;

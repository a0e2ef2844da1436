//! Child processes: their start, their groups, and what ends them when fanfold is gone.

mod group;
pub(crate) mod guardian;
mod niceness;
pub(crate) mod oom;
mod posix_spawn;
mod proc;
pub(crate) mod reaper;
mod spawn;
mod spawn_rlimit;
mod streams;

pub(crate) use group::{AlsoAwait, ProcessGroup, ProcessGroupOf, WaitEnd};
pub(crate) use niceness::add_niceness;
pub(crate) use spawn::{Launcher, is_child_starting};
pub(crate) use streams::{StdinFrom, Streams};

#[cfg(test)]
pub(super) use proc::{Stat, processes};

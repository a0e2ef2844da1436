//! Child processes: starting them, their groups, and what ends them when fanfold is gone.

mod group;
pub(crate) mod guardian;
pub(crate) mod oom;
mod proc;
pub(crate) mod reaper;
mod spawn;
mod spawn_rlimit;

pub(crate) use group::{Beside, Group, Heard};
pub(crate) use spawn::{Family, Input, Launcher, Streams, is_starting};

#[cfg(test)]
pub(super) use proc::{Stat, processes};

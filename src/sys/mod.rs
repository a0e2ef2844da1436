//! What the operating system is asked for beyond the standard library: process groups, exit
//! notices, wake-ups, signals and limits.
//!
//! The only folder with unsafe code and the only one that names a platform. It does not know
//! jobs, maps or output.
#![allow(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("fanfold builds on Linux only");

pub(crate) mod arguments;
mod cores;
mod io;
#[cfg(feature = "isal")]
pub(crate) mod isal;
mod limits;
pub(crate) mod locale;
mod memory;
mod process;
pub(crate) mod signals;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cores::cores;
pub(crate) use io::{
    Interest, Output, Ready, Stdin, Wake, is_unread, outputs_are_one, pipe, poll, tell, tell_now, terminal,
    will_read,
};
pub(crate) use limits::{
    available_memory, await_file, await_files, await_process, file_limit, is_out_of_files, raise_file_limit,
    start_thread,
};
pub(crate) use memory::{huge_buffer, share_heap};
pub(crate) use process::{
    Beside, Family, Group, Heard, Input, Launcher, Streams, guardian, is_starting, oom, reaper,
};

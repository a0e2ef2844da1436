//! What the operating system is asked for beyond the standard library: process groups, exit
//! notices, wake-ups, signals and limits.
//!
//! The only folder with unsafe code and the only one that names a platform. It does not know
//! jobs, maps or output.
#![allow(unsafe_code)]

mod ahead;
pub mod arguments;
mod closed;
mod cores;
mod group;
pub mod guardian;
mod heap;
#[cfg(feature = "isal")]
pub mod isal;
mod limits;
pub mod locale;
mod lowered;
pub mod oom;
mod output;
mod pages;
mod poll;
mod proc;
pub mod reaper;
pub mod signals;
mod spawn;
mod stdin;
mod terminal;
mod wake;

#[cfg(test)]
mod tests;

pub use ahead::will_read;
pub use cores::cores;
pub use group::{Beside, Group, Heard};
pub use heap::share_heap;
pub use limits::{
    available_memory, await_file, await_files, await_process, file_limit, is_out_of_files, raise_file_limit,
    start_thread,
};
pub use output::{Output, is_unread, outputs_are_one, tell, tell_now};
pub use pages::huge_buffer;
pub use poll::{Interest, Ready, pipe, poll};
pub use signals::{die_by_signal, stop_self};
pub use spawn::{Family, Input, Launcher, Streams, is_starting};
pub use stdin::Stdin;
pub use terminal::terminal;
pub use wake::Wake;

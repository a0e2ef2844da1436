//! What fanfold asks of the operating system beyond the standard library: child processes, pipes, wake-ups, signals,
//! memory and limits.
//!
//! The only folder with unsafe code, and the only one that names libc or rustix. It does not know jobs, maps or
//! output.
#![allow(unsafe_code)]

#[cfg(not(target_os = "linux"))]
compile_error!("fanfold builds on Linux only: it waits for children by pidfd and reads /proc");

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

/// The numbers of errors that [`std::io::ErrorKind`] has no name for.
pub(crate) mod error_number {
    pub(crate) use libc::{EACCES, ELIBBAD, ELOOP, ENOENT, ENOEXEC, ENOTDIR, EPERM};
}

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use cores::cores;
#[cfg(feature = "queue")]
pub(crate) use io::BoundDirectory;
pub(crate) use io::{
    Interest, OutputStream, Ready, Stdin, Waker, Writer, bytes_in_pipe, check_executable, draw_on_stderr,
    enlarge_pipe, is_foreground, lock_file, lock_to_read, open_nonblocking, outputs_are_same, pipe, poll,
    read_ahead, read_pipe, set_nonblocking, set_passage, set_stdout, stderr_is_terminal, stderr_size,
    stdout_is_terminal, stdout_is_unread, terminal, terminal_width, write_pipe, write_stderr,
    write_stderr_now, write_stderr_once,
};
pub(crate) use limits::{
    file_limit, is_out_of_files, pause_for_files, raise_file_limit, retry_open, retry_start, spawn_thread,
};
pub(crate) use memory::{available_memory, huge_buffer, share_heap};
pub(crate) use process::{
    AlsoAwait, Launcher, ProcessGroup, ProcessGroupOf, StdinFrom, Streams, WaitEnd, add_niceness, guardian,
    is_child_starting, oom, reaper,
};

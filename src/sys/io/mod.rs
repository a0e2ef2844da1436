//! Reading, writing and waiting: standard streams, files, pipes, the terminal and wake-ups.

#[cfg(feature = "queue")]
mod beneath;
mod file;
mod output;
mod passage;
mod pipe;
mod poll;
mod readahead;
mod std_fds;
mod stdin;
mod terminal;
mod waker;

#[cfg(feature = "queue")]
pub(crate) use beneath::BoundDirectory;
pub(crate) use file::{check_executable, lock_file, lock_to_read, open_nonblocking};
pub(crate) use output::{
    OutputStream, draw_on_stderr, outputs_are_same, stdout_is_unread, write_stderr, write_stderr_now,
    write_stderr_once,
};
pub(crate) use passage::{
    Writer, is_foreground, set_passage, set_stdout, stderr_is_terminal, stderr_size, stdout_is_terminal,
};
pub(crate) use pipe::{bytes_in_pipe, enlarge_pipe, pipe, read_pipe, set_nonblocking, write_pipe};
pub(crate) use poll::{Interest, Ready, poll};
pub(crate) use readahead::read_ahead;
pub(super) use std_fds::close_in_children;
pub(crate) use stdin::Stdin;

pub(crate) use terminal::{terminal, terminal_width};
pub(crate) use waker::Waker;

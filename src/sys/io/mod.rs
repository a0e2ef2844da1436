//! Reading, writing and waiting: standard streams, pipes, the terminal and wake-ups.

mod output;
mod poll;
mod readahead;
mod std_fds;
mod stdin;
mod terminal;
mod waker;

pub(crate) use output::{Output, is_unread, outputs_are_one, tell, tell_now};
pub(crate) use poll::{Interest, Ready, pipe, poll};
pub(crate) use readahead::will_read;
pub(crate) use std_fds::close_in_children;
pub(crate) use stdin::Stdin;
pub(crate) use terminal::terminal;
pub(crate) use waker::{NUDGE, Wake, this_thread};

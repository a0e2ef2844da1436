//! The pipes of a child, seen from our side.
//!
//! It does not know what goes through them.

use super::plan::{Capture, ChildStdin};
use crate::sys::{Interest, Ready, StdinFrom, Streams, pipe, read_pipe, set_nonblocking};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};

/// Our ends of the pipes of a child, as far as there are any.
#[derive(Debug, Default)]
pub(super) struct Pipes {
    /// What the child reads. Writing to it never blocks.
    pub(super) stdin: Option<OwnedFd>,
    /// The child's standard output.
    pub(super) stdout: Option<OwnedFd>,
    /// The child's standard error.
    pub(super) stderr: Option<OwnedFd>,
    /// The child's ends of its outputs, until it and its feeders were started.
    held: Option<[OwnedFd; 2]>,
}

impl Pipes {
    /// Makes the pipes. Returns the child's end of its input too.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub(super) fn new(feed: ChildStdin, capture: Capture) -> io::Result<(Self, Option<OwnedFd>)> {
        let mut pipes = Pipes::default();
        if capture == Capture::Whole {
            let (stdout, child_stdout) = pipe()?;
            let (stderr, child_stderr) = pipe()?;
            pipes.stdout = Some(stdout);
            pipes.stderr = Some(stderr);
            pipes.held = Some([child_stdout, child_stderr]);
        }
        if !feed.is_fed() {
            return Ok((pipes, None));
        }
        let (child_stdin, stdin) = pipe()?;
        set_nonblocking(stdin.as_fd())?;
        pipes.stdin = Some(stdin);
        Ok((pipes, Some(child_stdin)))
    }

    /// Returns what the child is to be started with.
    pub(super) fn streams<'a>(&'a self, stdin: &'a Option<OwnedFd>) -> Streams<'a> {
        let [stdout, stderr] = match &self.held {
            Some([stdout, stderr]) => [Some(stdout.as_fd()), Some(stderr.as_fd())],
            None => [None, None],
        };
        Streams {
            stdin: stdin
                .as_ref()
                .map_or(StdinFrom::Null, |fd| StdinFrom::Fd(fd.as_fd())),
            stdout,
            stderr,
            others: &[],
        }
    }

    /// Has the child write its standard output to `file` and not to us.
    pub(super) fn divert(&mut self, file: OwnedFd) {
        self.stdout = None;
        if let Some([stdout, _]) = &mut self.held {
            *stdout = file;
        }
    }

    /// Lets the outputs end with the child. This comes right after the start, so that few other children inherit the
    /// pipes: they hold them from their fork to their exec, and an end that waits for that leaves a processor idle.
    pub(super) fn release(&mut self) {
        self.held = None;
    }

    /// Closes the outputs. Returns whether any was open.
    pub(super) fn close_outputs(&mut self) -> bool {
        self.held = None;
        self.stdout.take().is_some() | self.stderr.take().is_some()
    }

    /// Returns whether the outputs have ended.
    pub(super) fn are_drained(&self) -> bool {
        self.stdout.is_none() && self.stderr.is_none()
    }
}

/// Reads once from a pipe that is ready, which never blocks, and closes it at its end.
///
/// # Errors
/// What the system said, which is not to be expected of a pipe. Then it is closed too.
pub(super) fn receive(pipe: &mut Option<OwnedFd>, ready: Ready, buffer: &mut [u8]) -> io::Result<usize> {
    let Some(fd) = pipe else { return Ok(0) };
    let read = match ready {
        Ready::Yes => read_pipe(fd.as_fd(), buffer),
        Ready::No | Ready::Gone => Ok(0),
    };
    match read {
        Ok(n) if n > 0 => Ok(n),
        end => {
            *pipe = None;
            end
        }
    }
}

/// Returns what is to be polled of a pipe, if there is one.
pub(super) fn wanted(fd: &Option<OwnedFd>, interest: Interest) -> Option<(BorrowedFd<'_>, Interest)> {
    fd.as_ref().map(|fd| (fd.as_fd(), interest))
}

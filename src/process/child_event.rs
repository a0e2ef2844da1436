//! What the user of a child wants of a step, and what a step tells.
//!
//! It does not know how a child is looked after.

use super::stop_ladder::StopReason;
use std::io;
use std::os::fd::BorrowedFd;
use std::process::ExitStatus;
use std::time::Duration;

/// What the user of a child wants of a step.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Wants<'a> {
    /// Bytes for the child's standard input.
    pub(super) input: &'a [u8],
    /// A file that the user waits to read from.
    pub(super) source: Option<BorrowedFd<'a>>,
    /// Whether the user has no room for output, and so waits by itself.
    pub(super) is_full: bool,
    /// How long to wait at most.
    pub(super) at_most: Option<Duration>,
}

/// What happened to a child, or to what its user waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChildEvent {
    /// The child wrote so many bytes to its standard output, which are in the buffer.
    Stdout(usize),
    /// The child wrote so many bytes to its standard error, which are in the buffer.
    Stderr(usize),
    /// The child was given so many bytes of the input.
    Given(usize),
    /// Nobody reads the child's standard input.
    InputClosed,
    /// There is something to read from the source, or its end.
    SourceReady,
    /// The deadline of the running child is over, and forgotten.
    TimedOut,
    /// Another process has stopped the child by this signal, and the user was not told so yet.
    StoppedBy(i32),
    /// All that one poll found was told, and what the run wants was done.
    RoundEnd {
        /// Whether the worker was woken.
        is_woken: bool,
    },
    /// The child is over: it is to be reaped.
    Over,
}

/// How a child came to its end.
#[derive(Debug)]
pub(super) struct ChildEnd {
    /// Why it was stopped, if it was.
    pub(super) reason: Option<StopReason>,
    /// The status of the child, or of the first feeder that failed when the child did not.
    pub(super) status: io::Result<ExitStatus>,
    /// Whether a process that it left behind holds its outputs.
    pub(super) leaked: bool,
}

//! What a child's standard streams are.

use std::os::fd::BorrowedFd;

/// What a child's standard input is.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) enum StdinFrom<'a> {
    /// `/dev/null`.
    #[default]
    Null,
    /// Our own.
    Inherited,
    /// This descriptor.
    Fd(BorrowedFd<'a>),
}

/// The child's standard streams. None stands for our own, closed if it was closed when we were started.
#[derive(Debug, Default)]
pub(crate) struct Streams<'a> {
    /// Standard input.
    pub(crate) stdin: StdinFrom<'a>,
    /// Standard output.
    pub(crate) stdout: Option<BorrowedFd<'a>>,
    /// Standard error.
    pub(crate) stderr: Option<BorrowedFd<'a>>,
    /// Further descriptors that the child inherits, under the same numbers.
    pub(crate) others: &'a [BorrowedFd<'a>],
}

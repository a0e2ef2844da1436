//! A pool, decided: what is the same for all workers.
//!
//! It does not know the jobs.

use crate::plan::Revocable;
use crate::process::plan::CommandPlan;
use std::sync::Arc;

/// Everything about a pool that is the same for all workers.
#[derive(Debug, Clone)]
pub(crate) struct PoolPlan {
    /// The command, its times and its good exit statuses. No word of it may stand for an input.
    pub(crate) command: CommandPlan,
    /// The byte that ends a name.
    pub(crate) name_end: u8,
    /// What a reply is.
    pub(crate) reply: Reply,
    /// What a reply begins with that says that its job failed. Each run has another one.
    pub(crate) failure_mark: Arc<str>,
    /// Whether the jobs that a process answered are named when it turns out to be out of order.
    pub(crate) revocable: Revocable,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// A line, emitted with its newline.
    Line,
    /// Any bytes up to a NUL, which is not emitted.
    Nul,
}

impl PoolPlan {
    /// Returns a mark that no reply begins with by chance.
    pub(crate) fn new_failure_mark() -> Arc<str> {
        format!("failed-{:032x}", fastrand::u128(..)).into()
    }
}

impl Reply {
    /// Returns the byte that ends a reply.
    pub(super) fn end(self) -> u8 {
        match self {
            Reply::Line => b'\n',
            Reply::Nul => 0,
        }
    }
}

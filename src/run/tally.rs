//! How a run went, counted as it goes.

use crate::job::Failure;
use crate::sink::Closed;

/// How a run went.
#[derive(Debug, Default)]
pub struct Summary {
    /// Jobs that succeeded.
    pub done: u64,
    /// Inputs that were unreadable, corrupt or gone.
    pub bad_inputs: u64,
    /// Jobs that failed for another reason: a command that ended badly, a map that panicked.
    pub failed: u64,
    /// Lines that the format could not read.
    pub bad_lines: u64,
    /// fanfold's own reading or writing failed.
    pub own_failures: u64,
    /// Failures ended the run, as `--halt` asked.
    pub halted: bool,
    /// The signal that ended the run; SIGPIPE when the reader of its output went away.
    pub signal: Option<i32>,
}

/// Counts jobs as they end.
pub type Tally = Summary;

impl Summary {
    /// Counts a job that ended.
    pub(super) fn count(&mut self, failure: Option<&Failure>) {
        match failure {
            None => self.done += 1,
            Some(Failure::Unreadable { .. } | Failure::Corrupt { .. }) => self.bad_inputs += 1,
            Some(Failure::Command { .. } | Failure::Panicked { .. }) => self.failed += 1,
            Some(Failure::Own { .. }) => self.own_failures += 1,
            Some(Failure::Stopped) => {}
        }
    }

    /// Counts what closed the sink.
    pub(super) fn closed(&mut self, closed: &Closed) {
        match closed {
            Closed::Enough => {}
            Closed::BrokenPipe => self.signal = self.signal.or(Some(crate::sys::signals::PIPE)),
            Closed::Interrupted => {}
            Closed::Failed { .. } => self.own_failures += 1,
        }
    }

    /// Whether there was nothing to do at all.
    pub fn is_empty(&self) -> bool {
        self.done + self.bad_inputs + self.failed + self.own_failures == 0 && self.signal.is_none()
    }
}

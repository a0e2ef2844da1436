//! A child and its clock stand still while the run is suspended (Ctrl-Z).
//!
//! It does not know of children that others stop.

use super::deadline::Deadline;
use crate::control::{Activity, WorkerHandle};
use crate::sys::{ProcessGroup, signals};

/// Whether we have stopped a child with the run.
#[derive(Debug, Default)]
pub(super) struct Suspension {
    is_suspended: bool,
}

impl Suspension {
    pub(super) fn is_suspended(&self) -> bool {
        self.is_suspended
    }

    /// Stops or continues the group and the clock as the run wants it. Returns whether they go on again.
    pub(super) fn follow(
        &mut self,
        worker: &WorkerHandle,
        group: &ProcessGroup,
        deadline: &mut Deadline,
    ) -> bool {
        let is_suspended = worker.is_suspended();
        if is_suspended == self.is_suspended {
            return false;
        }
        self.is_suspended = is_suspended;
        if is_suspended {
            group.signal(signals::STOP);
            deadline.pause();
            worker.set_activity(Activity::Stopped);
        } else {
            group.signal(signals::CONT);
            deadline.resume();
            worker.set_activity(Activity::Running);
        }
        !is_suspended
    }
}

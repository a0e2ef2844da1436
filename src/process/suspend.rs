//! A child and its timers stand still while the run does.

use super::deadlines::Deadlines;
use crate::control::{Activity, WorkerHandle};
use crate::sys::{ProcessGroup, signals};

/// Whether a child stands still with the run.
#[derive(Debug, Default)]
pub(super) struct Suspension {
    stands: bool,
}

impl Suspension {
    /// Whether it does.
    pub(super) fn stands(&self) -> bool {
        self.stands
    }

    /// Has the group and the timers do what the run does; whether they go on again.
    pub(super) fn follow(
        &mut self,
        worker: &WorkerHandle,
        group: &ProcessGroup,
        timers: &mut Deadlines,
    ) -> bool {
        let stands = worker.is_suspended();
        if stands == self.stands {
            return false;
        }
        self.stands = stands;
        if stands {
            group.signal(signals::STOP);
            timers.pause();
            worker.set_activity(Activity::Stopped);
        } else {
            group.signal(signals::CONT);
            timers.go_on();
            worker.set_activity(Activity::Running);
        }
        !stands
    }
}

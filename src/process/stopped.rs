//! Whether a child stands still that we did not stop: one that wants the terminal, most likely.
//!
//! The system has no notice of that which could be polled for, so it is looked for, ever more rarely.

use crate::control::{Activity, WorkerHandle};
use crate::message;
use crate::sys::{AlsoAwait, ProcessGroup, signals};
use std::ffi::OsStr;
use std::time::{Duration, Instant};

/// When it is looked first, and how rarely at last.
const FIRST: Duration = Duration::from_millis(250);
const RARELY: Duration = Duration::from_secs(8);

/// When to look next, and what was found.
#[derive(Debug)]
pub(super) struct StoppedChild {
    next: Instant,
    pause: Duration,
    stands: bool,
    told: bool,
}

impl StoppedChild {
    /// Of a child that starts now.
    pub(super) fn new() -> Self {
        StoppedChild {
            next: Instant::now() + FIRST,
            pause: FIRST,
            stands: false,
            told: false,
        }
    }

    /// How long it is until the next look.
    pub(super) fn left(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// What tells of a change to who waits for the child alone.
    pub(super) fn beside(&self) -> AlsoAwait {
        match self.stands {
            true => AlsoAwait::Continue,
            false => AlsoAwait::Stop,
        }
    }

    /// Looks whether the child stands still, if it is time to, and has the worker know. Gives the signal that it was
    /// stopped by where the user is to know.
    pub(super) fn look(&mut self, group: &ProcessGroup, worker: &WorkerHandle) -> Option<i32> {
        if Instant::now() < self.next {
            return None;
        }
        self.pause = RARELY.min(self.pause * 2);
        self.next = Instant::now() + self.pause;
        self.look_now(group, worker)
    }

    /// As [`StoppedChild::look`], at any time.
    pub(super) fn look_now(&mut self, group: &ProcessGroup, worker: &WorkerHandle) -> Option<i32> {
        let by = group.stopped_by();
        let before = std::mem::replace(&mut self.stands, by.is_some());
        if before != self.stands {
            worker.set_activity(match self.stands {
                true => Activity::StoppedExternally,
                false => Activity::Running,
            });
        }
        by.filter(|_| !std::mem::replace(&mut self.told, true))
    }

    /// Forgets what was found: it was stopped and continued by us.
    pub(super) fn forget(&mut self) {
        self.stands = false;
    }
}

/// What is said of `who` in whose place the command was stopped by this signal.
pub(super) fn told(who: &str, program: &OsStr, signal: i32) -> String {
    let why = match signal {
        signals::TTIN => "it reads the terminal, which no command of a run can",
        signals::TTOU => "it writes to the terminal or sets it, which no command of a run can here",
        _ => "it waits to be continued",
    };
    format!(
        "{who}: '{}' was stopped by signal {signal}: {why}",
        message::display_name(program)
    )
}

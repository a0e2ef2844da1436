//! Whether another process has stopped a child: most likely the terminal, as the child wants it.
//!
//! The system has no notice of that which could be polled for, so it is looked for, ever more rarely.

use crate::control::{Activity, WorkerHandle};
use crate::message;
use crate::sys::{AlsoAwait, ProcessGroup, signals};
use std::ffi::OsStr;
use std::time::{Duration, Instant};

/// The time to the first look.
const FIRST: Duration = Duration::from_millis(250);
/// The longest time between two looks.
const RAREST: Duration = Duration::from_secs(8);

/// When to look next, and what the last look found.
#[derive(Debug)]
pub(super) struct StoppedChild {
    next: Instant,
    pause: Duration,
    is_stopped: bool,
    /// Whether the user was told.
    is_told: bool,
}

impl StoppedChild {
    /// Returns the state of a child that starts now.
    pub(super) fn new() -> Self {
        StoppedChild {
            next: Instant::now() + FIRST,
            pause: FIRST,
            is_stopped: false,
            is_told: false,
        }
    }

    /// Returns how long it is until the next look.
    pub(super) fn left(&self) -> Duration {
        self.next.saturating_duration_since(Instant::now())
    }

    /// Returns what a thread that waits for the child alone awaits besides its exit.
    pub(super) fn also_await(&self) -> AlsoAwait {
        match self.is_stopped {
            true => AlsoAwait::Continue,
            false => AlsoAwait::Stop,
        }
    }

    /// Looks whether the child is stopped, when it is time to, and notes it for the worker. Returns the signal that
    /// stopped it when the user was not told yet.
    pub(super) fn look(&mut self, group: &ProcessGroup, worker: &WorkerHandle) -> Option<i32> {
        if Instant::now() < self.next {
            return None;
        }
        self.pause = RAREST.min(self.pause * 2);
        self.next = Instant::now() + self.pause;
        self.look_now(group, worker)
    }

    /// Looks at any time, as [`StoppedChild::look`] does.
    pub(super) fn look_now(&mut self, group: &ProcessGroup, worker: &WorkerHandle) -> Option<i32> {
        let signal = group.stopped_by();
        let before = std::mem::replace(&mut self.is_stopped, signal.is_some());
        if before != self.is_stopped {
            worker.set_activity(match self.is_stopped {
                true => Activity::StoppedExternally,
                false => Activity::Running,
            });
        }
        signal.filter(|_| !std::mem::replace(&mut self.is_told, true))
    }

    /// Forgets what was found: we have stopped and continued the child.
    pub(super) fn forget(&mut self) {
        self.is_stopped = false;
    }
}

/// Returns what the user is told when the command of `who` was stopped by this signal.
pub(super) fn stop_notice(who: &str, program: &OsStr, signal: i32) -> String {
    let why = match signal {
        signals::TTIN => "it reads the terminal, which no command of a run can do",
        signals::TTOU => "it writes to the terminal or sets it, which no command of a run can do here",
        _ => "it waits to be continued",
    };
    format!(
        "{who}: '{}' was stopped by signal {signal}: {why}",
        message::display_name(program)
    )
}

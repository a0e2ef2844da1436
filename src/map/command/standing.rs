//! Whether a child stands still that we did not stop: one that wants the terminal, most likely.
//!
//! The system has no notice of that which could be waited for, so it is looked for, ever more rarely.

use crate::job::{self, Input, Job};
use crate::message;
use std::ffi::OsStr;
use std::time::{Duration, Instant};

/// When it is looked first, and how rarely at last.
const FIRST: Duration = Duration::from_millis(250);
const RARELY: Duration = Duration::from_secs(8);

/// When to look next, and what was found.
#[derive(Debug)]
pub(super) struct Standing {
    next: Instant,
    pause: Duration,
    stands: bool,
    told: bool,
}

/// What a look changed.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// It stands still, for the first time.
    Stopped,
    /// It stands still again.
    StoppedAgain,
    /// It goes on.
    Continued,
}

impl Standing {
    /// Of a child that starts now.
    pub(super) fn new() -> Self {
        Standing {
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

    /// Looks, if it is time to, by a question whether the child stands still.
    pub(super) fn look(&mut self, ask: impl FnOnce() -> bool) -> Option<Change> {
        if Instant::now() < self.next {
            return None;
        }
        self.pause = RARELY.min(self.pause * 2);
        self.next = Instant::now() + self.pause;
        let before = std::mem::replace(&mut self.stands, ask());
        match (before, self.stands) {
            (false, true) if std::mem::replace(&mut self.told, true) => Some(Change::StoppedAgain),
            (false, true) => Some(Change::Stopped),
            (true, false) => Some(Change::Continued),
            _ => None,
        }
    }

    /// Forgets what was found: it was stopped and continued by us.
    pub(super) fn forget(&mut self) {
        self.stands = false;
    }
}

/// What is said of a job whose child was stopped by this signal.
pub(super) fn told(job: &Job, program: &OsStr, signal: i32) -> String {
    let name = job::shown(job.inputs.iter().map(Input::name));
    let why = match signal {
        libc::SIGTTIN => "it reads the terminal, which no command of a run can",
        libc::SIGTTOU => "it writes to the terminal or sets it, which no command of a run can here",
        _ => "it waits to be continued",
    };
    format!(
        "job {} ({name}): '{}' was stopped by signal {signal}: {why}",
        job.seq + 1,
        message::shown(program)
    )
}

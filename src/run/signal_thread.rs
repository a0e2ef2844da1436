//! What is done with a signal even when the main thread is blocked by a reader of its output: Ctrl-Z stops the
//! run, and USR1 is answered.

use super::report::{Counts, status_line};
use crate::control::Control;
use crate::message;
use crate::plan::SignalAction;
use crate::progress::{resume_bar, suspend_bar};
use crate::sys::signals::{self, Signals, Usr2};
use crossbeam_channel::{Receiver, Sender};
use std::io;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long to wait for the children of a run that is to stop (Ctrl-Z).
const STOPPING: Duration = Duration::from_millis(500);
/// How long the main thread, which knows best, is given to answer, and how often to look whether it has.
const ANSWER: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(5);

/// The signals of a run, and what is answered to USR1.
pub(super) struct RunSignals {
    signals: Signals,
    status: Status,
}

/// What both threads need for the answer.
#[derive(Clone)]
struct Status {
    control: Control,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// How far the run was when the main thread last said so.
    counts: Mutex<Counts>,
    /// How many USR1 wait for an answer.
    unanswered: AtomicU32,
}

impl RunSignals {
    /// Installs the handlers.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn install(control: &Control, action: SignalAction) -> io::Result<Self> {
        let status = Status {
            control: control.clone(),
            shared: Arc::default(),
        };
        let usr2 = match action {
            SignalAction::Workers => Usr2::Handled,
            SignalAction::Status => Usr2::EndsProcess,
        };
        let own = status.clone();
        let signals = signals::install(usr2, move |signal, main| own.on_signal(signal, action, main))?;
        Ok(RunSignals { signals, status })
    }

    /// Returns the channel of the signals that the main thread handles.
    pub(super) fn received(&self) -> &Receiver<i32> {
        self.signals.received()
    }

    /// Takes note of how far the run is.
    pub(super) fn note(&self, counts: Counts) {
        *self.status.counts() = counts;
    }

    /// Returns the answer to USR1, if one is still to be given; it counts as given then.
    pub(super) fn status(&self) -> Option<String> {
        self.status.answer()
    }
}

impl Status {
    /// Runs in the signal thread: handles job-control signals and USR1 at once and leaves the rest to the main
    /// thread.
    fn on_signal(&self, signal: i32, action: SignalAction, main: &Sender<i32>) {
        match signal {
            signals::TSTP => {
                self.control.suspend(STOPPING);
                suspend_bar();
                signals::stop_self();
            }
            signals::CONT => {
                self.control.resume();
                resume_bar();
            }
            signals::USR1 if action == SignalAction::Status => {
                let unanswered = &self.shared.unanswered;
                unanswered.fetch_add(1, Ordering::SeqCst);
                // It fails when the run ends and nobody listens any more.
                let _ = main.send(signal);
                let until = Instant::now() + ANSWER;
                while unanswered.load(Ordering::SeqCst) > 0 && Instant::now() < until {
                    thread::sleep(LOOK);
                }
                if let Some(line) = self.answer() {
                    message::note_now(line);
                }
            }
            _ => {
                let _ = main.send(signal);
            }
        }
    }

    fn answer(&self) -> Option<String> {
        let one_less = |waiting: u32| waiting.checked_sub(1);
        let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
        self.shared.unanswered.fetch_update(set, get, one_less).ok()?;
        Some(status_line(&self.counts(), &self.control.in_flight()))
    }

    fn counts(&self) -> std::sync::MutexGuard<'_, Counts> {
        self.shared.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

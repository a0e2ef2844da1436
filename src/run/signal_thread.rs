//! What is done with a signal though the main thread waits for a reader that stands still: Ctrl-Z stops, and
//! USR1 is answered.

use super::report::{self, Counts};
use crate::control::Control;
use crate::message;
use crate::plan::SignalAction;
use crate::sys::signals;
use crossbeam_channel::Sender;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long the children of a run that is to stop are waited for.
const STOPPING: Duration = Duration::from_millis(500);
/// How long the main thread, which knows best, is given to answer, and how often it is seen whether it has.
const ANSWER: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(5);

/// What there is to answer with, and how many wait for an answer.
#[derive(Debug, Default)]
pub struct StatusRequests {
    counts: Mutex<Counts>,
    unanswered: AtomicU32,
}

impl StatusRequests {
    /// Takes note of how far the run is.
    pub fn note(&self, counts: Counts) {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner) = counts;
    }

    /// The answer, if one is still to be given: it is, then.
    pub fn answer(&self, control: &Control) -> Option<String> {
        let one_less = |waiting: u32| waiting.checked_sub(1);
        let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
        self.unanswered.fetch_update(set, get, one_less).ok()?;
        let counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        Some(report::line(&counts, &control.in_flight()))
    }

    fn is_answered(&self) -> bool {
        self.unanswered.load(Ordering::SeqCst) == 0
    }
}

/// What whoever carries the signals does with each; the others are the main thread's.
pub fn heed(
    control: Control,
    asked: Arc<StatusRequests>,
    told: SignalAction,
) -> impl Fn(i32, &Sender<i32>) + Send + Sync {
    move |signal, main| match signal {
        signals::TSTP => {
            control.suspend(STOPPING);
            signals::stop_self();
        }
        signals::CONT => control.resume(),
        signals::USR1 if told == SignalAction::Status => {
            asked.unanswered.fetch_add(1, Ordering::SeqCst);
            // Nobody listens any more: the run ends.
            let _ = main.send(signal);
            let until = Instant::now() + ANSWER;
            while !asked.is_answered() && Instant::now() < until {
                thread::sleep(LOOK);
            }
            if let Some(line) = asked.answer(&control) {
                message::say_now(line);
            }
        }
        _ => {
            let _ = main.send(signal);
        }
    }
}

//! A connection that lasts: what can't be answered now is asked again, on a new connection when the old one broke.
//!
//! It does not know what is asked.

use crate::message;
use crate::queue::QueueError;
use crate::queue::{QueueConnection, QueueServer};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// The first pause before another try, and the longest. They double, and are jittered.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);
/// What lasts no longer is not said at all.
const NOTICED: Duration = Duration::from_secs(1);
/// How often it is said that the server does not answer.
const TOLD: Duration = Duration::from_secs(60);
/// How long a server that does not answer is waited for once the run ends.
const LEAVING: Duration = Duration::from_secs(2);
/// How long a pause may keep a caller from seeing that the run ends.
const LOOK: Duration = Duration::from_millis(50);

/// What says that a server does not answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CallerVoice {
    /// It says so on standard error, once a minute.
    Aloud,
    /// Another caller of this process says it.
    Silent,
}

/// Calls a server until it answers.
pub(super) struct Caller {
    server: QueueServer,
    shown: String,
    connection: Option<QueueConnection>,
    patience: Duration,
    voice: CallerVoice,
    /// Whether the run ends.
    leaving: Arc<AtomicBool>,
    /// Since when there is no answer, and when that was said last.
    silent: Option<(Instant, Option<Instant>)>,
    has_reconnected: bool,
}

impl Caller {
    /// Returns a caller that has not connected yet. `shown` is the server's name in messages.
    pub(super) fn new(
        server: QueueServer,
        shown: &str,
        patience: Duration,
        voice: CallerVoice,
        leaving: Arc<AtomicBool>,
    ) -> Self {
        Caller {
            server,
            shown: shown.to_owned(),
            connection: None,
            patience,
            voice,
            leaving,
            silent: None,
            has_reconnected: false,
        }
    }

    /// Asks until there is an answer. The same question may reach the server twice.
    ///
    /// # Errors
    /// When there is none for as long as the caller is patient, or none will help.
    pub(super) fn call<T>(
        &mut self,
        mut ask: impl FnMut(&mut QueueConnection) -> Result<T, QueueError>,
    ) -> Result<T, QueueError> {
        let mut pause = FIRST_PAUSE;
        loop {
            let answer = self.connected().and_then(&mut ask);
            let error = match answer {
                Ok(answer) => {
                    self.answered();
                    return Ok(answer);
                }
                Err(error) if error.is_retryable() => error,
                Err(error) => return Err(error),
            };
            if let QueueError::Unreachable(_) = error {
                self.connection = None;
                self.has_reconnected = true;
            }
            let (since, _) = *self.silent.get_or_insert_with(|| (Instant::now(), None));
            let patience = match self.leaving.load(Ordering::Relaxed) {
                true => LEAVING.min(self.patience),
                false => self.patience,
            };
            if since.elapsed() >= patience {
                return Err(error);
            }
            self.tell(&error);
            self.rest(pause.mul_f64(0.5 + fastrand::f64() / 2.0).min(patience));
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// Returns whether the connection is another one than at the last call of this: answers may have been lost.
    pub(super) fn take_reconnected(&mut self) -> bool {
        std::mem::take(&mut self.has_reconnected)
    }

    fn connected(&mut self) -> Result<&mut QueueConnection, QueueError> {
        if self.connection.is_none() {
            self.connection = Some(self.server.connect()?);
        }
        Ok(self.connection.as_mut().expect("it was just made"))
    }

    fn answered(&mut self) {
        if let Some((since, Some(_))) = self.silent.take() {
            message::note(format_args!(
                "{}: answers again after {} s",
                self.shown,
                since.elapsed().as_secs()
            ));
        }
    }

    fn tell(&mut self, error: &QueueError) {
        let Some((since, told)) = &mut self.silent else {
            return;
        };
        if since.elapsed() < NOTICED {
            return;
        }
        if self.voice == CallerVoice::Aloud && told.is_none_or(|told| told.elapsed() >= TOLD) {
            *told = Some(Instant::now());
            let patience = self.patience.as_secs();
            message::note(format_args!(
                "{}: {error}: trying again for up to {patience} s (--patience)",
                self.shown
            ));
        }
    }

    fn rest(&self, pause: Duration) {
        let until = Instant::now() + pause;
        while Instant::now() < until {
            thread::sleep(LOOK.min(until.saturating_duration_since(Instant::now())));
            if self.leaving.load(Ordering::Relaxed) {
                return;
            }
        }
    }
}

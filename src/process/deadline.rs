//! The next moment at which something is over in a child's life. Its clock stands still while the run is suspended.
//!
//! It does not know what is over then.

use std::time::{Duration, Instant};

/// A moment, when one was set.
#[derive(Debug, Default)]
pub(super) struct Deadline {
    end: Option<Instant>,
    paused: Option<Instant>,
}

impl Deadline {
    /// Sets the moment that lies so far from now, or none. A moment that the clock can't express never comes.
    pub(super) fn set(&mut self, limit: Option<Duration>) {
        let now = self.paused.unwrap_or_else(Instant::now);
        self.end = limit.and_then(|limit| now.checked_add(limit));
    }

    pub(super) fn is_set(&self) -> bool {
        self.end.is_some()
    }

    /// Stops the clock.
    pub(super) fn pause(&mut self) {
        self.paused.get_or_insert_with(Instant::now);
    }

    /// Has the clock go on: the time that was left is left.
    pub(super) fn resume(&mut self) {
        if let Some(paused) = self.paused.take() {
            self.end = self.end.and_then(|end| end.checked_add(paused.elapsed()));
        }
    }

    pub(super) fn is_over(&self) -> bool {
        self.left() == Some(Duration::ZERO)
    }

    /// Returns the time that is left. `None`: the moment does not come, at least not while the clock stands still.
    pub(super) fn left(&self) -> Option<Duration> {
        let end = self.end.filter(|_| self.paused.is_none())?;
        Some(end.saturating_duration_since(Instant::now()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_stands_still_in_a_pause() {
        let limit = Duration::from_millis(40);
        let mut deadline = Deadline::default();
        deadline.set(Some(limit));
        deadline.pause();
        std::thread::sleep(limit * 2);
        assert!(!deadline.is_over());
        assert_eq!(deadline.left(), None, "nothing is waited for");
        deadline.resume();
        // What was left is left, unless this thread did not run for so long.
        assert!(deadline.left() > Some(limit / 4));
        std::thread::sleep(limit);
        assert!(deadline.is_over());
    }

    #[test]
    fn a_moment_too_far_off_never_comes() {
        let mut deadline = Deadline::default();
        deadline.set(Some(Duration::MAX));
        assert!(!deadline.is_over());
        assert_eq!(deadline.left(), None);
    }
}

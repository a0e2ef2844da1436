//! The moments that a child's life is measured by. They stand still while the run is suspended.

use std::time::{Duration, Instant};

/// When a try, a grace and a drain are over.
#[derive(Debug)]
pub(super) struct Deadlines {
    try_end: Option<Instant>,
    grace_end: Option<Instant>,
    drain_end: Option<Instant>,
    paused: Option<Instant>,
}

impl Deadlines {
    /// Deadlines of a child that starts now. A moment too far off to be told never comes.
    pub(super) fn new(timeout: Option<Duration>) -> Self {
        Deadlines {
            try_end: timeout.and_then(|limit| Instant::now().checked_add(limit)),
            grace_end: None,
            drain_end: None,
            paused: None,
        }
    }

    pub(super) fn stop_in(&mut self, grace: Duration) {
        self.grace_end = Instant::now().checked_add(grace);
        self.try_end = None;
    }

    pub(super) fn drain_in(&mut self, limit: Duration) {
        self.drain_end = Instant::now().checked_add(limit);
        self.try_end = None;
    }

    pub(super) fn forget_grace(&mut self) {
        self.grace_end = None;
    }

    pub(super) fn forget_drain(&mut self) {
        self.drain_end = None;
    }

    pub(super) fn pause(&mut self) {
        self.paused.get_or_insert_with(Instant::now);
    }

    pub(super) fn go_on(&mut self) {
        let Some(paused) = self.paused.take() else {
            return;
        };
        let lost = paused.elapsed();
        for end in [&mut self.try_end, &mut self.grace_end, &mut self.drain_end] {
            *end = end.and_then(|end| end.checked_add(lost));
        }
    }

    pub(super) fn try_is_over(&self) -> bool {
        self.is_over(self.try_end)
    }

    pub(super) fn grace_is_over(&self) -> bool {
        self.is_over(self.grace_end)
    }

    pub(super) fn drain_is_over(&self) -> bool {
        self.is_over(self.drain_end)
    }

    /// How long to wait at most: until the next of the moments, and never longer than `look`.
    pub(super) fn next(&self, look: Option<Duration>) -> Option<Duration> {
        let ends = [self.try_end, self.grace_end, self.drain_end];
        let end = match self.paused {
            Some(_) => None,
            None => ends.into_iter().flatten().min(),
        };
        let left = end.map(|end| end.saturating_duration_since(Instant::now()));
        left.into_iter().chain(look).min()
    }

    fn is_over(&self, end: Option<Instant>) -> bool {
        self.paused.is_none() && end.is_some_and(|end| Instant::now() >= end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::sleep;

    #[test]
    fn time_stands_still_in_a_pause() {
        let limit = Duration::from_millis(20);
        let mut timers = Deadlines::new(Some(Duration::from_secs(600)));
        timers.stop_in(limit);
        timers.pause();
        sleep(limit * 2);
        assert!(!timers.grace_is_over());
        assert_eq!(timers.next(None), None, "nothing is waited for");
        timers.go_on();
        // What was left is left, unless this thread was not run for so long.
        assert!(timers.next(None) > Some(limit / 4));
        sleep(limit);
        assert!(timers.grace_is_over());
        assert!(
            !timers.try_is_over(),
            "a try that is being stopped has no end of its own"
        );
    }

    #[test]
    fn a_moment_too_far_off_never_comes() {
        let timers = Deadlines::new(Some(Duration::MAX));
        assert!(!timers.try_is_over());
        assert_eq!(
            timers.next(Some(Duration::from_secs(1))),
            Some(Duration::from_secs(1))
        );
    }
}

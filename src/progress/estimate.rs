//! How long the rest of a run will take, if it goes on as it has.

use std::time::Duration;

/// What is known of the speed and of the rest.
#[derive(Debug)]
pub(super) struct Estimate {
    elapsed: Duration,
    done: u64,
    all: u64,
}

impl Estimate {
    /// `done` of `all` took `elapsed`: both of this run, without what an earlier one did. `all` is 0 when it is not known.
    pub(super) fn new(elapsed: Duration, done: u64, all: u64) -> Self {
        Estimate { elapsed, done, all }
    }

    /// Returns the time that is left, when there is a speed to tell it by.
    pub(super) fn left(&self) -> Option<Duration> {
        if self.done == 0 || self.all == 0 {
            return None;
        }
        let rest = self.all.saturating_sub(self.done) as f64 / self.done as f64;
        Duration::try_from_secs_f64(self.elapsed.as_secs_f64() * rest).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_takes_as_long_for_each_byte_as_what_is_done() {
        let left = |done, all| Estimate::new(Duration::from_secs(60), done, all).left();
        assert_eq!(left(10, 100), Some(Duration::from_secs(540)));
        assert_eq!(left(100, 100), Some(Duration::ZERO));
        assert_eq!((left(0, 100), left(5, 0)), (None, None));
    }
}

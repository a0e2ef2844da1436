//! A limit of time that goes by the median of the times that earlier jobs took.
//!
//! It does not know what happens to a job that takes longer.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many times make a median.
const ENOUGH: usize = 3;
/// How soon the limit of a running job is looked at again.
const LOOK: Duration = Duration::from_millis(50);

/// The limit.
#[derive(Debug, Clone)]
pub(crate) struct MedianLimit {
    /// How many medians a job may take.
    factor: f64,
    times: Arc<Mutex<Vec<Duration>>>,
}

impl MedianLimit {
    /// Gives each job so many medians.
    pub(crate) fn new(factor: f64) -> Self {
        MedianLimit {
            factor,
            times: Arc::default(),
        }
    }

    /// Adds the time of a job that succeeded.
    pub(super) fn add(&self, time: Duration) {
        let mut times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        let at = times.partition_point(|&other| other < time);
        times.insert(at, time);
    }

    /// Returns how soon to look again at a job that has taken so long; `None`: it has taken too long.
    pub(super) fn left(&self, taken: Duration) -> Option<Duration> {
        let times = self.times.lock().unwrap_or_else(PoisonError::into_inner);
        if times.len() < ENOUGH {
            return Some(LOOK);
        }
        let limit = times[times.len() / 2].mul_f64(self.factor);
        let left = limit.checked_sub(taken).filter(|left| !left.is_zero())?;
        Some(left.min(LOOK))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_multiple_of_the_median() {
        let limit = MedianLimit::new(2.0);
        let seconds = Duration::from_secs;
        limit.add(seconds(9));
        limit.add(seconds(1));
        assert_eq!(limit.left(seconds(100)), Some(LOOK), "two times are too few");
        limit.add(seconds(5));
        assert_eq!(limit.left(seconds(9)), Some(LOOK));
        assert_eq!(limit.left(seconds(10)), None);
    }
}

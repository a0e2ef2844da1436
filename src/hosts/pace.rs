//! How many jobs a worker takes at a time, and when it commits: by how long jobs and commits take.
//!
//! It does not know what they are.

use std::time::{Duration, Instant};

/// How much work is held, by the rate at which jobs end.
const AHEAD: Duration = Duration::from_secs(1);
/// The most jobs that are held.
const MOST: u64 = 1024;
/// How long the first end waits at least for others to be committed with it.
const COMMIT_PAUSE: Duration = Duration::from_millis(200);
/// How many times as long as the last commit took it waits at least.
const COMMIT_SHARE: u32 = 20;
/// How many ends are committed at once.
const ENDS: usize = 256;
/// The first pause when there is nothing to do, and the longest. They double, and are jittered.
const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The pace of a worker.
#[derive(Debug)]
pub(super) struct Pace {
    slots: u64,
    /// Over which time ends are counted, and how many there were.
    since: Instant,
    ends: u64,
    /// Jobs a second, once that is known.
    rate: Option<f64>,
    /// How many jobs are left in the queue, and how many workers there are.
    backlog: (u64, u64),
    first_end: Option<Instant>,
    last_commit: Duration,
    pause: Duration,
}

impl Pace {
    pub(super) fn new(slots: usize, now: Instant) -> Self {
        Pace {
            slots: slots as u64,
            since: now,
            ends: 0,
            rate: None,
            backlog: (u64::MAX, 1),
            first_end: None,
            last_commit: Duration::ZERO,
            pause: FIRST_PAUSE,
        }
    }

    /// Takes note of the end of a job.
    pub(super) fn note_end(&mut self, now: Instant) {
        self.first_end.get_or_insert(now);
        self.ends += 1;
        let passed = now - self.since;
        if passed >= AHEAD / 4 {
            let rate = self.ends as f64 / passed.as_secs_f64();
            self.rate = Some(self.rate.map_or(rate, |before| (before + rate) / 2.0));
            (self.since, self.ends) = (now, 0);
        }
    }

    /// Takes note of how many jobs and workers there are.
    pub(super) fn note_backlog(&mut self, jobs: u64, workers: u64) {
        self.backlog = (jobs, workers.max(1));
        self.pause = FIRST_PAUSE;
    }

    /// Takes note of a commit that began then and has ended.
    pub(super) fn note_commit(&mut self, began: Instant, left: usize) {
        self.last_commit = began.elapsed();
        self.first_end = (left > 0).then(Instant::now);
    }

    /// Forgets the ends: they do not count.
    pub(super) fn forget_ends(&mut self) {
        self.first_end = None;
    }

    /// Returns how many jobs to ask for when so many are held and have not ended.
    pub(super) fn want(&self, unended: usize) -> u64 {
        let (jobs, workers) = self.backlog;
        // The last jobs are shared by all.
        let share = (jobs / (2 * workers)).clamp(self.slots, MOST);
        let ahead = self
            .rate
            .map_or(self.slots, |rate| (rate * AHEAD.as_secs_f64()) as u64);
        let target = ahead.clamp(self.slots, share);
        let unended = unended as u64;
        // Not one by one: each question costs the server as much as several jobs.
        match unended * 2 <= target || unended < self.slots {
            true => target.saturating_sub(unended),
            false => 0,
        }
    }

    /// Returns when to commit; `None` when nothing has ended.
    pub(super) fn next_commit(&self, ended: usize) -> Option<Instant> {
        let first = self.first_end.filter(|_| ended > 0)?;
        match ended >= ENDS {
            true => Some(first),
            false => Some(first + COMMIT_PAUSE.max(self.last_commit * COMMIT_SHARE)),
        }
    }

    /// Returns how long to wait when there is nothing to do.
    pub(super) fn idle_pause(&mut self) -> Duration {
        let pause = self.pause;
        self.pause = (pause * 2).min(LONGEST_PAUSE);
        pause.mul_f64(0.75 + fastrand::f64() / 4.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_takes_a_second_of_work_and_leaves_the_last_jobs_to_all() {
        let now = Instant::now();
        let mut pace = Pace::new(4, now);
        assert_eq!((pace.want(0), pace.want(2), pace.want(4)), (4, 2, 0));
        for at in 1..=500 {
            pace.note_end(now + Duration::from_millis(at));
        }
        let want = pace.want(0);
        assert!((900..=1024).contains(&want), "{want}");
        assert_eq!(pace.want(600), 0, "more than half is there");
        pace.note_backlog(60, 3);
        assert_eq!(pace.want(0), 10);
        pace.note_backlog(1, 3);
        assert_eq!(pace.want(1), 3);
    }
}

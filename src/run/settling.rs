//! Jobs that have ended, held for a moment when one that began before them is about to end too: what ends at the
//! same time ends in input order.
//!
//! It does not know what becomes of a job then.

use crate::worker::Report;
use crossbeam_channel::{Receiver, Sender, at, never};
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A job that has ended.
struct Ended {
    report: Report,
    /// Until when it waits for the jobs before it.
    due: Instant,
    /// What the worker waits for that ran it.
    handled: Option<Sender<()>>,
}

/// The jobs that are held.
pub(super) struct Settling {
    /// How long a job waits.
    time: Duration,
    jobs: BTreeMap<u64, Ended>,
}

impl Settling {
    /// Holds each job for at most this time.
    pub(super) fn new(time: Duration) -> Self {
        Settling {
            time,
            jobs: BTreeMap::new(),
        }
    }

    /// Returns whether any job is ever held.
    pub(super) fn is_on(&self) -> bool {
        !self.time.is_zero()
    }

    /// Takes a job that has ended.
    pub(super) fn add(&mut self, report: Report) {
        let ended = Ended {
            due: Instant::now() + self.time,
            handled: None,
            report,
        };
        self.jobs.insert(ended.report.seq, ended);
    }

    /// Drops `handled` once the end of the job was handled.
    pub(super) fn await_halt(&mut self, seq: u64, handled: Sender<()>) {
        if let Some(ended) = self.jobs.get_mut(&seq) {
            ended.handled = Some(handled);
        }
    }

    /// Returns the next job whose time has come, in input order: no job before it runs, or it has waited long enough,
    /// or one behind it has. `first` is the lowest job that was not returned yet; `at_once`: nothing waits.
    pub(super) fn next(&mut self, first: Option<u64>, at_once: bool) -> Option<(Report, Option<Sender<()>>)> {
        let lowest = self.jobs.first_entry()?;
        let comes = at_once || first.is_none_or(|first| first >= *lowest.key());
        if !comes && !self.jobs.values().any(|ended| ended.due <= Instant::now()) {
            return None;
        }
        let (_, ended) = self.jobs.pop_first()?;
        Some((ended.report, ended.handled))
    }

    /// Returns a channel that has something once a job has waited long enough.
    pub(super) fn due(&self) -> Receiver<Instant> {
        let due = self.jobs.values().map(|ended| ended.due).min();
        due.map_or_else(never, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(600);

    fn settling(time: Duration, seqs: &[u64]) -> Settling {
        let mut settling = Settling::new(time);
        seqs.iter().for_each(|&seq| settling.add(Report::from_seq(seq)));
        settling
    }

    fn next(settling: &mut Settling, first: u64, at_once: bool) -> Option<u64> {
        settling.next(Some(first), at_once).map(|(report, _)| report.seq)
    }

    #[test]
    fn a_job_waits_for_those_before_it() {
        let mut held = settling(LONG, &[2, 1]);
        assert_eq!(next(&mut held, 0, false), None);
        assert_eq!(next(&mut held, 1, false), Some(1));
        assert_eq!(next(&mut held, 2, false), Some(2));
        assert_eq!(next(&mut held, 3, false), None);
    }

    #[test]
    fn it_does_not_wait_for_ever_nor_once_the_run_stops() {
        let mut held = settling(Duration::from_nanos(1), &[2, 1]);
        assert_eq!(next(&mut held, 0, false), Some(1));
        let mut held = settling(LONG, &[2]);
        assert_eq!(next(&mut held, 0, true), Some(2));
    }
}

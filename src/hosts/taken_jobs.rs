//! The jobs that a worker holds: those that the queue has given it and that it has not committed.
//!
//! It does not speak to the queue, nor know how a job is run.

use crate::run::DeliveredJob;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The jobs that a worker holds, by their places in the queue.
#[derive(Debug, Default)]
pub(super) struct TakenJobs {
    /// The places of all among those that this process was given, from 0.
    seqs: BTreeMap<u64, u64>,
    /// The other way round.
    places: HashMap<u64, u64>,
    /// How those ended that have.
    ends: BTreeMap<u64, DeliveredJob>,
    /// Those that this host does not do.
    refused: BTreeSet<u64>,
    next_seq: u64,
}

impl TakenJobs {
    /// Takes a job, and returns its place among those of this process; `None` when it is held already.
    pub(super) fn take(&mut self, place: u64) -> Option<u64> {
        if self.seqs.contains_key(&place) || self.refused.contains(&place) {
            return None;
        }
        let seq = self.next_seq;
        self.next_seq += 1;
        self.seqs.insert(place, seq);
        self.places.insert(seq, place);
        Some(seq)
    }

    /// Takes note of a job's end, unless the job is another worker's by now. Returns whether it is held.
    pub(super) fn end(&mut self, seq: u64, end: DeliveredJob) -> bool {
        let place = self.places.get(&seq).copied();
        if let Some(place) = place {
            self.ends.insert(place, end);
        }
        place.is_some()
    }

    /// Takes note that this host does not do a job, which it may hold.
    pub(super) fn refuse(&mut self, place: u64) {
        self.remove([place]);
        self.refused.insert(place);
    }

    /// Returns the places of the jobs that this host does not do.
    pub(super) fn refused(&self) -> Vec<u64> {
        self.refused.iter().copied().collect()
    }

    /// Returns the place of a job that is held, by its place among those of this process.
    pub(super) fn place(&self, seq: u64) -> Option<u64> {
        self.places.get(&seq).copied()
    }

    /// Takes a job that has ended before it began.
    pub(super) fn end_unbegun(&mut self, place: u64, end: DeliveredJob) {
        // No job of this process has this place among them.
        self.seqs.insert(place, u64::MAX);
        self.ends.insert(place, end);
    }

    /// Forgets jobs: they are committed, or another's.
    pub(super) fn remove(&mut self, places: impl IntoIterator<Item = u64>) {
        for place in places {
            if let Some(seq) = self.seqs.remove(&place) {
                self.places.remove(&seq);
            }
            self.ends.remove(&place);
        }
    }

    /// Forgets all jobs: they are others'. What still runs of them counts for nothing.
    pub(super) fn forget_all(&mut self) {
        self.seqs.clear();
        self.places.clear();
        self.ends.clear();
        self.refused.clear();
    }

    /// Forgets the jobs that are not among these, which are all that the queue says are held.
    pub(super) fn keep_only(&mut self, places: &BTreeSet<u64>) {
        let lost = self.seqs.keys().filter(|place| !places.contains(place));
        self.remove(lost.copied().collect::<Vec<_>>());
        self.refused.retain(|place| places.contains(place));
    }

    /// Takes the ends of up to `most` jobs, in the order of their places. The jobs are still held.
    pub(super) fn take_ends(&mut self, most: usize) -> Vec<(u64, DeliveredJob)> {
        let mut ends = Vec::new();
        while ends.len() < most
            && let Some(end) = self.ends.pop_first()
        {
            ends.push(end);
        }
        ends
    }

    /// Returns how many jobs are held.
    pub(super) fn held(&self) -> usize {
        self.seqs.len() + self.refused.len()
    }

    /// Returns how many of them have ended.
    pub(super) fn ended(&self) -> usize {
        self.ends.len()
    }

    /// Returns how many are to end.
    pub(super) fn unended(&self) -> usize {
        self.seqs.len() - self.ends.len()
    }

    /// Returns the places of the first of those that have not ended, in the order in which they were taken: jobs are started in
    /// that order.
    pub(super) fn first_unended(&self, most: usize) -> Vec<u64> {
        let waiting = self
            .seqs
            .iter()
            .filter(|(place, _)| !self.ends.contains_key(place));
        let mut waiting: Vec<_> = waiting.map(|(&place, &seq)| (seq, place)).collect();
        waiting.sort_unstable();
        waiting.truncate(most);
        waiting.into_iter().map(|(_, place)| place).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn end(number: u64) -> DeliveredJob {
        DeliveredJob {
            number,
            failure: None,
            names: Vec::new(),
            warnings: Vec::new(),
            output: Vec::new(),
            part: None,
            started: SystemTime::UNIX_EPOCH,
            took: Duration::ZERO,
            tries: 1,
            bytes: 0,
            command: Vec::new(),
        }
    }

    #[test]
    fn the_end_of_a_job_that_was_lost_does_not_count() {
        let mut jobs = TakenJobs::default();
        let (first, second) = (jobs.take(7).expect("new"), jobs.take(9).expect("new"));
        assert_eq!(jobs.take(7), None);
        jobs.keep_only(&[9].into());
        assert!(!jobs.end(first, end(7)) && jobs.end(second, end(9)));
        // The queue gives it again: what ran first is still not it.
        let again = jobs.take(7).expect("new");
        assert!(!jobs.end(first, end(7)));
        assert_eq!((jobs.held(), jobs.ended()), (2, 1));
        assert!(jobs.end(again, end(7)));
        let places: Vec<_> = jobs.take_ends(9).iter().map(|(place, _)| *place).collect();
        assert_eq!(places, [7, 9]);
        jobs.remove(places);
        assert_eq!(jobs.held(), 0);
    }
}

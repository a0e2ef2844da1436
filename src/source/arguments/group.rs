//! Puts records together for jobs: so many, or as many as fit a command line.
//!
//! It does not know which command.

use super::record::{Record, RecordResult};
use crate::plan::RecordGroup;
use crate::source::SourceError;
use std::collections::VecDeque;

/// Yields the values of jobs.
pub(super) struct Groups<I> {
    records: I,
    group: RecordGroup,
    /// Records that were read and are in no job yet.
    ahead: VecDeque<Record>,
    ended: bool,
    /// How many records each of the last jobs gets.
    share: Option<usize>,
}

impl<I: Iterator<Item = RecordResult>> Groups<I> {
    pub(super) fn new(records: I, group: RecordGroup) -> Self {
        Groups {
            records,
            group,
            ahead: VecDeque::new(),
            ended: false,
            share: None,
        }
    }

    /// Reads until so many records are there, or as many as `enough` says, or the end.
    fn read(&mut self, most: usize, mut enough: impl FnMut(&Record) -> bool) -> Result<(), SourceError> {
        while !self.ended && self.ahead.len() < most {
            match self.records.next() {
                Some(record) => {
                    let record = record?;
                    let is_enough = enough(&record);
                    self.ahead.push_back(record);
                    if is_enough {
                        break;
                    }
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }

    fn take(&mut self, count: usize) -> Option<RecordResult> {
        let count = count.min(self.ahead.len());
        (count > 0).then(|| Ok(self.ahead.drain(..count).flatten().collect()))
    }

    /// Returns the values of a job that gets as many as fit. When the end comes before more fit, what is left is
    /// spread over `spread` jobs.
    fn fill(&mut self, most: usize, room: usize, times: usize, spread: usize) -> Option<RecordResult> {
        let need = |record: &Record| {
            record
                .iter()
                .map(|value| times * (quoted_length(value) + 1))
                .sum::<usize>()
        };
        let mut needed: usize = self.ahead.iter().map(need).sum();
        // One more tells whether these are the last.
        let wanted = most.saturating_add(1);
        let enough = |record: &Record| {
            needed += need(record);
            needed > room
        };
        if let Err(error) = self.read(wanted, enough) {
            return Some(Err(error));
        }
        if self.ended && self.share.is_none() {
            self.share = Some(self.ahead.len().div_ceil(spread));
        }
        let most = most.min(self.share.unwrap_or(usize::MAX));
        let mut left = room;
        let fits = |record: &&Record| match left.checked_sub(need(record)) {
            Some(rest) => {
                left = rest;
                true
            }
            None => false,
        };
        let count = self.ahead.iter().take(most).take_while(fits).count();
        self.take(count.max(1))
    }
}

impl<I: Iterator<Item = RecordResult>> Iterator for Groups<I> {
    type Item = RecordResult;

    fn next(&mut self) -> Option<RecordResult> {
        match self.group {
            RecordGroup::Unseen => Some(self.records.next()?.map(|record| vec![Vec::new(); record.len()])),
            RecordGroup::Count(most) if most.get() == 1 => self.records.next(),
            RecordGroup::Count(most) => match self.read(most.get(), |_| false) {
                Ok(()) => self.take(most.get()),
                Err(error) => Some(Err(error)),
            },
            RecordGroup::Fill {
                most,
                room,
                times,
                spread,
            } => self.fill(most, room, times, spread.get()),
        }
    }
}

/// Returns how long a value is when it is quoted for a shell.
fn quoted_length(value: &[u8]) -> usize {
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || b"-_.+/".contains(b);
    if !value.is_empty() && value.iter().all(is_plain) {
        return value.len();
    }
    value.len() + 2 + 4 * memchr::memchr_iter(b'\'', value).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroUsize;

    fn sizes(count: usize, most: usize, room: usize, spread: usize) -> Vec<usize> {
        let records = (0..count).map(|_| Ok(vec![b"x".to_vec()]));
        let group = RecordGroup::Fill {
            most,
            room,
            times: 1,
            spread: NonZeroUsize::new(spread).expect("a job"),
        };
        Groups::new(records, group)
            .map(|job| job.expect("values").len())
            .collect()
    }

    #[test]
    fn what_is_left_is_spread_in_equal_shares() {
        assert_eq!(sizes(10, usize::MAX, 1000, 4), [3, 3, 3, 1]);
        assert_eq!(sizes(5, usize::MAX, 1000, 4), [2, 2, 1]);
        assert_eq!(sizes(7, 2, 1000, 3), [2, 2, 2, 1]);
        assert_eq!(sizes(7, 20, 1000, 3), [3, 3, 1]);
        assert_eq!(sizes(7, usize::MAX, 1000, 1), [7]);
        assert_eq!(sizes(12, usize::MAX, 10, 2), [5, 5, 1, 1]);
    }
}

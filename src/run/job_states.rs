//! Where each job of a run stands, from the moment that it is sent to the workers until nothing of it can be
//! lost.
//!
//! It does not know what a job is about, nor where its output goes.

use crate::job::{Failure, SplitPart};
use crate::record::{Evidence, Notes};
use crate::state::{Fingerprint, JobEnd};
use crate::worker::Report;
use std::collections::BTreeMap;

/// Where a job stands. A job that was left out, or of which nothing is left to be done, has no state.
pub(super) enum JobState {
    /// It waits in the queue, or a worker has it. What is known of its inputs, under `--state`.
    Sent(Option<Box<Before>>),
    /// It is about a part of a split file, and has ended. It counts once all parts of the file have ended.
    PartEnded(Box<Report>, Option<Box<Before>>),
    /// It ended, and its output is not all printed. What will be stored of it then.
    Unprinted(Box<JobEnd>),
    /// Nothing of it can be lost any more: the next commit stores its end.
    Storing,
    /// It is stored in this row. A pool may still find out that its process gave a wrong answer.
    Stored(i64),
}

/// What is known of a job before it runs.
pub(super) struct Before {
    /// The row in which an earlier run stored it.
    pub(super) row: Option<i64>,
    /// What its inputs were.
    pub(super) fingerprints: Vec<Fingerprint>,
    /// How many bytes earlier runs had from what is not read again.
    pub(super) given: u64,
    /// Whether its inputs could have changed again without showing.
    pub(super) recent: bool,
    /// Why its answer is not to be trusted, when that was found out before its end was heard of.
    pub(super) revoked: Option<String>,
}

/// A job that has ended, with what was known of it before.
pub(super) type Ended = (Report, Option<Box<Before>>);

/// The ranges of a plain file that have ended.
#[derive(Default)]
struct FileRanges {
    ended: u64,
    /// How many there are, once the last has ended.
    ranges: Option<u64>,
    /// Whether a line of any is of the format.
    is_readable: bool,
    /// Those that do not count yet.
    waiting: Vec<Ended>,
}

/// The states of all jobs, and how many jobs came how far.
pub(super) struct JobStates {
    states: BTreeMap<u64, JobState>,
    /// Of plain files that are split, by the numbers of their first jobs.
    ranges: BTreeMap<u64, FileRanges>,
    /// Jobs that were found, whether or not they are to be run.
    pub(super) found: u64,
    sent: u64,
    ended: u64,
    /// How many tasks may be running.
    limit: u64,
    /// All jobs below this one are printed.
    printed: u64,
}

impl JobStates {
    /// Creates the states of a run of which at most `limit` tasks may be running: sent and not ended.
    pub(super) fn new(limit: u64) -> Self {
        JobStates {
            states: BTreeMap::new(),
            ranges: BTreeMap::new(),
            found: 0,
            sent: 0,
            ended: 0,
            limit,
            printed: 0,
        }
    }

    /// Changes how many tasks may be running.
    pub(super) fn set_limit(&mut self, limit: u64) {
        self.limit = limit;
    }

    /// Takes note of a job that was sent to the workers.
    pub(super) fn send(&mut self, seq: u64, before: Option<Box<Before>>) {
        self.sent += 1;
        self.states.insert(seq, JobState::Sent(before));
    }

    /// Takes note of a task that is no job of this run.
    pub(super) fn send_other(&mut self) {
        self.sent += 1;
    }

    /// Takes note of the end of a task that is no job of this run.
    pub(super) fn end_other(&mut self) {
        self.ended += 1;
    }

    /// Returns how many tasks were sent.
    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    /// Returns how many tasks have ended.
    pub(super) fn ended(&self) -> u64 {
        self.ended
    }

    /// Returns how many tasks wait in the queue or are with a worker.
    pub(super) fn running(&self) -> u64 {
        self.sent - self.ended
    }

    /// Returns the lowest job whose end was not taken note of.
    pub(super) fn first_running(&self) -> Option<u64> {
        let mut states = self.states.iter();
        states.find_map(|(&seq, state)| matches!(state, JobState::Sent(_)).then_some(seq))
    }

    /// Returns whether another task may be sent.
    pub(super) fn has_room(&self) -> bool {
        self.running() < self.limit
    }

    /// Takes note of a job's end. Returns the reports that count now, each with what was known of the job
    /// before: of a part of a split file none until all parts of the file have ended, and then all.
    pub(super) fn end(&mut self, report: Report) -> Vec<Ended> {
        self.ended += 1;
        let before = match self.states.remove(&report.seq) {
            Some(JobState::Sent(before)) => before,
            _ => None,
        };
        if let Some(index) = report.range {
            return self.end_range(index, report, before);
        }
        let Some(part) = report.link.clone() else {
            return vec![(report, before)];
        };
        let first = report.seq - part.index;
        let state = JobState::PartEnded(Box::new(report), before);
        self.states.insert(first + part.index, state);
        let Some(past) = self.end_of_file(first) else {
            return Vec::new();
        };
        let ended = (first..past).filter_map(|seq| match self.states.remove(&seq) {
            Some(JobState::PartEnded(report, before)) => Some((*report, before)),
            _ => None,
        });
        let mut ended: Vec<_> = ended.collect();
        decide(&mut ended, &part);
        ended
    }

    /// Takes note of the end of a range of a plain file. Ranges count one by one, but those without a line of the
    /// format wait until another has one, or all have ended.
    fn end_range(&mut self, index: u64, report: Report, before: Option<Box<Before>>) -> Vec<Ended> {
        let file = self.ranges.entry(report.seq - index).or_default();
        file.ended += 1;
        if !report.continued {
            file.ranges = Some(index + 1);
        }
        file.is_readable |= report.evidence.is_readable() || report.failure.is_some();
        let first = report.seq - index;
        file.waiting.push((report, before));
        let is_last = file.ranges == Some(file.ended);
        if !file.is_readable && !is_last {
            return Vec::new();
        }
        let mut ended = std::mem::take(&mut file.waiting);
        ended.sort_unstable_by_key(|(report, _)| report.seq);
        if is_last && !file.is_readable && fail_unlike(&mut ended) {
            keep_first_failure(&mut ended);
        }
        if is_last {
            self.ranges.remove(&first);
        }
        ended
    }

    /// Returns the ranges that still wait for others, which did not run.
    pub(super) fn take_waiting(&mut self) -> Vec<Ended> {
        let files = std::mem::take(&mut self.ranges);
        files.into_values().flat_map(|file| file.waiting).collect()
    }

    /// Returns the job past the last part of the split file that begins with job `first`, if all its parts
    /// have ended.
    fn end_of_file(&self, first: u64) -> Option<u64> {
        for (at, (&seq, state)) in (first..).zip(self.states.range(first..)) {
            match state {
                JobState::PartEnded(report, _) if at == seq => {
                    if report.link.as_ref().is_some_and(|part| part.last) {
                        return Some(seq + 1);
                    }
                }
                _ => return None,
            }
        }
        None
    }

    /// Takes note that a job's end is to be stored once its output is printed.
    pub(super) fn hold(&mut self, seq: u64, end: JobEnd) {
        self.states.insert(seq, JobState::Unprinted(Box::new(end)));
    }

    /// Takes note that a job's end is stored with the next commit.
    pub(super) fn storing(&mut self, seq: u64) {
        self.states.insert(seq, JobState::Storing);
    }

    /// Takes note that the output of all jobs below `lowest` is printed. Returns the ends that can be stored.
    pub(super) fn printed(&mut self, lowest: u64) -> Vec<(u64, JobEnd)> {
        let lowest = lowest.max(self.printed);
        let mut ends = Vec::new();
        for (&seq, state) in self.states.range_mut(self.printed..lowest) {
            if let JobState::Unprinted(_) = state
                && let JobState::Unprinted(end) = std::mem::replace(state, JobState::Storing)
            {
                ends.push((seq, *end));
            }
        }
        self.printed = lowest;
        ends
    }

    /// Takes note that a job's end was stored. `row` is where, when it may have to be taken back.
    pub(super) fn stored(&mut self, seq: u64, row: Option<i64>) {
        match row {
            Some(row) => self.states.insert(seq, JobState::Stored(row)),
            None => self.states.remove(&seq),
        };
    }

    /// Returns the state of a job, if there is anything left to be done for it.
    pub(super) fn get_mut(&mut self, seq: u64) -> Option<&mut JobState> {
        self.states.get_mut(&seq)
    }
}

/// Decides what becomes of a split file whose parts have all ended: it fails when a part failed, or when no line of
/// any part is of the format.
fn decide(ended: &mut [Ended], part: &SplitPart) {
    let is_whole = !ended.iter().any(|(report, _)| report.failure.is_some()) && !fail_unlike(ended);
    part.fate.decide(is_whole);
    if !is_whole {
        keep_first_failure(ended);
    }
}

/// Fails the first part that has a line which is not of the format, when no line of any part is. Returns whether
/// there is such a part.
fn fail_unlike(ended: &mut [Ended]) -> bool {
    if ended.iter().any(|(report, _)| report.evidence.is_readable()) {
        return false;
    }
    for (report, _) in &mut *ended {
        report.is_unlike = true;
    }
    for (report, _) in ended {
        if let (Evidence::Lacking(Some(what)), [name, ..]) = (&report.evidence, &report.names[..]) {
            report.failure = Some(Failure::Corrupt {
                name: name.clone(),
                what: what.clone(),
            });
            return true;
        }
    }
    false
}

/// Of a file that failed, keeps only the first failure in the file's order, since a reader from its beginning gets
/// no further: the other parts count as stopped.
fn keep_first_failure(ended: &mut [Ended]) {
    let failed = ended.iter().position(|(report, _)| report.failure.is_some());
    let Some(failed) = failed else { return };
    for (at, (report, _)) in ended.iter_mut().enumerate() {
        report.notes = Notes::default();
        if at == failed {
            continue;
        }
        report.failure = Some(Failure::Stopped);
        report.names.clear();
        // What lies behind the failure would not have been seen.
        if at > failed {
            report.warnings.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::SplitOutcome;

    fn end_part(
        jobs: &mut JobStates,
        index: u64,
        fate: &SplitOutcome,
        failure: Option<Failure>,
    ) -> Vec<Report> {
        let mut report = Report::from_seq(10 + index);
        report.link = Some(SplitPart {
            index,
            last: index == 2,
            fate: fate.clone(),
        });
        report.failure = failure;
        jobs.send(report.seq, None);
        jobs.end(report).into_iter().map(|(report, _)| report).collect()
    }

    fn corrupt(what: &str) -> Option<Failure> {
        let (name, what) = ("a".into(), what.to_owned());
        Some(Failure::Corrupt { name, what })
    }

    #[test]
    fn a_split_file_is_decided_when_all_its_parts_have_ended() {
        let (mut jobs, fate) = (JobStates::new(u64::MAX), SplitOutcome::default());
        // Of another file.
        jobs.send(9, None);
        jobs.send(13, None);
        assert!(end_part(&mut jobs, 2, &fate, None).is_empty());
        assert!(end_part(&mut jobs, 0, &fate, None).is_empty());
        assert_eq!(fate.is_whole(), None);
        let all = end_part(&mut jobs, 1, &fate, None);
        let seqs: Vec<_> = all.iter().map(|report| report.seq).collect();
        assert_eq!(seqs, [10, 11, 12]);
        assert_eq!(fate.is_whole(), Some(true));
        assert_eq!((jobs.running(), jobs.states.len()), (2, 2));
    }

    #[test]
    fn of_several_failures_the_first_in_the_file_is_left() {
        let (mut jobs, fate) = (JobStates::new(u64::MAX), SplitOutcome::default());
        end_part(&mut jobs, 2, &fate, corrupt("third"));
        end_part(&mut jobs, 1, &fate, corrupt("second"));
        let all = end_part(&mut jobs, 0, &fate, None);
        assert_eq!(fate.is_whole(), Some(false));
        let failure = |report: &Report| report.failure.as_ref().map(ToString::to_string);
        let failures: Vec<_> = all.iter().filter_map(failure).collect();
        assert_eq!(failures, ["stopped", "a: second", "stopped"]);
    }
}

//! Numbers the jobs in input order, and decides in which order they start.
//!
//! It does not know workers: how many jobs run at once is not its concern.

use super::error::{BatchResult, JobResult, SourceError};
use super::shard::Numbering;
use crate::job::{Input, Job};
use crate::plan::Schedule;
use std::cmp::Reverse;
use std::vec;

/// Numbers jobs and yields them in the order in which they start.
pub struct Scheduler<I> {
    found: I,
    seq: u64,
    numbering: Numbering,
    schedule: Schedule,
    /// Jobs that were found ahead and are not yielded yet.
    ahead: vec::IntoIter<JobResult>,
}

impl<I: Iterator<Item = BatchResult>> Scheduler<I> {
    /// Numbers the jobs of `found` by `numbering` and orders them by `schedule`.
    pub fn new(found: I, schedule: Schedule, numbering: Numbering) -> Self {
        Scheduler {
            found,
            seq: 0,
            numbering,
            schedule,
            ahead: Vec::new().into_iter(),
        }
    }

    fn number(&mut self, found: BatchResult) -> JobResult {
        if let Err(SourceError::Input { .. }) = &found {
            self.numbering.skip();
        }
        let inputs = found?;
        let seq = self.seq;
        self.seq += 1;
        let number = self.numbering.next(&inputs);
        Ok(Job { seq, number, inputs })
    }

    /// Finds the jobs of up to `most` inputs. If there are fewer, and none is standard input, the largest jobs
    /// come first, and jobs of equal size stay in order; otherwise all stay in order.
    fn look_ahead(&mut self, most: usize) -> Vec<JobResult> {
        let (mut ahead, mut inputs) = (Vec::new(), 0);
        while inputs < most
            && let Some(found) = self.found.next()
        {
            inputs += found.as_ref().map_or(1, Vec::len);
            let is_part = found
                .as_ref()
                .is_ok_and(|inputs| matches!(inputs[..], [Input::Part { .. }, ..]));
            ahead.push(self.number(found));
            // The parts of a compressed file spread over the workers anyway, and knowing them all means reading
            // all its headers.
            if is_part {
                return ahead;
            }
        }
        let all = inputs < most;
        let mut jobs = ahead.iter().flatten();
        let sized = !jobs.any(|job| job.inputs.contains(&Input::Stdin));
        if all && sized {
            let size = |job: &Job| job.inputs.iter().map(size).sum();
            ahead.sort_by_cached_key(|found| Reverse(found.as_ref().map_or(u64::MAX, size)));
        }
        ahead
    }
}

impl<I: Iterator<Item = BatchResult>> Iterator for Scheduler<I> {
    type Item = JobResult;

    fn next(&mut self) -> Option<JobResult> {
        if let Schedule::Largest { most } = self.schedule {
            self.schedule = Schedule::Order;
            self.ahead = self.look_ahead(most).into_iter();
        }
        if let Some(found) = self.ahead.next() {
            return Some(found);
        }
        let found = self.found.next()?;
        Some(self.number(found))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        match self.ahead.len() {
            0 => self.found.size_hint(),
            _ => (0, None),
        }
    }
}

/// Returns the bytes that an input has to read; 0 if that is not known, so that it starts last.
fn size(input: &Input) -> u64 {
    let of_file = |name| std::fs::metadata(name).map_or(0, |found| found.len());
    match input {
        Input::File(name) => of_file(name),
        Input::Range { name, start, end } if *end == u64::MAX => of_file(name).saturating_sub(*start),
        Input::Range { start, end, .. } => end - start,
        Input::Tail { .. }
        | Input::Opened(_)
        | Input::Part { .. }
        | Input::Stdin
        | Input::Block(_)
        | Input::Queue(_)
        | Input::Word { .. } => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::OsString;

    fn starts(inputs: Vec<Input>, schedule: Schedule) -> Vec<u64> {
        Scheduler::new(
            inputs.into_iter().map(|input| Ok(vec![input])),
            schedule,
            Numbering::new(None),
        )
        .map(|found| found.expect("found").seq)
        .collect()
    }

    fn range(bytes: u64) -> Input {
        Input::Range {
            name: OsString::from("a"),
            start: 5,
            end: 5 + bytes,
        }
    }

    #[test]
    fn the_largest_start_first_and_keep_their_numbers() {
        let inputs = || vec![range(10), range(30), range(20), range(30)];
        assert_eq!(starts(inputs(), Schedule::Order), [0, 1, 2, 3]);
        assert_eq!(starts(inputs(), Schedule::Largest { most: 10 }), [1, 3, 2, 0]);
    }

    #[test]
    fn too_many_inputs_and_standard_input_keep_their_order() {
        let inputs = vec![range(10), range(30), range(20), range(30)];
        assert_eq!(starts(inputs, Schedule::Largest { most: 3 }), [0, 1, 2, 3]);
        let inputs = vec![range(10), Input::Stdin, range(20)];
        assert_eq!(starts(inputs, Schedule::Largest { most: 9 }), [0, 1, 2]);
    }
}

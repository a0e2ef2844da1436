//! Puts inputs together into batches, one for each job.
//!
//! It holds the inputs of one job, or of the jobs that the last inputs are spread over, and never more. It
//! does not know what is done with them.

use super::error::{BatchResult, InputResult};
use super::xargs::batch::XargsBatch;
use crate::job::Input;
use crate::plan::{ArgSpace, Batch};
use std::collections::VecDeque;

/// Yields the inputs of `found` in batches, in order.
pub struct Batcher<I> {
    found: I,
    batch: Batch,
    /// Inputs that were found and are in no batch yet.
    ahead: VecDeque<Input>,
    /// The space that they need.
    needed: usize,
    /// Whether `found` has ended.
    ended: bool,
    /// The number of batches that the last inputs are spread over.
    shares: usize,
    /// Makes the batches when they are those of xargs.
    xargs: Option<XargsBatch>,
}

impl<I: Iterator<Item = InputResult>> Batcher<I> {
    /// Makes batches of what `found` yields.
    pub fn new(found: I, batch: Batch) -> Self {
        Batcher {
            found,
            batch,
            ahead: VecDeque::new(),
            needed: 0,
            ended: false,
            shares: match batch {
                Batch::Fill { spread, .. } => spread.get(),
                Batch::One | Batch::Count { .. } | Batch::Xargs { .. } => 1,
            },
            xargs: match batch {
                Batch::Xargs {
                    most,
                    room,
                    system,
                    split,
                    waiting,
                } => Some(XargsBatch::new(most, [room, system], split, waiting)),
                _ => None,
            },
        }
    }

    /// Returns the next batch: as many inputs as fit, but no more than `most`. Once the inputs have ended and all
    /// that are left fit `spread` batches, it is an even share of them.
    fn next_batch(&mut self, most: usize, room: ArgSpace, spread: usize) -> Option<BatchResult> {
        let bound = room.total.saturating_mul(spread);
        while !self.ended && self.ahead.len() < most && self.needed <= bound {
            match self.found.next() {
                Some(Ok(input)) => {
                    self.needed += room.needed_by(input.name().len());
                    self.ahead.push_back(input);
                }
                Some(Err(error)) => return Some(Err(error)),
                None => self.ended = true,
            }
        }
        if self.ahead.is_empty() {
            return None;
        }
        if !self.ended {
            return Some(Ok(self.take(most, room)));
        }
        let share = self.ahead.len().div_ceil(self.shares);
        self.shares = (self.shares - 1).max(1);
        Some(Ok(self.take(share, room)))
    }

    /// Removes the first inputs: `most`, or as many as fit, but at least one.
    fn take(&mut self, most: usize, room: ArgSpace) -> Vec<Input> {
        let (mut count, mut needed) = (0, 0);
        for input in self.ahead.iter().take(most) {
            let more = room.needed_by(input.name().len());
            if count > 0 && needed + more > room.total {
                break;
            }
            needed += more;
            count += 1;
        }
        self.needed -= needed;
        self.ahead.drain(..count).collect()
    }
}

impl<I: Iterator<Item = InputResult>> Iterator for Batcher<I> {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        match self.batch {
            Batch::One => Some(self.found.next()?.map(|input| vec![input])),
            Batch::Count { most, room } => self.next_batch(most.get(), room, 1),
            Batch::Fill { room, spread } => self.next_batch(usize::MAX, room, spread.get()),
            Batch::Xargs { .. } => self.xargs.as_mut()?.next(&mut self.found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceError;
    use std::cell::Cell;
    use std::ffi::OsString;
    use std::num::NonZeroUsize;

    /// Space in which a name needs its bytes and one for its end.
    fn room(total: usize) -> ArgSpace {
        ArgSpace {
            total,
            longest: 8,
            each: 1,
            times: 1,
        }
    }

    fn fill(total: usize, spread: usize) -> Batch {
        let (room, spread) = (room(total), NonZeroUsize::new(spread).expect("a worker"));
        Batch::Fill { room, spread }
    }

    fn count(most: usize, total: usize) -> Batch {
        let (room, most) = (room(total), NonZeroUsize::new(most).expect("an input"));
        Batch::Count { most, room }
    }

    /// Returns how many inputs each batch has, for names of these lengths.
    fn sizes(lengths: &[usize], batch: Batch) -> Vec<usize> {
        let name = |length: &usize| Ok(Input::File(OsString::from("x".repeat(*length))));
        Batcher::new(lengths.iter().map(name), batch)
            .map(|together| together.expect("found").len())
            .collect()
    }

    #[test]
    fn batches_have_the_sizes_that_they_should() {
        let cases: [(&str, &[usize], Batch, &[usize]); 15] = [
            ("one each", &[1; 7], Batch::One, &[1; 7]),
            ("the last gets what is left", &[1; 7], count(3, 100), &[3, 3, 1]),
            ("none is left", &[1; 6], count(3, 100), &[3, 3]),
            ("no inputs", &[], count(3, 100), &[]),
            ("no more than fits", &[1; 7], count(100, 4), &[2, 2, 2, 1]),
            (
                "long ones fit alone",
                &[3, 1, 1, 3, 3],
                count(100, 4),
                &[1, 2, 1, 1],
            ),
            ("a name too long", &[1, 9, 1, 1], count(100, 20), &[1, 1, 2]),
            ("a name that never fits", &[1, 5, 1, 1], count(100, 4), &[1, 1, 2]),
            ("a name too long to fill", &[1, 9, 1, 1], fill(20, 1), &[1, 1, 2]),
            ("two names too long", &[9, 9], fill(20, 4), &[1, 1]),
            ("spread evenly", &[1; 10], fill(100, 2), &[5, 5]),
            ("spread nearly evenly", &[1; 10], fill(100, 4), &[3, 3, 2, 2]),
            ("fewer than workers", &[1; 3], fill(100, 8), &[1; 3]),
            ("nothing to spread", &[], fill(100, 8), &[]),
            ("full ones, then a share", &[1; 24], fill(10, 4), &[5, 5, 5, 5, 4]),
        ];
        for (name, lengths, batch, expected) in cases {
            assert_eq!(sizes(lengths, batch), expected, "{name}");
        }
    }

    #[test]
    fn no_more_inputs_are_found_ahead_than_fit_the_workers() {
        let seen = Cell::new(0);
        let endless = std::iter::repeat_with(|| {
            seen.set(seen.get() + 1);
            Ok(Input::File("x".into()))
        });
        let mut batched = Batcher::new(endless, fill(10, 4));
        for jobs in 1..1000 {
            assert_eq!(batched.next().expect("endless").expect("found").len(), 5);
            assert!(seen.get() <= 5 * jobs + 16, "{} after {jobs}", seen.get());
        }
    }

    #[test]
    fn a_missing_input_is_reported_and_the_others_stay_together() {
        let found = [Some("a"), None, Some("b"), Some("c")].map(|name| match name {
            Some(name) => Ok(Input::File(name.into())),
            None => Err(SourceError::Input {
                name: "gone".into(),
                cause: std::io::ErrorKind::NotFound.into(),
            }),
        });
        let all: Vec<_> = Batcher::new(found.into_iter(), count(2, 100)).collect();
        let sizes: Vec<_> = all.iter().map(|b| b.as_ref().map_or(0, Vec::len)).collect();
        assert_eq!(sizes, [0, 2, 1]);
    }

    #[test]
    fn random_inputs_stay_in_order_and_fit() {
        let mut random = fastrand::Rng::with_seed(4);
        for _ in 0..2000 {
            let (total, workers) = (random.usize(4..40), random.usize(1..6));
            let lengths: Vec<_> = (0..random.usize(..60)).map(|_| random.usize(1..10)).collect();
            for batch in [fill(total, workers), count(random.usize(1..8), total)] {
                let sizes = sizes(&lengths, batch);
                let mut rest = &lengths[..];
                for &size in &sizes {
                    let (job, left) = rest.split_at(size);
                    let taken: usize = job.iter().map(|&name| room(total).needed_by(name)).sum();
                    assert!(size == 1 || taken <= total, "{lengths:?} {batch:?} {sizes:?}");
                    rest = left;
                }
                assert!(rest.is_empty() && !sizes.contains(&0), "{lengths:?} {batch:?}");
            }
        }
    }
}

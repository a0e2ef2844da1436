//! Inputs, put together to jobs of several.
//!
//! It holds the inputs of one job, or of as many jobs as are to be spread evenly, and never more.

use super::error::{BatchResult, InputResult, SourceError};
use super::xargs::batch::XargsBatch;
use crate::job::Input;
use crate::plan::{ArgSpace, Batch};
use std::collections::VecDeque;

/// Puts inputs together, in their order.
pub struct Batched<I> {
    found: I,
    batch: Batch,
    /// What was found and is in no job yet.
    ahead: VecDeque<Input>,
    /// What that takes.
    taken: usize,
    /// Whether nothing more will be found.
    ended: bool,
    /// The jobs that what is left is spread over.
    parts: usize,
    /// What does it all where inputs are packed.
    pack: Option<XargsBatch>,
}

impl<I: Iterator<Item = InputResult>> Batched<I> {
    /// Puts together what `found` gives.
    pub fn new(found: I, batch: Batch) -> Self {
        Batched {
            found,
            batch,
            ahead: VecDeque::new(),
            taken: 0,
            ended: false,
            parts: match batch {
                Batch::Fill { spread, .. } => spread.get(),
                Batch::One | Batch::Count { .. } | Batch::Xargs { .. } => 1,
            },
            pack: match batch {
                Batch::Xargs {
                    most,
                    room,
                    split,
                    waiting,
                } => Some(XargsBatch::new(most, room, split, waiting)),
                _ => None,
            },
        }
    }

    /// Looks for inputs until there are `most` or they take more than `bound`; or until one is
    /// missing.
    fn look_ahead(&mut self, most: usize, bound: usize, room: ArgSpace) -> Result<(), SourceError> {
        while !self.ended && self.ahead.len() < most && self.taken <= bound {
            match self.found.next() {
                Some(found) => {
                    let input = found?;
                    self.taken += room.needed_by(input.name().len());
                    self.ahead.push_back(input);
                }
                None => self.ended = true,
            }
        }
        Ok(())
    }

    /// The first inputs, `most` or as many as there is room for, but at least one.
    fn cut(&mut self, most: usize, room: ArgSpace) -> Vec<Input> {
        let (mut count, mut taken) = (0, 0);
        for input in self.ahead.iter().take(most) {
            let more = room.needed_by(input.name().len());
            if count > 0 && taken + more > room.total {
                break;
            }
            taken += more;
            count += 1;
        }
        self.taken -= taken;
        self.ahead.drain(..count).collect()
    }

    fn next_of(&mut self, most: usize, room: ArgSpace) -> Option<BatchResult> {
        if let Err(missing) = self.look_ahead(most, room.total, room) {
            return Some(Err(missing));
        }
        (!self.ahead.is_empty()).then(|| Ok(self.cut(most, room)))
    }

    /// A full command line while there is more than fits `spread` of them; then the rest in parts.
    fn next_full(&mut self, room: ArgSpace, spread: usize) -> Option<BatchResult> {
        let bound = room.total.saturating_mul(spread);
        if let Err(missing) = self.look_ahead(usize::MAX, bound, room) {
            return Some(Err(missing));
        }
        if self.ahead.is_empty() {
            return None;
        }
        if !self.ended {
            return Some(Ok(self.cut(usize::MAX, room)));
        }
        let share = self.ahead.len().div_ceil(self.parts);
        self.parts = (self.parts - 1).max(1);
        Some(Ok(self.cut(share, room)))
    }
}

impl<I: Iterator<Item = InputResult>> Iterator for Batched<I> {
    type Item = BatchResult;

    fn next(&mut self) -> Option<BatchResult> {
        match self.batch {
            Batch::One => Some(self.found.next()?.map(|input| vec![input])),
            Batch::Count { most, room } => self.next_of(most.get(), room),
            Batch::Fill { room, spread } => self.next_full(room, spread.get()),
            Batch::Xargs { .. } => self.pack.as_mut()?.next(&mut self.found),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;
    use std::ffi::OsString;
    use std::num::NonZeroUsize;

    /// A byte for each byte of a name and one for its end.
    fn room(total: usize) -> ArgSpace {
        ArgSpace {
            total,
            longest: 8,
            each: 1,
            times: 1,
        }
    }

    fn fill(total: usize, spread: usize) -> Batch {
        let spread = NonZeroUsize::new(spread).expect("a worker");
        Batch::Fill {
            room: room(total),
            spread,
        }
    }

    fn count(most: usize, total: usize) -> Batch {
        let most = NonZeroUsize::new(most).expect("an input");
        Batch::Count {
            most,
            room: room(total),
        }
    }

    /// How many of these names, by their lengths, each job is about.
    fn sizes(lengths: &[usize], batch: Batch) -> Vec<usize> {
        let name = |length: &usize| Ok(Input::File(OsString::from("x".repeat(*length))));
        Batched::new(lengths.iter().map(name), batch)
            .map(|together| together.expect("found").len())
            .collect()
    }

    #[test]
    fn a_job_takes_so_many_and_the_last_what_is_left() {
        assert_eq!(sizes(&[1; 7], Batch::One), [1; 7]);
        assert_eq!(sizes(&[1; 7], count(3, 100)), [3, 3, 1]);
        assert_eq!(sizes(&[1; 6], count(3, 100)), [3, 3]);
        assert_eq!(sizes(&[], count(3, 100)), [0; 0]);
    }

    #[test]
    fn no_job_takes_more_than_there_is_room_for() {
        assert_eq!(sizes(&[1; 7], count(100, 4)), [2, 2, 2, 1]);
        assert_eq!(sizes(&[3, 1, 1, 3, 3], count(100, 4)), [1, 2, 1, 1]);
    }

    #[test]
    fn what_can_never_fit_is_alone() {
        assert_eq!(sizes(&[1, 9, 1, 1], count(100, 20)), [1, 1, 2]);
        assert_eq!(sizes(&[1, 5, 1, 1], count(100, 4)), [1, 1, 2]);
        assert_eq!(sizes(&[1, 9, 1, 1], fill(20, 1)), [1, 1, 2]);
        assert_eq!(sizes(&[9, 9], fill(20, 4)), [1, 1]);
    }

    #[test]
    fn what_fits_the_workers_is_spread_over_them_evenly() {
        assert_eq!(sizes(&[1; 10], fill(100, 2)), [5, 5]);
        assert_eq!(sizes(&[1; 10], fill(100, 4)), [3, 3, 2, 2]);
        assert_eq!(sizes(&[1; 3], fill(100, 8)), [1, 1, 1]);
        assert_eq!(sizes(&[], fill(100, 8)), [0; 0]);
    }

    #[test]
    fn full_command_lines_come_first_and_the_rest_is_spread() {
        // 5 to a line; 24 are looked at when the first can be cut.
        let sizes = sizes(&[1; 24], fill(10, 4));
        assert_eq!(sizes, [5, 5, 5, 5, 4]);
    }

    #[test]
    fn no_more_is_looked_at_than_fits_the_workers() {
        let seen = Cell::new(0);
        let endless = std::iter::repeat_with(|| {
            seen.set(seen.get() + 1);
            Ok(Input::File("x".into()))
        });
        let mut batched = Batched::new(endless, fill(10, 4));
        for jobs in 1..1000 {
            assert_eq!(batched.next().expect("endless").expect("found").len(), 5);
            assert!(seen.get() <= 5 * jobs + 16, "{} after {jobs}", seen.get());
        }
    }

    #[test]
    fn a_missing_input_is_told_and_the_others_stay_together() {
        let found = [Some("a"), None, Some("b"), Some("c")].map(|name| match name {
            Some(name) => Ok(Input::File(name.into())),
            None => Err(SourceError::Input {
                name: "gone".into(),
                cause: std::io::ErrorKind::NotFound.into(),
            }),
        });
        let all: Vec<_> = Batched::new(found.into_iter(), count(2, 100)).collect();
        let sizes: Vec<_> = all.iter().map(|b| b.as_ref().map_or(0, Vec::len)).collect();
        assert_eq!(sizes, [0, 2, 1]);
    }

    #[test]
    fn whatever_comes_stays_in_order_and_fits() {
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

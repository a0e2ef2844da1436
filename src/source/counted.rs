//! Jobs that are looked at ahead, so that it is known how many there are.
//!
//! It does not change their order.

use super::Numbered;
use std::collections::VecDeque;

/// Jobs that are looked at ahead: for about 2 MB of names.
const AHEAD: usize = 10_000;

/// What `found` gives, with an exact `size_hint` where there are not many.
pub struct Counted<I> {
    found: I,
    ahead: VecDeque<Numbered>,
    /// Whether `found` has more than was looked at, or that is not known.
    more: bool,
}

impl<I: Iterator<Item = Numbered>> Counted<I> {
    /// Looks at nothing yet.
    pub fn new(found: I) -> Self {
        Counted {
            found,
            ahead: VecDeque::new(),
            more: true,
        }
    }
}

impl<I: Iterator<Item = Numbered>> Iterator for Counted<I> {
    type Item = Numbered;

    fn next(&mut self) -> Option<Numbered> {
        if self.ahead.is_empty() && self.more {
            self.ahead.extend(self.found.by_ref().take(AHEAD));
            self.more = self.ahead.len() == AHEAD;
        }
        self.ahead.pop_front()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let ahead = self.ahead.len();
        (ahead, (!self.more).then_some(ahead))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{Input, Job};

    #[test]
    fn few_jobs_are_counted_and_many_come_all_the_same() {
        for (jobs, known) in [(0, true), (3, true), (AHEAD, false), (2 * AHEAD + 1, false)] {
            let inputs = vec![Input::File("a".into())];
            let found = (0..jobs as u64).map(|seq| {
                Ok(Job {
                    seq,
                    inputs: inputs.clone(),
                })
            });
            let mut counted = Counted::new(found);
            let first = counted.next();
            assert_eq!(first.is_some(), jobs > 0);
            let left = jobs.saturating_sub(1);
            assert_eq!(counted.size_hint().1, known.then_some(left), "{jobs}");
            let rest: Vec<u64> = counted.map(|job| job.expect("found").seq).collect();
            assert!(rest.iter().copied().eq(1..jobs.max(1) as u64), "{jobs}");
        }
    }
}

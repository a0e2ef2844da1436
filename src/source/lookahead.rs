//! Finds jobs ahead of their use, so that their number is known early.
//!
//! It keeps their order.

use std::collections::VecDeque;

/// How many jobs are found ahead: about 2 MB of names.
pub const LOOKAHEAD: usize = 10_000;

/// The items of `found`, with an exact `size_hint` once fewer than [`LOOKAHEAD`] are left.
pub struct Lookahead<I: Iterator> {
    found: I,
    ahead: VecDeque<I::Item>,
    /// Whether `found` may have more items than those in `ahead`.
    more: bool,
}

impl<I: Iterator> Lookahead<I> {
    /// Wraps `found`; it is not advanced before the first `next`.
    pub fn new(found: I) -> Self {
        Lookahead {
            found,
            ahead: VecDeque::new(),
            more: true,
        }
    }
}

impl<I: Iterator> Iterator for Lookahead<I> {
    type Item = I::Item;

    fn next(&mut self) -> Option<I::Item> {
        if self.ahead.is_empty() && self.more {
            self.ahead.extend(self.found.by_ref().take(LOOKAHEAD));
            self.more = self.ahead.len() == LOOKAHEAD;
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

    #[test]
    fn the_number_of_few_jobs_is_known_and_many_are_all_yielded() {
        for (jobs, known) in [
            (0, true),
            (3, true),
            (LOOKAHEAD, false),
            (2 * LOOKAHEAD + 1, false),
        ] {
            let mut counted = Lookahead::new(0..jobs);
            let first = counted.next();
            assert_eq!(first.is_some(), jobs > 0);
            let left = jobs.saturating_sub(1);
            assert_eq!(counted.size_hint().1, known.then_some(left), "{jobs}");
            assert!(counted.eq(1..jobs.max(1)), "{jobs}");
        }
    }
}

//! Jobs that are looked at ahead, so that it is known how many there are.
//!
//! It does not change their order.

use std::collections::VecDeque;

/// Jobs that are looked at ahead: for about 2 MB of names.
pub const AHEAD: usize = 10_000;

/// What `found` gives, with an exact `size_hint` where there are not many.
pub struct Lookahead<I: Iterator> {
    found: I,
    ahead: VecDeque<I::Item>,
    /// Whether `found` has more than was looked at, or that is not known.
    more: bool,
}

impl<I: Iterator> Lookahead<I> {
    /// Looks at nothing yet.
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

    #[test]
    fn few_jobs_are_counted_and_many_come_all_the_same() {
        for (jobs, known) in [(0, true), (3, true), (AHEAD, false), (2 * AHEAD + 1, false)] {
            let mut counted = Lookahead::new(0..jobs);
            let first = counted.next();
            assert_eq!(first.is_some(), jobs > 0);
            let left = jobs.saturating_sub(1);
            assert_eq!(counted.size_hint().1, known.then_some(left), "{jobs}");
            assert!(counted.eq(1..jobs.max(1)), "{jobs}");
        }
    }
}

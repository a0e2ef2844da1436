//! How many worker threads a run has.

use std::num::NonZeroUsize;

/// How many worker threads there are at most.
#[derive(Debug, Clone, Copy)]
pub enum Workers {
    /// This many.
    Given(NonZeroUsize),
    /// As many as are counted. Counting the cores means reading files of the system's: a run of one job is
    /// spared that.
    Counted {
        /// What they can't be more than, which is known.
        most: NonZeroUsize,
        /// Counts them.
        count: fn() -> NonZeroUsize,
    },
}

impl Workers {
    /// How many, counted where need be.
    pub fn get(self) -> NonZeroUsize {
        match self {
            Workers::Given(number) => number,
            Workers::Counted { most, count } => count().min(most),
        }
    }

    /// A number that they are not more than, without a count.
    pub fn most(self) -> NonZeroUsize {
        match self {
            Workers::Given(number) => number,
            Workers::Counted { most, .. } => most,
        }
    }
}

impl From<NonZeroUsize> for Workers {
    fn from(number: NonZeroUsize) -> Self {
        Workers::Given(number)
    }
}

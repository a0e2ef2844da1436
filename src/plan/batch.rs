//! How many inputs a job is about, as it was decided.

use std::num::NonZeroUsize;

/// How many inputs a job is about. One that there is no room for, even alone, is a job of its own:
/// whoever runs that says what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// One.
    One,
    /// So many, or as many as there is room for; the last job takes what is left.
    Count {
        /// How many at most.
        most: NonZeroUsize,
        /// What they may take.
        room: ArgSpace,
    },
    /// As many as there is room for; what would fit so many jobs at the end of the inputs is
    /// spread over them evenly.
    Fill {
        /// What they may take.
        room: ArgSpace,
        /// The jobs that are to end together: the workers.
        spread: NonZeroUsize,
    },
    /// As many as there is room for, and no more than are wanted at once. One that there is no
    /// room for ends the inputs.
    Xargs {
        /// How many are wanted at once.
        most: BatchLimit,
        /// What they may take.
        room: ArgSpace,
        /// What becomes of those that are wanted at once and have no room together.
        split: BatchSplit,
        /// What becomes of those that wait for others where the list turns out malformed.
        waiting: BatchWait,
    },
}

impl Batch {
    /// Whether a job is about a few inputs at most.
    pub fn is_small(self) -> bool {
        match self {
            Batch::One => true,
            Batch::Xargs {
                most: BatchLimit::Inputs(most),
                ..
            } => most.get() <= FEW,
            _ => false,
        }
    }
}

/// How many inputs are a few.
const FEW: usize = 8;

/// How many inputs are wanted at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchLimit {
    /// As many as there is room for.
    Any,
    /// So many.
    Inputs(NonZeroUsize),
    /// Those of so many lines.
    Lines(NonZeroUsize),
}

/// What becomes of inputs that wait for others where the list turns out malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchWait {
    /// They are a job.
    Given,
    /// They are given up.
    GivenUp,
}

/// What becomes of inputs that are wanted at once and have no room together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSplit {
    /// They are given to several jobs.
    Allowed,
    /// They end the inputs.
    Refused,
}

/// What the inputs of one job may take of a command line, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgSpace {
    /// All of them together.
    pub total: usize,
    /// How long the name of one may be.
    pub longest: usize,
    /// What an input takes beside its name.
    pub each: usize,
    /// How often its name is taken.
    pub times: usize,
}

impl ArgSpace {
    /// Room for so many bytes of words, each with its end.
    pub fn from_total(total: usize) -> Self {
        ArgSpace {
            total,
            longest: usize::MAX,
            each: 1,
            times: 1,
        }
    }

    /// What an input with a name of so many bytes takes; more than there is where it can never fit.
    pub fn needed_by(&self, name: usize) -> usize {
        let taken = name.saturating_mul(self.times).saturating_add(self.each);
        if name > self.longest || taken > self.total {
            self.total.saturating_add(1)
        } else {
            taken
        }
    }
}

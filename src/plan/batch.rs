//! How inputs become jobs: how much of a file, how many inputs, and which job first.

use std::num::NonZeroUsize;

/// The smallest piece of a file that a map can process on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A whole file.
    File,
    /// Lines of a plain file; a compressed file is processed as a whole.
    PlainLines,
    /// Lines: the map's output for a file equals its outputs for consecutive runs of whole lines of it,
    /// one after another.
    Lines,
}

/// How many inputs one job gets. An input that does not fit even alone becomes a job of its own, and
/// the job reports what is wrong with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Batch {
    /// One.
    One,
    /// A fixed number, or as many as fit; the last job gets what is left.
    Count {
        /// The maximal number.
        most: NonZeroUsize,
        /// The space that they share.
        room: ArgSpace,
    },
    /// As many as fit. At the end of the inputs, what fits `spread` jobs is spread over them evenly.
    Fill {
        /// The space that they share.
        room: ArgSpace,
        /// The number of jobs that end together: the workers.
        spread: NonZeroUsize,
    },
    /// As many as fit, but no more than the limit, as xargs does it. An input that does not fit even
    /// alone ends the inputs.
    Xargs {
        /// How many inputs belong together.
        most: BatchLimit,
        /// The space that they share, as xargs counts it.
        room: ArgSpace,
        /// The space that the system gives them, which counts pointers too.
        system: ArgSpace,
        /// What happens when inputs that belong together do not fit together.
        split: BatchSplit,
        /// What happens to an incomplete batch when the list turns out to be malformed.
        waiting: BatchWait,
    },
}

impl Batch {
    /// Returns whether a job has only a few inputs.
    pub(crate) fn is_small(self) -> bool {
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

/// How many inputs belong together in a batch of xargs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchLimit {
    /// As many as fit.
    Any,
    /// This many.
    Inputs(NonZeroUsize),
    /// The inputs of this many lines.
    Lines(NonZeroUsize),
}

/// What happens to an incomplete batch when the list turns out to be malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchWait {
    /// It becomes a job.
    Run,
    /// It is dropped.
    Drop,
}

/// What happens when inputs that belong together do not fit together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchSplit {
    /// They are split over several jobs.
    Allowed,
    /// They end the inputs.
    Refused,
}

/// The space that a command line has for the inputs of one job, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ArgSpace {
    /// The space for all of them together.
    pub total: usize,
    /// The longest name that fits.
    pub longest: usize,
    /// What an input takes in addition to its name.
    pub each: usize,
    /// How often the name of an input occurs.
    pub times: usize,
}

impl ArgSpace {
    /// Returns space for words of `total` bytes, counting one byte for the end of each.
    pub fn from_total(total: usize) -> Self {
        ArgSpace {
            total,
            longest: usize::MAX,
            each: 1,
            times: 1,
        }
    }

    /// Returns the bytes that an input with a name of `name` bytes takes; more than `total` when it can
    /// never fit.
    pub(crate) fn needed_by(&self, name: usize) -> usize {
        let needed = name.saturating_mul(self.times).saturating_add(self.each);
        if name > self.longest || needed > self.total {
            self.total.saturating_add(1)
        } else {
            needed
        }
    }
}

/// Which job starts first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schedule {
    /// The first in input order.
    Order,
    /// The largest, when there are fewer than `most` inputs; otherwise the first in input order.
    Largest {
        /// The number of inputs that are found before the first job starts.
        most: usize,
    },
}

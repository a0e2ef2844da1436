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
        room: Room,
    },
    /// As many as there is room for; what would fit so many jobs at the end of the inputs is
    /// spread over them evenly.
    Fill {
        /// What they may take.
        room: Room,
        /// The jobs that are to end together: the workers.
        spread: NonZeroUsize,
    },
}

/// What the inputs of one job may take of a command line, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// All of them together.
    pub total: usize,
    /// How long the name of one may be.
    pub longest: usize,
    /// What an input takes beside its name.
    pub each: usize,
    /// How often its name is taken.
    pub times: usize,
}

impl Room {
    /// What an input with a name of so many bytes takes; more than there is where it can never fit.
    pub fn taken_by(&self, name: usize) -> usize {
        let taken = name.saturating_mul(self.times).saturating_add(self.each);
        if name > self.longest || taken > self.total {
            self.total.saturating_add(1)
        } else {
            taken
        }
    }
}

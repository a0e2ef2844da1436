//! What is remembered of a run, and where, as it was decided.

use std::path::PathBuf;

/// A state file, and what is done with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatePlan {
    /// The file.
    pub file: PathBuf,
    /// What the command line means, part by part: a state is of one meaning. Not how it is carried
    /// out (workers, order, memory), nor which inputs there are.
    pub meaning: Vec<(&'static str, Vec<u8>)>,
    /// Which jobs are run.
    pub rerun: Rerun,
    /// What becomes of what is remembered already.
    pub existing: Existing,
    /// Whether it is written.
    pub access: StateAccess,
    /// How far jobs may be ahead of what is stored.
    pub durability: Durability,
    /// Whether a job that ended well may turn out later not to have.
    pub revocable: Revocable,
}

/// Which jobs are run, of those that are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// All that are not done.
    Unfinished,
    /// Those that failed.
    Failed,
}

/// What becomes of what is remembered already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// It counts.
    Keep,
    /// It is forgotten, whatever command line it was of.
    Forget,
}

/// How far jobs may be ahead of what is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// One starts when the one before it on its worker is stored: for jobs that do something, or that
    /// print, which is not to happen twice.
    EachJob,
    /// They start as they can, and their ends are stored together: for jobs that only read.
    Batched,
}

/// Whether a job that ended well may turn out later not to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocable {
    /// How it ended stands.
    Never,
    /// It may: what did it lives on, and may show that it was not in order. Some bytes are kept of each
    /// job for that.
    Possible,
}

/// Whether a state is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAccess {
    /// It is.
    Write,
    /// It is only looked at, for a run that does nothing.
    Read,
}

//! Where the outcome of each job is recorded, and how later runs use the record.

use std::path::PathBuf;
use std::time::Instant;

/// A state file, and how the run uses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatePlan {
    /// The file.
    pub file: PathBuf,
    /// What the command line means, by named parts; a state file belongs to one meaning. How the run is carried
    /// out (workers, order, memory) is not part of it, nor are the inputs.
    pub meaning: Vec<(&'static str, Vec<u8>)>,
    /// Which jobs are run.
    pub rerun: Rerun,
    /// What happens to the records of earlier runs.
    pub existing: Existing,
    /// What happens when another run uses the file.
    pub held: LockHeld,
    /// Whether the file is written.
    pub access: StateAccess,
    /// How far jobs may run ahead of the file.
    pub durability: Durability,
    /// Whether a success may be revoked later.
    pub revocable: Revocable,
    /// By what inputs are known again.
    pub recognition: Recognition,
}

/// By what the inputs of an earlier run are known again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recognition {
    /// Whether a file with another name is the same input.
    pub renames: bool,
    /// What is read of a file that has grown.
    pub growing: Growing,
}

impl Recognition {
    /// By their names, sizes and times alone.
    pub const BY_NAME: Recognition = Recognition {
        renames: false,
        growing: Growing::Whole,
    };
}

/// What is read of a file that has grown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Growing {
    /// All of it.
    Whole,
    /// What was appended.
    Tail,
}

/// What happens when another run uses a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LockHeld {
    /// This one is refused.
    Refuse,
    /// This one waits, until then if there is a limit.
    Wait {
        /// The limit.
        until: Option<Instant>,
    },
}

/// Which of the jobs that are found run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rerun {
    /// All that have not succeeded.
    Unfinished,
    /// Only those that failed.
    Failed,
}

/// What happens to the records of earlier runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Existing {
    /// They count.
    Keep,
    /// They are deleted, whatever command line they belong to.
    Forget,
}

/// How far jobs may run ahead of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// A worker's next job starts only after its previous one is stored: for jobs with effects or output, which
    /// must not happen twice.
    EachJob,
    /// Jobs do not wait, and their outcomes are stored in batches: for jobs that only read.
    Batched,
}

/// Whether a success may be revoked later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revocable {
    /// An outcome is final.
    Never,
    /// The process that did a job lives on, and may turn out not to have worked properly. Some bytes are kept
    /// for each job to find it again.
    Possible,
}

/// Whether the file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StateAccess {
    /// It is written.
    Write,
    /// It is only read, for a dry run.
    Read,
}

//! Outputs of jobs that a command brings together: which neighbours are merged next, what such a merge is to a
//! worker, and where its result goes.
//!
//! It does not know workers or channels, nor what command merges.

mod intermediate;
mod job;
mod level;
mod output;
mod pipe_job;
mod plan;
mod tree;

pub(crate) use intermediate::{Intermediate, Intermediates, Opened};
pub(crate) use job::{Merge, MergedJobs};
pub use output::{MergeDestination, MergeInputs};
pub(crate) use output::{MergeOutput, MergeOutputs, Merged};
pub use pipe_job::PipeJob;
pub(crate) use plan::MergePlanner;

//! Outputs of jobs that a command brings together: which neighbours are merged next, and where the
//! intermediate results lie.
//!
//! It does not know workers, nor what command merges.

mod intermediate;
mod pipe_job;
pub(crate) mod tree;

pub(crate) use intermediate::{Intermediate, IntermediateWriter, Intermediates, Opened};
pub(crate) use pipe_job::PipeJob;

//! A merge, as the job that it is to a worker: its inputs are files of outputs, and pipes from other merges.
//!
//! It does not know why these outputs are merged, nor where the result goes.

use super::intermediate::{Intermediate, Intermediates};
use super::pipe_job::PipeJob;
use super::tree::{Item, Window};
use crate::job::{Failure, Input, Job};
use std::fmt;

/// Neighbouring outputs that are to become one. Dropped, it deletes them.
#[derive(Debug)]
pub(crate) struct Merge {
    /// The jobs that the result covers.
    pub(crate) jobs: MergedJobs,
    /// What is merged, in input order.
    inputs: Vec<MergeInput>,
    /// Whether nothing is merged after it.
    pub(crate) is_last: bool,
}

/// Which jobs a merge covers.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MergedJobs {
    /// The first of them.
    pub(crate) from: u64,
    /// One past the last.
    pub(crate) to: u64,
    /// How many merges deep the result is.
    pub(crate) level: u32,
}

impl fmt::Display for MergedJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "merge of jobs {} to {}", self.from + 1, self.to)
    }
}

#[derive(Debug)]
enum MergeInput {
    Intermediate(Intermediate),
    /// What another merge gives, which runs at the same time.
    Merge(Merge),
}

impl Merge {
    pub(super) fn from_window(window: Window<Intermediate>, is_last: bool) -> Self {
        let inputs = window.items.into_iter().map(|item| match item {
            Item::Output(intermediate) => MergeInput::Intermediate(intermediate),
            Item::Merge(window) => MergeInput::Merge(Merge::from_window(window, false)),
        });
        Merge {
            inputs: inputs.collect(),
            jobs: MergedJobs {
                from: window.from,
                to: window.to,
                level: window.level,
            },
            is_last,
        }
    }

    /// Returns the job that one try at the merge is to its map, and the jobs that feed it.
    ///
    /// # Errors
    /// `Own`, when a temporary file cannot be written or a pipe cannot be opened.
    pub(crate) fn job(&mut self, intermediates: &Intermediates) -> Result<(Job, Vec<PipeJob>), Failure> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        let mut feeders = Vec::new();
        for input in &mut self.inputs {
            inputs.push(Input::File(match input {
                MergeInput::Intermediate(intermediate) => intermediate.path(intermediates)?.into(),
                MergeInput::Merge(merge) => {
                    let (job, its_feeders) = merge.job(intermediates)?;
                    let feeder = PipeJob::new(job, its_feeders);
                    let feeder = feeder.map_err(|cause| intermediates.failure(cause))?;
                    let name = feeder.name();
                    feeders.push(feeder);
                    name
                }
            }));
        }
        let seq = self.jobs.from;
        let number = seq + 1;
        Ok((Job { seq, number, inputs }, feeders))
    }
}

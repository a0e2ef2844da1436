//! When outputs are merged: as soon as there are enough neighbours and a worker has nothing else to do.
//!
//! It does not know who does the merges, nor what becomes of the last output.

use super::intermediate::Intermediate;
use super::job::{Merge, MergedJobs};
use super::output::{MergeInputs, Merged};
use super::tree::Tree;
use crate::output::NewFile;
use crate::sys::file_limit;

/// How many outputs may wait. With more, merges come before jobs.
const WAITING: usize = 1024;

/// How many merges may run at once to feed one another, and how many descriptors each takes.
const CONCURRENT: u64 = 32;
const DESCRIPTORS: u64 = 8;

/// The outputs of jobs that have ended, and the merges that they still need.
pub(crate) struct MergePlanner {
    tree: Tree<Intermediate>,
    /// A merge that found no room in the queue.
    refused: Option<Merge>,
    /// What all outputs have become, in the file that is to take it.
    file: Option<NewFile>,
}

impl MergePlanner {
    /// Plans merges of up to `arity` outputs for this many workers.
    pub(crate) fn new(arity: usize, inputs: MergeInputs, workers: usize) -> Self {
        let concurrent = match inputs {
            MergeInputs::Streams if workers > 1 => CONCURRENT.min(file_limit() / DESCRIPTORS),
            MergeInputs::Streams | MergeInputs::Files => 0,
        };
        MergePlanner {
            tree: Tree::new(arity, concurrent as usize),
            refused: None,
            file: None,
        }
    }

    /// Takes the output of a job, if the job gave one.
    pub(crate) fn job_ended(&mut self, job: u64, output: Option<Merged>) {
        self.tree
            .job_ended(job, output.and_then(Merged::into_intermediate));
    }

    /// Takes the result of a merge.
    pub(crate) fn merged(&mut self, jobs: MergedJobs, result: Merged) {
        match result {
            Merged::Intermediate(output) => self.tree.merged(jobs.from, jobs.to, jobs.level, output),
            Merged::File(file) => {
                self.file = Some(file);
                self.tree.ended_without_output();
            }
        }
    }

    /// Takes note that a merge failed, or was stopped: nothing will come of all outputs.
    pub(crate) fn failed(&mut self) {
        self.tree.ended_without_output();
    }

    /// Tells whether so many outputs wait that merges come before jobs.
    pub(crate) fn is_crowded(&self) -> bool {
        self.tree.waiting() > WAITING
    }

    /// Returns the next merge that is possible; `all` says that all jobs have ended.
    pub(crate) fn next(&mut self, all: bool) -> Option<Merge> {
        if self.refused.is_some() {
            return self.refused.take();
        }
        let window = match all {
            true => self.tree.next_of_all(),
            false => self.tree.next_level(),
        };
        let is_last = all && self.tree.is_last();
        window.map(|window| Merge::from_window(window, is_last))
    }

    /// Takes a merge back that found no room in the queue.
    pub(crate) fn put_back(&mut self, merge: Merge) {
        self.refused = Some(merge);
    }

    /// Returns how many merges wait in the queue or run.
    pub(crate) fn under_way(&self) -> usize {
        self.tree.running() - usize::from(self.refused.is_some())
    }

    /// Tells whether no merge is to come or under way, provided that all jobs have ended.
    pub(crate) fn is_done(&self) -> bool {
        self.tree.is_done()
    }

    /// Takes what all outputs have become.
    pub(crate) fn take_result(&mut self) -> Option<Merged> {
        let file = self.file.take().map(Merged::File);
        file.or_else(|| self.tree.take_last().map(Merged::Intermediate))
    }
}

//! What is done to each job, and where its output goes.

use super::Summary;
use crate::fold::StartFold;
use crate::map::StartMap;
use crate::merge::{MergeDestination, MergeInputs};
use crate::output::{JobFiles, StreamFiles, resolve_link};
use crate::plan::{Plan, SaveTarget};
use crate::record::{OnBadLine, RecordPlan};
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// What SQLite adds to the name of a state for the files beside it.
const BESIDE_STATE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// What is done to each job and to what it gives.
pub struct Work<'a> {
    /// Makes each worker's map.
    pub map: &'a StartMap<'a>,
    /// How the map's bytes become records; `None`: they pass as they are.
    pub records: Option<&'a RecordPlan>,
    /// Makes folds of the records; `None`: they are printed.
    pub fold: Option<&'a StartFold<'a>>,
    /// How the outputs of jobs are brought together; `None`: they are not.
    pub merge: Option<MergeWork<'a>>,
    /// Where the jobs' output goes.
    pub to: Destination<'a>,
    /// Where the jobs' standard error goes.
    pub err: Destination<'a>,
    /// Ends the process: called where the run was stopped and a worker does not handle of it.
    pub give_up: fn(&Summary) -> !,
}

/// How the outputs of jobs are brought together.
pub struct MergeWork<'a> {
    /// Makes each worker's map for merges: its inputs are the files of outputs.
    pub map: &'a StartMap<'a>,
    /// How many outputs a merge takes at most, 2 or more.
    pub arity: NonZeroUsize,
    /// What it is given.
    pub inputs: MergeInputs,
    /// What takes the last output; `None`: it is printed.
    pub to: Option<&'a MergeDestination>,
}

impl Work<'_> {
    /// Returns the files that the run writes as its options say, each with the option that names it.
    pub(super) fn files(&self, plan: &Plan) -> Vec<(&'static str, PathBuf)> {
        let mut files = Vec::new();
        let mut add = |option, file: Option<&PathBuf>| files.extend(file.map(|file| (option, file.clone())));
        add("--failed", plan.failures.list.as_ref().map(|(file, _)| file));
        for (option, file) in &plan.side_files {
            add(option, Some(file));
        }
        add("--joblog", plan.joblog.as_ref().map(|(file, _)| file));
        let merge_to = self.merge.as_ref().and_then(|merge| merge.to);
        add("--out", merge_to.map(|to| &to.name));
        if let Some(OnBadLine::Keep(file)) = self.records.map(|records| &records.on_bad_line) {
            add("--bad", Some(file));
        }
        if let Some(SaveTarget::File(file)) = plan.save.as_ref().map(|save| &save.to) {
            add("--save", Some(file));
        }
        if let Some(state) = &plan.state {
            add("--state", Some(&state.file));
            // They stand beside the file itself, and not beside a link to it.
            let file = resolve_link(&state.file).unwrap_or_else(|_| state.file.clone());
            for end in BESIDE_STATE {
                let mut name = file.clone().into_os_string();
                name.push(end);
                add("--state", Some(&name.into()));
            }
        }
        files
    }

    /// Returns the files of jobs that are written.
    pub(super) fn written(&self) -> StreamFiles<'_> {
        StreamFiles {
            out: self.to.files(),
            err: self.err.files(),
        }
    }

    /// Returns the files of jobs whose names are checked.
    pub(super) fn checked(&self) -> StreamFiles<'_> {
        StreamFiles {
            out: self.to.names(),
            err: self.err.names(),
        }
    }
}

/// Where a stream of the jobs goes.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// It is printed, or goes into the fold.
    Printed,
    /// Each job's to a file of its own.
    Files(&'a JobFiles),
    /// It is printed, and the names of such files are only checked.
    Rehearsal(&'a JobFiles),
}

impl<'a> Destination<'a> {
    /// The files that are written.
    fn files(self) -> Option<&'a JobFiles> {
        match self {
            Destination::Files(outputs) => Some(outputs),
            Destination::Printed | Destination::Rehearsal(_) => None,
        }
    }

    /// The files whose names are checked.
    fn names(self) -> Option<&'a JobFiles> {
        match self {
            Destination::Files(outputs) | Destination::Rehearsal(outputs) => Some(outputs),
            Destination::Printed => None,
        }
    }
}

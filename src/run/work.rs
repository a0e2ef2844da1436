//! What is done to each job, and where its output goes.

use super::{MergeWork, Summary};
use crate::fold::StartFold;
use crate::map::StartMap;
use crate::output::JobFiles;
use crate::record::RecordPlan;

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
    /// Ends the process: called where the run was stopped and a worker does not handle of it.
    pub give_up: fn(&Summary) -> !,
}

/// Where the jobs' output goes.
#[derive(Debug, Clone, Copy)]
pub enum Destination<'a> {
    /// It is printed, or goes into the fold.
    Stdout,
    /// Each job's to a file of its own.
    Files(&'a JobFiles),
    /// It is printed, and the names of such files are only checked.
    Rehearsal(&'a JobFiles),
}

impl<'a> Destination<'a> {
    /// The files that are written.
    pub(super) fn files(self) -> Option<&'a JobFiles> {
        match self {
            Destination::Files(outputs) => Some(outputs),
            Destination::Stdout | Destination::Rehearsal(_) => None,
        }
    }

    /// The files whose names are checked.
    pub(super) fn names(self) -> Option<&'a JobFiles> {
        match self {
            Destination::Files(outputs) | Destination::Rehearsal(outputs) => Some(outputs),
            Destination::Stdout => None,
        }
    }
}

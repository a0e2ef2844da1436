//! Files that a run writes beside its standard output: each job's own, and the list of failed inputs.
//!
//! It does not know workers, nor in what order jobs are run.

mod failed_list;
mod job_files;
mod path_set;
mod resolve_link;

pub use failed_list::FailedList;
pub use job_files::{JobFiles, NewFile};
pub use path_set::PathSet;
pub use resolve_link::resolve_link;

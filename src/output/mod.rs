//! Files that a run writes beside its standard output: each job's own, and the list of failed inputs.
//! No file is written for two purposes, or read and written.
//!
//! It does not know workers, nor in what order jobs are run.

mod conflicts;
mod failed_list;
mod job_files;
mod path_set;
mod reserved;
mod resolve_link;
mod stream_files;

pub use conflicts::Conflict;
pub(crate) use failed_list::FailedList;
pub use job_files::JobFiles;
pub(crate) use job_files::NewFile;
pub(crate) use reserved::{Origin, ReservedFiles};
pub(crate) use resolve_link::resolve_link;
pub(crate) use stream_files::StreamFiles;

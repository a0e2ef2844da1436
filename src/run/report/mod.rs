//! What a run reports about itself: counts, failures, its status, and the job log.
//!
//! It does not know how jobs are found or run.

mod failure_text;
mod joblog;
mod run_notes;
mod status_line;
mod summary;

pub(crate) use failure_text::failure_text;
pub(crate) use joblog::JobLog;
pub(crate) use status_line::{Counts, status_line};
pub(crate) use summary::Other;
pub use summary::{Failures, SavedFoldsMet, Summary};

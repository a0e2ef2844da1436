//! What a run says of itself: counts, failures, its status, and the job log.
//!
//! It does not know how jobs are found or run.

mod failure_text;
mod joblog;
mod status_line;
mod summary;

pub(in crate::run) use failure_text::failure_text;
pub(in crate::run) use joblog::JobLog;
pub(in crate::run) use status_line::{Counts, status_line};
pub(in crate::run) use summary::Other;
pub use summary::{Failures, Summary};

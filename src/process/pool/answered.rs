//! What a process of the pool has answered since it was started: when it turns out to be out of step, or exits with an
//! error, all of that is in doubt.
//!
//! It does not know what becomes of the jobs then.

use crate::job::Failure;
use crate::map::{OutOfBand, OutOfBandSink};
use crate::message;
use crate::plan::Revocable;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// The answers of one process.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// Whether there was any.
    pub(super) any: bool,
    /// The jobs, when they may turn out not to be done.
    jobs: Vec<u64>,
    /// The name that it answered last.
    last: Vec<u8>,
}

impl Answered {
    /// Notes that the process answered a job with this name.
    pub(super) fn add(&mut self, job: u64, name: &[u8], revocable: Revocable) {
        self.any = true;
        if revocable == Revocable::Possible {
            self.jobs.push(job);
        }
        self.last.clear();
        self.last.extend_from_slice(name);
    }

    /// Returns when the process last answered, for a message.
    pub(super) fn after(&self) -> String {
        let name = OsStr::from_bytes(&self.last);
        format!("after its reply to '{}'", message::display_name(name))
    }

    /// Reports a failure that is no job's, and revokes the answers.
    pub(super) fn fail(self, failure: Failure, report: &mut OutOfBandSink<'_>) {
        let cause = failure.to_string();
        report(OutOfBand::Failure(failure));
        self.revoke(cause, report);
    }

    /// Revokes the answers: a process that is out of step, or ends badly, may have been wrong before.
    pub(super) fn revoke(self, cause: String, report: &mut OutOfBandSink<'_>) {
        let jobs = self.jobs;
        if !jobs.is_empty() {
            report(OutOfBand::Revoke { jobs, cause });
        }
    }
}

//! What a co-process has answered since it was started: where it turns out to be out of step, or leaves with
//! an error, all of it is in doubt.

use crate::job::Failure;
use crate::map::OutOfBand;
use crate::message;
use crate::plan::Revocable;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

/// The answers of one process.
#[derive(Debug, Default)]
pub(super) struct Answered {
    /// Whether there was any.
    pub any: bool,
    /// The jobs, where they may turn out not to be done.
    pub jobs: Vec<u64>,
    /// The name that it answered last.
    pub last: Vec<u8>,
}

impl Answered {
    /// Takes note that it answered a job, of which it was told this name.
    pub fn add(&mut self, job: u64, name: &[u8], revocable: Revocable) {
        self.any = true;
        if revocable == Revocable::Possible {
            self.jobs.push(job);
        }
        self.last.clear();
        self.last.extend_from_slice(name);
    }

    /// When the process was last heard of.
    pub fn after(&self) -> String {
        format!(
            "after its reply to '{}'",
            message::display_name(OsStr::from_bytes(&self.last))
        )
    }

    /// Reports what no job can be blamed for, and what else it puts in doubt.
    pub fn fault(self, failure: Failure, aside: &mut dyn FnMut(OutOfBand<'_>)) {
        let cause = failure.to_string();
        aside(OutOfBand::Failure(failure));
        self.doubt(cause, aside);
    }

    /// Puts all of it in doubt: who is out of step, or ends badly, may have been wrong before.
    pub fn doubt(self, cause: String, aside: &mut dyn FnMut(OutOfBand<'_>)) {
        let jobs = self.jobs;
        if !jobs.is_empty() {
            aside(OutOfBand::Revoke { jobs, cause });
        }
    }
}

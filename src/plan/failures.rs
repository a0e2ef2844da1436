//! How a run handles jobs that fail.

use std::path::PathBuf;
use std::time::Duration;

/// How a run handles jobs that fail.
#[derive(Debug, Clone, PartialEq)]
pub struct FailurePlan {
    /// How often a failed job is tried again.
    pub retries: u32,
    /// How long to wait before the first retry; doubled for each further one, and jittered.
    pub delay: Duration,
    /// When failures end the run.
    pub halt: HaltAt,
    /// How failures are reported.
    pub style: FailureStyle,
    /// The file that lists the inputs of failed jobs, and the byte that ends each name in it.
    pub list: Option<(PathBuf, u8)>,
}

impl Default for FailurePlan {
    /// One try for each job; a failure is reported and does not end the run.
    fn default() -> Self {
        FailurePlan {
            retries: 0,
            delay: Duration::ZERO,
            halt: HaltAt::Never,
            style: FailureStyle::Jobs,
            list: None,
        }
    }
}

/// When failures end the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltAt {
    /// Failures never end the run.
    Never,
    /// At the limit, no further job starts.
    Soon(FailureLimit),
    /// At the limit, no further job starts and running jobs are ended.
    Now(FailureLimit),
    /// At the first fatal failure ([`crate::job::Failure::is_fatal`]), no worker starts a further job.
    Fatal,
}

/// How failures are reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureStyle {
    /// Every failure, with the job that failed.
    Jobs,
    /// Only the failures that end the run, by the name of the command, as xargs reports them.
    Commands,
}

/// How many failures are too many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureLimit {
    /// This many.
    Jobs(u64),
    /// This percentage of the jobs that have ended, but not before the third job has: the first failure
    /// alone would be 100 %.
    Percent(u64),
}

impl FailureLimit {
    /// Returns whether `failed` of `ended` jobs are too many.
    pub(crate) fn is_reached(self, failed: u64, ended: u64) -> bool {
        match self {
            FailureLimit::Jobs(limit) => failed >= limit,
            FailureLimit::Percent(share) => ended >= 3 && failed * 100 >= share * ended && failed > 0,
        }
    }
}

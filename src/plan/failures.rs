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

/// When the ends of jobs end the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltAt {
    /// They never do.
    Never,
    /// At the limit, no further job starts.
    Soon(HaltLimit),
    /// At the limit, no further job starts and running jobs are ended.
    Now(HaltLimit),
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
    /// Only timeouts, and the jobs that count for the end of the run, by their command lines, as GNU parallel reports
    /// them.
    CommandLines,
}

/// How many jobs have to end, and how, for the run to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HaltLimit {
    /// Which jobs count.
    pub counted: Counted,
    /// How many there have to be.
    pub share: HaltShare,
}

/// Which jobs count for the end of the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// Those that failed.
    Failed,
    /// Those that succeeded.
    Succeeded,
    /// All that ended.
    Ended,
}

/// How many jobs end the run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HaltShare {
    /// This many.
    Jobs(u64),
    /// This percentage of the jobs that have ended, but not before the third job has: the first failure
    /// alone would be 100 %.
    OfEnded(u64),
    /// This percentage of all jobs.
    OfAll(u64),
}

/// How many jobs have ended, and how many there are.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct JobCounts {
    pub(crate) failed: u64,
    pub(crate) ended: u64,
    /// `None` while it is not known.
    pub(crate) all: Option<u64>,
}

impl HaltAt {
    /// Returns whether the end of a job may end the run: of one that failed, or of one that succeeded.
    pub(crate) fn concerns(self, has_failed: bool) -> bool {
        match self {
            HaltAt::Never => false,
            HaltAt::Fatal => has_failed,
            HaltAt::Soon(limit) | HaltAt::Now(limit) => match limit.counted {
                Counted::Failed => has_failed,
                Counted::Succeeded => !has_failed,
                Counted::Ended => true,
            },
        }
    }
}

impl HaltLimit {
    /// Returns a limit for failures.
    pub fn failures(share: HaltShare) -> Self {
        HaltLimit {
            counted: Counted::Failed,
            share,
        }
    }

    /// Returns whether so many jobs have ended that the run ends.
    pub(crate) fn is_reached(self, counts: JobCounts) -> bool {
        let counted = match self.counted {
            Counted::Failed => counts.failed,
            Counted::Succeeded => counts.ended - counts.failed,
            Counted::Ended => counts.ended,
        };
        match self.share {
            HaltShare::Jobs(limit) => counted >= limit,
            HaltShare::OfEnded(share) => {
                counts.ended >= 3 && counted * 100 >= share * counts.ended && counted > 0
            }
            HaltShare::OfAll(share) => {
                let is_enough = |all: u64| counted * 100 >= share * all;
                counted > 0 && counts.all.is_some_and(is_enough)
            }
        }
    }
}

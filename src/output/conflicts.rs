//! What two users of one path are told: the error that refuses a run before its first job.
//!
//! It does not know how the conflict was found.

use crate::message;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// Which stream of a job a file takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum JobStream {
    /// Standard output.
    Out,
    /// Standard error.
    Err,
}

/// A file that cannot be written, because it would be written twice, or read and written, or because
/// nothing can be written under its name.
#[derive(Debug)]
pub struct Conflict {
    path: PathBuf,
    kind: ConflictKind,
}

/// Who is in whose way. Jobs and inputs stand as they are displayed.
#[derive(Debug)]
pub(super) enum ConflictKind {
    /// Two jobs would write the file, or one job for both of its streams.
    TwoJobs(JobOutput, JobOutput),
    /// The file is an input, and the output of a job.
    JobAndInput { job: JobOutput, input: String },
    /// Names of inputs come from the file, and it is the output of a job.
    JobAndList { job: JobOutput, list: &'static str },
    /// No file can be made by that name for this job.
    Unusable(JobOutput, io::Error),
    /// The run writes the file as this option says, and the file is something else too.
    Reserved(&'static str, String),
}

/// One stream of a job that is displayed in this way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct JobOutput {
    pub(super) stream: JobStream,
    pub(super) job: String,
}

impl fmt::Display for JobOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stream = match self.stream {
            JobStream::Out => "output",
            JobStream::Err => "standard error",
        };
        write!(f, "the {stream} of {}", self.job)
    }
}

impl Conflict {
    pub(super) fn new(path: &Path, kind: ConflictKind) -> Self {
        let path = path.to_owned();
        Conflict { path, kind }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = message::display_name(self.path.as_os_str());
        match &self.kind {
            ConflictKind::TwoJobs(first, second) if first.stream == second.stream => {
                write!(f, "{path}: {first} and of {}", second.job)
            }
            ConflictKind::TwoJobs(first, second) => write!(f, "{path}: {first} and {second}"),
            ConflictKind::JobAndInput { job, input } if *input == job.job => {
                write!(f, "{path}: {job} and the same file as this input")
            }
            ConflictKind::JobAndInput { job, input } => {
                write!(f, "{path}: {job} and the same file as the input {input}")
            }
            ConflictKind::JobAndList { job, list } => write!(f, "{path}: {job} and {list}"),
            ConflictKind::Unusable(job, cause) => {
                let cause = message::cause(cause);
                write!(f, "{path}: cannot be {job}: {cause}")
            }
            ConflictKind::Reserved(option, too) => write!(f, "{path}: the file of {option} and {too}"),
        }
    }
}

impl std::error::Error for Conflict {}

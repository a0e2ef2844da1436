//! What two users of one path are told: the error that refuses a run before its first job.
//!
//! It does not know how the conflict was found.

use crate::message;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

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
    /// Two jobs would write the file.
    TwoJobs(String, String),
    /// The file is an input, and the output of a job.
    JobAndInput { job: String, input: String },
    /// Names of inputs come from the file, and it is the output of a job.
    JobAndList { job: String, list: &'static str },
    /// No file can be made by that name for this job.
    Unusable(String, io::Error),
    /// The run writes the file as this option says, and the file is something else too.
    Reserved(&'static str, String),
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
            ConflictKind::TwoJobs(first, second) => {
                write!(f, "{path}: the output of {first} and of {second}")
            }
            ConflictKind::JobAndInput { job, input } if input == job => {
                write!(f, "{path}: the output of {job} and the same file as this input")
            }
            ConflictKind::JobAndInput { job, input } => {
                write!(
                    f,
                    "{path}: the output of {job} and the same file as the input {input}"
                )
            }
            ConflictKind::JobAndList { job, list } => write!(f, "{path}: the output of {job} and {list}"),
            ConflictKind::Unusable(job, cause) => {
                let cause = message::cause(cause);
                write!(f, "{path}: cannot be the output of {job}: {cause}")
            }
            ConflictKind::Reserved(option, too) => write!(f, "{path}: the file of {option} and {too}"),
        }
    }
}

impl std::error::Error for Conflict {}

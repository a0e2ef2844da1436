//! With files of the jobs' own, all names are looked at before the first job: no two jobs may make
//! the same file, and none may make a file that one reads.

use super::reserved::ReservedFiles;
use crate::job::{self, Input, Job};
use crate::message;
use crate::output::{JobFiles, PathSet};
use crate::source::{JobList, JobResult, SourceError};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file that can't be made as the template of the outputs says.
#[derive(Debug)]
pub struct Conflict {
    output: PathBuf,
    what: ConflictKind,
}

#[derive(Debug)]
enum ConflictKind {
    /// Two jobs would make it.
    Twice(String, String),
    /// It is an input, and the output of a job.
    Input(String, String),
    /// It is where names of inputs come from, and the output of a job.
    List(String, &'static str),
    /// Nothing can be made by that name for this job.
    Unusable(String, io::Error),
    /// An option names it for what the run writes, and it is something else too.
    Own(&'static str, String),
}

impl Conflict {
    /// A file that this option names for what the run writes is this too.
    pub(super) fn of_own(file: &Path, option: &'static str, too: impl Into<String>) -> Self {
        Conflict {
            output: file.to_owned(),
            what: ConflictKind::Own(option, too.into()),
        }
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = message::shown(self.output.as_os_str());
        match &self.what {
            ConflictKind::Twice(first, second) => {
                write!(f, "{output}: the output of {first} and of {second}")
            }
            ConflictKind::Input(input, job) if input == job => {
                write!(f, "{output}: the output of {job} and the same file as this input")
            }
            ConflictKind::Input(input, job) => {
                write!(
                    f,
                    "{output}: the output of {job} and the same file as the input {input}"
                )
            }
            ConflictKind::List(job, list) => write!(f, "{output}: the output of {job} and {list}"),
            ConflictKind::Own(option, too) => write!(f, "{output}: the file of {option} and {too}"),
            ConflictKind::Unusable(job, cause) => {
                write!(
                    f,
                    "{output}: can't be the output of {job}: {}",
                    message::cause(cause)
                )
            }
        }
    }
}

impl std::error::Error for Conflict {}

/// All jobs, and the inputs that can't be had. `lists` are where their names come from.
///
/// # Errors
/// [`Conflict`] for the first two jobs, or job and input, that are in each other's way, and for a job
/// that would make a file which the run writes.
pub fn gather(
    found: impl Iterator<Item = JobResult>,
    outputs: &JobFiles,
    mut own: ReservedFiles,
    lists: Vec<(PathBuf, &'static str)>,
) -> Result<(JobList, Vec<SourceError>), Conflict> {
    let (mut jobs, mut missing) = (JobList::default(), Vec::new());
    for found in found {
        match found {
            Ok(job) => jobs.add(&job),
            Err(SourceError::OutOfDescriptors) => {}
            Err(gone) => missing.push(gone),
        }
    }
    let mut claims = PathSet::default();
    for job in jobs.iter() {
        let output = outputs.name(&job);
        if let Some(option) = own.option(&output) {
            return Err(Conflict::of_own(
                &output,
                option,
                format!("the output of {}", shown(&job)),
            ));
        }
        match claims.claim(&output) {
            Ok(true) => {}
            Ok(false) => {
                let (_, first) = maker(&jobs, outputs, &output);
                let what = ConflictKind::Twice(first, shown(&job));
                return Err(Conflict { output, what });
            }
            Err(cause) => {
                let what = ConflictKind::Unusable(shown(&job), cause);
                return Err(Conflict { output, what });
            }
        }
    }
    for input in jobs.iter().flat_map(|job| job.inputs) {
        let Some(name) = file(&input).filter(|name| claims.has(name)) else {
            continue;
        };
        let input = message::shown(name.as_os_str()).into_owned();
        let (output, job) = maker(&jobs, outputs, name);
        let what = ConflictKind::Input(input, job);
        return Err(Conflict { output, what });
    }
    if let Some((list, what)) = lists.into_iter().find(|(list, _)| claims.has(list)) {
        let (output, job) = maker(&jobs, outputs, &list);
        let what = ConflictKind::List(job, what);
        return Err(Conflict { output, what });
    }
    Ok((jobs, missing))
}

/// The first job that makes the file, and what it calls it.
fn maker(jobs: &JobList, outputs: &JobFiles, name: &Path) -> (PathBuf, String) {
    let makes = |job: &Job| {
        let mut claims = PathSet::default();
        claims.claim(&outputs.name(job)).is_ok() && claims.has(name)
    };
    let job = jobs.iter().find(makes).expect("one of them claimed it");
    (outputs.name(&job), shown(&job))
}

fn shown(job: &Job) -> String {
    job::display_names(job.inputs.iter().map(Input::name))
}

fn file(input: &Input) -> Option<&Path> {
    match input {
        Input::Stdin => None,
        input => Some(Path::new(input.name())),
    }
}

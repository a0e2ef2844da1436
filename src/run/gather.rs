//! With files of the jobs' own, all names are looked at before the first job: no two jobs may make
//! the same file, and none may make a file that one reads.

use super::own::Own;
use crate::job::{self, Input, Job};
use crate::message;
use crate::sink::{Claims, Outputs};
use crate::source::{JobList, JobResult, SourceError};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// A file that can't be made as the template of the outputs says.
#[derive(Debug)]
pub struct Collision {
    output: PathBuf,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Two jobs would make it.
    Twice(String, String),
    /// It is an input, and the output of a job.
    Input(String, String),
    /// It is where names of inputs come from, and the output of a job.
    List(String, &'static str),
    /// Nothing can be made by that name for this job.
    Unfit(String, io::Error),
    /// An option names it for what the run writes, and it is something else too.
    Own(&'static str, String),
}

impl Collision {
    /// A file that this option names for what the run writes is this too.
    pub(super) fn of_own(file: &Path, option: &'static str, too: impl Into<String>) -> Self {
        Collision {
            output: file.to_owned(),
            what: What::Own(option, too.into()),
        }
    }
}

impl fmt::Display for Collision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let output = message::shown(self.output.as_os_str());
        match &self.what {
            What::Twice(first, second) => {
                write!(f, "{output}: the output of {first} and of {second}")
            }
            What::Input(input, job) if input == job => {
                write!(f, "{output}: the output of {job} and the same file as this input")
            }
            What::Input(input, job) => {
                write!(
                    f,
                    "{output}: the output of {job} and the same file as the input {input}"
                )
            }
            What::List(job, list) => write!(f, "{output}: the output of {job} and {list}"),
            What::Own(option, too) => write!(f, "{output}: the file of {option} and {too}"),
            What::Unfit(job, cause) => {
                write!(
                    f,
                    "{output}: can't be the output of {job}: {}",
                    message::cause(cause)
                )
            }
        }
    }
}

impl std::error::Error for Collision {}

/// All jobs, and the inputs that can't be had. `lists` are where their names come from.
///
/// # Errors
/// [`Collision`] for the first two jobs, or job and input, that are in each other's way, and for a job
/// that would make a file which the run writes.
pub fn gather(
    found: impl Iterator<Item = JobResult>,
    outputs: &Outputs,
    mut own: Own,
    lists: Vec<(PathBuf, &'static str)>,
) -> Result<(JobList, Vec<SourceError>), Collision> {
    let (mut jobs, mut missing) = (JobList::default(), Vec::new());
    for found in found {
        match found {
            Ok(job) => jobs.add(&job),
            Err(SourceError::OutOfDescriptors) => {}
            Err(gone) => missing.push(gone),
        }
    }
    let mut claims = Claims::default();
    for job in jobs.iter() {
        let output = outputs.name(&job);
        if let Some(option) = own.option(&output) {
            return Err(Collision::of_own(
                &output,
                option,
                format!("the output of {}", shown(&job)),
            ));
        }
        match claims.claim(&output) {
            Ok(true) => {}
            Ok(false) => {
                let (_, first) = maker(&jobs, outputs, &output);
                let what = What::Twice(first, shown(&job));
                return Err(Collision { output, what });
            }
            Err(cause) => {
                let what = What::Unfit(shown(&job), cause);
                return Err(Collision { output, what });
            }
        }
    }
    for input in jobs.iter().flat_map(|job| job.inputs) {
        let Some(name) = file(&input).filter(|name| claims.has(name)) else {
            continue;
        };
        let input = message::shown(name.as_os_str()).into_owned();
        let (output, job) = maker(&jobs, outputs, name);
        let what = What::Input(input, job);
        return Err(Collision { output, what });
    }
    if let Some((list, what)) = lists.into_iter().find(|(list, _)| claims.has(list)) {
        let (output, job) = maker(&jobs, outputs, &list);
        let what = What::List(job, what);
        return Err(Collision { output, what });
    }
    Ok((jobs, missing))
}

/// The first job that makes the file, and what it calls it.
fn maker(jobs: &JobList, outputs: &Outputs, name: &Path) -> (PathBuf, String) {
    let makes = |job: &Job| {
        let mut claims = Claims::default();
        claims.claim(&outputs.name(job)).is_ok() && claims.has(name)
    };
    let job = jobs.iter().find(makes).expect("one of them claimed it");
    (outputs.name(&job), shown(&job))
}

fn shown(job: &Job) -> String {
    job::shown(job.inputs.iter().map(Input::name))
}

fn file(input: &Input) -> Option<&Path> {
    match input {
        Input::Stdin => None,
        input => Some(Path::new(input.name())),
    }
}

//! The files that a run writes: those that its options name, and each job's own. None of them is an input of
//! the run, or written for two purposes. When that shows before the first job the run is refused; an input
//! that turns out later to be such a file is left out.
//!
//! It does not know what the files are for, nor when they are written.

use super::StreamFiles;
use super::conflicts::{Conflict, ConflictKind, JobOutput, JobStream};
use super::path_set::{Owner, PathSet, Refusal};
use super::resolve_link::resolve_link;
use crate::job::{self, Input, Job};
use crate::message;
use crate::plan::Inputs;
use crate::source::{InputResult, JobResult, SourceError};
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// The files that options name. None of them need exist yet.
#[derive(Default, Clone)]
pub(crate) struct ReservedFiles {
    paths: PathSet,
    options: Vec<&'static str>,
    /// The last parts of the files' names and, for links, of the names of what they lead to.
    bases: HashSet<OsString>,
    /// The files that have further names, by device and inode.
    linked: HashSet<(u64, u64)>,
}

impl ReservedFiles {
    /// Reserves files, each with the option that names it. No file is made yet.
    ///
    /// # Errors
    /// [`Conflict`] for a file that is named twice, or is an input or a list of inputs.
    pub(crate) fn new(files: &[(&'static str, PathBuf)], inputs: &Inputs) -> Result<Self, Conflict> {
        let mut reserved = ReservedFiles::default();
        for (option, file) in files {
            reserved.reserve(option, file)?;
        }
        if files.is_empty() {
            return Ok(reserved);
        }
        for (name, what) in known_inputs(inputs) {
            if let Some(Owner::Run(index)) = reserved.paths.owner(&name) {
                return Err(reserved.conflict(&name, index, what));
            }
        }
        Ok(reserved)
    }

    fn reserve(&mut self, option: &'static str, file: &Path) -> Result<(), Conflict> {
        let index = self.options.len();
        self.options.push(option);
        let found = fs::metadata(file).ok();
        let is_linked = |found: &&fs::Metadata| found.is_file() && found.nlink() > 1;
        if let Some(found) = found.as_ref().filter(is_linked) {
            self.linked.insert((found.dev(), found.ino()));
        }
        let names = [Some(file.to_owned()), resolve_link(file).ok()];
        let bases = names.iter().flatten().filter_map(|name| name.file_name());
        self.bases.extend(bases.map(OsStr::to_owned));
        // Devices and pipes may have several users; whoever opens a directory reports it.
        if found.is_none_or(|found| found.is_file())
            && let Err(Refusal::Taken(_)) = self.paths.claim(file, Owner::Run(index))
        {
            return Err(self.conflict(file, index, "of another option"));
        }
        Ok(())
    }

    fn conflict(&self, file: &Path, index: usize, too: impl Into<String>) -> Conflict {
        Conflict::new(file, ConflictKind::Reserved(self.options[index], too.into()))
    }

    /// Removes these files from inputs: silently from a walk, and with an error from a list.
    pub(crate) fn exclude_from<I>(self, inputs: I, origin: Origin) -> Unreserved<I> {
        Unreserved {
            inputs,
            reserved: self,
            origin,
        }
    }

    fn contains(&mut self, name: &OsStr) -> bool {
        let name = Path::new(name);
        // Most names differ in their last part, which is cheap to see.
        let is_base = name.file_name().is_some_and(|base| self.bases.contains(base));
        let is_linked = !self.linked.is_empty()
            && fs::metadata(name).is_ok_and(|found| self.linked.contains(&(found.dev(), found.ino())));
        is_linked || (is_base && self.paths.owner(name).is_some())
    }

    /// Reserves each job's own files too. Returns all jobs, and the inputs that cannot be read.
    ///
    /// # Errors
    /// [`Conflict`] for the first two jobs that write the same file, and for a job that writes one file twice, an
    /// input, a list of inputs, or a file that an option names.
    pub(crate) fn reserve_outputs(
        mut self,
        found: impl Iterator<Item = JobResult>,
        outputs: StreamFiles<'_>,
        inputs: &Inputs,
    ) -> Result<(Vec<Job>, Vec<SourceError>), Conflict> {
        let (mut jobs, mut missing) = (Vec::new(), Vec::new());
        for found in found {
            match found {
                Ok(job) => jobs.push(job),
                Err(error) => missing.push(error),
            }
        }
        for job in &jobs {
            for (stream, output) in outputs.names(job) {
                if let Err(refusal) = self.paths.claim(&output, Owner::Job(job.number, stream)) {
                    return Err(self.refused(&output, shown(job, stream), refusal, &jobs));
                }
            }
        }
        for input in jobs.iter().flat_map(|job| &job.inputs) {
            if let Some(writer) = file(input).and_then(|name| self.writer(name)) {
                let input = message::display_name(input.name()).into_owned();
                let (output, job) = output_of(writer, &jobs, outputs);
                return Err(Conflict::new(&output, ConflictKind::JobAndInput { job, input }));
            }
        }
        if let Inputs::Listed(_) = inputs {
            for (list, what) in known_inputs(inputs) {
                if let Some(writer) = self.writer(&list) {
                    let (output, job) = output_of(writer, &jobs, outputs);
                    return Err(Conflict::new(
                        &output,
                        ConflictKind::JobAndList { job, list: what },
                    ));
                }
            }
        }
        Ok((jobs, missing))
    }

    /// Returns the number of the job that writes the file, and for which of its streams, if one does.
    fn writer(&mut self, name: &Path) -> Option<(u64, JobStream)> {
        match self.paths.owner(name)? {
            Owner::Job(number, stream) => Some((number, stream)),
            Owner::Run(_) => None,
        }
    }

    fn refused(&self, output: &Path, job: JobOutput, refusal: Refusal, jobs: &[Job]) -> Conflict {
        let kind = match refusal {
            Refusal::Taken(Owner::Run(index)) => {
                return self.conflict(output, index, job.to_string());
            }
            Refusal::Taken(Owner::Job(first, stream)) => {
                ConflictKind::TwoJobs(shown(numbered(first, jobs), stream), job)
            }
            Refusal::Unusable(cause) => ConflictKind::Unusable(job, cause),
        };
        Conflict::new(output, kind)
    }
}

/// Returns the file of a job's stream, and what messages say of it.
fn output_of(
    (number, stream): (u64, JobStream),
    jobs: &[Job],
    outputs: StreamFiles<'_>,
) -> (PathBuf, JobOutput) {
    let job = numbered(number, jobs);
    let mut names = outputs.names(job);
    let name = names.find_map(|(of, name)| (of == stream).then_some(name));
    (
        name.expect("only names of these files are claimed"),
        shown(job, stream),
    )
}

fn numbered(number: u64, jobs: &[Job]) -> &Job {
    jobs.iter()
        .find(|job| job.number == number)
        .expect("only jobs of the list own files")
}

fn shown(job: &Job, stream: JobStream) -> JobOutput {
    let job = job::display_names(job.inputs.iter().map(Input::name));
    JobOutput { stream, job }
}

fn file(input: &Input) -> Option<&Path> {
    match input {
        Input::Opened(_) | Input::Stdin | Input::Block(_) | Input::Queue(_) => None,
        input => Some(Path::new(input.name())),
    }
}

/// Returns what is known to be read before anything is: each file with what it is.
fn known_inputs(inputs: &Inputs) -> Vec<(PathBuf, &'static str)> {
    match inputs {
        Inputs::Named(names, _) => {
            let input = |name: &OsString| match name == "-" {
                true => (PathBuf::from("/dev/stdin"), "standard input"),
                false => (name.into(), "an input"),
            };
            names.iter().map(input).collect()
        }
        Inputs::Listed(lists) if lists.files.is_empty() => {
            vec![("/dev/stdin".into(), "the list of inputs on standard input")]
        }
        Inputs::Listed(lists) => {
            let list = |name: &OsString| (name.into(), "a list of inputs");
            lists.files.iter().map(list).collect()
        }
        Inputs::Words(_) | Inputs::Arguments(_) | Inputs::Values(_) | Inputs::Blocks(_) => Vec::new(),
    }
}

/// How a name was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    /// In a directory or by a pattern: nobody asked for this one file.
    Walk,
    /// In a list.
    List,
}

/// Inputs without the files that the run writes.
pub(crate) struct Unreserved<I> {
    inputs: I,
    reserved: ReservedFiles,
    origin: Origin,
}

impl<I: Iterator<Item = InputResult>> Iterator for Unreserved<I> {
    type Item = InputResult;

    fn next(&mut self) -> Option<InputResult> {
        loop {
            match self.inputs.next()? {
                Ok(Input::File(name)) if self.reserved.contains(&name) => {
                    if self.origin == Origin::List {
                        let cause = io::Error::other("it is written by this run");
                        return Some(Err(SourceError::Input { name, cause }));
                    }
                }
                found => return Some(found),
            }
        }
    }
}

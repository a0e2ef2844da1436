//! The files of a job's two streams: its standard output and its standard error, each when it is asked for.
//!
//! It does not know what is written to them, nor when.

use super::JobFiles;
use super::conflicts::JobStream;
use crate::job::Job;
use std::path::PathBuf;

/// The files of all jobs, for each stream that goes to files.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct StreamFiles<'a> {
    /// Those of standard output.
    pub(crate) out: Option<&'a JobFiles>,
    /// Those of standard error.
    pub(crate) err: Option<&'a JobFiles>,
}

impl<'a> StreamFiles<'a> {
    fn each(&self) -> impl Iterator<Item = (JobStream, &'a JobFiles)> + use<'a> {
        let streams = [(JobStream::Out, self.out), (JobStream::Err, self.err)];
        let asked = |(stream, files): (JobStream, Option<&'a JobFiles>)| files.map(|files| (stream, files));
        streams.into_iter().filter_map(asked)
    }

    /// Returns whether no stream goes to files.
    pub(crate) fn is_empty(&self) -> bool {
        self.each().next().is_none()
    }

    /// Returns the names of a job's files.
    pub(crate) fn names(&self, job: &Job) -> impl Iterator<Item = (JobStream, PathBuf)> {
        self.each().map(|(stream, files)| (stream, files.name(job)))
    }

    /// Returns whether all files of a job exist.
    pub(crate) fn exist(&self, job: &Job) -> bool {
        self.names(job).all(|(_, name)| name.exists())
    }

    /// Removes unfinished files, for a process that ends without its workers.
    pub(crate) fn abandon(&self) {
        self.each().for_each(|(_, files)| files.abandon());
    }
}

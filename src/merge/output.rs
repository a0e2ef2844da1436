//! Where the result of a merge goes: to an intermediate, as the outputs of jobs do, or to the file that takes
//! the last one.
//!
//! It does not know what is merged, nor when.

use super::intermediate::{Intermediate, IntermediateWriter, Intermediates};
use crate::job::Failure;
use crate::output::NewFile;
use std::fs::File;
use std::path::PathBuf;

/// What a merge is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeInputs {
    /// Files. We write the result: what an unknown command does with a file as its standard output cannot be
    /// foreseen. It may open the file anew, which empties it, or leave a process that goes on writing.
    Files,
    /// A pipe from the merge that makes the input, when that saves writing a file: it can be read once. Such a
    /// command is known to write as plainly as it reads, so it writes the result itself: through us, each
    /// byte would be copied twice.
    Streams,
}

/// The file that takes the last output.
#[derive(Debug)]
pub struct MergeDestination {
    /// Its name.
    pub name: PathBuf,
    /// The file itself when it is no regular one: the last output is written to it. A regular file is made
    /// whole before it gets its name.
    pub open: Option<File>,
}

/// Where the results of all merges go.
#[derive(Debug)]
pub(crate) struct MergeOutputs<'a> {
    intermediates: &'a Intermediates,
    inputs: MergeInputs,
    /// The file that takes the last output, if there is one; this one is never written itself.
    file: Option<NewFile>,
}

/// What one try at a merge writes to, or one try at a job whose output is to be merged. Dropped, it leaves
/// nothing.
#[derive(Debug)]
pub(crate) enum MergeOutput<'a> {
    Intermediate(IntermediateWriter<'a>),
    File(NewFile),
}

/// The result of a merge, or of a job whose output is to be merged.
#[derive(Debug)]
pub(crate) enum Merged {
    /// An output that may be merged again.
    Intermediate(Intermediate),
    /// The last output, in the file that is to take it and has no name yet.
    File(NewFile),
}

impl Merged {
    /// Returns the output that may be merged again, if it is one.
    pub(crate) fn into_intermediate(self) -> Option<Intermediate> {
        match self {
            Merged::Intermediate(output) => Some(output),
            Merged::File(_) => None,
        }
    }
}

impl<'a> MergeOutputs<'a> {
    /// Sends results to intermediates, and the last one to `file` if there is one.
    pub(crate) fn new(intermediates: &'a Intermediates, inputs: MergeInputs, file: Option<NewFile>) -> Self {
        MergeOutputs {
            intermediates,
            inputs,
            file,
        }
    }

    /// Returns where intermediates lie.
    pub(crate) fn intermediates(&self) -> &'a Intermediates {
        self.intermediates
    }

    /// Starts the output of a job that is to be merged.
    pub(crate) fn of_job(&self) -> MergeOutput<'a> {
        MergeOutput::Intermediate(self.intermediates.writer())
    }

    /// Starts the output of one try at a merge. `heading` comes first in the file of the last one.
    ///
    /// # Errors
    /// `Own`, when a file cannot be written.
    pub(crate) fn of_merge(&self, is_last: bool, heading: &[u8]) -> Result<MergeOutput<'a>, Failure> {
        if let Some(file) = self.file.as_ref().filter(|_| is_last) {
            let mut file = file.anew();
            file.write(heading)?;
            return Ok(MergeOutput::File(file));
        }
        let mut writer = self.intermediates.writer();
        if self.is_direct() {
            writer.file()?;
        }
        Ok(MergeOutput::Intermediate(writer))
    }

    /// Tells whether the command of a merge writes the result itself.
    pub(crate) fn is_direct(&self) -> bool {
        self.inputs == MergeInputs::Streams
    }

    /// Removes all that dropping would remove, for a process that ends without its workers.
    pub(crate) fn abandon(&self) {
        self.intermediates.remove();
        if let Some(file) = &self.file {
            file.abandon();
        }
    }
}

impl MergeOutput<'_> {
    /// Adds bytes.
    ///
    /// # Errors
    /// `Own`, when they cannot be written.
    pub(crate) fn write(&mut self, block: &[u8]) -> Result<(), Failure> {
        match self {
            MergeOutput::Intermediate(writer) => writer.write(block),
            MergeOutput::File(file) => file.write(block),
        }
    }

    /// Returns the file that the output is in, if it is in one.
    pub(crate) fn file(&self) -> Option<&File> {
        match self {
            MergeOutput::Intermediate(writer) => writer.as_file(),
            MergeOutput::File(file) => file.as_file(),
        }
    }

    /// Returns why a command failed that wrote here itself: nothing more can be written, or else `failure`.
    pub(crate) fn cause_of(&mut self, failure: Failure) -> Failure {
        /// More than can be left of a disk that refused a command's block, in bytes.
        const MORE: usize = 64 * 1024;
        self.write(&[0; MORE]).err().unwrap_or(failure)
    }

    /// Ends the output.
    ///
    /// # Errors
    /// `Own`, when it cannot be written.
    pub(crate) fn finish(self) -> Result<Merged, Failure> {
        Ok(match self {
            MergeOutput::Intermediate(writer) => Merged::Intermediate(writer.finish()?),
            MergeOutput::File(file) => Merged::File(file),
        })
    }
}

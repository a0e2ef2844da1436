//! What is done to one job: the [`Map`] contract, what a map emits to, and the built-in maps.
//!
//! A map reads the inputs of a job and emits bytes. It does not know threads, channels, the command line,
//! or where its bytes go: to a terminal, to a file, or record by record into a fold.

mod cat;
mod check;
mod digest;
mod emit;
mod function;
mod read;
#[cfg(test)]
mod tests;
mod wc;

pub use cat::Cat;
pub(crate) use emit::{ChildEmit, Latency};
pub use emit::{Emit, OutOfBand, OutOfBandSink};
pub(crate) use function::{FUNCTIONS, Function, function};
pub(crate) use read::SizedFile;
pub use read::read;

use crate::control::WorkerHandle;
use crate::job::{Failure, Job};
use crate::template::shell_quote;
use std::os::unix::ffi::OsStrExt as _;
use std::time::Duration;

/// What is done to one job. Each worker has its own instance, so a map may keep buffers or a process from job
/// to job.
pub trait Map {
    /// Does the work of `job` and gives the output to `emit` as it comes.
    ///
    /// A map that [`Emit::out`] tells to break returns `Ok(())` as soon as it can: nobody wants the rest.
    ///
    /// # Errors
    /// A [`Failure`] fails the job, or this try at it. What was emitted as
    /// [`Trust::Provisional`](crate::job::Trust::Provisional) is then taken back.
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure>;

    /// Looks after what lives from job to job while there is no job, without blocking. Returns when to look
    /// again, or `None` when there is nothing to look after.
    fn idle(&mut self, _worker: &WorkerHandle, _report: &mut OutOfBandSink<'_>) -> Option<Duration> {
        None
    }

    /// Ends what lives from job to job: no other job will come.
    fn end(&mut self, _worker: &WorkerHandle, _report: &mut OutOfBandSink<'_>) {}

    /// Returns what the lines of `job` are tagged with in the worker with this slot (from 0): by default, the name of
    /// its first input.
    fn label(&self, job: &Job, _slot: usize) -> Vec<u8> {
        job.name().as_bytes().to_vec()
    }

    /// Returns what the worker with this slot (from 0) runs for `job`, quoted for a shell, for the job log. By
    /// default these are the names of the inputs.
    fn describe(&self, job: &Job, _slot: usize) -> Vec<u8> {
        let names: Vec<_> = job.inputs.iter().map(|input| input.name().to_owned()).collect();
        shell_quote(&names)
    }
}

/// Makes the map of the worker with this slot (from 0). The worker calls it on its own thread, and again after
/// a panic.
pub type StartMap<'a> = dyn Fn(usize) -> Box<dyn Map> + Sync + 'a;

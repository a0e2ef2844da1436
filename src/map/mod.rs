//! What is done to one job: the [`Map`] contract and the table of built-in maps.
//!
//! A map reads a job's inputs and emits bytes. It does not know threads, channels, the command
//! line, or where its bytes go: to a terminal, a file, or record by record into a fold.

mod cat;
mod check;
mod digest;
mod read_compressed_range;
mod read_plain_range;
#[cfg(test)]
mod tests;
mod wc;

pub use cat::{Cat, read};

use crate::codec::Decoder;
use crate::control::{StopRequest, WorkerHandle};
use crate::job::{Failure, Job, Trust};
use crate::merge::PipeJob;
use crate::plan::Unit;
use crate::template::shell_quote;
use std::ops::ControlFlow;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// Every built-in map, the default first.
pub static FUNCTIONS: &[Function] = &[cat::FUNCTION, wc::FUNCTION, digest::FUNCTION, check::FUNCTION];

/// A map that reads its inputs in this process.
#[derive(Debug)]
pub struct Function {
    /// What `--fn` and `fanfold list` call it.
    pub name: &'static str,
    /// One line for `fanfold list`.
    pub help: &'static str,
    /// What it must be given at once: for all but `cat` a part of a file has no meaning.
    pub unit: Unit,
    start: fn(Decoder) -> Box<dyn Map>,
}

impl Function {
    /// A worker's instance, which reads its inputs by `decoder`.
    pub fn start(&self, decoder: Decoder) -> Box<dyn Map> {
        (self.start)(decoder)
    }
}

/// The function with this name.
pub fn function(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

/// What is done to one job. Each worker has an instance of its own, so a map may keep buffers
/// (or a co-process) from job to job.
pub trait Map {
    /// Does the work of `job`, giving its output to `emit` as it comes.
    ///
    /// A map that is told to break by [`Emit::out`] returns `Ok(())` as soon as it can: nobody
    /// wants the rest.
    ///
    /// # Errors
    /// A [`Failure`] fails the job, or this try at it; what was emitted is then taken back where
    /// it was [`Trust::Provisional`].
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure>;

    /// Looks after what lives from job to job, while there is no job, without waiting. Says when to
    /// look again; None: there is nothing to look after.
    fn idle(&mut self, _seat: &WorkerHandle, _aside: &mut dyn FnMut(OutOfBand<'_>)) -> Option<Duration> {
        None
    }

    /// Ends what lives from job to job: there will be no other job.
    fn end(&mut self, _seat: &WorkerHandle, _aside: &mut dyn FnMut(OutOfBand<'_>)) {}

    /// What is run for `job` by the worker with this slot (from 0), as a shell would read it: for
    /// a log. The inputs' names, where nothing else is said.
    fn describe(&self, job: &Job, _slot: usize) -> Vec<u8> {
        let names: Vec<_> = job.inputs.iter().map(|input| input.name().to_owned()).collect();
        shell_quote(&names)
    }
}

/// What a map says that is no job's.
#[derive(Debug)]
pub enum OutOfBand<'a> {
    /// Whole lines for standard error, at once.
    Lines(&'a [u8]),
    /// A failure: it is reported and counted.
    Failure(Failure),
    /// Jobs that ended well, and may not have: what lives from job to job turned out not to be in order.
    Revoke {
        /// The jobs.
        jobs: Vec<u64>,
        /// What was wrong.
        cause: String,
    },
    /// What is said of a job at once, without the program's name.
    Notice(String),
    /// The reader of standard output went away.
    StdoutClosed,
}

/// Makes the instance of a map that the worker with this slot (from 0) will use.
/// Called on the worker's own thread, and again after a panic.
pub type StartMap<'a> = dyn Fn(usize) -> Box<dyn Map> + Sync + 'a;

/// How soon an input's next bytes are to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latency {
    /// At once: they are in a file.
    Steady,
    /// Nobody knows: what was emitted should not wait for them.
    Waiting,
}

/// Where a map's output goes.
pub trait Emit {
    /// Takes a block of output. Blocks may be of any size and end anywhere.
    /// Breaks when nobody wants more: the map should return.
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()>;

    /// As [`Emit::out`], from a map that follows the worker's wish by itself: that the run is to stop is no
    /// reason to break.
    fn take(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.out(block, trust)
    }

    /// Takes a block of diagnostic output (a command's standard error).
    fn err(&mut self, block: &[u8]);

    /// Takes a warning about an input: the job goes on and may succeed.
    /// `what` stands after the program's and the input's names: `trailing garbage ignored`.
    fn warn(&mut self, name: &std::ffi::OsStr, what: &str);

    /// Says how soon what comes next is to be had; [`Latency::Waiting`] until something is said.
    fn latency(&mut self, _pace: Latency) {}

    /// To be called by a map that waits for the worker's bell, when it rings: what was emitted may
    /// be wanted now, or be taken.
    fn woken(&mut self) {}

    /// Whether what was emitted waits to be taken. A map with more to look after than its output gives nothing
    /// more then, but calls [`Emit::woken`] again and again, which waits a little each time.
    fn is_full(&self) -> bool {
        false
    }

    /// A file that may take the output as it is, in place of [`Emit::out`].
    fn file(&self) -> Option<BorrowedFd<'_>> {
        None
    }

    /// Jobs to be run beside this one, whose outputs it reads while they are made; each is told once.
    fn feeders(&mut self) -> Vec<PipeJob> {
        Vec::new()
    }

    /// Takes what belongs to no job, and does not wait for the job's end.
    fn aside(&mut self, aside: OutOfBand<'_>);

    /// The worker's worker: its slot, and whether the run wants its workers to go on.
    fn worker(&self) -> &WorkerHandle;

    /// Which try at the job this is, from 1.
    fn attempt(&self) -> u32 {
        1
    }
}

/// For maps that emit only at an input's end: whether the run still wants them to go on, kept in
/// `wanted` too.
fn go_on(emit: &dyn Emit, wanted: &mut bool) -> ControlFlow<()> {
    *wanted = emit.worker().stop_request() == StopRequest::Continue;
    match wanted {
        true => ControlFlow::Continue(()),
        false => ControlFlow::Break(()),
    }
}

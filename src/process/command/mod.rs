//! A command for each job, as a map: its inputs are arguments or standard input, its output is what it writes.
//!
//! No thread for a child, no shell, no temporary file. It does not know what becomes of the output, nor which other
//! jobs there are.

mod child_io;

use super::child_emit;
use super::outcome::{exit_failure, is_reader_gone, stop_failure, unreadable};
use super::plan::{Capture, ChildStdin, CommandPlan};
use super::spawn::Spawner;
use super::spawn_retry::ActivityGuard;
use super::stdin::StdinFile;
use super::stop_ladder::StopReason;
use super::trace::trace;
use crate::codec::Decoder;
use crate::control::ReadCounter;
use crate::job::{BlockQueue, Failure, Input, Job, NextBlock, Trust};
use crate::map::{ChildEmit, Emit, Map, OutOfBand};
use crate::record::NoteKind;
pub(super) use child_io::ChildIo;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::fd::BorrowedFd;
use std::sync::Arc;
use std::time::Duration;

/// How much is read at once, in bytes.
const BLOCK: usize = 64 * 1024;
/// How long a child is looked after before its next block is asked for again.
const SOON: Duration = Duration::from_millis(2);

/// The map that runs a command for each job.
#[derive(Debug)]
pub(crate) struct Command {
    plan: Arc<CommandPlan>,
    spawner: Spawner,
    decoder: Decoder,
    /// What the children write; kept from job to job.
    buffer: Vec<u8>,
}

impl Command {
    /// Makes the map of a worker. `decoder` reads what is fed decompressed.
    pub(crate) fn new(plan: Arc<CommandPlan>, decoder: Decoder) -> Self {
        Command {
            spawner: Spawner::new(Arc::clone(&plan)),
            plan,
            decoder,
            buffer: Vec::new(),
        }
    }

    fn run_command(&mut self, job: &Job, emit: &mut dyn ChildEmit) -> Result<(), Failure> {
        let plan = Arc::clone(&self.plan);
        if !plan.gate.pass(emit.worker()) {
            return Err(Failure::Stopped);
        }
        if !trace(&plan, job, emit)? {
            return Ok(());
        }
        let (child, first) = self.spawner.start(job, emit)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        if plan.capture == Capture::Whole {
            // Made only now, while the first child starts.
            buffer.resize(BLOCK, 0);
        }
        let counter = emit.worker().read_counter();
        let mut child = ChildIo::new(child, &plan, job, emit, &mut buffer);
        if plan.feed.is_fed()
            && let Err(failure) = self.feed(job, first, &counter, &mut child)
        {
            child.stop(StopReason::BadInput(failure));
        }
        let end = child.finish();
        self.buffer = buffer;
        match (end.reason, end.status) {
            (Some(reason), _) => stop_failure(&plan, reason).map_or(Ok(()), Err),
            (None, Err(cause)) => stop_failure(&plan, StopReason::Broken(cause)).map_or(Ok(()), Err),
            (None, Ok(status)) => match exit_failure(&plan, status) {
                Some(_) if is_reader_gone(&plan) => {
                    // Most likely it failed because of that, which is no failure of its own.
                    emit.out_of_band(OutOfBand::StdoutClosed);
                    Err(Failure::Stopped)
                }
                failure => failure.map_or(Ok(()), Err),
            },
        }
    }

    /// Gives every input to the child.
    fn feed(
        &mut self,
        job: &Job,
        mut first: Option<StdinFile>,
        counter: &ReadCounter,
        child: &mut ChildIo<'_>,
    ) -> Result<(), Failure> {
        for input in &job.inputs {
            if let Input::Block(bytes) = input {
                let _ = child.feed(bytes, Trust::Final);
                continue;
            }
            if let Input::Queue(queue) = input {
                feed_queue(queue, child)?;
                continue;
            }
            let name = input.name();
            let file = match first.take() {
                Some(file) => file,
                None => StdinFile::open(name).map_err(|cause| unreadable(name, cause))?,
            };
            let shared = RefCell::new(&mut *child);
            let mut await_source = |source: BorrowedFd<'_>| shared.borrow_mut().await_source(source);
            let mut reader = file.reader(counter, &mut await_source);
            let mut warnings = Vec::new();
            let end = match self.plan.feed {
                ChildStdin::Raw => feed_raw(&mut reader, &shared).map_err(|cause| unreadable(name, cause)),
                _ => self.feed_decoded(name, file.size(), &mut reader, &shared, &mut warnings),
            };
            let is_unwanted = reader.is_unwanted;
            for what in warnings {
                child.warn(name, &what);
            }
            if self.decoder.is_misnamed() {
                child.note(NoteKind::NotCompressed, name);
            }
            if is_unwanted {
                return Ok(());
            }
            end?;
            child.set_trust(Trust::Final);
        }
        Ok(())
    }

    fn feed_decoded(
        &mut self,
        name: &OsStr,
        size: Option<u64>,
        reader: &mut dyn Read,
        child: &RefCell<&mut ChildIo<'_>>,
        warnings: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut warn = |what: &str| warnings.push(what.to_owned());
        let mut out = |block: &[u8], trust| child.borrow_mut().feed(block, trust);
        self.decoder.expect(name);
        let end = self.decoder.decode(reader, size, &mut warn, &mut out);
        end.map_err(|error| error.into_failure(name))
    }
}

impl Map for Command {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _activity = ActivityGuard::new(emit.worker());
        self.run_command(job, child_emit(emit))
    }

    fn label(&self, job: &Job, slot: usize) -> Vec<u8> {
        self.plan.label(job, slot)
    }

    fn describe(&self, job: &Job, slot: usize) -> Vec<u8> {
        self.plan.show(job, slot)
    }
}

/// Gives the child what comes by the queue, and looks after the child meanwhile.
fn feed_queue(queue: &BlockQueue, child: &mut ChildIo<'_>) -> Result<(), Failure> {
    while child.takes_input() {
        match queue.next() {
            NextBlock::Block(block) => {
                let block = block.map_err(|cause| unreadable(OsStr::new("-"), cause))?;
                let _ = child.feed(&block, Trust::Final);
            }
            NextBlock::End => break,
            NextBlock::Busy => child.look_after(SOON),
        }
    }
    Ok(())
}

fn feed_raw(reader: &mut dyn Read, child: &RefCell<&mut ChildIo<'_>>) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        match reader.read(&mut block) {
            Ok(0) => return Ok(()),
            Ok(n) => {
                if child.borrow_mut().feed(&block[..n], Trust::Final).is_break() {
                    return Ok(());
                }
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

#[cfg(test)]
mod tests;

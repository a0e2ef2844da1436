//! What a command prints as an input: for each name a command, whose output is decompressed as a file is.
//!
//! It does not know where the names come from, nor what becomes of the bytes.

use super::child_emit;
use super::command::ChildIo;
use super::outcome::{exit_failure, stop_failure, unreadable};
use super::plan::CommandPlan;
use super::spawn::Spawner;
use super::spawn_retry::ActivityGuard;
use super::stop_ladder::StopReason;
use crate::codec::Decoder;
use crate::control::WorkerHandle;
use crate::job::{ChildOutcome, Failure, Job, Trust};
use crate::map::{ChildEmit, Emit, Map, OutOfBand};
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::mem;
use std::ops::ControlFlow;
use std::sync::Arc;

/// How much is read at once, in bytes.
const BLOCK: usize = 64 * 1024;

/// The map that emits what a command prints for each input, decompressed.
#[derive(Debug)]
pub(crate) struct Opener {
    plan: Arc<CommandPlan>,
    spawner: Spawner,
    decoder: Decoder,
    buffer: Vec<u8>,
}

impl Opener {
    /// Makes the map of a worker. `decoder` reads what the command prints.
    pub(crate) fn new(plan: Arc<CommandPlan>, decoder: Decoder) -> Self {
        Opener {
            spawner: Spawner::new(Arc::clone(&plan)),
            plan,
            decoder: decoder.of_lines(),
            buffer: Vec::new(),
        }
    }

    fn open(&mut self, job: &Job, emit: &mut dyn ChildEmit) -> Result<(), Failure> {
        let (child, _) = self.spawner.start(job, emit)?;
        let mut buffer = mem::take(&mut self.buffer);
        buffer.resize(BLOCK, 0);
        let worker = emit.worker().clone();
        let (emit, printed) = (RefCell::new(emit), RefCell::new(Vec::new()));
        let mut gather = Gather {
            worker,
            emit: &emit,
            printed: &printed,
        };
        let mut child = ChildIo::new(child, &self.plan, job, &mut gather, &mut buffer);
        let mut source = Printed {
            child: &mut child,
            printed: &printed,
            block: Vec::new(),
            at: 0,
            is_over: false,
        };
        let (mut last, mut is_enough, mut warnings) = (b'\n', false, Vec::new());
        let mut warn = |what: &str| warnings.push(what.to_owned());
        let mut out = |block: &[u8], _| {
            last = block.last().copied().unwrap_or(last);
            // What is printed by a command that fails then does not count.
            let flow = emit.borrow_mut().take(block, Trust::Provisional);
            is_enough |= flow.is_break();
            flow
        };
        let decoded = self.decoder.decode(&mut source, None, &mut warn, &mut out);
        let is_over = source.is_over;
        let mut failure = decoded.err().map(|error| error.into_failure(job.name()));
        if is_enough {
            child.stop(StopReason::NotWanted);
        } else if !is_over && let Some(failure) = failure.take() {
            child.stop(StopReason::BadInput(failure));
        }
        let end = child.finish();
        self.buffer = buffer;
        let emit = emit.into_inner();
        warnings.iter().for_each(|what| emit.warn(job.name(), what));
        match (end.reason, end.status) {
            (Some(reason), _) => {
                stop_failure(&self.plan, reason).map_or(Ok(()), |end| Err(self.of_input(job.name(), end)))
            }
            (None, Err(cause)) => {
                Err(stop_failure(&self.plan, StopReason::Broken(cause)).unwrap_or(Failure::Stopped))
            }
            (None, Ok(status)) => {
                // A command that failed is why its output is cut short.
                let end = exit_failure(&self.plan, status).map(|end| self.of_input(job.name(), end));
                end.or(failure).map_or(Ok(()), Err)?;
                if last != b'\n' {
                    let _ = emit.take(b"\n", Trust::Final);
                }
                Ok(())
            }
        }
    }

    /// Returns the failure of an input whose command failed.
    fn of_input(&self, name: &OsStr, failure: Failure) -> Failure {
        match failure {
            Failure::Command {
                cause: ChildOutcome::NotStarted(_),
                ..
            } => failure,
            Failure::Command { .. } => unreadable(name, io::Error::other(failure.to_string())),
            other => other,
        }
    }
}

impl Map for Opener {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _activity = ActivityGuard::new(emit.worker());
        self.open(job, child_emit(emit))
    }

    fn describe(&self, job: &Job, slot: usize) -> Vec<u8> {
        self.plan.show(job, slot)
    }
}

/// What a command prints, to be read.
struct Printed<'p, 'c> {
    child: &'p mut ChildIo<'c>,
    printed: &'p RefCell<Vec<u8>>,
    block: Vec<u8>,
    at: usize,
    is_over: bool,
}

impl Read for Printed<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.block.len() && !self.is_over {
            self.is_over = !self.child.await_output();
            self.block.clear();
            self.at = 0;
            mem::swap(&mut self.block, &mut self.printed.borrow_mut());
        }
        let left = &self.block[self.at..];
        let length = left.len().min(buffer.len());
        buffer[..length].copy_from_slice(&left[..length]);
        self.at += length;
        Ok(length)
    }
}

/// Gathers what the command prints, and passes everything else on.
struct Gather<'g, 'e> {
    worker: WorkerHandle,
    emit: &'g RefCell<&'e mut dyn ChildEmit>,
    printed: &'g RefCell<Vec<u8>>,
}

impl Emit for Gather<'_, '_> {
    fn out(&mut self, block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.take(block, trust)
    }

    fn err(&mut self, block: &[u8]) {
        self.emit.borrow_mut().err(block);
    }

    fn warn(&mut self, name: &OsStr, what: &str) {
        self.emit.borrow_mut().warn(name, what);
    }

    fn worker(&self) -> &WorkerHandle {
        &self.worker
    }
}

impl ChildEmit for Gather<'_, '_> {
    fn take(&mut self, block: &[u8], _: Trust) -> ControlFlow<()> {
        self.printed.borrow_mut().extend_from_slice(block);
        ControlFlow::Continue(())
    }

    fn attempt(&self) -> u32 {
        self.emit.borrow().attempt()
    }

    fn out_of_band(&mut self, message: OutOfBand<'_>) {
        self.emit.borrow_mut().out_of_band(message);
    }

    fn flush(&mut self) {
        self.emit.borrow_mut().flush();
    }

    fn is_full(&self) -> bool {
        self.emit.borrow().is_full()
    }
}

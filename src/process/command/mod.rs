//! A child command as a map: its inputs are arguments or standard input, its output is what it
//! writes.
//!
//! No thread for a child, no shell, no temporary file. It does not know what becomes of the
//! output, nor which jobs there are.

mod supervise;

use super::child_emit;
use super::outcome::{StopReason, unreadable};
use super::plan::{Capture, ChildStdin, CommandPlan};
use super::spawn::{Spawned, Spawner};
use super::spawn_retry::ActivityGuard;
use super::stdin::StdinFile;
use super::trace::announce;
use crate::codec::{DecodeError, Decoder};
use crate::job::{Failure, Job, Trust};
use crate::map::{ChildEmit, Emit, Map};
use crate::template::shell_quote;
use std::cell::RefCell;
use std::ffi::OsStr;
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::sync::Arc;
pub(super) use supervise::Supervision;

/// The map that runs a command for each job.
#[derive(Debug)]
pub struct Command {
    plan: Arc<CommandPlan>,
    spawner: Spawner,
    decoder: Decoder,
    buffer: Vec<u8>,
}

/// How much is read at once, in bytes.
const BLOCK: usize = 64 * 1024;

impl Command {
    /// A worker's instance; `decoder` reads what is fed decompressed.
    pub fn new(plan: Arc<CommandPlan>, decoder: Decoder) -> Self {
        Command {
            spawner: Spawner::new(Arc::clone(&plan)),
            plan,
            decoder,
            buffer: Vec::new(),
        }
    }

    /// Gives every input to the child. What is wrong with one is a reason to stop the child: it
    /// must not take a part for the whole.
    fn feed(
        &mut self,
        job: &Job,
        mut first: Option<StdinFile>,
        child: &mut Supervision<'_>,
    ) -> Result<(), Failure> {
        for input in &job.inputs {
            let name = input.name();
            let unreadable = |cause| unreadable(name, cause);
            let input = match first.take() {
                Some(input) => input,
                None => StdinFile::open(name).map_err(unreadable)?,
            };
            let shared = RefCell::new(&mut *child);
            let mut reader = input.reader(&shared);
            let mut warnings = Vec::new();
            let end = match self.plan.feed {
                ChildStdin::Raw => feed_raw(&mut reader, &shared).map_err(unreadable),
                _ => self.feed_decoded(name, input.size(), &mut reader, &shared, &mut warnings),
            };
            let unwanted = reader.unwanted;
            for what in warnings {
                child.warn(name, &what);
            }
            if unwanted {
                return Ok(());
            }
            end?;
            child.trust(Trust::Final);
        }
        Ok(())
    }

    fn feed_decoded(
        &mut self,
        name: &OsStr,
        size: Option<u64>,
        reader: &mut dyn Read,
        child: &RefCell<&mut Supervision<'_>>,
        warnings: &mut Vec<String>,
    ) -> Result<(), Failure> {
        let mut warn = |what: &str| warnings.push(what.to_owned());
        let mut out = |block: &[u8], trust| child.borrow_mut().feed(block, trust);
        let end = self.decoder.decode(reader, size, &mut warn, &mut out);
        end.map_err(|e| match e {
            DecodeError::Read(cause) => unreadable(name, cause),
            DecodeError::Corrupt(what) => Failure::Corrupt {
                name: name.to_os_string(),
                what,
            },
        })
    }

    fn supervised(&mut self, job: &Job, emit: &mut dyn ChildEmit) -> Result<(), Failure> {
        let plan = Arc::clone(&self.plan);
        if !announce(&plan, job, emit)? {
            return Ok(());
        }
        let Spawned {
            mut group,
            feeders,
            pipes,
            first,
        } = self.spawner.start(job, emit)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        if plan.capture == Capture::Whole {
            // Made only now, while the first child starts.
            buffer.resize(BLOCK, 0);
        }
        let mut child = Supervision::new(&mut group, feeders, pipes, &plan, job, &mut buffer, emit);
        if plan.feed.is_fed()
            && let Err(failure) = self.feed(job, first, &mut child)
        {
            child.stop(StopReason::BadInput(failure));
        }
        let end = child.finish();
        self.buffer = buffer;
        end
    }
}

impl Map for Command {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        let _busy = ActivityGuard::on(emit.worker());
        self.supervised(job, child_emit(emit))
    }

    fn describe(&self, job: &Job, slot: usize) -> Vec<u8> {
        shell_quote(self.plan.args(job, slot).iter())
    }
}

fn feed_raw(input: &mut dyn Read, child: &RefCell<&mut Supervision<'_>>) -> io::Result<()> {
    let mut block = vec![0; BLOCK];
    loop {
        match input.read(&mut block) {
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

/// Whether a callback's answer is to go on.
fn go_on(more: bool) -> ControlFlow<()> {
    if more {
        ControlFlow::Continue(())
    } else {
        ControlFlow::Break(())
    }
}

#[cfg(test)]
mod tests;

//! Starts the command of a job, and those commands whose outputs it reads.
//!
//! It does not know what the children are given, nor how they end.

use super::child::Child;
use super::outcome::unreadable;
use super::pipes::Pipes;
use super::plan::{ChildStdin, CommandPlan, ProgramLookup};
use super::spawn_retry::{is_unusable, retry_spawn};
use super::stdin::StdinFile;
use crate::control::{Shortage, WorkerHandle};
use crate::job::{ChildOutcome, Failure, Job};
use crate::map::ChildEmit;
use crate::merge::PipeJob;
use crate::message;
use crate::sys::{Launcher, ProcessGroup, StdinFrom, Streams, is_out_of_files, retry_start, terminal};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd as _, AsRawFd as _};
use std::sync::Arc;
use std::time::Duration;

/// How long the outputs of a command that has exited are read when another process holds them.
const DRAIN: Duration = Duration::from_millis(200);

/// Starts the commands of one worker.
#[derive(Debug)]
pub(super) struct Spawner {
    plan: Arc<CommandPlan>,
    /// Made at the first start, as the program may be looked up only then.
    launcher: Option<Launcher>,
}

impl Spawner {
    pub(super) fn new(plan: Arc<CommandPlan>) -> Self {
        Spawner { plan, launcher: None }
    }

    /// Starts the command of `job`, after opening the first file that it is fed: most files that can't be read
    /// can't even be opened, and then nothing is started. Returns the child and that file. Waits while processes or
    /// files are short.
    ///
    /// # Errors
    /// Why it was not started: [`Failure::Stopped`] when the run stops.
    pub(super) fn start(
        &mut self,
        job: &Job,
        emit: &mut dyn ChildEmit,
    ) -> Result<(Child, Option<StdinFile>), Failure> {
        let jobs = emit.take_feeders();
        let fed = self.plan.feed.is_fed() && self.plan.feed != ChildStdin::Blocks;
        let worker = emit.worker();
        let name = job.name();
        // When files are short, this gets both or neither: what it held while it waits, others would lack.
        let started = retry_spawn(worker, || {
            let first = match fed.then(|| StdinFile::open(name)).transpose() {
                Err(cause) if !is_out_of_files(&cause) => return Ok(Err(unreadable(name, cause))),
                first => first?,
            };
            let (group, pipes) = self.spawn(job, &jobs, emit)?;
            worker.note_start();
            Ok(Ok((first, group, pipes)))
        });
        let (first, group, mut pipes) = match started {
            Ok(Some(started)) => started?,
            Ok(None) => return Err(Failure::Stopped),
            Err(cause) => return Err(unstartable(&self.plan, cause, worker)),
        };
        let mut feeders = Vec::new();
        self.spawn_feeders(&jobs, &group, &pipes, emit, &mut feeders)
            .map_err(|cause| unstartable(&self.plan, cause, worker))?;
        // From now on the reader and the writer of each pipe alone hold it.
        drop(jobs);
        pipes.release();
        let mut child = Child::new(group, feeders, pipes, worker, self.plan.kill_after, DRAIN);
        let median = self.plan.median.as_ref();
        child.set_timeout(median.map_or(self.plan.timeout, |limit| limit.left(Duration::ZERO)));
        Ok((child, first))
    }

    fn spawn(
        &mut self,
        job: &Job,
        feeders: &[PipeJob],
        emit: &dyn ChildEmit,
    ) -> io::Result<(ProcessGroup, Pipes)> {
        let plan = &self.plan;
        let launcher = match &mut self.launcher {
            Some(launcher) => launcher,
            none => none.insert(plan.launcher()?),
        };
        let (mut pipes, stdin) = Pipes::new(plan.feed, plan.capture)?;
        if let Some(file) = emit.output_file() {
            pipes.divert(file.try_clone_to_owned()?);
        }
        let others: Vec<_> = feeders.iter().map(PipeJob::output).collect();
        let mut streams = pipes.streams(&stdin);
        streams.others = &others;
        let terminal = (plan.feed == ChildStdin::Terminal).then(terminal).transpose()?;
        let spooled = plan.spool.as_deref().map(reopened).transpose()?;
        match &terminal {
            Some(terminal) => streams.stdin = StdinFrom::Fd(terminal.as_fd()),
            None if plan.feed == ChildStdin::Inherited => streams.stdin = StdinFrom::Inherited,
            None => {}
        }
        if let Some(file) = &spooled {
            streams.stdin = StdinFrom::Fd(file.as_fd());
        }
        let slot = emit.worker().slot;
        let variables = plan.variables_of(job, slot, emit.attempt());
        let args = plan.args(job, slot);
        let group = match plan.lookup {
            ProgramLookup::Done => launcher.spawn(&args, variables, streams)?,
            ProgramLookup::AtStart => launcher.spawn_or_interpret(&args, variables, streams)?,
        };
        Ok((group, pipes))
    }

    /// Starts those whose outputs the child of `group` reads, in the same group and with the same standard error.
    fn spawn_feeders(
        &self,
        jobs: &[PipeJob],
        group: &ProcessGroup,
        pipes: &Pipes,
        emit: &dyn ChildEmit,
        started: &mut Vec<ProcessGroup>,
    ) -> io::Result<()> {
        let slot = emit.worker().slot;
        for feeder in jobs {
            let others: Vec<_> = feeder.feeders.iter().map(PipeJob::output).collect();
            let launcher = self.launcher.as_ref().expect("it started their reader");
            let args = self.plan.args(&feeder.job, slot);
            // Its reader runs already, so that no worker could exit in its place.
            started.push(retry_start(|| {
                let streams = Streams {
                    stdout: Some(feeder.stdout()),
                    others: &others,
                    ..pipes.streams(&None)
                };
                let variables = self.plan.variables_of(&feeder.job, slot, emit.attempt());
                launcher.spawn_beside(group, &args, variables, streams)
            })?);
            self.spawn_feeders(&feeder.feeders, group, pipes, emit, started)?;
        }
        Ok(())
    }
}

/// Returns the failure of a program that was not started for this cause.
pub(super) fn unstartable(plan: &CommandPlan, cause: io::Error, worker: &WorkerHandle) -> Failure {
    let program = plan.template.program().to_os_string();
    if Shortage::from_error(&cause).is_some() {
        let what = format!("can't start '{}'", message::display_name(&program));
        return Failure::Own { what, cause };
    }
    if plan.lookup == ProgramLookup::Done && is_unusable(&cause, worker) {
        return Failure::ProgramUnusable { program, cause };
    }
    Failure::Command {
        program,
        cause: ChildOutcome::NotStarted(cause),
    }
}
/// Opens a file again, which may have no name any more, to read it from its beginning.
fn reopened(file: &File) -> io::Result<File> {
    File::open(format!("/proc/self/fd/{}", file.as_raw_fd()))
}

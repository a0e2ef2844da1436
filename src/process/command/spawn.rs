//! How a child, and those that feed it, come to run.

use super::stdin::Input as Fed;
use super::{ChildStdin, Command, Lookup, unreadable};
use crate::control::{Shortage, WorkerHandle};
use crate::job::{ChildOutcome, Failure, Job};
use crate::map::Emit;
use crate::merge::PipeJob;
use crate::message;
use crate::process::{Pipes, is_unfit, retry_spawn};
use crate::sys::{Group, Input, Streams, await_process, is_out_of_files, terminal};
use std::io;
use std::os::fd::AsFd as _;

impl Command {
    /// Starts the child, after the first file that it is fed was opened: most files that can't be
    /// read can't even be opened.
    pub(super) fn start(
        &mut self,
        job: &Job,
        feeders: &[PipeJob],
        emit: &dyn Emit,
    ) -> Result<(Option<Fed>, Group, Pipes), Failure> {
        let (worker, fed) = (emit.worker(), self.plan.feed.is_fed());
        let name = job.name();
        // Where files are scarce, both or none: what is held while waiting is missing elsewhere.
        let started = retry_spawn(worker, || {
            let first = match fed.then(|| Fed::open(name)).transpose() {
                Err(cause) if !is_out_of_files(&cause) => return Ok(Err(unreadable(name, cause))),
                first => first?,
            };
            let (group, pipes) = self.spawn(job, feeders, emit)?;
            worker.note_start();
            Ok(Ok((first, group, pipes)))
        });
        match started {
            Ok(Some(started)) => started,
            Ok(None) => Err(Failure::Stopped),
            Err(cause) => Err(self.not_started(cause, worker)),
        }
    }

    fn spawn(&mut self, job: &Job, feeders: &[PipeJob], emit: &dyn Emit) -> io::Result<(Group, Pipes)> {
        let plan = &self.plan;
        let launcher = match &mut self.launcher {
            Some(launcher) => launcher,
            none => none.insert(plan.launcher()?),
        };
        let (mut pipes, stdin) = Pipes::new(plan.feed, plan.capture)?;
        if let Some(file) = emit.file() {
            pipes.divert(file.try_clone_to_owned()?);
        }
        let others: Vec<_> = feeders.iter().map(PipeJob::output).collect();
        let mut streams = pipes.streams(&stdin);
        streams.others = &others;
        let terminal = (plan.feed == ChildStdin::Terminal).then(terminal).transpose()?;
        match &terminal {
            Some(terminal) => streams.stdin = Input::Given(terminal.as_fd()),
            None if plan.feed == ChildStdin::Inherited => streams.stdin = Input::Inherited,
            None => {}
        }
        let own = plan.facts(job, emit);
        let args = plan.args(job, emit.worker().slot);
        let group = match plan.lookup {
            Lookup::Done => launcher.spawn(&args, own, streams)?,
            Lookup::AtStart => launcher.spawn_or_interpret(&args, own, streams)?,
        };
        Ok((group, pipes))
    }

    /// Starts those that feed the child of `group`, in the same group and with the same standard error.
    pub(super) fn feed_it(
        &self,
        feeders: &[PipeJob],
        group: &Group,
        pipes: &Pipes,
        emit: &dyn Emit,
    ) -> io::Result<Vec<Group>> {
        let mut fed = Vec::new();
        for feeder in feeders {
            let others: Vec<_> = feeder.feeders.iter().map(PipeJob::output).collect();
            let launcher = self.launcher.as_ref().expect("it started their reader");
            let args = self.plan.args(&feeder.job, emit.worker().slot);
            // Its reader is there already, so that no worker can leave in its place.
            fed.push(await_process(|| {
                let streams = Streams {
                    stdout: Some(feeder.stdout()),
                    others: &others,
                    ..pipes.streams(&None)
                };
                let own = self.plan.facts(&feeder.job, emit);
                launcher.spawn_beside(group, &args, own, streams)
            })?);
            fed.extend(self.feed_it(&feeder.feeders, group, pipes, emit)?);
        }
        Ok(fed)
    }

    pub(super) fn not_started(&self, cause: io::Error, worker: &WorkerHandle) -> Failure {
        let program = self.plan.template.program().to_os_string();
        if Shortage::from_error(&cause).is_some() {
            let what = format!("can't start '{}'", message::shown(&program));
            return Failure::Own { what, cause };
        }
        if self.plan.lookup == Lookup::Done && is_unfit(&cause, worker) {
            return Failure::ProgramUnusable { program, cause };
        }
        Failure::Command {
            program,
            cause: ChildOutcome::NotStarted(cause),
        }
    }
}

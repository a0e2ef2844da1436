//! A pool, as a map: a command that is started once in each worker and lives from job to job. It is told the name of
//! each job on its standard input, and answers on its standard output.
//!
//! It does not know the other workers' processes, nor what becomes of the replies.

mod answered;
mod exchange;
mod plan;
mod process;

pub(crate) use plan::{PoolPlan, Reply};

use super::child_emit;
use super::child_event::{ChildEvent, Wants};
use super::outcome::{child_outcome, is_success, unsupervised};
use super::plan::Trace;
use super::spawn::unstartable;
use super::spawn_retry::{ActivityGuard, retry_spawn};
use super::stop_ladder::StopReason;
use crate::control::{StopRequest, WorkerHandle};
use crate::job::{ChildOutcome, Failure, Job};
use crate::map::{ChildEmit, Emit, Map, OutOfBand, OutOfBandSink};
use crate::message;
use crate::plan::Revocable;
use crate::sys::Launcher;
use crate::sys::arguments::Arguments;
use crate::template::shell_quote;
use answered::Answered;
use exchange::{Exchange, Question, exchange};
use process::{Exited, PoolProcess};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Duration;

/// How often an idle process is looked after: its messages may come so late.
const LOOK: Duration = Duration::from_millis(100);
/// So many jobs in a row of one worker, each of which was the end of a process that had answered nothing, are enough.
const MOST_DEATHS: u32 = 3;
/// The most that is read at once, in bytes.
const BLOCK: usize = 64 * 1024;
/// The variables that tell a process about itself. Those of a single job are not handed down to it.
const VARIABLES: [&str; 4] = ["FANFOLD_SLOT", "FANFOLD_FAILURE", "FANFOLD_JOB", "FANFOLD_TRY"];

/// The map that asks a process of the pool, which it starts at the first job.
#[derive(Debug)]
pub(crate) struct PoolMap {
    plan: Arc<PoolPlan>,
    launcher: Option<Launcher>,
    process: Option<PoolProcess>,
    question: Question,
    buffer: Vec<u8>,
    deaths: Deaths,
}

/// The jobs in a row at which processes ended without having answered any.
#[derive(Debug, Default)]
struct Deaths {
    jobs: u32,
    /// The last of them: that it is tried again says nothing about the others.
    last: Option<u64>,
}

impl PoolMap {
    /// Makes the map of a worker.
    pub(crate) fn new(plan: Arc<PoolPlan>) -> Self {
        PoolMap {
            question: Question {
                job: 0,
                bytes: Vec::new(),
                reply: plan.reply,
                failure_mark: Arc::clone(&plan.failure_mark),
                timeout: plan.command.timeout,
            },
            plan,
            launcher: None,
            process: None,
            buffer: vec![0; BLOCK],
            deaths: Deaths::default(),
        }
    }

    fn set_question(&mut self, job: &Job) -> Result<(), Failure> {
        let (name, end) = (job.inputs[0].name().as_bytes(), self.plan.name_end);
        if memchr::memchr(end, name).is_some() {
            let what = "can't be told a name that holds a newline: use -0";
            return Err(self.reply_error(what.into(), None));
        }
        self.question.job = job.seq;
        self.question.bytes.clear();
        self.question.bytes.extend_from_slice(name);
        self.question.bytes.push(end);
        Ok(())
    }

    /// Asks once. `None`: the process exited or went astray before it saw the name, so that another may be asked.
    fn ask(&mut self, emit: &mut dyn ChildEmit) -> Option<Result<(), Failure>> {
        let mut process = match self.take_or_start(emit) {
            Ok(process) => process,
            Err(failure) => return Some(Err(failure)),
        };
        let end = exchange(&mut process, &self.question, &mut self.buffer, emit);
        let worker = emit.worker().clone();
        let report: &mut OutOfBandSink<'_> = &mut |message| emit.out_of_band(message);
        match end {
            Exchange::Answered => {
                let Question { job, bytes, .. } = &self.question;
                let name = &bytes[..bytes.len() - 1];
                process.answered.add(*job, name, self.plan.revocable);
                self.deaths = Deaths::default();
                self.process = Some(process);
                Some(Ok(()))
            }
            Exchange::Failed(cause) => {
                let Question { job, bytes, .. } = &self.question;
                // That it failed is not in doubt when the process goes astray later.
                process
                    .answered
                    .add(*job, &bytes[..bytes.len() - 1], Revocable::Never);
                self.deaths = Deaths::default();
                self.process = Some(process);
                let cause = message::display_name(OsStr::from_bytes(&cause)).into_owned();
                Some(Err(self.reply_error(format!("failed: {cause}"), None)))
            }
            Exchange::Gone { begun, given } => {
                self.end_gone(process, begun, given, &worker, report).transpose()
            }
            Exchange::Unusable(StopReason::Unasked) if process.answered.any => {
                match self.end_astray(process, report) {
                    Ok(()) if worker.stop_request() == StopRequest::Continue => None,
                    Ok(()) => Some(Err(Failure::Stopped)),
                    Err(cause) => Some(Err(unsupervised(&self.plan.command, cause))),
                }
            }
            Exchange::Unusable(reason) => Some(self.end_unusable(process, Some(reason), report)),
            Exchange::Stopping => Some(self.end_unusable(process, None, report)),
        }
    }

    /// Ends a process that is still there, and returns what that means for the job.
    fn end_unusable(
        &mut self,
        mut process: PoolProcess,
        reason: Option<StopReason>,
        report: &mut OutOfBandSink<'_>,
    ) -> Result<(), Failure> {
        let answered = std::mem::take(&mut process.answered);
        let exited = process.finish(reason, &mut self.buffer, report);
        let exited = exited.map_err(|cause| unsupervised(&self.plan.command, cause))?;
        let what = match exited.reason {
            Some(StopReason::NotWanted) => return Ok(()),
            Some(StopReason::TimedOut) => {
                return Err(Failure::Command {
                    program: self.program(),
                    cause: ChildOutcome::TimedOut(self.question.timeout.unwrap_or_default()),
                });
            }
            Some(StopReason::Unasked) => "answered before it was asked",
            Some(StopReason::OutOfStep(what)) => what,
            _ => return Err(Failure::Stopped),
        };
        let failure = self.reply_error(what.into(), None);
        answered.revoke(failure.to_string(), report);
        Err(failure)
    }

    /// Ends a process that wrote more after a reply.
    fn end_astray(&mut self, mut process: PoolProcess, report: &mut OutOfBandSink<'_>) -> io::Result<()> {
        let answered = std::mem::take(&mut process.answered);
        let failure = self.reply_error(format!("wrote more {}", answered.after()), None);
        answered.fail(failure, report);
        let reason = Some(StopReason::Unasked);
        process.finish(reason, &mut self.buffer, report).map(drop)
    }

    /// Ends a process that is gone, and returns what that means for the job whose name it was given `given` bytes of.
    /// `Ok(None)`: it never saw the name.
    fn end_gone(
        &mut self,
        mut process: PoolProcess,
        begun: bool,
        given: usize,
        worker: &WorkerHandle,
        report: &mut OutOfBandSink<'_>,
    ) -> Result<Option<()>, Failure> {
        let answered = std::mem::take(&mut process.answered);
        let unseen = answered.any && !begun && process.child.unread_input() == given;
        let exited = process.finish(None, &mut self.buffer, report);
        let exited = exited.map_err(|cause| unsupervised(&self.plan.command, cause))?;
        if worker.stop_request() != StopRequest::Continue {
            return Err(Failure::Stopped);
        }
        let has_overstayed = exited.has_overstayed();
        if unseen && !has_overstayed {
            self.judge(&exited, answered, "between two replies", report);
            return Ok(None);
        }
        let place = match begun {
            true => "in the middle of its reply",
            false => "without a reply",
        };
        let (what, outcome) = match has_overstayed {
            true => (format!("closed its input or its output {place}"), None),
            false => {
                let outcome = child_outcome(exited.status);
                (format!("{outcome} {place}"), Some(outcome))
            }
        };
        Err(match answered.any {
            true => self.reply_error(what, outcome),
            false => self.death(what, outcome),
        })
    }

    /// Returns a process that waits for a name: the one there is, or a new one.
    fn take_or_start(&mut self, emit: &mut dyn ChildEmit) -> Result<PoolProcess, Failure> {
        if let Some(process) = self.process.take() {
            return Ok(process);
        }
        let worker = emit.worker().clone();
        if self.plan.command.trace == Trace::Stderr {
            let mut line = shell_quote(self.args(&worker).iter());
            line.push(b'\n');
            emit.out_of_band(OutOfBand::Lines(&line));
        }
        match retry_spawn(&worker, || self.spawn(&worker)) {
            Ok(Some(process)) => {
                worker.note_start();
                Ok(process)
            }
            Ok(None) => Err(Failure::Stopped),
            Err(cause) => Err(match unstartable(&self.plan.command, cause, &worker) {
                // It may be the job's own fault only if others of its kind were started.
                Failure::Command { cause, .. } => self.death(cause.to_string(), Some(cause)),
                failure => failure,
            }),
        }
    }

    fn spawn(&mut self, worker: &WorkerHandle) -> io::Result<PoolProcess> {
        let args = self.args(worker);
        let plan = &self.plan.command;
        let launcher = match &mut self.launcher {
            Some(launcher) => launcher,
            none => none.insert(Launcher::new(&plan.program, &VARIABLES)?),
        };
        let variables = [
            (VARIABLES[0], (worker.slot + 1).to_string()),
            (VARIABLES[1], self.plan.failure_mark.to_string()),
        ];
        PoolProcess::start(plan, launcher, &args, variables, worker)
    }

    /// Takes what the idle process says on standard error, and sees whether it still runs and says nothing unasked.
    fn look_after(&mut self, report: &mut OutOfBandSink<'_>) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let wants = Wants {
            at_most: Some(Duration::ZERO),
            ..Wants::default()
        };
        let ended = loop {
            match process.step(&wants, &mut self.buffer, report) {
                ChildEvent::Stdout(_) => break self.end_astray(process, report),
                ChildEvent::RoundEnd { .. } | ChildEvent::Over => {
                    let is_gone = !process.child.is_running() || !process.child.has_output();
                    if process.child.is_stopping() || !is_gone {
                        // One that stops with the run is left to who ends the map.
                        self.process = Some(process);
                        return;
                    }
                    let answered = std::mem::take(&mut process.answered);
                    let when = answered.after();
                    break process
                        .finish(None, &mut self.buffer, report)
                        .map(|exited| self.judge(&exited, answered, &when, report));
                }
                _ => {}
            }
        };
        if let Err(cause) = ended {
            report(OutOfBand::Failure(unsupervised(&self.plan.command, cause)));
        }
    }

    /// Reports an exit status that is no success, when no job can be blamed for it.
    fn judge(&self, exited: &Exited, answered: Answered, when: &str, report: &mut OutOfBandSink<'_>) {
        let outcome = child_outcome(exited.status);
        if !is_success(&self.plan.command, &outcome) {
            let failure = self.reply_error(format!("{outcome} {when}"), Some(outcome));
            answered.fail(failure, report);
        }
    }

    fn args(&self, worker: &WorkerHandle) -> Arguments {
        self.plan.command.template.render(&[], 0, worker.slot + 1)
    }

    fn program(&self) -> OsString {
        self.plan.command.template.program().to_os_string()
    }

    fn reply_error(&self, what: String, end: Option<ChildOutcome>) -> Failure {
        Failure::ReplyError {
            program: self.program(),
            what,
            end,
        }
    }

    /// Returns the failure of a process that never answered.
    fn death(&mut self, what: String, end: Option<ChildOutcome>) -> Failure {
        let job = Some(self.question.job);
        if self.deaths.last != job {
            self.deaths.last = job;
            self.deaths.jobs += 1;
        }
        match self.deaths.jobs < MOST_DEATHS {
            true => self.reply_error(what, end),
            false => Failure::PoolBroken {
                program: self.program(),
                what,
                end,
            },
        }
    }
}

impl Map for PoolMap {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        if self.deaths.jobs >= MOST_DEATHS {
            return Err(Failure::Stopped);
        }
        let emit = child_emit(emit);
        let _activity = ActivityGuard::new(emit.worker());
        self.look_after(&mut |message| emit.out_of_band(message));
        self.set_question(job)?;
        loop {
            // This ends: a new process that does not see the name is not replaced.
            if let Some(end) = self.ask(emit) {
                return end;
            }
        }
    }

    fn idle(&mut self, worker: &WorkerHandle, report: &mut OutOfBandSink<'_>) -> Option<Duration> {
        let _activity = ActivityGuard::new(worker);
        self.look_after(report);
        self.process.as_ref().map(|_| LOOK)
    }

    fn end(&mut self, worker: &WorkerHandle, report: &mut OutOfBandSink<'_>) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let _activity = ActivityGuard::new(worker);
        let answered = std::mem::take(&mut process.answered);
        let exited = process.finish(None, &mut self.buffer, report);
        if worker.stop_request() != StopRequest::Continue {
            return;
        }
        match exited {
            Ok(exited) if exited.has_overstayed() => {
                let grace = self.plan.command.kill_after;
                let what = format!("did not exit within {grace:?} of the end of its input and was killed");
                answered.fail(self.reply_error(what, None), report);
            }
            Ok(exited) if exited.has_written => {
                let what = "gave more replies than it was asked for";
                answered.fail(self.reply_error(what.into(), None), report);
                self.judge(&exited, Answered::default(), "after its last reply", report);
            }
            Ok(exited) => self.judge(&exited, answered, "after its last reply", report),
            Err(cause) => report(OutOfBand::Failure(unsupervised(&self.plan.command, cause))),
        }
    }
}

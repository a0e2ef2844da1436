//! A co-process as a map: a command that is started once and lives from job to job, is told each
//! job's name on its standard input, and answers it on its standard output.
//!
//! It does not know the other workers' co-processes, nor what becomes of the replies.

mod answered;
mod exchange;
mod process;

use super::deadlines::Deadlines;
use super::outcome::child_outcome;
use super::plan::{CommandPlan, Trace};
use super::spawn_retry::{ActivityGuard, is_unfit, retry_spawn};
use crate::control::{Shortage, StopRequest, WorkerHandle};
use crate::job::{ChildOutcome, Failure, Job};
use crate::map::{ChildEmit, Emit, Map, OutOfBand, OutOfBandSink};
use crate::message;
use crate::plan::Revocable;
use crate::sys::arguments::Arguments;
use crate::sys::{Launcher, signals};
use crate::template::shell_quote;
use answered::Answered;
use exchange::{ExchangeError, exchange};
use process::{Exited, Process};
use std::ffi::OsString;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Duration;

/// How often an idle co-process is looked after: so late its messages may come.
const LOOK: Duration = Duration::from_millis(100);
/// So many jobs in a row of one worker, each of which was the end of a co-process that had answered nothing,
/// are enough.
const HOPELESS: u32 = 3;
/// The most that is read at once, in bytes.
const BLOCK: usize = 64 * 1024;
/// What a co-process is told of itself; what is said of a single job is not handed down to it.
const VARIABLES: [&str; 3] = ["FANFOLD_SLOT", "FANFOLD_JOB", "FANFOLD_TRY"];

/// Everything about a co-process that is the same for all workers.
#[derive(Debug, Clone)]
pub struct PoolPlan {
    /// The command, its times and its good exit statuses. No word of it may stand for an input.
    pub command: CommandPlan,
    /// The byte that ends a name.
    pub name_end: u8,
    /// What a reply is.
    pub reply: Reply,
    /// Whether the jobs that a process answered are named when it turns out not to be in order.
    pub revocable: Revocable,
}

/// What a reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reply {
    /// A line, emitted with its newline.
    Line,
    /// Any bytes up to a NUL, which is not emitted.
    Nul,
}

impl Reply {
    fn end(self) -> u8 {
        match self {
            Reply::Line => b'\n',
            Reply::Nul => 0,
        }
    }
}

/// The map that asks a co-process. Each worker has one, started at its first job.
#[derive(Debug)]
pub struct PoolMap {
    plan: Arc<PoolPlan>,
    launcher: Option<Launcher>,
    process: Option<Process>,
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

/// What is asked, and how it is to be answered.
#[derive(Debug)]
struct Question {
    job: u64,
    bytes: Vec<u8>,
    reply: Reply,
    timeout: Option<Duration>,
}

impl PoolMap {
    /// A worker's instance.
    pub fn new(plan: Arc<PoolPlan>) -> Self {
        PoolMap {
            question: Question {
                job: 0,
                bytes: Vec::new(),
                reply: plan.reply,
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
            return Err(self.failed("can't be told a name that holds a newline: use -0".into(), None));
        }
        self.question.job = job.seq;
        self.question.bytes.clear();
        self.question.bytes.extend_from_slice(name);
        self.question.bytes.push(end);
        Ok(())
    }

    /// Asks once. None: the process had left or gone astray before it saw the name, so that another may be
    /// asked.
    fn ask(&mut self, emit: &mut dyn ChildEmit) -> Option<Result<(), Failure>> {
        let mut process = match self.ready(emit) {
            Ok(process) => process,
            Err(failure) => return Some(Err(failure)),
        };
        let fault = match exchange(&mut process, &self.question, &mut self.buffer, emit) {
            Ok(()) => {
                let Question { job, bytes, .. } = &self.question;
                let name = &bytes[..bytes.len() - 1];
                process.given.add(*job, name, self.plan.revocable);
                self.deaths = Deaths::default();
                self.process = Some(process);
                return Some(Ok(()));
            }
            Err(fault) => fault,
        };
        let worker = emit.worker().clone();
        let aside = &mut |aside: OutOfBand<'_>| emit.out_of_band(aside);
        match fault {
            ExchangeError::Gone { begun, given } => {
                self.gone(process, begun, given, &worker, aside).transpose()
            }
            ExchangeError::Unasked if process.given.any => match self.astray(process, &worker, aside) {
                Ok(()) if worker.stop_request() == StopRequest::Continue => None,
                Ok(()) => Some(Err(Failure::Stopped)),
                Err(cause) => Some(Err(self.broken(cause))),
            },
            fault => Some(self.ended(process, fault, &worker, aside)),
        }
    }

    /// Ends a process that is still there, and says what its fault means for the job.
    fn ended(
        &mut self,
        mut process: Process,
        fault: ExchangeError,
        worker: &WorkerHandle,
        aside: &mut OutOfBandSink<'_>,
    ) -> Result<(), Failure> {
        let given = std::mem::take(&mut process.given);
        let left = self.leave(process, Some(signals::TERM), worker, aside);
        left.map_err(|cause| self.broken(cause))?;
        let what = match fault {
            ExchangeError::NotWanted => return Ok(()),
            ExchangeError::TimedOut => {
                return Err(Failure::Command {
                    program: self.program(),
                    cause: ChildOutcome::TimedOut(self.question.timeout.unwrap_or_default()),
                });
            }
            ExchangeError::Broken(cause) => return Err(self.broken(cause)),
            ExchangeError::Wished | ExchangeError::Gone { .. } => return Err(Failure::Stopped),
            ExchangeError::Unasked => "answered before it was asked",
            ExchangeError::OutOfStep(what) => what,
        };
        let failure = self.failed(what.into(), None);
        given.doubt(failure.to_string(), aside);
        Err(failure)
    }

    /// Ends a process that wrote more after a reply.
    fn astray(
        &mut self,
        mut process: Process,
        worker: &WorkerHandle,
        aside: &mut OutOfBandSink<'_>,
    ) -> io::Result<()> {
        let given = std::mem::take(&mut process.given);
        let failure = self.failed(format!("wrote more {}", given.after()), None);
        given.fault(failure, aside);
        let term = Some(signals::TERM);
        self.leave(process, term, worker, aside).map(drop)
    }

    /// What it means for the job that the process it was told to is gone. `Ok(None)`: the name was
    /// never seen.
    fn gone(
        &mut self,
        mut process: Process,
        begun: bool,
        told: usize,
        worker: &WorkerHandle,
        aside: &mut OutOfBandSink<'_>,
    ) -> Result<Option<()>, Failure> {
        let given = std::mem::take(&mut process.given);
        let unseen = given.any && !begun && process.unread() == told;
        let left = self.leave(process, None, worker, aside);
        let left = left.map_err(|cause| self.broken(cause))?;
        if worker.stop_request() != StopRequest::Continue {
            return Err(Failure::Stopped);
        }
        if unseen && !left.killed {
            self.judge(&left, given, "between two replies", aside);
            return Ok(None);
        }
        let place = match begun {
            true => "in the middle of its reply",
            false => "without a reply",
        };
        let (what, end) = match left.killed {
            true => (format!("closed its input or its output {place}"), None),
            false => {
                let end = child_outcome(left.status);
                (format!("{end} {place}"), Some(end))
            }
        };
        Err(if given.any {
            self.failed(what, end)
        } else {
            self.barren(what, end)
        })
    }

    /// A process that waits for a name: the one there is, or a new one.
    fn ready(&mut self, emit: &mut dyn ChildEmit) -> Result<Process, Failure> {
        let worker = emit.worker().clone();
        if let Some(process) = self.process.take() {
            return Ok(process);
        }
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
            Err(cause) if Shortage::from_error(&cause).is_some() => Err(Failure::Own {
                what: format!("can't start '{}'", message::display_name(&self.program())),
                cause,
            }),
            Err(cause) if is_unfit(&cause, &worker) => Err(Failure::ProgramUnusable {
                program: self.program(),
                cause,
            }),
            Err(cause) => {
                let end = ChildOutcome::NotStarted(cause);
                Err(self.barren(end.to_string(), Some(end)))
            }
        }
    }

    fn spawn(&mut self, worker: &WorkerHandle) -> io::Result<Process> {
        let args = self.args(worker);
        let launcher = match &mut self.launcher {
            Some(launcher) => launcher,
            none => none.insert(Launcher::new(&self.plan.command.program, &VARIABLES)?),
        };
        let slot = (VARIABLES[0], (worker.slot + 1).to_string());
        Process::start(launcher, self.plan.command.template.program(), &args, slot)
    }

    /// Takes what the idle process says on standard error, and sees whether it is still there and
    /// says nothing unasked.
    fn look_after(&mut self, worker: &WorkerHandle, aside: &mut OutOfBandSink<'_>) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let mut now = Deadlines::new(Some(Duration::ZERO));
        let step = process.step(worker, &mut now, &[], &mut self.buffer, aside);
        let ended = match step {
            Ok(step) if step.out == 0 && !step.gone => {
                self.process = Some(process);
                return;
            }
            Ok(step) if step.out == 0 => {
                let given = std::mem::take(&mut process.given);
                let when = given.after();
                self.leave(process, None, worker, aside)
                    .map(|left| self.judge(&left, given, &when, aside))
            }
            Ok(_) => self.astray(process, worker, aside),
            Err(cause) => Err(cause),
        };
        if let Err(cause) = ended {
            aside(OutOfBand::Failure(self.broken(cause)));
        }
    }

    fn leave(
        &mut self,
        process: Process,
        ask: Option<i32>,
        worker: &WorkerHandle,
        aside: &mut OutOfBandSink<'_>,
    ) -> io::Result<Exited> {
        let grace = self.plan.command.kill_after;
        process.leave(worker, grace, ask, &mut self.buffer, aside)
    }

    /// Reports an exit status that is no success, where no job can be blamed for it.
    fn judge(&self, left: &Exited, given: Answered, when: &str, aside: &mut OutOfBandSink<'_>) {
        let end = child_outcome(left.status);
        if !self.plan.command.accepts(&end) {
            given.fault(self.failed(format!("{end} {when}"), Some(end)), aside);
        }
    }

    fn args(&self, worker: &WorkerHandle) -> Arguments {
        self.plan.command.template.render(&[], 0, worker.slot + 1)
    }

    fn program(&self) -> OsString {
        self.plan.command.template.program().to_os_string()
    }

    fn failed(&self, what: String, end: Option<ChildOutcome>) -> Failure {
        Failure::ReplyError {
            program: self.program(),
            what,
            end,
        }
    }

    /// The failure of a process that never answered.
    fn barren(&mut self, what: String, end: Option<ChildOutcome>) -> Failure {
        let job = Some(self.question.job);
        if self.deaths.last != job {
            self.deaths.last = job;
            self.deaths.jobs += 1;
        }
        match self.deaths.jobs < HOPELESS {
            true => self.failed(what, end),
            false => Failure::PoolBroken {
                program: self.program(),
                what,
                end,
            },
        }
    }

    fn broken(&self, cause: io::Error) -> Failure {
        Failure::Own {
            what: format!("can't supervise '{}'", message::display_name(&self.program())),
            cause,
        }
    }
}

impl Map for PoolMap {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        if self.deaths.jobs >= HOPELESS {
            return Err(Failure::Stopped);
        }
        let emit = super::child_emit(emit);
        let worker = emit.worker().clone();
        let _busy = ActivityGuard::on(&worker);
        self.look_after(&worker, &mut |aside| emit.out_of_band(aside));
        self.set_question(job)?;
        loop {
            // A new process that does not see the name is not replaced: this ends.
            if let Some(end) = self.ask(emit) {
                return end;
            }
        }
    }

    fn idle(&mut self, worker: &WorkerHandle, aside: &mut OutOfBandSink<'_>) -> Option<Duration> {
        let _busy = ActivityGuard::on(worker);
        self.look_after(worker, aside);
        self.process.as_ref().map(|_| LOOK)
    }

    fn end(&mut self, worker: &WorkerHandle, aside: &mut OutOfBandSink<'_>) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let _busy = ActivityGuard::on(worker);
        let given = std::mem::take(&mut process.given);
        let left = self.leave(process, None, worker, aside);
        if worker.stop_request() != StopRequest::Continue {
            return;
        }
        match left {
            Ok(left) if left.killed => {
                let grace = self.plan.command.kill_after;
                let what = format!("did not leave within {grace:?} of the end of its input and was killed");
                given.fault(self.failed(what, None), aside);
            }
            Ok(left) if left.spoke => {
                let what = "gave more replies than it was asked for";
                given.fault(self.failed(what.into(), None), aside);
                self.judge(&left, Answered::default(), "after its last reply", aside);
            }
            Ok(left) => self.judge(&left, given, "after its last reply", aside),
            Err(cause) => aside(OutOfBand::Failure(self.broken(cause))),
        }
    }
}

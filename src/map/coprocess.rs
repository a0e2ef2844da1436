//! A co-process as a map: a command that is started once and lives from job to job, is told each
//! job's name on its standard input, and answers it on its standard output.
//!
//! It does not know the other workers' co-processes, nor what becomes of the replies.

mod exchange;
mod given;
mod process;

use super::child::{Busy, Timers, ending, is_unfit, patiently};
use super::command::{CommandPlan, Trace};
use super::{Aside, Emit, Map};
use crate::control::{Lack, Seat, Wish};
use crate::job::{Ending, Failure, Job};
use crate::message;
use crate::plan::Revocable;
use crate::sys::Launcher;
use crate::sys::arguments::Arguments;
use crate::template::shell_quote;
use exchange::{Fault, exchange};
use given::Given;
use process::{Left, Process};
use rustix::process::Signal;
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
pub struct CoprocessPlan {
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
pub struct Coprocess {
    plan: Arc<CoprocessPlan>,
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

impl Coprocess {
    /// A worker's instance.
    pub fn new(plan: Arc<CoprocessPlan>) -> Self {
        Coprocess {
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
    fn ask(&mut self, emit: &mut dyn Emit) -> Option<Result<(), Failure>> {
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
        let seat = emit.seat().clone();
        let aside = &mut |aside: Aside<'_>| emit.aside(aside);
        match fault {
            Fault::Gone { begun, given } => self.gone(process, begun, given, &seat, aside).transpose(),
            Fault::Unasked if process.given.any => match self.astray(process, &seat, aside) {
                Ok(()) if seat.wish() == Wish::Go => None,
                Ok(()) => Some(Err(Failure::Stopped)),
                Err(cause) => Some(Err(self.broken(cause))),
            },
            fault => Some(self.ended(process, fault, &seat, aside)),
        }
    }

    /// Ends a process that is still there, and says what its fault means for the job.
    fn ended(
        &mut self,
        mut process: Process,
        fault: Fault,
        seat: &Seat,
        aside: &mut dyn FnMut(Aside<'_>),
    ) -> Result<(), Failure> {
        let given = std::mem::take(&mut process.given);
        let left = self.leave(process, Some(Signal::TERM.as_raw()), seat, aside);
        left.map_err(|cause| self.broken(cause))?;
        let what = match fault {
            Fault::NotWanted => return Ok(()),
            Fault::TimedOut => {
                return Err(Failure::Command {
                    program: self.program(),
                    cause: Ending::TimedOut(self.question.timeout.unwrap_or_default()),
                });
            }
            Fault::Broken(cause) => return Err(self.broken(cause)),
            Fault::Wished | Fault::Gone { .. } => return Err(Failure::Stopped),
            Fault::Unasked => "answered before it was asked",
            Fault::OutOfStep(what) => what,
        };
        let failure = self.failed(what.into(), None);
        given.doubt(failure.to_string(), aside);
        Err(failure)
    }

    /// Ends a process that wrote more after a reply.
    fn astray(
        &mut self,
        mut process: Process,
        seat: &Seat,
        aside: &mut dyn FnMut(Aside<'_>),
    ) -> io::Result<()> {
        let given = std::mem::take(&mut process.given);
        let failure = self.failed(format!("wrote more {}", given.after()), None);
        given.fault(failure, aside);
        let term = Some(Signal::TERM.as_raw());
        self.leave(process, term, seat, aside).map(drop)
    }

    /// What it means for the job that the process it was told to is gone. `Ok(None)`: the name was
    /// never seen.
    fn gone(
        &mut self,
        mut process: Process,
        begun: bool,
        told: usize,
        seat: &Seat,
        aside: &mut dyn FnMut(Aside<'_>),
    ) -> Result<Option<()>, Failure> {
        let given = std::mem::take(&mut process.given);
        let unseen = given.any && !begun && process.unread() == told;
        let left = self.leave(process, None, seat, aside);
        let left = left.map_err(|cause| self.broken(cause))?;
        if seat.wish() != Wish::Go {
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
                let end = ending(left.status);
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
    fn ready(&mut self, emit: &mut dyn Emit) -> Result<Process, Failure> {
        let seat = emit.seat().clone();
        if let Some(process) = self.process.take() {
            return Ok(process);
        }
        if self.plan.command.trace == Trace::Stderr {
            let mut line = shell_quote(self.args(&seat).iter());
            line.push(b'\n');
            emit.aside(Aside::Lines(&line));
        }
        match patiently(&seat, || self.spawn(&seat)) {
            Ok(Some(process)) => {
                seat.note_start();
                Ok(process)
            }
            Ok(None) => Err(Failure::Stopped),
            Err(cause) if Lack::of(&cause).is_some() => Err(Failure::Own {
                what: format!("can't start '{}'", message::shown(&self.program())),
                cause,
            }),
            Err(cause) if is_unfit(&cause, &seat) => Err(Failure::Unfit {
                program: self.program(),
                cause,
            }),
            Err(cause) => {
                let end = Ending::NotStarted(cause);
                Err(self.barren(end.to_string(), Some(end)))
            }
        }
    }

    fn spawn(&mut self, seat: &Seat) -> io::Result<Process> {
        let args = self.args(seat);
        let launcher = match &mut self.launcher {
            Some(launcher) => launcher,
            none => none.insert(Launcher::new(&self.plan.command.program, &VARIABLES)?),
        };
        let slot = (VARIABLES[0], (seat.slot + 1).to_string());
        Process::start(launcher, self.plan.command.template.program(), &args, slot)
    }

    /// Takes what the idle process says on standard error, and sees whether it is still there and
    /// says nothing unasked.
    fn look_after(&mut self, seat: &Seat, aside: &mut dyn FnMut(Aside<'_>)) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let mut now = Timers::new(Some(Duration::ZERO));
        let step = process.step(seat, &mut now, &[], &mut self.buffer, aside);
        let ended = match step {
            Ok(step) if step.out == 0 && !step.gone => {
                self.process = Some(process);
                return;
            }
            Ok(step) if step.out == 0 => {
                let given = std::mem::take(&mut process.given);
                let when = given.after();
                self.leave(process, None, seat, aside)
                    .map(|left| self.judge(&left, given, &when, aside))
            }
            Ok(_) => self.astray(process, seat, aside),
            Err(cause) => Err(cause),
        };
        if let Err(cause) = ended {
            aside(Aside::Failure(self.broken(cause)));
        }
    }

    fn leave(
        &mut self,
        process: Process,
        ask: Option<i32>,
        seat: &Seat,
        aside: &mut dyn FnMut(Aside<'_>),
    ) -> io::Result<Left> {
        let grace = self.plan.command.kill_after;
        process.leave(seat, grace, ask, &mut self.buffer, aside)
    }

    /// Reports an exit status that is no success, where no job can be blamed for it.
    fn judge(&self, left: &Left, given: Given, when: &str, aside: &mut dyn FnMut(Aside<'_>)) {
        let end = ending(left.status);
        if !self.plan.command.accepts(&end) {
            given.fault(self.failed(format!("{end} {when}"), Some(end)), aside);
        }
    }

    fn args(&self, seat: &Seat) -> Arguments {
        self.plan.command.template.render(&[], 0, seat.slot + 1)
    }

    fn program(&self) -> OsString {
        self.plan.command.template.program().to_os_string()
    }

    fn failed(&self, what: String, end: Option<Ending>) -> Failure {
        Failure::Reply {
            program: self.program(),
            what,
            end,
        }
    }

    /// The failure of a process that never answered.
    fn barren(&mut self, what: String, end: Option<Ending>) -> Failure {
        let job = Some(self.question.job);
        if self.deaths.last != job {
            self.deaths.last = job;
            self.deaths.jobs += 1;
        }
        match self.deaths.jobs < HOPELESS {
            true => self.failed(what, end),
            false => Failure::Hopeless {
                program: self.program(),
                what,
                end,
            },
        }
    }

    fn broken(&self, cause: io::Error) -> Failure {
        Failure::Own {
            what: format!("can't supervise '{}'", message::shown(&self.program())),
            cause,
        }
    }
}

impl Map for Coprocess {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        if self.deaths.jobs >= HOPELESS {
            return Err(Failure::Stopped);
        }
        let seat = emit.seat().clone();
        let _busy = Busy::on(&seat);
        self.look_after(&seat, &mut |aside| emit.aside(aside));
        self.set_question(job)?;
        loop {
            // A new process that does not see the name is not replaced: this ends.
            if let Some(end) = self.ask(emit) {
                return end;
            }
        }
    }

    fn idle(&mut self, seat: &Seat, aside: &mut dyn FnMut(Aside<'_>)) -> Option<Duration> {
        let _busy = Busy::on(seat);
        self.look_after(seat, aside);
        self.process.as_ref().map(|_| LOOK)
    }

    fn end(&mut self, seat: &Seat, aside: &mut dyn FnMut(Aside<'_>)) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        let _busy = Busy::on(seat);
        let given = std::mem::take(&mut process.given);
        let left = self.leave(process, None, seat, aside);
        if seat.wish() != Wish::Go {
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
                self.judge(&left, Given::default(), "after its last reply", aside);
            }
            Ok(left) => self.judge(&left, given, "after its last reply", aside),
            Err(cause) => aside(Aside::Failure(self.broken(cause))),
        }
    }
}

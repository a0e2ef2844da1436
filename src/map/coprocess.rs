//! A co-process as a map: a command that is started once and lives from job to job, is told each
//! job's name on its standard input, and answers it on its standard output.
//!
//! It does not know the other workers' co-processes, nor what becomes of the replies.

mod exchange;
mod process;

use super::child::{Busy, Timers, ending, patiently};
use super::command::{CommandPlan, Trace};
use super::{Aside, Emit, Map};
use crate::control::{Lack, Seat, Wish};
use crate::job::{Ending, Failure, Job};
use crate::message;
use crate::sys::Launcher;
use crate::sys::arguments::Arguments;
use crate::template::shell_quote;
use exchange::{Fault, exchange};
use process::{Left, Process};
use rustix::process::Signal;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::Arc;
use std::time::Duration;

/// How often an idle co-process is looked after: so late its messages may come.
const LOOK: Duration = Duration::from_millis(100);
/// So many co-processes in a row of one worker that end without having answered are enough.
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
    /// How many processes in a row have ended without having answered.
    deaths: u32,
}

/// What is asked, and how it is to be answered.
#[derive(Debug)]
struct Question {
    bytes: Vec<u8>,
    reply: Reply,
    timeout: Option<Duration>,
}

impl Coprocess {
    /// A worker's instance.
    pub fn new(plan: Arc<CoprocessPlan>) -> Self {
        Coprocess {
            question: Question {
                bytes: Vec::new(),
                reply: plan.reply,
                timeout: plan.command.timeout,
            },
            plan,
            launcher: None,
            process: None,
            buffer: vec![0; BLOCK],
            deaths: 0,
        }
    }

    fn set_question(&mut self, job: &Job) -> Result<(), Failure> {
        let (name, end) = (job.inputs[0].name().as_bytes(), self.plan.name_end);
        if memchr::memchr(end, name).is_some() {
            return Err(self.failed("can't be told a name that holds a newline: use -0".into()));
        }
        self.question.bytes.clear();
        self.question.bytes.extend_from_slice(name);
        self.question.bytes.push(end);
        Ok(())
    }

    /// Asks once. None: the process had left before it saw the name, so that another may be asked.
    fn ask(&mut self, emit: &mut dyn Emit) -> Option<Result<(), Failure>> {
        let mut process = match self.ready(emit) {
            Ok(process) => process,
            Err(failure) => return Some(Err(failure)),
        };
        let fault = match exchange(&mut process, &self.question, &mut self.buffer, emit) {
            Ok(()) => {
                process.answered = true;
                self.deaths = 0;
                self.process = Some(process);
                return Some(Ok(()));
            }
            Err(fault) => fault,
        };
        let seat = emit.seat().clone();
        let aside = &mut |aside: Aside<'_>| emit.aside(aside);
        if let Fault::Gone { begun, given } = fault {
            return self.gone(process, begun, given, &seat, aside).transpose();
        }
        if let Err(cause) = self.leave(process, Some(Signal::TERM.as_raw()), &seat, aside) {
            return Some(Err(self.broken(cause)));
        }
        Some(match fault {
            Fault::NotWanted => Ok(()),
            Fault::OutOfStep(what) => Err(self.failed(what.into())),
            Fault::TimedOut => Err(Failure::Command {
                program: self.program(),
                cause: Ending::TimedOut(self.question.timeout.unwrap_or_default()),
            }),
            Fault::Broken(cause) => Err(self.broken(cause)),
            Fault::Wished | Fault::Gone { .. } => Err(Failure::Stopped),
        })
    }

    /// What it means for the job that the process it was told to is gone. `Ok(None)`: the name was
    /// never seen.
    fn gone(
        &mut self,
        process: Process,
        begun: bool,
        given: usize,
        seat: &Seat,
        aside: &mut dyn FnMut(Aside<'_>),
    ) -> Result<Option<()>, Failure> {
        let answered = process.answered;
        let unseen = answered && !begun && process.unread() == given;
        let left = self.leave(process, None, seat, aside);
        let left = left.map_err(|cause| self.broken(cause))?;
        if seat.wish() != Wish::Go {
            return Err(Failure::Stopped);
        }
        if unseen && !left.killed {
            self.judge(&left, "between two replies", aside);
            return Ok(None);
        }
        let end = match left.killed {
            true => "closed its input or its output".to_owned(),
            false => ending(left.status).to_string(),
        };
        let place = match begun {
            true => "in the middle of its reply",
            false => "without a reply",
        };
        let what = format!("{end} {place}");
        Err(if answered {
            self.failed(what)
        } else {
            self.barren(what)
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
            Ok(Some(process)) => Ok(process),
            Ok(None) => Err(Failure::Stopped),
            Err(cause) if Lack::of(&cause).is_some() => Err(Failure::Own {
                what: format!("can't start '{}'", self.program().display()),
                cause,
            }),
            Err(cause) => Err(self.barren(Ending::NotStarted(cause).to_string())),
        }
    }

    fn spawn(&mut self, seat: &Seat) -> io::Result<Process> {
        let args = self.args(seat);
        let launcher = match &mut self.launcher {
            Some(launcher) => launcher,
            none => none.insert(Launcher::new(&self.plan.command.program, &VARIABLES)?),
        };
        let slot = (VARIABLES[0], (seat.slot + 1).to_string());
        Process::start(launcher, &args, slot)
    }

    /// Takes what the idle process says on standard error, and sees whether it is still there and
    /// says nothing unasked. The question is still the last one.
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
            Ok(step) if step.out == 0 => self
                .leave(process, None, seat, aside)
                .map(|left| self.judge(&left, &self.last(), aside)),
            Ok(_) => {
                let what = format!("wrote more {}", self.last());
                aside(Aside::Failure(self.failed(what)));
                let term = Some(Signal::TERM.as_raw());
                self.leave(process, term, seat, aside).map(drop)
            }
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
    fn judge(&self, left: &Left, when: &str, aside: &mut dyn FnMut(Aside<'_>)) {
        let ending = ending(left.status);
        if !self.plan.command.accepts(&ending) {
            aside(Aside::Failure(self.failed(format!("{ending} {when}"))));
        }
    }

    /// When the idle process was last heard of.
    fn last(&self) -> String {
        let name = self.question.bytes.split_last().map_or(&[][..], |(_, name)| name);
        format!("after its reply to '{}'", message::shown(OsStr::from_bytes(name)))
    }

    fn args(&self, seat: &Seat) -> Arguments {
        self.plan.command.template.render(&[], 0, seat.slot + 1)
    }

    fn program(&self) -> OsString {
        self.plan.command.template.program().to_os_string()
    }

    fn failed(&self, what: String) -> Failure {
        Failure::Reply {
            program: self.program(),
            what,
        }
    }

    /// The failure of a process that never answered.
    fn barren(&mut self, what: String) -> Failure {
        self.deaths += 1;
        match self.deaths < HOPELESS {
            true => self.failed(what),
            false => Failure::Hopeless {
                program: self.program(),
                what,
            },
        }
    }

    fn broken(&self, cause: io::Error) -> Failure {
        Failure::Own {
            what: format!("can't supervise '{}'", self.program().display()),
            cause,
        }
    }
}

impl Map for Coprocess {
    fn run(&mut self, job: &Job, emit: &mut dyn Emit) -> Result<(), Failure> {
        if self.deaths >= HOPELESS {
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
        let Some(process) = self.process.take() else {
            return;
        };
        let _busy = Busy::on(seat);
        let left = self.leave(process, None, seat, aside);
        if seat.wish() != Wish::Go {
            return;
        }
        match left {
            Ok(left) if left.killed => {
                let grace = self.plan.command.kill_after;
                let what = format!("did not leave within {grace:?} of the end of its input and was killed");
                aside(Aside::Failure(self.failed(what)));
            }
            Ok(left) => {
                if left.spoke {
                    let what = "gave more replies than it was asked for";
                    aside(Aside::Failure(self.failed(what.into())));
                }
                self.judge(&left, "after its last reply", aside);
            }
            Err(cause) => aside(Aside::Failure(self.broken(cause))),
        }
    }
}

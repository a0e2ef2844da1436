//! A co-process: its pipes, what it says on standard error, and its end.
//!
//! It does not know what is asked or answered, only that bytes go both ways.

use super::answered::Answered;
use crate::control::{StopRequest, WorkerHandle};
use crate::map::OutOfBand;
use crate::process::deadlines::Deadlines;
use crate::process::pipes::{Pipes, receive, wanted};
use crate::process::plan::{Capture, ChildStdin};
use crate::process::stopped::{StoppedChild, told};
use crate::process::suspend::Suspension;
use crate::sys::arguments::Arguments;
use crate::sys::{Interest, Launcher, ProcessGroup, Ready, bytes_in_pipe, poll, signals, write_pipe};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::AsFd as _;
use std::process::ExitStatus;
use std::time::Duration;

/// How often an exit is asked for where the system has no notice of it.
const LOOK: Duration = Duration::from_millis(20);
/// The longest line of standard error that waits for its end, in bytes.
const LINE: usize = 64 * 1024;

/// A process that lives from job to job. Dropped, it is killed with its group.
#[derive(Debug)]
pub(super) struct Process {
    group: ProcessGroup,
    pipes: Pipes,
    /// The line of standard error that has not ended.
    line: Vec<u8>,
    suspension: Suspension,
    standing: StoppedChild,
    program: OsString,
    /// What it has answered; it does not read this itself.
    pub(super) given: Answered,
}

/// What happened in one step.
#[derive(Debug, Default)]
pub(super) struct Step {
    /// How many bytes of what it was given it took.
    pub(super) taken: usize,
    /// How many bytes of the buffer it filled.
    pub(super) out: usize,
    /// It has exited and said all, or it no longer reads or writes.
    pub(super) gone: bool,
}

/// How a process ended.
#[derive(Debug)]
pub(super) struct Exited {
    /// Its exit status.
    pub(super) status: ExitStatus,
    /// Whether it would not go and had to be killed.
    pub(super) killed: bool,
    /// Whether it wrote something to standard output on the way.
    pub(super) spoke: bool,
}

impl Process {
    /// Starts it with these arguments and this variable.
    ///
    /// # Errors
    /// What the system said.
    pub(super) fn start(
        launcher: &Launcher,
        program: &OsStr,
        args: &Arguments,
        variable: (&'static str, String),
    ) -> io::Result<Self> {
        let (mut pipes, stdin) = Pipes::new(ChildStdin::Raw, Capture::Whole)?;
        let group = launcher.spawn(args, [variable], pipes.streams(&stdin))?;
        pipes.release();
        Ok(Process {
            group,
            pipes,
            line: Vec::new(),
            suspension: Suspension::default(),
            standing: StoppedChild::new(),
            program: program.to_owned(),
            given: Answered::default(),
        })
    }

    /// Waits for the next thing to happen, until the timers' try is over at most, and sees to it:
    /// gives of `input`, and fills `buffer` with what the process says.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(super) fn step(
        &mut self,
        worker: &WorkerHandle,
        timers: &mut Deadlines,
        input: &[u8],
        buffer: &mut [u8],
        aside: &mut dyn FnMut(OutOfBand<'_>),
    ) -> io::Result<Step> {
        let look = self.group.pidfd().is_none().then_some(LOOK);
        let [stdin, stdout, stderr, notice, bell] = poll(
            [
                wanted(&self.pipes.stdin, Interest::Write).filter(|_| !input.is_empty()),
                wanted(&self.pipes.stdout, Interest::Read),
                wanted(&self.pipes.stderr, Interest::Read),
                self.group.pidfd().map(|fd| (fd, Interest::Read)),
                Some((worker.waker_fd(), Interest::Read)),
            ],
            timers.next(look.or((!self.suspension.stands()).then(|| self.standing.left()))),
        )?;
        if bell != Ready::No {
            worker.clear();
        }
        self.follow_suspension(worker, timers);
        self.look_whether_it_stands(worker, aside);
        if stderr != Ready::No {
            let n = receive(&mut self.pipes.stderr, stderr, buffer)?;
            self.say(&buffer[..n], aside);
        }
        let mut step = Step::default();
        if stdout != Ready::No {
            step.out = receive(&mut self.pipes.stdout, stdout, buffer)?;
        }
        let exited = notice != Ready::No || (look.is_some() && self.group.has_exited());
        // What it said before its end is taken first.
        let mut gone = self.pipes.stdout.is_none() || (exited && stdout == Ready::No);
        if stdin != Ready::No && !gone {
            match self.give(input)? {
                Some(taken) => step.taken = taken,
                None => gone = true,
            }
        }
        step.gone = gone && step.out == 0;
        Ok(step)
    }

    /// Stands still with the run.
    pub(super) fn follow_suspension(&mut self, worker: &WorkerHandle, timers: &mut Deadlines) {
        if self.suspension.follow(worker, &self.group, timers) {
            self.standing.forget();
        }
    }

    fn look_whether_it_stands(&mut self, worker: &WorkerHandle, aside: &mut dyn FnMut(OutOfBand<'_>)) {
        if !self.suspension.stands()
            && let Some(signal) = self.standing.look(&self.group, worker)
        {
            let who = format!("worker {}", worker.slot + 1);
            aside(OutOfBand::Notice(told(&who, &self.program, signal)));
        }
    }

    /// Writes what there is room for; None when nobody reads any more.
    fn give(&mut self, input: &[u8]) -> io::Result<Option<usize>> {
        let Some(stdin) = &self.pipes.stdin else {
            return Ok(None);
        };
        write_pipe(stdin.as_fd(), input)
    }

    /// How many bytes it was given and has not read, also after its exit.
    pub(super) fn unread(&self) -> usize {
        let stdin = self.pipes.stdin.as_ref();
        // What can't be told was read.
        stdin.and_then(|stdin| bytes_in_pipe(stdin.as_fd())).unwrap_or(0)
    }

    /// Closes its input and waits until it has exited, for `grace` at most: then its group is
    /// killed. It is sent `ask` first, and what remains of its group after it is killed with it.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(super) fn leave(
        mut self,
        worker: &WorkerHandle,
        grace: Duration,
        mut ask: Option<i32>,
        buffer: &mut [u8],
        aside: &mut dyn FnMut(OutOfBand<'_>),
    ) -> io::Result<Exited> {
        self.pipes.stdin = None;
        let mut timers = Deadlines::new(Some(grace));
        let mut asked = false;
        let mut spoke = false;
        while !self.group.has_exited() {
            match worker.stop_request() {
                StopRequest::Continue | StopRequest::Drain => {}
                StopRequest::Terminate(signal) => ask = Some(signal),
                StopRequest::Kill => break,
            }
            if let (Some(signal), false) = (ask, asked) {
                self.group.signal(signal);
                self.group.signal(signals::CONT);
                asked = true;
            }
            if timers.try_is_over() {
                break;
            }
            spoke |= self.step(worker, &mut timers, &[], buffer, aside)?.out > 0;
        }
        let killed = !self.group.has_exited();
        if killed || asked {
            self.group.signal(signals::KILL);
        }
        spoke |= self.drain(buffer, aside)?;
        Ok(Exited {
            status: self.group.reap()?,
            killed,
            spoke,
        })
    }

    /// Takes what a process that has exited left in its pipes; whether it was anything for standard
    /// output. Who else holds the pipes is not waited for.
    fn drain(&mut self, buffer: &mut [u8], aside: &mut dyn FnMut(OutOfBand<'_>)) -> io::Result<bool> {
        let mut spoke = false;
        loop {
            let pipes = &mut self.pipes;
            let outputs = [&pipes.stdout, &pipes.stderr].map(|fd| wanted(fd, Interest::Read));
            let [stdout, stderr] = poll(outputs, Some(Duration::ZERO))?;
            if (stdout, stderr) == (Ready::No, Ready::No) {
                break;
            }
            if stdout != Ready::No {
                spoke |= receive(&mut pipes.stdout, stdout, buffer)? > 0;
            }
            if stderr != Ready::No {
                let n = receive(&mut pipes.stderr, stderr, buffer)?;
                self.say(&buffer[..n], aside);
            }
        }
        if !self.line.is_empty() {
            self.line.push(b'\n');
            aside(OutOfBand::Lines(&self.line));
        }
        Ok(spoke)
    }

    /// Passes whole lines on; a line that has not ended waits.
    fn say(&mut self, bytes: &[u8], aside: &mut dyn FnMut(OutOfBand<'_>)) {
        self.line.extend_from_slice(bytes);
        let end = match memchr::memrchr(b'\n', &self.line) {
            Some(last) => last + 1,
            None if self.line.len() >= LINE => {
                self.line.push(b'\n');
                self.line.len()
            }
            None => return,
        };
        aside(OutOfBand::Lines(&self.line[..end]));
        self.line.drain(..end);
    }
}

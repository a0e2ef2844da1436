//! One child from its start to its end: its pipes, its time, what is wanted of it, and its group.
//!
//! Everything happens in one `poll` loop in the thread that started the child. The child is done
//! when it has exited; who else holds its pipes is not waited for.

mod stop_ladder;

use super::super::deadlines::Deadlines;
use super::super::outcome::{StopReason, is_well_fed};
use super::super::pipes::{Pipes, receive, wanted};
use super::super::plan::CommandPlan;
use super::super::stopped::{StoppedChild, told};
use super::super::suspend::Suspension;
use super::go_on;
use crate::control::WorkerHandle;
use crate::job::{self, Failure, Input, Job, Trust};
use crate::map::{ChildEmit, OutOfBand};
use crate::sys::{AlsoAwait, Interest, ProcessGroup, Ready, WaitEnd, poll, write_pipe};
use std::ffi::OsStr;
use std::io;
use std::ops::ControlFlow;
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;
use stop_ladder::Stopping;

/// How long pipes that outlive the child are still read.
const DRAIN: Duration = Duration::from_millis(200);
/// How often that is begun anew because the holder may be a child of another worker that has not
/// come to its exec yet, on a machine with much to do.
const MORE_DRAINS: u32 = 10;
/// How often the group of a stopped child is looked up, and how often an exit is asked for where
/// the system has no notice of it.
const LOOK: Duration = Duration::from_millis(20);

/// How often the outputs of a new child are waited for without a notice of its exit, for [`LOOK`] at most: a
/// short child's outputs end as it exits, and a notice costs as much as a pipe.
const UNNOTICED: u32 = 4;

/// A child that is being looked after.
pub(in crate::process) struct Supervision<'a> {
    group: &'a mut ProcessGroup,
    /// Those whose outputs the child reads.
    feeders: Vec<ProcessGroup>,
    plan: &'a CommandPlan,
    job: &'a Job,
    buffer: &'a mut [u8],
    emit: &'a mut dyn ChildEmit,
    worker: WorkerHandle,
    pipes: Pipes,
    trust: Trust,
    timers: Deadlines,
    /// How often it was waited for; not less than [`UNNOTICED`] once nothing came for a while.
    waits: u32,
    exited: bool,
    /// Whether those that feed it have exited too: nobody is left whose output is waited for.
    ended: bool,
    leaked: bool,
    /// Whether who is left of the group was told to end with the run.
    rest_told: bool,
    drains: u32,
    suspension: Suspension,
    standing: StoppedChild,
    stopping: Option<(StopReason, Stopping)>,
}

/// What happened in one step.
#[derive(Debug, Default)]
struct Step {
    /// How many bytes of what it was given the child took.
    taken: usize,
    /// Whether the input can be read.
    readable: bool,
}

impl<'a> Supervision<'a> {
    pub(super) fn new(
        group: &'a mut ProcessGroup,
        feeders: Vec<ProcessGroup>,
        pipes: Pipes,
        plan: &'a CommandPlan,
        job: &'a Job,
        buffer: &'a mut [u8],
        emit: &'a mut dyn ChildEmit,
    ) -> Self {
        Supervision {
            group,
            feeders,
            plan,
            job,
            buffer,
            worker: emit.worker().clone(),
            emit,
            pipes,
            trust: Trust::Final,
            timers: Deadlines::new(plan.timeout),
            waits: 0,
            exited: false,
            ended: false,
            leaked: false,
            rest_told: false,
            drains: 0,
            suspension: Suspension::default(),
            standing: StoppedChild::new(),
            stopping: None,
        }
    }

    /// Writes `block` to the child, while taking what it writes. Breaks when the child takes no
    /// more, which is no failure.
    pub(super) fn feed(&mut self, mut block: &[u8], trust: Trust) -> ControlFlow<()> {
        self.trust = trust;
        while !block.is_empty() && self.takes_input() {
            block = &block[self.step(block, None).taken..];
        }
        go_on(self.takes_input())
    }

    /// Waits until there is something to read from `input`, or its end has come, while taking what the
    /// child writes. Whether the child still takes any of it.
    pub(in crate::process) fn await_input(&mut self, input: BorrowedFd<'_>) -> bool {
        while self.takes_input() {
            if self.step(&[], Some(input)).readable {
                return true;
            }
        }
        false
    }

    /// Says how far output that comes from now on can be trusted.
    pub(super) fn trust(&mut self, trust: Trust) {
        self.trust = trust;
    }

    pub(super) fn warn(&mut self, name: &OsStr, what: &str) {
        self.emit.warn(name, what);
    }

    /// Closes the child's input, waits for its end, and says how it was.
    pub(super) fn finish(mut self) -> Result<(), Failure> {
        self.pipes.stdin = None;
        while !self.is_over() {
            self.step(&[], None);
        }
        if self.leaked && self.stopping.is_none() && !self.rest_told {
            let what = "a process that the command left behind holds its output; not waited for";
            self.emit.warn(self.job.name(), what);
        }
        let fed = self
            .feeders
            .iter_mut()
            .map(ProcessGroup::reap)
            .find(|end| !is_well_fed(end));
        let status = match (self.group.reap(), fed) {
            (Ok(status), Some(fed)) if status.success() => fed,
            (status, _) => status,
        };
        match (self.stopping, status) {
            (Some((reason, _)), _) => self.plan.stopped(reason),
            (None, Ok(status)) => {
                let end = self.plan.ended(status);
                if end.is_err() && self.plan.is_unread() {
                    // Most likely of that: and it is not a failure of the command's own.
                    self.emit.out_of_band(OutOfBand::StdoutClosed);
                    return Err(Failure::Stopped);
                }
                end
            }
            (None, Err(e)) => self.plan.stopped(StopReason::Broken(e)),
        }
    }

    fn takes_input(&self) -> bool {
        self.pipes.stdin.is_some() && !self.exited && self.stopping.is_none()
    }

    fn is_over(&self) -> bool {
        self.ended && self.pipes.are_drained() && !matches!(self.stopping, Some((_, Stopping::Asked)))
    }

    /// Waits for the next thing to happen, with `block` to be given to the child or `input` to be read,
    /// and sees to it.
    fn step(&mut self, block: &[u8], input: Option<BorrowedFd<'_>>) -> Step {
        let exit_only = self.lacks_only_exit();
        let ready = match self.wait(!block.is_empty(), input) {
            Ok(ready) => ready,
            Err(e) => {
                self.stop(StopReason::Broken(e));
                return Step::default();
            }
        };
        self.waits = match ready.iter().all(|&ready| ready == Ready::No) {
            true => UNNOTICED,
            false => self.waits.saturating_add(1),
        };
        let [stdin, stdout, stderr, notice, bell, input] = ready;
        if bell != Ready::No {
            self.worker.clear();
        }
        if bell != Ready::No || self.emit.is_full() {
            self.emit.flush();
        }
        self.take_out(stdout);
        self.take_err(stderr);
        let taken = self.give(stdin, block);
        if !self.exited && (notice != Ready::No || self.has_exited_unnoticed()) {
            self.exited = true;
        }
        if self.exited && !self.ended && self.feeders.iter().all(ProcessGroup::has_exited) {
            self.ended = true;
            self.timers.drain_in(DRAIN);
        }
        self.follow_wishes();
        self.follow_timers();
        if self.may_stand() && !self.emit.is_full() {
            self.look_whether_it_stands(exit_only);
        }
        Step {
            taken,
            readable: input != Ready::No,
        }
    }

    fn wait(&self, writing: bool, input: Option<BorrowedFd<'_>>) -> io::Result<[Ready; 6]> {
        if self.lacks_only_exit() {
            let beside = match self.suspension.stands() {
                true => AlsoAwait::Nothing,
                false => self.standing.beside(),
            };
            let [bell, notice] = match self.worker.wait_for(self.group, beside)? {
                WaitEnd::Exit => [Ready::No, Ready::Yes],
                WaitEnd::Woken => [Ready::Yes, Ready::No],
                WaitEnd::Other => [Ready::No, Ready::No],
            };
            return Ok([Ready::No, Ready::No, Ready::No, notice, bell, Ready::No]);
        }
        let notice = match self.wants_notice() {
            true => self.group.pidfd(),
            false => None,
        };
        let polling = match self.exited {
            true => !self.ended || matches!(self.stopping, Some((_, Stopping::Asked))),
            false => notice.is_none(),
        };
        let full = self.emit.is_full();
        let look = match polling {
            // It is waited for room instead.
            _ if full => Some(Duration::ZERO),
            true => Some(LOOK),
            false => self.may_stand().then(|| self.standing.left()),
        };
        let timeout = self.timers.next(look);
        poll(
            [
                wanted(&self.pipes.stdin, Interest::Write).filter(|_| writing),
                wanted(&self.pipes.stdout, Interest::Read).filter(|_| !full || self.is_wished_to_stop()),
                wanted(&self.pipes.stderr, Interest::Read).filter(|_| !full),
                notice.map(|fd| (fd, Interest::Read)),
                Some((self.worker.waker_fd(), Interest::Read)),
                input.map(|fd| (fd, Interest::Read)),
            ],
            timeout,
        )
    }

    /// Whether there is nothing to wait for but the child's exit, and what is wanted of it: no room for what it
    /// wrote either.
    fn lacks_only_exit(&self) -> bool {
        let pipes = [&self.pipes.stdin, &self.pipes.stdout, &self.pipes.stderr];
        let alone = self.feeders.is_empty() && pipes.iter().all(|pipe| pipe.is_none());
        let waits = self.exited || self.stopping.is_some() || self.emit.is_full();
        alone && !waits && self.plan.timeout.is_none()
    }

    /// Whether the child may have been stopped by another.
    fn may_stand(&self) -> bool {
        !self.exited && !self.suspension.stands() && self.stopping.is_none()
    }

    /// Looks from time to time, or now, where the wait for nothing but the exit has ended.
    fn look_whether_it_stands(&mut self, now: bool) {
        let stopped = match now {
            true => self.standing.look_now(self.group, &self.worker),
            false => self.standing.look(self.group, &self.worker),
        };
        if let Some(signal) = stopped {
            let name = job::display_names(self.job.inputs.iter().map(Input::name));
            let who = format!("job {} ({name})", self.job.seq + 1);
            let what = told(&who, self.plan.template.program(), signal);
            self.emit.out_of_band(OutOfBand::Notice(what));
        }
    }

    /// Whether the exit is waited for beside the outputs.
    fn wants_notice(&self) -> bool {
        !self.exited && (self.waits >= UNNOTICED || self.pipes.are_drained())
    }

    fn has_exited_unnoticed(&self) -> bool {
        let wanted = self.wants_notice() && !self.lacks_only_exit();
        wanted && self.group.pidfd().is_none() && self.group.has_exited()
    }

    fn take_out(&mut self, ready: Ready) {
        if ready == Ready::No {
            return;
        }
        let read = receive(&mut self.pipes.stdout, ready, self.buffer);
        let Some(n) = self.sound(read) else { return };
        // What comes from a child that is stopped with the run is a part of nothing, and is taken all the
        // same: what the child does at its end is not to fail for want of a reader. Unless the run itself has
        // lost its reader, as its commands would in a pipeline.
        if n == 0 || self.is_wished_to_stop() {
            if self.worker.is_stdout_closed() {
                self.pipes.stdout = None;
            }
            return;
        }
        if self.emit.take(&self.buffer[..n], self.trust).is_break() {
            self.stop(StopReason::NotWanted);
        }
    }

    fn take_err(&mut self, ready: Ready) {
        if ready == Ready::No {
            return;
        }
        let read = receive(&mut self.pipes.stderr, ready, self.buffer);
        if let Some(n @ 1..) = self.sound(read) {
            self.emit.err(&self.buffer[..n]);
        }
    }

    /// What was read. Without it, the rest would be passed off as the whole.
    fn sound(&mut self, read: io::Result<usize>) -> Option<usize> {
        read.map_err(|cause| self.stop(StopReason::Broken(cause))).ok()
    }

    fn give(&mut self, ready: Ready, block: &[u8]) -> usize {
        let (Some(stdin), true) = (&self.pipes.stdin, ready != Ready::No) else {
            return 0;
        };
        match write_pipe(stdin.as_fd(), block) {
            Ok(Some(written)) => return written,
            Ok(None) => self.pipes.stdin = None,
            Err(cause) => self.stop(StopReason::Broken(cause)),
        }
        0
    }
}

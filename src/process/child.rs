//! A child process that is looked after: its pipes, its time, its process group, and what the run wants of it.
//!
//! Everything happens in the thread that started the child, one [`Child::step`] after another. The child is over
//! when it and its feeders have exited; who else holds its pipes is not waited for. It does not know what the child
//! is fed, nor what its output means.

use super::child_event::{ChildEnd, ChildEvent, Wants};
use super::deadline::Deadline;
use super::pipes::{Pipes, receive, wanted};
use super::stop_ladder::{Phase, StopLadder, StopReason};
use super::stopped::StoppedChild;
use super::suspend::Suspension;
use crate::control::{StopRequest, WorkerHandle};
use crate::sys::{
    AlsoAwait, Interest, ProcessGroup, Ready, WaitEnd, bytes_in_pipe, poll, signals, write_pipe,
};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::time::Duration;

/// How often other members of a group are looked for, and how often an exit is asked for when no pidfd tells it.
const LOOK: Duration = Duration::from_millis(20);
/// How often a new child is polled without a pidfd, for [`LOOK`] at most: the outputs of a short child end as it
/// exits, and a pidfd costs as much as a pipe.
const POLLS_WITHOUT_PIDFD: u32 = 4;

/// A child and those that feed it. Dropped before it was reaped, it is killed with its group.
#[derive(Debug)]
pub(super) struct Child {
    group: ProcessGroup,
    /// Those whose outputs the child reads.
    feeders: Vec<ProcessGroup>,
    /// How many have exited, as far as we know: the child itself, then its feeders in their order.
    exits: usize,
    pipes: Pipes,
    deadline: Deadline,
    ladder: StopLadder,
    suspension: Suspension,
    stopped: StoppedChild,
    worker: WorkerHandle,
    /// How often it was polled; not less than [`POLLS_WITHOUT_PIDFD`] once a poll found nothing.
    polls: u32,
    round: Round,
}

/// What one poll found, and how much of it was dealt with.
#[derive(Debug)]
struct Round {
    /// For each of the [`ITEMS`] that are polled, whether it is ready.
    ready: [Ready; 6],
    /// Whether only the exit was waited for.
    exit_only: bool,
    /// The index of the item that is dealt with next.
    next: usize,
}

/// What a round deals with.
#[derive(Debug, Clone, Copy)]
enum Item {
    Waker,
    Stdout,
    Stderr,
    Stdin,
    Exit,
    Source,
    /// What the run wants, and what the time and an exit mean for the state of the child.
    State,
    End,
}

/// The items in their order: what was polled, outputs before the exit, and then what follows from that.
const ITEMS: [Item; 8] = [
    Item::Waker,
    Item::Stdout,
    Item::Stderr,
    Item::Stdin,
    Item::Exit,
    Item::Source,
    Item::State,
    Item::End,
];

impl Child {
    /// Takes a child that was just started. `grace` is the time between the first signal and KILL, `drain` the time
    /// for which outputs are read that outlive it.
    pub(super) fn new(
        group: ProcessGroup,
        feeders: Vec<ProcessGroup>,
        pipes: Pipes,
        worker: &WorkerHandle,
        grace: Duration,
        drain: Duration,
    ) -> Self {
        Child {
            group,
            feeders,
            exits: 0,
            pipes,
            deadline: Deadline::default(),
            ladder: StopLadder::new(grace, drain),
            suspension: Suspension::default(),
            stopped: StoppedChild::new(),
            worker: worker.clone(),
            polls: 0,
            round: Round {
                ready: [Ready::No; 6],
                exit_only: false,
                next: ITEMS.len(),
            },
        }
    }

    /// Gives the running child so much time from now on, or any.
    pub(super) fn set_timeout(&mut self, limit: Option<Duration>) {
        if self.ladder.phase() == Phase::Running {
            self.deadline.set(limit);
        }
    }

    /// Ends the child's standard input.
    pub(super) fn close_input(&mut self) {
        self.pipes.stdin = None;
    }

    /// Returns whether the child may read more of what it is given.
    pub(super) fn takes_input(&self) -> bool {
        self.pipes.stdin.is_some() && self.exits == 0 && self.ladder.phase() == Phase::Running
    }

    /// Returns whether the child's standard output is open.
    pub(super) fn has_output(&self) -> bool {
        self.pipes.stdout.is_some()
    }

    /// Returns how many bytes the child was given and has not read, after its exit too.
    pub(super) fn unread_input(&self) -> usize {
        let stdin = self.pipes.stdin.as_ref();
        // What the system does not tell counts as read.
        stdin.and_then(|stdin| bytes_in_pipe(stdin.as_fd())).unwrap_or(0)
    }

    /// Returns whether the child was left to run, and does.
    pub(super) fn is_running(&self) -> bool {
        self.ladder.phase() == Phase::Running
    }

    /// Returns whether the child is being stopped, or was.
    pub(super) fn is_stopping(&self) -> bool {
        self.ladder.reason().is_some()
    }

    /// Has the child and its group stop. The first reason counts.
    pub(super) fn stop(&mut self, reason: StopReason) {
        self.close_input();
        if matches!(reason, StopReason::NotWanted) {
            self.pipes.close_outputs();
        }
        self.ladder.stop(reason, &self.group, &mut self.deadline);
    }

    /// Waits for the next thing to happen, deals with it, and returns what its user has to know. What the child
    /// writes is put into `buffer`. Everything that one poll found is told before there is another.
    pub(super) fn step(&mut self, wants: &Wants<'_>, buffer: &mut [u8]) -> ChildEvent {
        if let Phase::Done { .. } = self.ladder.phase() {
            return ChildEvent::Over;
        }
        if self.round.next == ITEMS.len() {
            self.poll(wants);
        }
        loop {
            let item = ITEMS[self.round.next];
            self.round.next += 1;
            if let Some(event) = self.deal_with(item, wants, buffer) {
                return event;
            }
        }
    }

    fn deal_with(&mut self, item: Item, wants: &Wants<'_>, buffer: &mut [u8]) -> Option<ChildEvent> {
        let polled = self.round.ready.get(item as usize);
        let ready = polled.copied().unwrap_or(Ready::Yes);
        match item {
            Item::Exit => {
                if ready != Ready::No || self.has_exited_unnoticed(wants) {
                    self.note_exit();
                }
                None
            }
            _ if ready == Ready::No => None,
            Item::Waker => {
                self.worker.clear();
                None
            }
            Item::Stdout => {
                let read = self.read_stdout(ready, wants.is_full, buffer);
                read.map(ChildEvent::Stdout)
            }
            Item::Stderr => {
                let read = receive(&mut self.pipes.stderr, ready, buffer);
                self.sound(read).map(ChildEvent::Stderr)
            }
            Item::Stdin => self.write(wants.input),
            Item::Source => Some(ChildEvent::SourceReady),
            Item::State => self.follow(wants),
            Item::End => Some(ChildEvent::RoundEnd {
                is_woken: self.round.ready[Item::Waker as usize] != Ready::No,
            }),
        }
    }

    /// Waits until something is ready, and begins a round with it.
    fn poll(&mut self, wants: &Wants<'_>) {
        let exit_only = self.lacks_only_exit(wants);
        let found = match exit_only {
            true => self.await_exit(),
            false => self.await_any(wants),
        };
        let ready = found.unwrap_or_else(|cause| {
            self.stop(StopReason::Broken(cause));
            [Ready::No; 6]
        });
        self.polls = match ready.iter().all(|&ready| ready == Ready::No) {
            true => POLLS_WITHOUT_PIDFD,
            false => self.polls.saturating_add(1),
        };
        self.round = Round {
            ready,
            exit_only,
            next: 0,
        };
    }

    fn await_any(&self, wants: &Wants<'_>) -> io::Result<[Ready; 6]> {
        let pidfd = match self.wants_pidfd() {
            true => self.awaited().and_then(ProcessGroup::pidfd),
            false => None,
        };
        let discards = self.discards_output();
        poll(
            [
                Some((self.worker.waker_fd(), Interest::Read)),
                wanted(&self.pipes.stdout, Interest::Read).filter(|_| !wants.is_full || discards),
                wanted(&self.pipes.stderr, Interest::Read).filter(|_| !wants.is_full),
                wanted(&self.pipes.stdin, Interest::Write).filter(|_| !wants.input.is_empty()),
                pidfd.map(|fd| (fd, Interest::Read)),
                wants.source.map(|fd| (fd, Interest::Read)),
            ],
            self.patience(wants, pidfd.is_some()),
        )
    }

    /// Returns how long to wait for something to be ready.
    fn patience(&self, wants: &Wants<'_>, has_pidfd: bool) -> Option<Duration> {
        if wants.is_full {
            return Some(Duration::ZERO);
        }
        let look = match self.awaited() {
            Some(_) if !has_pidfd => Some(LOOK),
            None if self.ladder.phase() == Phase::Terminating => Some(LOOK),
            _ => self.may_be_stopped().then(|| self.stopped.left()),
        };
        let limits = [wants.at_most, look, self.deadline.left()];
        limits.into_iter().flatten().min()
    }

    /// Returns whether there is nothing to wait for but the child's exit, and what the run wants of it.
    fn lacks_only_exit(&self, wants: &Wants<'_>) -> bool {
        let pipes = [&self.pipes.stdin, &self.pipes.stdout, &self.pipes.stderr];
        let alone = self.feeders.is_empty() && pipes.iter().all(|pipe| pipe.is_none());
        let runs = self.exits == 0 && self.is_running() && !self.deadline.is_set();
        alone && runs && !wants.is_full && wants.at_most.is_none()
    }

    /// Waits for the exit alone, which takes fewer system calls, and no descriptor.
    fn await_exit(&self) -> io::Result<[Ready; 6]> {
        let also = match self.suspension.is_suspended() {
            true => AlsoAwait::Nothing,
            false => self.stopped.also_await(),
        };
        let mut ready = [Ready::No; 6];
        match self.worker.wait_for(&self.group, also)? {
            WaitEnd::Woken => ready[Item::Waker as usize] = Ready::Yes,
            WaitEnd::Exit => ready[Item::Exit as usize] = Ready::Yes,
            WaitEnd::Other => {}
        }
        Ok(ready)
    }

    /// Returns the first of the child and its feeders whose exit is missing.
    fn awaited(&self) -> Option<&ProcessGroup> {
        match self.exits {
            0 => Some(&self.group),
            exits => self.feeders.get(exits - 1),
        }
    }

    /// Returns whether an exit is waited for beside the outputs.
    fn wants_pidfd(&self) -> bool {
        self.polls >= POLLS_WITHOUT_PIDFD || self.pipes.are_drained()
    }

    fn has_exited_unnoticed(&self, wants: &Wants<'_>) -> bool {
        let may_ask = self.wants_pidfd() && !self.lacks_only_exit(wants);
        may_ask
            && self
                .awaited()
                .is_some_and(|awaited| awaited.pidfd().is_none() && awaited.has_exited())
    }

    fn note_exit(&mut self) {
        self.exits += 1;
        while self.awaited().is_some_and(ProcessGroup::has_exited) {
            self.exits += 1;
        }
    }

    /// Returns whether another process may have stopped the child.
    fn may_be_stopped(&self) -> bool {
        self.exits == 0 && self.is_running() && !self.suspension.is_suspended()
    }

    /// Follows what the run wants, and what the time and the exit mean for the state of the child.
    fn follow(&mut self, wants: &Wants<'_>) -> Option<ChildEvent> {
        match self.worker.stop_request() {
            StopRequest::Continue => {}
            // That it has ended by itself counts.
            request if self.is_running() && self.awaited().is_some() => {
                self.stop(StopReason::RunStopped(request));
            }
            request => self.ladder.escalate(request, &self.group, &mut self.deadline),
        }
        if self
            .suspension
            .follow(&self.worker, &self.group, &mut self.deadline)
        {
            self.stopped.forget();
        }
        let has_exited = self.awaited().is_none();
        let timed_out = self
            .ladder
            .follow_deadline(has_exited, &self.group, &mut self.deadline);
        if has_exited {
            let outputs = [Item::Stdout, Item::Stderr].map(|item| self.round.ready[item as usize]);
            let output = (wants.is_full, outputs.contains(&Ready::Yes));
            self.ladder
                .follow_exit(output, &self.group, &mut self.pipes, &mut self.deadline);
        }
        if timed_out {
            return Some(ChildEvent::TimedOut);
        }
        let looks = self.may_be_stopped() && !wants.is_full;
        let signal = match self.round.exit_only {
            _ if !looks => None,
            true => self.stopped.look_now(&self.group, &self.worker),
            false => self.stopped.look(&self.group, &self.worker),
        };
        signal.map(ChildEvent::StoppedBy)
    }

    /// Returns whether output is read and thrown away: what comes from a child that stops with the run is a part of
    /// nothing, but what the child does at its end must not fail for want of a reader.
    fn discards_output(&self) -> bool {
        matches!(self.ladder.reason(), Some(StopReason::RunStopped(_)))
    }

    fn read_stdout(&mut self, ready: Ready, is_full: bool, buffer: &mut [u8]) -> Option<usize> {
        let discards = self.discards_output();
        if is_full && !discards {
            return None;
        }
        let read = receive(&mut self.pipes.stdout, ready, buffer);
        let read = self.sound(read);
        if discards && self.worker.is_stdout_closed() {
            // The run itself has lost its reader: then a child may too, as in a pipeline.
            self.pipes.stdout = None;
        }
        read.filter(|_| !discards)
    }

    /// Returns how much was read, when it was anything. Without what can't be read, the rest would pass for the whole.
    fn sound(&mut self, read: io::Result<usize>) -> Option<usize> {
        let read = read.map_err(|cause| self.stop(StopReason::Broken(cause)));
        read.ok().filter(|&n| n > 0)
    }

    fn write(&mut self, input: &[u8]) -> Option<ChildEvent> {
        let stdin = self.pipes.stdin.as_ref()?;
        match write_pipe(stdin.as_fd(), input) {
            Ok(Some(0)) => None,
            Ok(Some(given)) => Some(ChildEvent::Given(given)),
            Ok(None) => Some(ChildEvent::InputClosed),
            Err(cause) => {
                self.stop(StopReason::Broken(cause));
                None
            }
        }
    }

    /// Takes the exit statuses of a child that is [over](ChildEvent::Over).
    pub(super) fn reap(mut self) -> ChildEnd {
        let feeders = self.feeders.iter_mut().map(ProcessGroup::reap);
        let feeders: Vec<_> = feeders.collect();
        let failed = feeders.into_iter().find(|status| !is_well_fed(status));
        let status = match (self.group.reap(), failed) {
            (Ok(status), Some(failed)) if status.success() => failed,
            (status, _) => status,
        };
        let (reason, leaked) = self.ladder.into_end();
        ChildEnd {
            reason,
            status,
            leaked,
        }
    }
}

/// Returns whether a feeder wrote all that it had, or was stopped because the child wanted no more.
fn is_well_fed(status: &io::Result<ExitStatus>) -> bool {
    let unwanted = |status: &ExitStatus| status.signal() == Some(signals::PIPE);
    status
        .as_ref()
        .is_ok_and(|status| status.success() || unwanted(status))
}

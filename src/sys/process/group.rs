//! A child process at the head of a process group of its own.
//!
//! Whoever holds the [`Group`] is the only one that signals or reaps the child, so a number is
//! never signalled after the system may have given it to someone else.

use super::proc::{Stat, processes};
use super::{guardian, reaper};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group,
    pidfd_open, waitid, waitpid,
};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::OnceLock;

/// A child and the group that it leads. Dropped before it was reaped, the whole group is killed.
#[derive(Debug)]
pub(crate) struct Group {
    leader: Pid,
    notice: OnceLock<Option<OwnedFd>>,
    reaped: Option<ExitStatus>,
    place: Option<guardian::Entry>,
    alone: bool,
}

/// What is waited for beside a child's exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Beside {
    /// Nothing.
    Nothing,
    /// That it was stopped, which may have been before.
    Stop,
    /// That it goes on.
    Continuation,
}

/// What ended the wait for a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Heard {
    /// Something new is wanted.
    Bell,
    /// The child has exited.
    Exit,
    /// What was waited for beside that.
    Beside,
}

impl Group {
    /// The group of a child that was just started as its leader.
    pub(crate) fn led_by(leader: Pid) -> Self {
        // First of all: what is not there yet survives if we are killed now.
        let place = guardian::guard_group(leader.as_raw_nonzero().get());
        Group {
            leader,
            notice: OnceLock::new(),
            reaped: None,
            place,
            alone: false,
        }
    }

    /// A child that was just started and belongs to our own group, or to another's: it is signalled alone, and
    /// nothing is known of its children.
    pub(crate) fn of_one(child: Pid) -> Self {
        Group {
            leader: child,
            notice: OnceLock::new(),
            reaped: None,
            place: None,
            alone: true,
        }
    }

    /// The child's number.
    pub(crate) fn leader(&self) -> Pid {
        self.leader
    }

    /// A descriptor that is readable once the leader has exited, for the time until it is reaped. Where
    /// there is none (an old kernel, no descriptor left), [`Group::has_exited`] is to be asked from time to
    /// time.
    pub(crate) fn notice(&self) -> Option<BorrowedFd<'_>> {
        let open = || match self.reaped {
            None => pidfd_open(self.leader, PidfdFlags::empty()).ok(),
            Some(_) => None,
        };
        self.notice.get_or_init(open).as_ref().map(AsFd::as_fd)
    }

    /// Waits until the leader has exited, or there is what is waited for beside that; it is not reaped by this.
    ///
    /// # Errors
    /// When the wait was interrupted by a signal; no other is to be expected.
    pub(crate) fn await_exit(&self, beside: Beside) -> io::Result<Heard> {
        if self.reaped.is_some() {
            return Ok(Heard::Exit);
        }
        let beside = match beside {
            Beside::Nothing => WaitIdOptions::empty(),
            Beside::Stop => WaitIdOptions::STOPPED,
            Beside::Continuation => WaitIdOptions::CONTINUED,
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | beside;
        let found = waitid(WaitId::Pid(self.leader), options)?;
        Ok(match found {
            Some(found) if found.stopped() || found.continued() => Heard::Beside,
            _ => Heard::Exit,
        })
    }

    /// Whether the leader has exited; it is not reaped by this.
    pub(crate) fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.reaped.is_some() || matches!(waitid(WaitId::Pid(self.leader), options), Ok(Some(_)))
    }

    /// The signal that the leader was stopped by, where it stands still.
    pub(crate) fn stopped_by(&self) -> Option<i32> {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if self.reaped.is_some() {
            return None;
        }
        let found = waitid(WaitId::Pid(self.leader), options).ok()?;
        found.and_then(|found| found.stopping_signal())
    }

    /// Sends `signal` to every process of the group. Nothing happens once the leader was reaped,
    /// or when `signal` is none.
    pub(crate) fn signal(&self, signal: i32) {
        if self.reaped.is_some() {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(signal) {
            // The leader is unreaped, so the group exists; the one failure left is a child
            // that runs as another user, and that one is out of our reach.
            let _ = match self.alone {
                true => kill_process(self.leader, signal),
                false => kill_process_group(self.leader, signal),
            };
        }
    }

    /// Whether the group has a living member besides an exited leader.
    pub(crate) fn has_others(&self) -> bool {
        if self.alone {
            return false;
        }
        let leader = self.leader.as_raw_nonzero().get();
        let in_group = |pid| Stat::of(pid).is_some_and(|stat| stat.group == leader && stat.lives());
        processes().any(|pid| pid != leader && in_group(pid))
    }

    /// Takes the status of the leader, which has exited or was killed, and forgets its number: the
    /// group can't be signalled after this, nor does the guardian watch it.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(crate) fn reap(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.reaped {
            return Ok(status);
        }
        // Before the number is anyone's again.
        self.place = None;
        let status = reaper::reaping(self.leader, || wait(self.leader))?;
        self.reaped = Some(status);
        Ok(status)
    }
}

fn wait(child: Pid) -> io::Result<ExitStatus> {
    loop {
        match waitpid(Some(child), WaitOptions::empty()) {
            Ok(Some((_, status))) => return Ok(ExitStatus::from_raw(status.as_raw())),
            Ok(None) | Err(rustix::io::Errno::INTR) => {}
            Err(e) => return Err(e.into()),
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        if self.reaped.is_none() {
            self.signal(libc::SIGKILL);
            let _ = self.reap();
        }
    }
}

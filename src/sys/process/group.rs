//! A child process at the head of a process group of its own.
//!
//! Only the owner of the [`ProcessGroup`] signals or reaps the child, so a number is never signalled after the system
//! may have given it to another process. This file does not know how a child is started, nor what it is for.

use super::proc::{Stat, processes};
use super::{guardian, reaper};
use rustix::io::retry_on_intr;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group,
    pidfd_open, waitid, waitpid,
};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;
use std::sync::OnceLock;

/// Whose process group a child belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProcessGroupOf {
    /// A group of its own, which can be ended as a whole, but can't read from our terminal.
    Itself,
    /// Ours: the terminal sends it the signals that it sends to us.
    Fanfold,
    /// The group of another child, which is ended together with it.
    Other(Pid),
}

/// A child and the group that it leads. Dropped before it was reaped, it kills the whole group.
#[derive(Debug)]
pub(crate) struct ProcessGroup {
    leader: Pid,
    /// Opened when it is first asked for; the inner None says that it can't be had.
    pidfd: OnceLock<Option<OwnedFd>>,
    reaped: Option<ExitStatus>,
    guarded: Option<guardian::GuardedGroup>,
    /// Whether the child belongs to another's group, so that only the child itself is signalled.
    alone: bool,
}

/// What ends the wait for a child, besides its exit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AlsoAwait {
    /// Nothing.
    Nothing,
    /// A stop, which may have come before.
    Stop,
    /// A continuation.
    Continue,
}

/// What ended the wait for a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WaitEnd {
    /// The waiting thread was woken.
    Woken,
    /// The child has exited.
    Exit,
    /// What was to be awaited besides has come.
    Other,
}

impl ProcessGroup {
    /// Returns what is held of a child that was just started in the group of `group`.
    pub(super) fn from_started(child: Pid, group: ProcessGroupOf) -> Self {
        let alone = group != ProcessGroupOf::Itself;
        // First of all: a group that is not entered yet survives if we are killed now.
        let guarded = match alone {
            true => None,
            false => guardian::guard_group(child.as_raw_nonzero().get()),
        };
        ProcessGroup {
            leader: child,
            pidfd: OnceLock::new(),
            reaped: None,
            guarded,
            alone,
        }
    }

    /// Returns the child's number.
    pub(super) fn leader(&self) -> Pid {
        self.leader
    }

    /// Returns a descriptor that is readable once the leader has exited, until it is reaped. When there is none (an
    /// old kernel, no descriptor left), ask [`ProcessGroup::has_exited`] from time to time.
    pub(crate) fn pidfd(&self) -> Option<BorrowedFd<'_>> {
        let open = || match self.reaped {
            None => pidfd_open(self.leader, PidfdFlags::empty()).ok(),
            Some(_) => None,
        };
        self.pidfd.get_or_init(open).as_ref().map(AsFd::as_fd)
    }

    /// Blocks until the leader has exited, or what is awaited besides has come; does not reap it.
    ///
    /// # Errors
    /// When a signal interrupted the wait; no other is to be expected.
    pub(in crate::sys) fn await_exit(&self, also: AlsoAwait) -> io::Result<WaitEnd> {
        if self.reaped.is_some() {
            return Ok(WaitEnd::Exit);
        }
        let also = match also {
            AlsoAwait::Nothing => WaitIdOptions::empty(),
            AlsoAwait::Stop => WaitIdOptions::STOPPED,
            AlsoAwait::Continue => WaitIdOptions::CONTINUED,
        };
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | also;
        let found = waitid(WaitId::Pid(self.leader), options)?;
        Ok(match found {
            Some(found) if found.stopped() || found.continued() => WaitEnd::Other,
            _ => WaitEnd::Exit,
        })
    }

    /// Returns whether the leader has exited; does not reap it.
    pub(crate) fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.reaped.is_some() || matches!(waitid(WaitId::Pid(self.leader), options), Ok(Some(_)))
    }

    /// Returns the signal that stopped the leader, if it is stopped.
    pub(crate) fn stopped_by(&self) -> Option<i32> {
        let options = WaitIdOptions::STOPPED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        if self.reaped.is_some() {
            return None;
        }
        let found = waitid(WaitId::Pid(self.leader), options).ok()?;
        found.and_then(|found| found.stopping_signal())
    }

    /// Sends `signal` to every process of the group. Does nothing once the leader was reaped, or when there is no
    /// such signal.
    pub(crate) fn signal(&self, signal: i32) {
        if self.reaped.is_some() {
            return;
        }
        if let Some(signal) = Signal::from_named_raw(signal) {
            // The leader is not reaped, so the group exists. What can still fail is a child that runs as another
            // user, and that one is out of our reach.
            let _ = match self.alone {
                true => kill_process(self.leader, signal),
                false => kill_process_group(self.leader, signal),
            };
        }
    }

    /// Returns whether the group has a living member besides an exited leader.
    pub(crate) fn has_others(&self) -> bool {
        if self.alone {
            return false;
        }
        let leader = self.leader.as_raw_nonzero().get();
        let in_group = |pid| Stat::from_pid(pid).is_some_and(|stat| stat.group == leader && stat.lives());
        processes().any(|pid| pid != leader && in_group(pid))
    }

    /// Takes the status of the leader, which has exited or was killed, and forgets its number: from then on the
    /// group can't be signalled, and the guardian does not kill it.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(crate) fn reap(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.reaped {
            return Ok(status);
        }
        // Before the system may give the number to another process.
        self.guarded = None;
        let reap = || retry_on_intr(|| waitpid(Some(self.leader), WaitOptions::empty()));
        let (_, status) = reaper::reap_own(self.leader, reap)?.expect("without NOHANG there is a status");
        let status = ExitStatus::from_raw(status.as_raw());
        self.reaped = Some(status);
        Ok(status)
    }
}

impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if self.reaped.is_none() {
            self.signal(libc::SIGKILL);
            let _ = self.reap();
        }
    }
}

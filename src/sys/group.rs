//! A child process at the head of a process group of its own.
//!
//! Whoever holds the [`Group`] is the only one that signals or reaps the child, so a number is
//! never signalled after the system may have given it to someone else.

use super::guardian;
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process, kill_process_group,
    pidfd_open, waitid, waitpid,
};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// A child and the group that it leads. Dropped before it was reaped, the whole group is killed.
#[derive(Debug)]
pub struct Group {
    leader: Pid,
    notice: Option<OwnedFd>,
    reaped: Option<ExitStatus>,
    place: Option<guardian::Place>,
    alone: bool,
}

impl Group {
    /// The group of a child that was just started as its leader.
    pub(super) fn led_by(leader: Pid) -> Self {
        Group {
            leader,
            // Without a notice (an old kernel, no descriptor left) the exit is asked for instead.
            notice: pidfd_open(leader, PidfdFlags::empty()).ok(),
            reaped: None,
            place: guardian::watch(leader.as_raw_nonzero().get()),
            alone: false,
        }
    }

    /// A child that was just started and belongs to our own group: it is signalled alone, and
    /// nothing is known of its children.
    pub(super) fn of_one(child: Pid) -> Self {
        Group {
            leader: child,
            notice: pidfd_open(child, PidfdFlags::empty()).ok(),
            reaped: None,
            place: None,
            alone: true,
        }
    }

    /// A descriptor that is readable once the leader has exited. Where there is none,
    /// [`Group::has_exited`] is to be asked from time to time.
    pub fn notice(&self) -> Option<BorrowedFd<'_>> {
        self.notice.as_ref().map(AsFd::as_fd)
    }

    /// Whether the leader has exited; it is not reaped by this.
    pub fn has_exited(&self) -> bool {
        let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        self.reaped.is_some() || matches!(waitid(WaitId::Pid(self.leader), options), Ok(Some(_)))
    }

    /// Sends `signal` to every process of the group. Nothing happens once the leader was reaped,
    /// or when `signal` is none.
    pub fn signal(&self, signal: i32) {
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
    pub fn has_others(&self) -> bool {
        if self.alone {
            return false;
        }
        let leader = self.leader.as_raw_nonzero().get();
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return false;
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok())
            .filter(|&pid| pid != leader)
            .any(|pid| group_of_living(pid) == Some(leader))
    }

    /// Takes the status of the leader, which has exited or was killed, and forgets its number: the
    /// group can't be signalled after this, nor does the guardian watch it.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub fn reap(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.reaped {
            return Ok(status);
        }
        // Before the number is anyone's again.
        self.place = None;
        loop {
            match waitpid(Some(self.leader), WaitOptions::empty()) {
                Ok(Some((_, status))) => {
                    let status = ExitStatus::from_raw(status.as_raw());
                    self.reaped = Some(status);
                    return Ok(status);
                }
                Ok(None) | Err(rustix::io::Errno::INTR) => {}
                Err(e) => return Err(e.into()),
            }
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

/// The process group of `pid`, unless it is dead or a zombie. See proc_pid_stat(5): the name in
/// parentheses may hold anything, so the fields are counted from the last `)`.
fn group_of_living(pid: i32) -> Option<i32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after = memchr::memrchr(b')', &stat)? + 1;
    let mut fields = std::str::from_utf8(&stat[after..]).ok()?.split_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    (!matches!(state, "Z" | "X" | "x")).then_some(group)
}

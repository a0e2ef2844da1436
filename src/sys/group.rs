//! A child process at the head of a process group of its own.
//!
//! Whoever holds the [`Group`] is the only one that signals or reaps the child, so a number is
//! never signalled after the system may have given it to someone else.

use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process_group, pidfd_open, waitid,
};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt as _;
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus};

/// A child and the group that it leads. Dropped before it was reaped, the whole group is killed.
#[derive(Debug)]
pub struct Group {
    child: Child,
    leader: Pid,
    notice: Option<OwnedFd>,
    reaped: Option<ExitStatus>,
}

impl Group {
    /// Starts `command` as the leader of a new group.
    ///
    /// Nothing here may run code in the child before its exec (`pre_exec`): the standard library
    /// would give up `posix_spawn`, and a spawn would copy the page tables.
    ///
    /// # Errors
    /// What the system said to the spawn.
    pub fn spawn(command: &mut Command) -> io::Result<Self> {
        let child = command.process_group(0).spawn()?;
        let leader = Pid::from_child(&child);
        // Without a notice (an old kernel, no descriptor left) the exit is asked for instead.
        let notice = pidfd_open(leader, PidfdFlags::empty()).ok();
        Ok(Group {
            child,
            leader,
            notice,
            reaped: None,
        })
    }

    /// The leader's process number.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Our ends of the child's pipes, where there are any.
    pub fn take_pipes(&mut self) -> (Option<ChildStdin>, Option<ChildStdout>, Option<ChildStderr>) {
        let child = &mut self.child;
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
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
            let _ = kill_process_group(self.leader, signal);
        }
    }

    /// Whether the group has a living member besides an exited leader.
    pub fn has_others(&self) -> bool {
        let leader = self.id();
        let Ok(entries) = std::fs::read_dir("/proc") else {
            return false;
        };
        entries
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
            .filter(|&pid| pid != leader)
            .any(|pid| group_of_living(pid) == Some(leader))
    }

    /// Waits for the leader's exit and forgets its number. The group can't be signalled after
    /// this.
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub fn reap(&mut self) -> io::Result<ExitStatus> {
        if let Some(status) = self.reaped {
            return Ok(status);
        }
        let status = self.child.wait()?;
        self.reaped = Some(status);
        Ok(status)
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
fn group_of_living(pid: u32) -> Option<u32> {
    let stat = std::fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after = memchr::memrchr(b')', &stat)? + 1;
    let mut fields = std::str::from_utf8(&stat[after..]).ok()?.split_whitespace();
    let state = fields.next()?;
    let group = fields.nth(1)?.parse().ok()?;
    (!matches!(state, "Z" | "X" | "x")).then_some(group)
}

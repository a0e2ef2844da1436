//! Starts a child with a lower limit of open files than our own.
//!
//! Only when ours was raised: `posix_spawn` has no attribute for limits, and lowering the child's limit
//! from here once it runs would be a race. So this is fork, setrlimit and exec by
//! `std::process::Command`, at several times the price.

use super::group::ProcessGroupOf;
use super::streams::{StdinFrom, Streams};
use crate::sys::arguments::Arguments;
use rustix::io::FdFlags;
use rustix::process::{Pid, Resource, Rlimit, setrlimit};
use std::ffi::{CStr, CString, OsStr};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, BorrowedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

/// Starts what a `Launcher` starts, with this limit of open files. Only the caller reaps it.
///
/// # Errors
/// What the system said to the fork or the exec.
pub(super) fn spawn<'a>(
    program: &CStr,
    args: &Arguments,
    environment: impl Iterator<Item = &'a CString>,
    streams: &Streams<'_>,
    group: ProcessGroupOf,
    limit: Rlimit,
) -> io::Result<Pid> {
    let stdio = |fd: BorrowedFd<'_>| fd.try_clone_to_owned().map(Stdio::from);
    let mut command = Command::new(text(program));
    let mut args = args.iter();
    if let Some(name) = args.next() {
        command.arg0(name).args(args);
    }
    command
        .env_clear()
        .envs(environment.filter_map(|variable| split(text(variable))));
    match streams.stdin {
        StdinFrom::Null => command.stdin(Stdio::null()),
        StdinFrom::Inherited => command.stdin(Stdio::inherit()),
        StdinFrom::Fd(fd) => command.stdin(stdio(fd)?),
    };
    if let Some(fd) = streams.stdout {
        command.stdout(stdio(fd)?);
    }
    if let Some(fd) = streams.stderr {
        command.stderr(stdio(fd)?);
    }
    match group {
        ProcessGroupOf::Itself => drop(command.process_group(0)),
        ProcessGroupOf::Other(leader) => drop(command.process_group(leader.as_raw_nonzero().get())),
        ProcessGroupOf::Fanfold => {}
    }
    let others: Vec<_> = streams.others.iter().map(|fd| fd.as_raw_fd()).collect();
    // SAFETY: the child calls what is async-signal-safe, on values of its own; the descriptors are the
    // caller's, which outlive the spawn.
    unsafe {
        command.pre_exec(move || {
            for fd in &others {
                rustix::io::fcntl_setfd(BorrowedFd::borrow_raw(*fd), FdFlags::empty())?;
            }
            setrlimit(Resource::Nofile, limit)?;
            let mut none = MaybeUninit::uninit();
            libc::sigemptyset(none.as_mut_ptr());
            libc::pthread_sigmask(libc::SIG_SETMASK, none.as_ptr(), std::ptr::null_mut());
            Ok(())
        });
    }
    let child = command.spawn()?;
    let pid = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    Ok(pid.expect("a child's number is positive"))
}

fn text(string: &CStr) -> &OsStr {
    OsStr::from_bytes(string.to_bytes())
}

/// Splits a variable into its name, which may begin with a `=`, and its value.
fn split(variable: &OsStr) -> Option<(&OsStr, &OsStr)> {
    let bytes = variable.as_bytes();
    let at = memchr::memchr(b'=', bytes.get(1..)?)? + 1;
    Some((
        OsStr::from_bytes(&bytes[..at]),
        OsStr::from_bytes(&bytes[at + 1..]),
    ))
}

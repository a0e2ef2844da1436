//! A small process that outlives fanfold for a moment: when fanfold is killed, the guardian kills the process
//! groups of fanfold's children and removes fanfold's directory of temporary files.
//!
//! A parent-death signal would need code between fork and exec, which `posix_spawn` does not run, and would reach
//! no grandchild. Instead, the numbers of the groups stand in shared memory: entering or clearing one costs no
//! system call and wakes nobody. The guardian reads from a pipe that only fanfold can write to, so its read ends
//! when fanfold does. It is forked before there is another thread, and so may use the standard library.
//!
//! The guardian does not know of a child whose number was not entered yet when fanfold was killed: from the
//! child's fork to the moment after its exec (0.3 ms, longer on a busy machine) such a child survives.

use crate::sys::io::pipe;
use crate::sys::limits::{file_limit, retry_start};
use rustix::io::retry_on_intr;
use rustix::process::{Pid, Signal, WaitOptions, chdir, kill_process_group, setpgid, waitpid};
use std::ffi::{OsStr, c_uint};
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{self, Path};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

/// More entries than a system has processes for, so that nearly every one is free and the first look finds a
/// free one. Pages that are not used take no memory.
const ENTRIES: usize = 1 << 15;

/// The numbers of the groups that the guardian kills; 0 is a free entry. fanfold and the guardian share them.
type Groups = [AtomicI32; ENTRIES];

static GROUPS: OnceLock<&'static Groups> = OnceLock::new();
static GUARDIAN: Mutex<Option<Guardian>> = Mutex::new(None);

/// The guardian that is running.
struct Guardian {
    pid: Pid,
    /// The guardian reads from it the directory to remove, each name with a NUL at its end; the last one counts,
    /// and an empty one stands for none.
    pipe: OwnedFd,
}

/// The entry of a child's group; dropping it clears the entry.
#[derive(Debug)]
pub(crate) struct GuardedGroup(&'static AtomicI32);

/// A directory that the guardian removes if fanfold is killed before this is dropped.
#[derive(Debug)]
pub(crate) struct GuardedDirectory(());

/// Starts the guardian, unless it is running. Children that are started from now on do not survive this process,
/// whatever ends it. Call it before any thread is started.
///
/// # Errors
/// When there is no memory, pipe or process to be had; then there is no guardian.
pub(crate) fn start() -> io::Result<()> {
    let mut guardian = guardian();
    if guardian.is_none() {
        let groups = match GROUPS.get() {
            Some(groups) => *groups,
            None => shared_memory()?,
        };
        *guardian = Some(retry_start(|| fork(groups))?);
        let _ = GROUPS.set(groups);
    }
    Ok(())
}

/// Ends the guardian, if it is running, and waits for its exit, because not every process 1 reaps what it adopts.
/// Call it when no child is left: the guardian takes this for fanfold's end.
pub(crate) fn stop() {
    if let Some(Guardian { pid, pipe }) = guardian().take() {
        drop(pipe);
        let _ = retry_on_intr(|| waitpid(Some(pid), WaitOptions::empty()));
    }
}

/// Has the guardian, if it is running, kill the group of `leader` when fanfold is killed.
pub(crate) fn guard_group(leader: i32) -> Option<GuardedGroup> {
    let groups = *GROUPS.get()?;
    let first = leader.unsigned_abs() as usize % ENTRIES;
    let (before, after) = groups.split_at(first);
    let free = after.iter().chain(before).find(|entry| {
        let taken = entry.compare_exchange(0, leader, Ordering::SeqCst, Ordering::Relaxed);
        taken.is_ok()
    });
    free.map(GuardedGroup)
}

impl Drop for GuardedGroup {
    fn drop(&mut self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

/// Has the guardian, if it is running, remove this directory when fanfold is killed. It knows one directory at a
/// time, and none whose name is longer than a path may be.
pub(crate) fn guard_directory(directory: &Path) -> Option<GuardedDirectory> {
    let directory = path::absolute(directory).ok()?;
    let is_told = tell(directory.as_os_str().as_bytes());
    is_told.then_some(GuardedDirectory(()))
}

impl Drop for GuardedDirectory {
    fn drop(&mut self) {
        tell(b"");
    }
}

/// Writes a directory's name to the guardian; false if it can't be told. A pipe takes as much as this at once or
/// not at all.
fn tell(directory: &[u8]) -> bool {
    let message = [directory, b"\0"].concat();
    let guardian = guardian();
    let guardian = guardian.as_ref().filter(|_| message.len() <= libc::PIPE_BUF);
    guardian.is_some_and(|guardian| retry_on_intr(|| rustix::io::write(&guardian.pipe, &message)).is_ok())
}

fn guardian() -> MutexGuard<'static, Option<Guardian>> {
    GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shared_memory() -> io::Result<&'static Groups> {
    // SAFETY: a fresh mapping that is never unmapped, zeroed, aligned to a page and of the right size.
    unsafe {
        let memory = libc::mmap(
            ptr::null_mut(),
            size_of::<Groups>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(&*memory.cast::<Groups>())
    }
}

fn fork(groups: &'static Groups) -> io::Result<Guardian> {
    let (read, pipe) = pipe()?;
    // SAFETY: there is no other thread whose locks the child could find held.
    let pid = with_signals_blocked(|| match unsafe { libc::fork() } {
        0 => guard(read, groups),
        pid => pid,
    });
    match pid {
        ..0 => Err(io::Error::last_os_error()),
        _ => Ok(Guardian {
            pid: Pid::from_raw(pid).expect("a child has a number"),
            pipe,
        }),
    }
}

/// Calls `start` while this thread takes no signal; what it starts never takes one.
fn with_signals_blocked(start: impl FnOnce() -> libc::pid_t) -> libc::pid_t {
    let (mut all, mut before) = (MaybeUninit::uninit(), MaybeUninit::uninit());
    // SAFETY: sigfillset initialises the set that is read first, and the first call of
    // pthread_sigmask, which can't fail with these arguments, the set that is read last.
    unsafe {
        libc::sigfillset(all.as_mut_ptr());
        libc::pthread_sigmask(libc::SIG_SETMASK, all.as_ptr(), before.as_mut_ptr());
        let started = start();
        let cause = errno::errno();
        libc::pthread_sigmask(libc::SIG_SETMASK, before.as_ptr(), ptr::null_mut());
        errno::set_errno(cause);
        started
    }
}

/// The guardian's whole life. It keeps none of fanfold's files open and takes no signal, whoever it is sent to; it
/// has a name of its own, so that a `killall fanfold` spares it.
fn guard(pipe: OwnedFd, groups: &Groups) -> ! {
    let _ = setpgid(None, None);
    let _ = rustix::thread::set_name(c"guardian");
    let _ = chdir("/");
    close_all_but(&pipe);
    let mut directory = Vec::new();
    for name in BufReader::new(File::from(pipe)).split(0).map_while(Result::ok) {
        directory = name;
    }
    for group in groups {
        if let Some(leader) = Pid::from_raw(group.load(Ordering::SeqCst)) {
            let _ = kill_process_group(leader, Signal::KILL);
        }
    }
    if !directory.is_empty() {
        let _ = fs::remove_dir_all(OsStr::from_bytes(&directory));
    }
    // SAFETY: it ends the process without running what fanfold left to be run at its own exit.
    unsafe { libc::_exit(0) }
}

fn close_all_but(kept: &OwnedFd) {
    let kept = kept.as_raw_fd().unsigned_abs();
    // SAFETY: nothing in the guardian goes on to use a descriptor but the one that is kept.
    let close = |first: c_uint, last: c_uint| unsafe {
        if libc::syscall(libc::SYS_close_range, first, last, 0) != 0 {
            // Linux has that call since 5.9.
            let most = file_limit().clamp(256, 65536) as c_uint;
            for fd in first..=last.min(most) {
                libc::close(fd.cast_signed());
            }
        }
    };
    close(0, kept - 1);
    close(kept + 1, c_uint::MAX);
}

//! A small process that outlives us for a moment: when fanfold itself is killed, the groups of its
//! children are killed too, and its directory of temporary files is removed.
//!
//! A parent-death signal would need code between fork and exec, which costs `posix_spawn`, and
//! reaches no grandchild. Here the leaders' numbers stand in a page of shared memory, so that
//! news of a start or an end costs no system call and wakes nobody. The guardian sleeps in a read
//! from a pipe that nobody writes to, which ends when the last writer is gone: us.
//!
//! The first guardian shares our memory, as a thread would: a fork has the system copy the tables of
//! ours, and later each page that we or it write to, which was a tenth of a run of one short command.
//! But the out-of-memory killer ends whoever shares the memory of the one that it ends. So where the
//! run goes on, that guardian is relieved by another with a memory of its own: it *settles*.
//!
//! A child whose number we have not been told yet when we are killed, from its fork to our next instruction
//! after its exec (0.3 ms, more on a busy machine), is missed: its number is nowhere but in the call that
//! would have told it.

use super::spawn::Starting;
use super::{bare, sweep};
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, waitpid};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{self, Path};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// More children than can be had at once, whatever is asked for: with a free place nearly everywhere, one is
/// found at the first look. What is not used takes no memory.
const PLACES: usize = 1 << 15;
/// The bytes of the first guardian's stack: more than its few calls need, in a debug build too.
const STACK: usize = 16 * 1024;

static GUARDED: OnceLock<&'static Shared> = OnceLock::new();
static GUARDIAN: Mutex<Option<Guardian>> = Mutex::new(None);

/// What we and the guardian both see. Zeroes are a valid one.
#[repr(C, align(16))]
struct Shared {
    places: [AtomicI32; PLACES],
    /// How many of them are taken.
    taken: AtomicUsize,
    /// A directory to be removed, by its whole name and a NUL, where there is one; it is as long as a
    /// name may be.
    directory: [AtomicU8; libc::PATH_MAX as usize],
    /// Whether there is: one of the numbers below.
    has_directory: AtomicI32,
    /// Where the first guardian hears of us.
    news: AtomicI32,
    stack: UnsafeCell<[u128; STACK / size_of::<u128>()]>,
}

// SAFETY: the rest is atomic, and the stack is touched by nobody but the one guardian that runs on it.
unsafe impl Sync for Shared {}

const NONE: i32 = 0;
const CLAIMED: i32 = 1;
const THERE: i32 = 2;

/// The guardian that is there.
struct Guardian {
    pid: Pid,
    /// Whether it shares our memory.
    lodges: bool,
    /// Our end of its pipe.
    alive: OwnedFd,
    /// Whether it was asked to leave.
    leaves: bool,
}

/// A child's place in the shared memory; it is given up when dropped.
#[derive(Debug)]
pub(super) struct Place {
    at: &'static AtomicI32,
    taken: &'static AtomicUsize,
}

/// A directory under the guardian, until this is dropped.
#[derive(Debug)]
pub struct Swept(&'static AtomicI32);

/// Starts the guardian. Children that are started from now on do not survive this process,
/// whatever ends it. Does nothing the second time.
///
/// # Errors
/// When memory, a pipe or a process can't be had; then there is no guardian.
pub fn start() -> io::Result<()> {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    if guardian.is_none() {
        let shared = match GUARDED.get() {
            Some(shared) => *shared,
            None => shared_memory()?,
        };
        // Where the system has none that shares our memory, as in some emulators, it has another.
        *guardian = Some(super::await_process(|| lodge(shared).or_else(|_| fork(shared)))?);
        let _ = GUARDED.set(shared);
    }
    Ok(())
}

/// Gives the guardian, where there is one, a memory of its own. Does nothing the second time.
///
/// # Errors
/// When a pipe or a process can't be had; it can be tried again.
pub fn settle() -> io::Result<()> {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    if let (true, Some(shared)) = (
        guardian.as_ref().is_some_and(|guardian| guardian.lodges),
        GUARDED.get(),
    ) && let Some(mut before) = guardian.replace(fork(shared)?)
    {
        before.ask()?;
        before.wait();
    }
    Ok(())
}

/// Asks the guardian to leave, where there is one and it has nothing to see to, neither children nor a
/// directory: for a process that starts no child any more, and has something left to do while the guardian
/// ends.
pub fn thank() {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    let is_needed = |shared: &&Shared| {
        shared.taken.load(Ordering::SeqCst) > 0 || shared.has_directory.load(Ordering::SeqCst) != NONE
    };
    if let Some(guardian) = &mut *guardian
        && !GUARDED.get().is_some_and(is_needed)
    {
        // It is asked again at the end.
        let _ = guardian.ask();
    }
}

/// Ends the guardian, where there is one: for a process that has no children any more. It is waited for, as
/// not every process 1 does that.
pub fn dismiss() {
    let mut guardian = GUARDIAN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(mut guardian) = guardian.take()
        // Without the news it hears of our end, which is not far.
        && guardian.ask().is_ok()
    {
        guardian.wait();
    }
}

impl Guardian {
    /// Has it leave, without a look at the groups.
    fn ask(&mut self) -> io::Result<()> {
        if !self.leaves {
            // Where it is not asked, it takes the end of its pipe for ours.
            while let Err(cause) = rustix::io::write(&self.alive, b"!") {
                if cause != Errno::INTR {
                    return Err(cause.into());
                }
            }
            self.leaves = true;
        }
        Ok(())
    }

    /// Waits until it has left.
    fn wait(self) {
        while matches!(waitpid(Some(self.pid), WaitOptions::empty()), Err(Errno::INTR)) {}
    }
}

/// Puts the group of `leader` under the guardian, where there is one.
pub(super) fn watch(leader: i32) -> Option<Place> {
    let Shared { places, taken, .. } = *GUARDED.get()?;
    let first = leader.unsigned_abs() as usize % PLACES;
    let (before, after) = places.split_at(first);
    let free = after.iter().chain(before).find(|place| {
        let claim = place.compare_exchange(0, leader, Ordering::SeqCst, Ordering::Relaxed);
        claim.is_ok()
    });
    free.map(|at| {
        taken.fetch_add(1, Ordering::SeqCst);
        Place { at, taken }
    })
}

impl Drop for Place {
    fn drop(&mut self) {
        self.at.store(0, Ordering::SeqCst);
        self.taken.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Has the guardian, where there is one, remove this directory and the files in it if we are killed. It sees
/// to one at a time, and to none whose name is too long for the system as a whole.
pub fn sweep_after_us(directory: &Path) -> Option<Swept> {
    let name = path::absolute(directory).ok()?;
    let name = name.as_os_str().as_bytes();
    let shared = *GUARDED.get()?;
    if name.len() >= shared.directory.len() {
        return None;
    }
    let there = &shared.has_directory;
    there
        .compare_exchange(NONE, CLAIMED, Ordering::SeqCst, Ordering::Relaxed)
        .ok()?;
    for (place, byte) in shared.directory.iter().zip(name.iter().chain(&[0])) {
        place.store(*byte, Ordering::Relaxed);
    }
    there.store(THERE, Ordering::SeqCst);
    Some(Swept(there))
}

impl Drop for Swept {
    fn drop(&mut self) {
        self.0.store(NONE, Ordering::SeqCst);
    }
}

fn shared_memory() -> io::Result<&'static Shared> {
    // SAFETY: a fresh mapping that is never unmapped, zeroed, aligned to a page and of the
    // right size.
    unsafe {
        let memory = libc::mmap(
            ptr::null_mut(),
            size_of::<Shared>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(&*memory.cast::<Shared>())
    }
}

/// Starts a guardian that shares our memory.
fn lodge(shared: &'static Shared) -> io::Result<Guardian> {
    if !bare::KNOWN {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let (news, alive) = super::pipe()?;
    shared.news.store(news.as_raw_fd(), Ordering::SeqCst);
    let started = deaf(|| {
        let top = shared.stack.get().wrapping_add(1);
        // SAFETY: the stack is nobody else's, and downwards from its end there is all of it. The
        // function makes no call of the C library, so that what both have of it stays ours.
        unsafe {
            libc::clone(
                lodger,
                top.cast::<c_void>(),
                libc::CLONE_VM | libc::SIGCHLD,
                ptr::from_ref(shared).cast_mut().cast::<c_void>(),
            )
        }
    });
    guardian(started, alive, true)
}

/// Starts a guardian with a memory of its own. When this returns, it holds none of our files.
fn fork(shared: &'static Shared) -> io::Result<Guardian> {
    let (news, alive) = super::pipe()?;
    let (closed, held) = super::pipe()?;
    // The ends of children's pipes are not left behind by those children.
    let _now = Starting::now();
    // SAFETY: the child calls nothing but async-signal-safe functions, so it does not matter
    // which threads there are and what they hold.
    let started = deaf(|| match unsafe { libc::fork() } {
        0 => guard(news.as_raw_fd(), shared),
        started => started,
    });
    let forked = guardian(started, alive, false);
    drop(held);
    let forked = forked?;
    while matches!(rustix::io::read(&closed, &mut [0]), Err(Errno::INTR)) {}
    Ok(forked)
}

/// What is held of a guardian, of which the system gave this number, or -1.
fn guardian(started: libc::pid_t, alive: OwnedFd, lodges: bool) -> io::Result<Guardian> {
    if started < 0 {
        return Err(io::Error::last_os_error());
    }
    let pid = Pid::from_raw(started).expect("a child has a number");
    Ok(Guardian {
        pid,
        lodges,
        alive,
        leaves: false,
    })
}

/// Does this while no signal is heard, as in what is started by it: no signal is ever.
fn deaf(start: impl FnOnce() -> libc::pid_t) -> libc::pid_t {
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

extern "C" fn lodger(shared: *mut c_void) -> c_int {
    // SAFETY: it is what `lodge` has given, and lives as long as the memory itself.
    let shared = unsafe { &*shared.cast::<Shared>() };
    guard(shared.news.load(Ordering::SeqCst), shared)
}

/// The guardian's whole life. It holds none of our files and hears no signal, whoever it is sent to;
/// its name is its own, so that a killall by ours spares it.
fn guard(news: c_int, shared: &Shared) -> ! {
    let (name, root) = (c"guardian".as_ptr().addr(), c"/".as_ptr().addr());
    let mut byte = 0u8;
    let one = [0, (&raw mut byte).addr(), 1, 0];
    // SAFETY: plain numbers, literals and a local byte; nothing goes on to use the descriptors.
    unsafe {
        bare::call(libc::SYS_setpgid, [0; 4]);
        bare::call(libc::SYS_prctl, [libc::PR_SET_NAME as usize, name, 0, 0]);
        bare::call(libc::SYS_chdir, [root, 0, 0, 0]);
        bare::call(libc::SYS_dup3, [news as usize, 0, 0, 0]);
        close_from(1);
        let read = loop {
            // An error is nothing that lasts.
            let end = bare::call(libc::SYS_read, one);
            if matches!(end, 0 | 1) {
                break end;
            }
        };
        if read == 0 {
            for place in &shared.places {
                let leader = place.load(Ordering::SeqCst);
                if leader > 0 {
                    let group = -leader as usize;
                    bare::call(libc::SYS_kill, [group, libc::SIGKILL as usize, 0, 0]);
                }
            }
            if shared.has_directory.load(Ordering::SeqCst) == THERE {
                sweep::sweep(shared.directory.as_ptr().addr());
            }
        }
        loop {
            bare::call(libc::SYS_exit_group, [0; 4]);
        }
    }
}

/// # Safety
/// Nothing may go on to use the descriptors from `first` on.
unsafe fn close_from(first: usize) {
    let mut limit = [0u64; 2];
    // SAFETY: the caller's promise; a local with room for two numbers.
    unsafe {
        if bare::call(libc::SYS_close_range, [first, c_int::MAX as usize, 0, 0]) == 0 {
            return;
        }
        let limit_at = (&raw mut limit).addr();
        bare::call(
            libc::SYS_prlimit64,
            [0, libc::RLIMIT_NOFILE as usize, 0, limit_at],
        );
        for fd in first..(limit[0] as usize).clamp(256, 65536) {
            bare::call(libc::SYS_close, [fd, 0, 0, 0]);
        }
    }
}

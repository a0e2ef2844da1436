//! A small process that outlives us for a moment: when fanfold itself is killed, the groups of its
//! children are killed too.
//!
//! A parent-death signal would need code between fork and exec, which costs `posix_spawn`, and
//! reaches no grandchild. Here the leaders' numbers stand in a page of shared memory, so that
//! news of a start or an end costs no system call and wakes nobody. The guardian sleeps in a read
//! from a pipe that nobody writes to, which ends when the last writer is gone: us.
//!
//! A child whose number we have not been told yet when we are killed, between its exec and our next
//! instruction, is missed: its number is nowhere but in the call that would have told it.

use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI32, Ordering};

/// More children than can be had at once: with a free place nearly everywhere, one is found at
/// the first look.
const PLACES: usize = 4096;

static GUARDED: OnceLock<Guarded> = OnceLock::new();

/// The shared memory, and our end of the pipe, which is never closed.
struct Guarded {
    places: &'static [AtomicI32],
    _alive: OwnedFd,
}

/// A child's place in the shared memory; it is given up when dropped.
#[derive(Debug)]
pub(super) struct Place(&'static AtomicI32);

/// Starts the guardian. Children that are started from now on do not survive this process,
/// whatever ends it. Does nothing the second time.
///
/// # Errors
/// When memory, a pipe or a process can't be had; then there is no guardian.
pub fn start() -> io::Result<()> {
    if GUARDED.get().is_some() {
        return Ok(());
    }
    let (news, alive) = super::pipe()?;
    let places = shared_memory()?;
    // SAFETY: the child calls nothing but async-signal-safe functions, so it does not matter
    // which threads there are and what they hold.
    match unsafe { libc::fork() } {
        -1 => Err(io::Error::last_os_error()),
        0 => guard(news.as_raw_fd(), places),
        _ => {
            let guarded = Guarded {
                places,
                _alive: alive,
            };
            // Had another thread been first, dropping ours would end its guardian only.
            let _ = GUARDED.set(guarded);
            Ok(())
        }
    }
}

/// Puts the group of `leader` under the guardian, where there is one.
pub(super) fn watch(leader: i32) -> Option<Place> {
    let places = GUARDED.get()?.places;
    let first = leader.unsigned_abs() as usize % PLACES;
    let (before, after) = places.split_at(first);
    let free = after.iter().chain(before).find(|place| {
        let claim = place.compare_exchange(0, leader, Ordering::SeqCst, Ordering::Relaxed);
        claim.is_ok()
    });
    free.map(Place)
}

impl Drop for Place {
    fn drop(&mut self) {
        self.0.store(0, Ordering::SeqCst);
    }
}

fn shared_memory() -> io::Result<&'static [AtomicI32]> {
    // SAFETY: a fresh mapping that is never unmapped, zeroed and aligned to a page; an atomic
    // integer has the size and the alignment of its integer, and zero is one of its values.
    unsafe {
        let memory = libc::mmap(
            std::ptr::null_mut(),
            PLACES * size_of::<AtomicI32>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        if memory == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(std::slice::from_raw_parts(memory.cast(), PLACES))
    }
}

/// The guardian's whole life. It holds none of our files and hears no signal of our terminal or
/// our group; its name is its own, so that a killall by ours spares it.
fn guard(news: i32, places: &[AtomicI32]) -> ! {
    // SAFETY: async-signal-safe calls on plain numbers, a literal and a local byte.
    unsafe {
        libc::setsid();
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
            libc::signal(signal, libc::SIG_IGN);
        }
        #[cfg(target_os = "linux")]
        libc::prctl(libc::PR_SET_NAME, c"guardian".as_ptr());
        libc::chdir(c"/".as_ptr());
        libc::dup2(news, 0);
        close_from(1);
        let mut byte = 0u8;
        while libc::read(0, (&raw mut byte).cast(), 1) != 0 {
            // An interruption: nobody ever writes.
        }
        for place in places {
            let leader = place.load(Ordering::SeqCst);
            if leader > 0 {
                libc::kill(-leader, libc::SIGKILL);
            }
        }
        libc::_exit(0)
    }
}

/// # Safety
/// Nothing may go on to use the descriptors from `first` on.
unsafe fn close_from(first: i32) {
    // SAFETY: the caller's promise.
    unsafe {
        #[cfg(target_os = "linux")]
        if libc::syscall(libc::SYS_close_range, first, i32::MAX, 0) == 0 {
            return;
        }
        for fd in first..libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 65536) as i32 {
            libc::close(fd);
        }
    }
}

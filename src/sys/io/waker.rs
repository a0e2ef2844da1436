//! A doorbell that a thread blocked in `poll`, or waiting for a child's exit alone, hears.

use crate::sys::process::{Beside, Group, Heard};
use crate::sys::signals;
use rustix::event::{EventfdFlags, eventfd};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// A doorbell: [`Wake::ring`] makes its descriptor readable until [`Wake::hush`].
#[derive(Debug)]
pub(crate) struct Wake {
    bell: OwnedFd,
    rings: AtomicBool,
    /// The thread that waits for a child, or 0.
    waits: AtomicI32,
}

/// What takes a thread out of its wait for a child. It says nothing, and nobody else sends it.
pub(crate) const NUDGE: i32 = libc::SIGURG;
/// How long a thread that is not there yet is nudged again and again. It takes some microseconds.
const PATIENCE: Duration = Duration::from_secs(1);

/// The system's number of this thread.
pub(crate) fn this_thread() -> i32 {
    thread_local! {
        // SAFETY: a call without arguments, that can't fail.
        static THREAD: i32 = unsafe { libc::gettid() };
    }
    THREAD.with(|id| *id)
}

impl Wake {
    /// A silent bell.
    ///
    /// # Errors
    /// When the process may open no more files.
    pub(crate) fn new() -> io::Result<Self> {
        let bell = eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?;
        Ok(Wake {
            bell,
            rings: AtomicBool::new(false),
            waits: AtomicI32::new(0),
        })
    }

    /// Makes the descriptor readable.
    pub(crate) fn ring(&self) {
        self.rings.store(true, Ordering::SeqCst);
        // The one failure is a full counter, and then the bell rings already.
        let _ = rustix::io::write(&self.bell, &1u64.to_ne_bytes());
        let started = Instant::now();
        // One nudge is lost on a thread that has looked at the bell and does not wait yet. One that has hushed
        // it since has heard it, and may wait again.
        while self.rings.load(Ordering::SeqCst)
            && let waits @ 1.. = self.waits.load(Ordering::SeqCst)
            && started.elapsed() < PATIENCE
        {
            signals::nudge(waits);
            std::thread::sleep(Duration::from_micros(20));
        }
    }

    /// Makes the descriptor unreadable. Look at what the bell was for *after* this.
    pub(crate) fn hush(&self) {
        self.rings.store(false, Ordering::SeqCst);
        let _ = rustix::io::read(&self.bell, &mut [0u8; 8]);
    }

    /// Waits until the leader of `group` has exited, there is what is waited for beside that, or the bell rings.
    /// Takes fewer system calls than `poll`, and no descriptor. For threads that have called
    /// [`signals::block_in_this_thread`].
    ///
    /// # Errors
    /// What the system said; not to be expected.
    pub(crate) fn wait_for(&self, group: &Group, beside: Beside) -> io::Result<Heard> {
        signals::hear_nudges();
        self.waits.store(this_thread(), Ordering::SeqCst);
        let end = loop {
            if self.rings.load(Ordering::SeqCst) {
                break Ok(Heard::Bell);
            }
            match group.await_exit(beside) {
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                end => break end,
            }
        };
        self.waits.store(0, Ordering::SeqCst);
        end
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::{Launcher, Streams};
    use std::path::Path;

    #[test]
    fn a_ring_is_over_when_it_was_heard_though_the_thread_waits_again() {
        let wake = Wake::new().expect("a descriptor");
        let launcher = Launcher::new(Path::new("/bin/sh"), &[]).expect("/dev/null is there");
        let args = ["sh", "-c", "kill -STOP $$"].into_iter().collect();
        let group = launcher.spawn(&args, [], Streams::default()).expect("sh");
        std::thread::scope(|scope| {
            scope.spawn(|| {
                signals::block_in_this_thread();
                while wake.wait_for(&group, Beside::Nothing).expect("a child of ours") == Heard::Bell {
                    wake.hush();
                }
            });
            while wake.waits.load(Ordering::SeqCst) == 0 {
                std::thread::yield_now();
            }
            let started = Instant::now();
            for _ in 0..10 {
                wake.ring();
            }
            let took = started.elapsed();
            // Also where it was too long.
            group.signal(libc::SIGKILL);
            assert!(took < PATIENCE, "each is heard within microseconds: {took:?}");
        });
    }

    #[test]
    fn a_wait_for_a_child_ends_by_the_bell_or_the_exit() {
        let wake = Wake::new().expect("a descriptor");
        let launcher = Launcher::new(Path::new("/bin/sh"), &[]).expect("/dev/null is there");
        let args = ["sh", "-c", "kill -STOP $$"].into_iter().collect();
        let group = launcher.spawn(&args, [], Streams::default()).expect("sh");
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                signals::block_in_this_thread();
                for _ in 0..1000 {
                    let heard = wake.wait_for(&group, Beside::Nothing);
                    assert_eq!(heard.expect("a child of ours"), Heard::Bell);
                    wake.hush();
                    // Whoever rings sees that it was heard.
                    std::thread::park();
                }
                wake.wait_for(&group, Beside::Nothing).expect("a child of ours")
            });
            for _ in 0..1000 {
                wake.ring();
                while wake.rings.load(Ordering::SeqCst) {
                    std::thread::yield_now();
                }
                waiting.thread().unpark();
            }
            group.signal(libc::SIGKILL);
            assert_eq!(waiting.join().expect("no panic"), Heard::Exit);
        });
    }
}

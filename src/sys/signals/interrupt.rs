//! Takes a thread out of the system call that it is blocked in, by a signal that is used for nothing else.
//!
//! It does not know why the thread should look up.

use super::action::{Action, set_action};
use std::sync::Once;
use std::sync::atomic::{AtomicI32, Ordering};

/// The signal that does it. The system drops it by default, and nobody else sends it.
pub(super) const INTERRUPT: i32 = libc::SIGURG;

/// The thread that is [`Interruptible`]; 0 when there is none.
static INTERRUPTIBLE: AtomicI32 = AtomicI32::new(0);

/// Returns the system's number of this thread.
pub(crate) fn this_thread() -> i32 {
    thread_local! {
        // SAFETY: a call without arguments, which can't fail.
        static THREAD: i32 = unsafe { libc::gettid() };
    }
    THREAD.with(|id| *id)
}

/// Has [`interrupt`] end the system calls that threads are blocked in; before this, it does nothing.
pub(crate) fn handle_interrupts() {
    extern "C" fn nothing(_: i32) {}
    static HANDLED: Once = Once::new();
    // It can't fail for a signal that exists.
    HANDLED.call_once(|| drop(set_action(INTERRUPT, Action::Interrupt(nothing))));
}

/// Interrupts what this thread of ours is blocked in now, if it still exists. A thread that blocks a moment later
/// is not interrupted.
pub(crate) fn interrupt(thread: i32) {
    // SAFETY: plain numbers; the call does not reach a thread of another process.
    unsafe { libc::syscall(libc::SYS_tgkill, libc::getpid(), thread, INTERRUPT) };
}

/// As long as it exists, a shutdown signal interrupts what this thread is blocked in, also when the signal came
/// after this thread asked for it ([`super::shutdown_signal`]) and before it blocked: on its own, such a signal would
/// interrupt nothing. One thread at a time is interruptible; for a second one this does nothing.
pub(crate) struct Interruptible(bool);

impl Interruptible {
    /// Makes this thread the one that is interrupted.
    pub(crate) fn now() -> Self {
        let (set, get) = (Ordering::SeqCst, Ordering::SeqCst);
        let taken = INTERRUPTIBLE.compare_exchange(0, this_thread(), set, get);
        Interruptible(taken.is_ok())
    }
}

impl Drop for Interruptible {
    fn drop(&mut self) {
        if self.0 {
            INTERRUPTIBLE.store(0, Ordering::SeqCst);
        }
    }
}

/// Interrupts the thread that is [`Interruptible`], if there is one.
pub(super) fn interrupt_interruptible() {
    if let thread @ 1.. = INTERRUPTIBLE.load(Ordering::SeqCst) {
        interrupt(thread);
    }
}

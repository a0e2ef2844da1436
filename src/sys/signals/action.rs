//! What becomes of a signal in this process, and which signals a thread blocks.
//!
//! It does not know what any signal is for.

use std::io;
use std::mem::{self, MaybeUninit};
use std::ptr;

/// What becomes of a signal.
pub(super) enum Action {
    /// What the system has for it by default.
    Default,
    /// Nothing.
    Ignore,
    /// A call of this function. A system call that it interrupts fails.
    Interrupt(extern "C" fn(i32)),
    /// A call of this function. A system call that it interrupts goes on.
    Note(extern "C" fn(i32)),
}

/// Sets what becomes of `signal`.
///
/// # Errors
/// When there is no such signal, or it can't be handled.
pub(super) fn set_action(signal: i32, action: Action) -> io::Result<()> {
    let (handler, flags) = match action {
        Action::Default => (libc::SIG_DFL, 0),
        Action::Ignore => (libc::SIG_IGN, 0),
        Action::Interrupt(handler) => (handler as *const () as libc::sighandler_t, 0),
        Action::Note(handler) => (handler as *const () as libc::sighandler_t, libc::SA_RESTART),
    };
    // SAFETY: all-zero is a valid sigaction; the fields that matter are set, and the handler is an
    // `extern "C" fn(i32)`, SIG_DFL or SIG_IGN, which is what flags without SA_SIGINFO ask for.
    let result = unsafe {
        let mut new: libc::sigaction = mem::zeroed();
        new.sa_sigaction = handler;
        new.sa_flags = flags;
        libc::sigemptyset(&mut new.sa_mask);
        libc::sigaction(signal, &new, ptr::null_mut())
    };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Returns whether this process ignores `signal`.
///
/// # Errors
/// When there is no such signal.
pub(super) fn is_ignored(signal: i32) -> io::Result<bool> {
    let mut old = MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a null new action only asks; the old one is written on success.
    let old = unsafe {
        if libc::sigaction(signal, ptr::null(), old.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        old.assume_init()
    };
    Ok(old.sa_sigaction == libc::SIG_IGN)
}

/// Blocks these signals in this thread, and in the threads that it starts from now on.
pub(super) fn block(signals: impl IntoIterator<Item = i32>) {
    change_mask(libc::SIG_BLOCK, signals);
}

/// Unblocks these signals in this thread, and in the threads that it starts from now on.
pub(super) fn unblock(signals: impl IntoIterator<Item = i32>) {
    change_mask(libc::SIG_UNBLOCK, signals);
}

fn change_mask(how: i32, signals: impl IntoIterator<Item = i32>) {
    let set = signal_set(signals);
    // SAFETY: the set is initialised; the old mask is not asked for.
    unsafe { libc::pthread_sigmask(how, &set, ptr::null_mut()) };
}

/// Returns the set of these signals; those that do not exist, or are the C library's own, are left out.
pub(super) fn signal_set(signals: impl IntoIterator<Item = i32>) -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set that sigaddset changes.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        for signal in signals {
            libc::sigaddset(set.as_mut_ptr(), signal);
        }
        set.assume_init()
    }
}

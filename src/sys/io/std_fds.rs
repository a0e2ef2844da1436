//! Finds out which of the standard streams were closed when the program began.
//!
//! Rust's runtime opens /dev/null before `main` in the place of a stream that is closed, so that no other file is
//! taken for it. But whatever is written there is lost, and nobody hears of it. So this looks before the runtime does.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether each was closed, by its descriptor.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// A function that the C library calls before `main`.
#[used]
// SAFETY: the section holds pointers to functions of C, each of which is called once; that it is
// given arguments which it does not take is how such functions are called.
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Looks at the three descriptors. Needs nothing that the runtime has yet to set up.
extern "C" fn look() {
    for (number, closed) in (0..).zip(&CLOSED) {
        // SAFETY: this command of fcntl takes no argument and gives or takes no memory; its only
        // error is that there is no such descriptor. A file is opened as the lowest number that is free,
        // which is this one, because those below are open by now.
        unsafe {
            if libc::fcntl(number, libc::F_GETFD) == -1 {
                closed.store(true, Ordering::Relaxed);
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            }
        }
    }
}

/// Returns whether this standard stream was closed.
pub(super) fn was_closed(number: i32) -> bool {
    let at = usize::try_from(number).ok();
    let closed = at.and_then(|at| CLOSED.get(at));
    closed.is_some_and(|closed| closed.load(Ordering::Relaxed))
}

/// Closes the streams that were closed in the children that inherit them.
pub(in crate::sys) fn close_in_children() {
    for number in (0..3).filter(|&number| was_closed(number)) {
        // SAFETY: this command of fcntl takes a number, and no memory. Nobody uses what was opened in the stream's
        // place, so nobody minds how it is inherited.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

//! Which of the standard streams were closed when the program began.
//!
//! In the place of one that is, /dev/null is opened before `main`, so that no other file is taken for it.
//! Rust's runtime does the same, but whatever is written there is lost and nobody hears of it. So this
//! looks before the runtime does.

use std::sync::atomic::{AtomicBool, Ordering};

/// By their descriptors.
static CLOSED: [AtomicBool; 3] = [const { AtomicBool::new(false) }; 3];

/// What the C library calls before `main`. Elsewhere than on Linux no stream is known to be closed.
#[used]
// SAFETY: the section holds pointers to functions of C, of which each is called once; that it is
// given arguments which it does not take is how such functions are called.
#[unsafe(link_section = ".init_array")]
static LOOK: extern "C" fn() = look;

/// Needs nothing that the runtime has yet to set up.
extern "C" fn look() {
    for (number, closed) in (0..).zip(&CLOSED) {
        // SAFETY: this command of fcntl takes no argument and gives or takes no memory; its only
        // error is that there is no such descriptor. A file is opened as the lowest number that is free,
        // which is this one, as those below were seen to.
        unsafe {
            if libc::fcntl(number, libc::F_GETFD) == -1 {
                closed.store(true, Ordering::Relaxed);
                libc::open(c"/dev/null".as_ptr(), libc::O_RDWR);
            }
        }
    }
}

/// Whether this standard stream was closed.
pub(crate) fn was_closed(number: i32) -> bool {
    let at = usize::try_from(number).ok();
    let closed = at.and_then(|at| CLOSED.get(at));
    closed.is_some_and(|closed| closed.load(Ordering::Relaxed))
}

/// Has children that inherit a stream which was closed find it closed.
pub(crate) fn close_in_children() {
    for number in (0..3).filter(|&number| was_closed(number)) {
        // SAFETY: this command of fcntl takes a number, and no memory. What the runtime opened in
        // the stream's place is nobody's, so nobody minds how it is inherited.
        unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}
